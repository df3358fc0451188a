# SPDX-License-Identifier: GPL-2.0-only
"""Real devices: the inmates' drivers for them on the bare machine, then in cells."""
import json
import re
import subprocess
import zlib

import pytest

import devices
from bulkhead import SYSTEM, differences, inmate
from devices import LAN
from partition import Partition, cell, partition, pci     # noqa: F401 (a fixture)
from test_churn import SLACK_PAGES, SOAK_TURNS, unaccounted
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


# --- cells ----------------------------------------------------------------------------------

ALL = pytest.mark.machines("devices")


OTHER = cell("other", [2], more=pci(LAN["bus0"]))
DISK = (TOP / "configs/disk.dts").read_text()       # names it by its IDs
EDU = cell("edu", [1], more=pci(devices.EDU))


class Devices:
    """A partition, and Linux's side of what tests do with devices."""

    def __init__(self, partition):
        self.partition, self.machine = partition, partition.machine
        if "nics" in self.machine.config.devices:
            self.machine.check("modprobe -a e1000e nvme")
        intel = self.machine.config.unit == "intel"
        self.place = LAN["port" if intel else "spare"]
        self.description = cell("card", [1], more=pci(self.place))
        self.events = 0     # that earlier tests saw
        self.faults()

    def start(self, description, program, words="", ready=""):
        """Creates a cell and starts a program with a command line; waits for what it prints."""
        name = re.search(r'label = "(\S+)"', description).group(1)
        if name not in self.partition.cells():
            self.partition.make(description)
        self.machine.put(words, "/tmp/words")
        self.partition.must(f"cell load {name} {inmate(program)}",
                            f"cell load {name} /tmp/words --address 0x6000" if words else "status",
                            f"cell start {name}")
        if ready:
            self.partition.wait_print(name, ready)
        return name

    def end(self, name, state="done", code=0, timeout=30):
        """Waits for the end, which has to be this one; what the cell printed."""
        end = self.partition.end_of(name, timeout)
        text = self.partition.console(name)
        assert (end["state"], end["exit_code"]) == (state, code), f"{end}: {text}"
        return text

    def shut_down(self, name):
        self.partition.must(f"cell shutdown {name} --timeout 10")
        return self.end(name)

    def card(self, address=LAN["linux"]):
        """The name of a card of Linux's that is up and has a link. It sends nothing of its own accord."""
        return self.machine.check(f"""
            cd /sys/bus/pci/devices/0000:{address}/net; name=$(ls)
            echo 1 > /proc/sys/net/ipv6/conf/$name/disable_ipv6; ip link set $name up
            for i in $(seq 300); do [ "$(cat $name/carrier)" = 1 ] && break; sleep 0.1; done
            cat $name/carrier | grep -q 1 && echo $name""", 60).strip()

    def down(self, *addresses):
        for address in addresses:
            self.machine.check(f"ip link set $(ls /sys/bus/pci/devices/0000:{address}/net) down")

    def frames(self, name, count, more=""):
        """Exchanges frames with an inmate: all have to come back right."""
        status, text = self.machine.run(f"nic-frames {name} {count} {more}", 60)
        result = json.loads(text)
        assert (status, result["answered"], result["wrong"]) == (0, count, 0), text
        return result

    def stray_interrupts(self):
        """How many interrupts came that nobody expected, on all CPUs."""
        text = self.machine.check("grep -E '^ *(ERR|MIS|SPU):' /proc/interrupts")
        return sum(map(int, re.findall(r"\b\d+\b", text)))

    def write_config(self, place, offset, data):
        """As root, in Linux."""
        text = "".join(f"\\{byte:03o}" for byte in data)
        self.machine.check(f"printf '{text}' | dd of=/sys/bus/pci/devices/0000:{place}/config bs=1 "
                           f"seek={offset} conv=notrunc 2> /dev/null")

    def faults(self):
        """What units have stopped since this was last asked for. The ring has 64 events: ask often."""
        events = [json.loads(line) for line in self.partition.must("events --json").splitlines()]
        assert not events or events[0]["number"] <= self.events or not self.events, "some are lost"
        new = [e for e in events if e["number"] >= self.events]
        self.events = max([self.events, *(e["number"] + 1 for e in events)])
        return [e for e in new if e["event"] == "fault"]


@pytest.fixture
def used(machine):
    """What the hypervisor allocates with the first function of a bus, or the first pin, and then keeps is no
    leak."""
    product = Partition(machine)
    product.load()
    if getattr(machine, "buses_used", False) and product.is_enabled():
        return
    if not product.is_enabled():
        product.enable()
    for address in (devices.EDU, LAN["port"], LAN["spare"],
                    *[devices.IGB] * ("igb" in machine.config.devices)):
        product.make(cell("first", [1], flags="pins = <20 7>;", more=pci(address)))
        product.remove_cells()
    machine.buses_used = True


@pytest.fixture
def lan(used, partition):
    found = Devices(partition)
    yield found
    if found.machine.is_alive():
        found.down(LAN["linux"])


@ALL
def test_card_exchanges_frames_with_linux_without_an_exit(lan):
    """Steady state: between the first frames and the last, the cell's CPU does not leave it, but, in xAPIC
    mode, for the ends of interrupts."""
    name = lan.start(lan.description, "nic-echo", ready="nic-echo: 8")
    card = lan.card()
    lan.frames(card, 10)
    before = lan.partition.exits(1)
    lan.frames(card, 1000)
    lan.frames(card, 50, "1400")
    after = lan.partition.exits(1)
    changed = {cause for cause in after if after[cause] != before[cause]}
    assert changed <= ({"apic"} if lan.machine.config.apic == "xapic" else set()), changed
    assert "answered=1060 lost=0 errors=0" in lan.shut_down(name)
    assert not lan.faults()


@ALL
def test_card_interrupts_by_its_pin(lan):
    """GSI 20 is pin A of device 4."""
    name = lan.start(cell("other", [2], flags="pins = <20 7>;",
                          more=pci(LAN["bus0"], "accept-no-reset; intx-pin = <7>;")),
                     "nic-echo", "intx=1", ready="nic-echo: 8")
    lan.frames(lan.card(), 300)
    text = lan.shut_down(name)
    assert "answered=300" in text and "interrupts=0" not in text, text


@ALL
@pytest.mark.parametrize("words", ["", "intx=1"])
def test_device_masters_the_bus_and_interrupts(lan, words):
    """GSI 22 is pin A of device 6."""
    flags, more = ("pins = <22 9>;", "intx-pin = <9>;") if words else ("", "")
    lan.start(cell("edu", [1], flags=flags, more=pci(devices.EDU, "accept-no-reset; " + more)),
              "edu", words)
    assert "interrupts=2 causes=41 unexpected=0" in lan.end("edu")


@ALL
def test_two_cells_exchange_frames(lan):
    lan.start(lan.description, "nic-echo", ready="nic-echo: 8")
    # QEMU 7.2 limits the rate of MSI-X messages with a timer of 128 us, and ends if that finds them off: by then nic-ping
    # has often left, although it resets its card before.
    old = getattr(lan.machine.config, "qemu", "") == "7.2"
    lan.start(OTHER, "nic-ping", "count=1000 msi=1" if old else "count=1000")
    assert "answered=1000 lost=0 wrong=0" in lan.end("other", timeout=60)
    assert "answered=1000 lost=0" in lan.shut_down("card")


@ALL
def test_disk_is_the_cells_and_then_linuxs_again(lan):
    machine = lan.machine
    read = "dd if=/dev/nvme0n1 iflag=direct bs=512 count=1 2> /dev/null skip="
    back = "for i in $(seq 100); do [ -b /dev/nvme0n1 ] && break; sleep 0.1; done; "
    machine.check(back + "true")
    before = machine.run_bytes(read + "9")[1]
    lan.start(DISK, "nvme-read", "first=20 count=3 write=9")
    text = lan.end("disk")
    for number in range(20, 23):
        assert block_crc(number) in text, text
    assert machine.run("test -b /dev/nvme0n1")[0] == 1, "Linux has the disk, too"
    lan.partition.must("cell destroy disk")
    machine.check(back + "true")
    assert machine.run_bytes(read + "21") == (0, devices.sector(21))
    assert machine.run_bytes(read + "9") == (0, bytes(b ^ 0xff for b in before))
    machine.put(before, "/tmp/sector")      # other tests know what the disk has
    machine.check("dd if=/tmp/sector of=/dev/nvme0n1 oflag=direct bs=512 seek=9 2> /dev/null")
    assert machine.run_bytes(read + "9") == (0, devices.sector(9))


@pytest.mark.machines("x2apic+devices")
def test_virtual_function_beside_its_physical_one(lan):
    machine, sriov = lan.machine, f"/sys/bus/pci/devices/0000:{devices.IGB}/sriov_numvfs"
    machine.check("modprobe igb")
    physical = lan.card(devices.IGB)
    machine.check(f"echo 2 > {sriov}")
    try:
        lan.down(devices.IGB)
        status, text = lan.partition.hvctl("cell create " + lan.partition.file(
            cell("physical", [1], more=pci(devices.IGB, ""))))
        assert status and "virtual functions" in text, text
        lan.card(devices.IGB)
        name = lan.start(cell("virtual", [1], more=pci(devices.VIRTUAL[0], "")), "nic-echo",
                         ready="nic-echo: 8")
        lan.frames(lan.card(), 500)         # over the wire
        lan.frames(physical, 500)           # inside the card
        lan.write_config(devices.IGB, 0x168, b"\0\0")  # no virtual functions any more
        lan.write_config(devices.IGB, 0xa9, b"\x80")    # reset
        lan.frames(physical, 100)
        assert "answered=1100 lost=0 errors=0" in lan.shut_down(name)
        lan.partition.must(f"cell destroy {name}")
    finally:
        lan.partition.remove_cells()
        machine.check(f"echo 0 > {sriov}; modprobe -r igb", 60)


@ALL
def test_serial_port_interrupts_its_cell(lan):
    end = lan.machine.uart()
    device = devices.release_uart(lan.machine)
    lan.start(cell("uart", [1], flags=f"pins = <{devices.UART_IRQ} 5>; ports = "
                   f"<{devices.UART_PORT:#x} {devices.UART_PORT + 7:#x}>;"),
              "uart", ready="uart: port")
    # the registers are its alone: nothing arrives of what Linux sends
    lan.machine.check(f"printf XYZ | dd of=/dev/port bs=1 count=1 seek={devices.UART_PORT}")
    text = b""
    for word in (b"Hello", b"WORLD", b"pins"):
        end.sendall(word)
        while len(text) < 5 * (1 + (word != b"Hello")) and word != b"pins":
            text += end.recv(16)
    while len(text) < 14:
        text += end.recv(16)
    assert text == b"hELLOworldPINS"
    end.sendall(b"\x04")
    assert "received=15" in lan.end("uart")
    assert f"write to port {devices.UART_PORT:x} ignored" in lan.partition.hypervisor_console()
    lan.partition.must("cell destroy uart")
    devices.return_uart(lan.machine, device)


@ALL
def test_window_of_registers_is_the_cells(lan):
    """Without the function: its registers only. Linux reads ones there, and gets them back."""
    resource = lan.machine.check(f"head -n 1 /sys/bus/pci/devices/0000:{devices.EDU}/resource")
    host = int(resource.split()[0], 16)
    lan.start(cell("edu", [1], more=f"mmio@e8000000 {{ reg = <0xe8000000 0x1000>; "
                   f"host-address = <0x0 {host:#x}>; }};"), "mmio")
    assert "mmio: 010000ed edcba987" in lan.end("edu")
    lan.partition.must("cell destroy edu")
    lan.start(EDU, "edu")
    lan.end("edu")


@ALL
def test_card_comes_back_to_linux_and_works(lan):
    """In the end Linux uses it to exchange frames with another cell."""
    before = lan.machine.check(f"lspci -vv -s {lan.place}")
    lan.start(lan.description, "nic-echo", ready="nic-echo: 8")
    lan.partition.must("cell destroy card --force")
    back = lan.machine.check(f"lspci -vv -s {lan.place}")
    changing = re.compile(r"Control:|Status:|Latency|MSI|DisINTx|CESta|UESta|DevSta|DevCtl")

    def steady(text):
        return [line for line in text.splitlines() if not changing.search(line)]
    assert steady(before) == steady(back)
    lan.start(OTHER, "nic-echo", ready="nic-echo: 8")
    lan.frames(lan.card(lan.place), 500)
    lan.shut_down("other")
    lan.down(lan.place)


@ALL
def test_dma_ends_with_a_crash_and_the_cell_starts_again(lan):
    machine = lan.machine
    lan.start(EDU, "edu-dma", "to=0x300000 repeat=1 crash=1")
    lan.end("edu", "failed", 128 + 6)
    assert "BusMaster-" in machine.check(f"lspci -vv -s {devices.EDU}")
    lan.start(EDU, "edu-dma", "to=0x300000 repeat=1")
    lan.partition.wait(lambda: lan.partition.console("edu").count("goes on") == 2, 20,
                       lambda: lan.partition.console("edu"))
    assert "BusMaster+" in machine.check(f"lspci -vv -s {devices.EDU}")
    lan.partition.must("cell shutdown edu --force")
    assert "BusMaster-" in machine.check(f"lspci -vv -s {devices.EDU}")


@ALL
def test_root_cannot_reconfigure_what_a_cell_owns(lan):
    lan.start(lan.description, "nic-echo", ready="nic-echo: 8")
    linux = lan.card()
    before = lan.machine.check(f"lspci -xxx -s {lan.place}")
    lan.write_config(lan.place, 0x04, b"\0\0")           # decoding and mastering off
    lan.write_config(lan.place, 0x10, b"\0\0\xe0\xfe")   # registers elsewhere
    lan.frames(linux, 100)
    assert lan.machine.check(f"lspci -xxx -s {lan.place}") == before
    lan.shut_down("card")


@pytest.mark.machines("x2apic+devices")
def test_root_cannot_reconfigure_the_port_above_what_a_cell_owns(lan):
    port = "00:03.0"
    by_path = cell("card", [1], more=f'pci@0 {{ path = "pci0000:00/0000:{port}/0000:{LAN["port"]}"; '
                   'accept-no-reset; };')
    lan.start(by_path, "nic-echo", ready="nic-echo: 8")
    linux = lan.card()
    before = lan.machine.check(f"lspci -xxx -s {port}")
    lan.write_config(port, 0x04, b"\0")              # decoding and mastering off
    lan.write_config(port, 0x19, b"\x05")            # another bus below it
    lan.write_config(port, 0x20, b"\xf0\xff\0\0")    # no memory below it
    lan.write_config(port, 0x3e, b"\x40")            # reset what is below it
    lan.frames(linux, 100)
    after = lan.machine.check(f"lspci -xxx -s {port}")
    for line in ("\n10: ", "\n20: "):      # bus numbers, windows
        assert before.split(line)[1][:47] == after.split(line)[1][:47]
    lan.frames(lan.card(), 100)
    lan.shut_down("card")


@ALL
def test_what_cannot_be_given_is_refused_with_a_reason(lan):
    partition = lan.partition

    def refused(description, *words):
        status, text = partition.hvctl(f"cell create {partition.file(description)}")
        assert status and all(word in text for word in words), f"status {status}: {text}"
        assert not partition.cells()

    refused(cell("card", [1], more=pci(LAN["port"], "")), LAN["port"], "accept-no-reset")
    lan.card()
    refused(cell("card", [1], more=pci(LAN["linux"])), LAN["linux"], "up")
    refused(cell("card", [1], more=pci("00:03.0")), "00:03.0", "bridge")
    refused(cell("card", [1], more=pci("00:1f.2")), "00:1f.2", "group")
    refused(cell("card", [1], more=pci("05:00.0")), "05:00.0")
    # hvctl does not see the neighbours, the driver does
    partition.machine.check("mkdir -p /tmp/none && mount --bind /tmp/none "
                            "/sys/bus/pci/devices/0000:00:1f.2/iommu_group/devices")
    try:
        refused(cell("card", [1], more=pci("00:1f.2")), "dmesg")
        assert "00:1f.2 shares its IOMMU group" in partition.machine.check("dmesg | tail -n 5")
    finally:
        partition.machine.check("umount /sys/bus/pci/devices/0000:00:1f.2/iommu_group/devices")
    refused(cell("disk", [1], flags="pins = <21 7>;", more=pci(devices.NVME, "intx-pin = <7>;")),
            "shares interrupt line", LAN["spare"], "MSI")
    partition.make(lan.description)
    again = partition.file(cell("two", [2], more=pci(lan.place)))
    text = partition.hvctl_is(6, f"cell create {again}")
    assert lan.place in text and "another cell" in text, text


def test_without_a_unit_a_function_needs_memory_at_its_own_address(make_machine):
    """The machine accepts unprotected DMA; the inmate is linked to where its memory is."""
    partition = Partition(make_machine(apic="xapic", iommu="none", devices=("edu",),
                                       cmdline="memmap=16M$0x50000000"))
    partition.load()
    assert "unprotected-dma" in partition.machine.check(f"cat {SYSTEM}")
    partition.enable()
    elsewhere = partition.file(EDU)
    text = partition.hvctl_is(3, f"cell create {elsewhere}")
    assert "DMA is not remapped" in text and "pinned: 0 is not at its own address" in text, text
    pinned = cell("edu", [1], more=pci(devices.EDU)).replace(
        "memory@0 { reg = <0x0 ", "memory@0 { host-address = <0x50000000>; reg = <0x50000000 ")
    lan = Devices(partition)
    lan.start(pinned, "edu-pinned")
    assert "interrupts=2 causes=41 unexpected=0" in lan.end("edu")
    partition.must("cell destroy edu")
    partition.disable()


# --- many times -----------------------------------------------------------------------------

TURNS = 10
MANY_TURNS = SOAK_TURNS // 20


def turns(lan, count):
    """A card goes to a cell and back; whoever has it exchanges frames, with a peer that stays. The first turn is
    not counted: what is kept once is no leak."""
    lan.start(OTHER, "nic-echo", ready="nic-echo: 8")
    linux = lan.card()
    before, errors = None, lan.stray_interrupts()
    for turn in range(count + 1):
        lan.start(lan.description, "nic-echo", ready="nic-echo: 8")
        peer = re.search(r"82574L (\S+)", lan.partition.console("card")).group(1)
        lan.frames(linux, 50, f"200 {peer}")
        lan.partition.must("cell destroy card --force")
        lan.frames(lan.card(lan.place), 50)
        lan.down(lan.place)
        now = lan.partition.status()["pages_free"]
        before = before or now
        assert now == before, f"{before - now} pages are missing after {turn} turns"
        assert not lan.faults()
        assert lan.stray_interrupts() == errors
    text = lan.shut_down("other")
    assert f"answered={50 * (count + 1)} lost=0 errors=0" in text, text


@pytest.mark.machines("x2apic+devices")     # with AMD-Vi in a soak: it takes a minute there
def test_10_turns_of_a_card_that_linux_uses_in_between(lan):
    turns(lan, TURNS)


@pytest.mark.soak
@ALL
def test_many_turns_of_a_card(lan):
    turns(lan, 5)
    inventory, pages = lan.partition.inventory(), unaccounted(lan.partition)
    turns(lan, MANY_TURNS)
    found = differences(inventory, lan.partition.inventory())
    grown = unaccounted(lan.partition) - pages
    print(f"{MANY_TURNS} turns, pages unaccounted for: {pages} + {grown}")
    assert not found, found
    assert grown < SLACK_PAGES, f"{grown} pages are missing after {MANY_TURNS} turns"
