# SPDX-License-Identifier: GPL-2.0-only
"""Real devices: the inmates' drivers for them on the bare machine, then in cells."""
import re
import subprocess
import zlib

import pytest

import devices
from test_inmates import BARE, TOP, bare


def block_crc(number):
    return f"block {number} crc {zlib.crc32(devices.sector(number)):08x}"


# --- the bare machine -----------------------------------------------------------------------

@pytest.mark.parametrize("words", ["", "intx=1 pin=22"])
def test_bare_edu(words):
    """GSI 22 is pin A of device 6."""
    output = bare("edu", "-device", "edu,addr=6", "-append", words)
    assert "interrupts=2 causes=41 unexpected=0" in output, output


def test_bare_dma_goes_where_it_is_told(tmp_path):
    output = bare("edu-dma", "-device", "edu,addr=6", "-append", "to=0x800000")
    assert "after 800000 45564944 45564944" in output, output


def test_bare_disk(tmp_path):
    image = tmp_path / "nvme.img"
    devices.nvme_image(image)
    output = bare("nvme-read", "-drive", f"if=none,id=nvme,format=raw,file={image}", "-device",
                  "nvme,drive=nvme,serial=bed", "-append", "first=3 count=2 write=9")
    assert block_crc(3) in output and block_crc(4) in output, output
    with open(image, "rb") as disk:
        disk.seek(9 * devices.SECTOR)
        assert disk.read(devices.SECTOR) == bytes(b ^ 0xff for b in devices.sector(9))


def bare_card(tmp_path, number):
    """A network card; what one of the two sends, the other gets."""
    ends = [f"{tmp_path}/{n}" for n in (number, 1 - number)]
    return ["-netdev", f"dgram,id=wire,local.type=unix,local.path={ends[0]},remote.type=unix,"
            f"remote.path={ends[1]}", "-device", f"e1000e,netdev=wire,addr=2,mac={devices.mac(number)}"]


@pytest.mark.parametrize("words", ["", "intx=1 pin=22", "msi=1"])
def test_bare_cards_exchange_frames(tmp_path, words):
    echo = subprocess.Popen([str(TOP / "build/qemu-10/qemu"), *BARE, "-cpu", "EPYC", "-kernel",
                             str(TOP / "build/inmates/nic-echo.elf"), "-append", words,
                             *bare_card(tmp_path, 0)], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert devices.mac(0) in echo.stdout.readline()
        output = bare("nic-ping", *bare_card(tmp_path, 1), "-append", "count=300")
    finally:
        echo.kill()
        echo.wait()
    assert re.search("answered=300 lost=0 wrong=0", output), output
