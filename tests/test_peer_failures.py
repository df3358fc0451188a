# SPDX-License-Identifier: GPL-2.0-only
"""Failures that another hypervisor of this kind was seen to have, each shown not to happen here:
a start that is lost, a kick that is swallowed, a shutdown without limit, registers that open the
machine to a cell, a Linux that cannot reboot, a DMA-remapping unit that nobody looks at."""
import re
import struct
import threading

import pytest

from bulkhead import SYSTEM, inmate
from channel import BedError
from partition import Partition, cell, partition     # noqa: F401 (a fixture)

BOTH_MODES = pytest.mark.machines("x2apic+4cpu", "qemu10+xapic+4cpu", "bochs+4cpu")
SMALL = cell("small", [1], memory=0x200000)


class Nmis:
    """NMIs by the emulator's monitor, again and again, while the body of the `with` runs."""

    def __init__(self, machine):
        self.machine, self.ended, self.count = machine, threading.Event(), 0
        self.thread = threading.Thread(target=self.inject)

    def inject(self):
        while not self.ended.wait(0.02):
            self.machine.nmi()
            self.count += 1

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *exc):
        self.ended.set()
        self.thread.join()


def restarts(partition, count, how, timeout=120):
    """Stops and starts the cell in a tight loop; every start must have happened."""
    known = partition.show("small")
    status, out = partition.machine.run(f"restarts {known['id']} {known['entry']} {count} {how}",
                                        timeout)
    assert status == 0 and out.startswith(f"{count} starts"), \
        f"{out}\n{partition.hypervisor_console()}\n{partition.machine.registers()}"
    assert partition.show("small")["starts"] == known["starts"] + count
    assert "does not answer" not in partition.hypervisor_console()


# --- a start that is acknowledged and never happens -------------------------------------------

@BOTH_MODES
def test_no_start_is_lost_right_after_a_forced_stop(partition):
    partition.make(SMALL)
    partition.run_inmate("small", "spin")
    restarts(partition, 150, "force")


@BOTH_MODES
def test_no_start_is_lost_right_after_the_cell_parked_itself(partition):
    partition.make(SMALL)
    partition.run_inmate("small", "hello")
    assert partition.end_of("small")["state"] == "done"
    restarts(partition, 150, "ends")


def test_no_start_is_lost_with_two_cpus(partition):
    """Each boot CPU of a life starts the other one by INIT and start-up IPI."""
    partition.make(cell("small", [1, 2], memory=0x200000))
    for _ in range(10):
        partition.run_inmate("small", "smp")
        end = partition.end_of("small")
        assert (end["state"], end["exit_code"]) == ("done", 0), partition.console("small")


# --- a kick that is swallowed -----------------------------------------------------------------

@BOTH_MODES
@pytest.mark.needs("nmi")
def test_no_kick_is_lost_among_other_nmis(partition):
    """Each forced stop, create and destroy needs an NMI of the hypervisor's own to be seen."""
    levels = partition.machine.check("cat /proc/sys/kernel/printk")
    partition.machine.check("dmesg -n 1")
    partition.make(SMALL)
    partition.run_inmate("small", "spin")
    with Nmis(partition.machine) as nmis:
        restarts(partition, 100, "force")
        partition.must("cell destroy small --force")
        file = partition.file(SMALL)
        for _ in range(5):
            partition.must(f"cell run {file} {inmate('hello')} --timeout 20")
    partition.machine.check(f"echo '{levels}' > /proc/sys/kernel/printk")
    assert nmis.count > 20
    assert "does not answer" not in partition.hypervisor_console()
    kicks = {c["cpu"]: c["nmi_kicks"] for c in partition.json("stats")["cpus"]}
    assert kicks[1] >= 100, kicks


# --- a shutdown without limit -----------------------------------------------------------------

def test_linux_works_on_while_a_cell_does_not_answer(partition):
    partition.make(SMALL)
    partition.run_inmate("small", "hang")
    partition.wait_print("small", "from here on")
    script = ("hvctl cell shutdown small --timeout 2 > /tmp/answer 2>&1 & n=0; "
              "while kill -0 $! 2> /dev/null; do hvctl status > /dev/null || exit 9; "
              "n=$((n + 1)); done; wait $!; echo $? $n; cat /tmp/answer")
    begin = float(partition.machine.check("cut -d' ' -f1 /proc/uptime"))
    status, turns, said = partition.machine.check(script, 30).split(maxsplit=2)
    took = float(partition.machine.check("cut -d' ' -f1 /proc/uptime")) - begin
    assert status == "5" and "--force" in said, (status, said)
    assert 2 <= took < 6 and int(turns) > 5, f"{took} s, {turns} other commands meanwhile"
    assert partition.cells()["small"]["state"] == "running"
    partition.must("cell shutdown small --force")
    assert partition.cells()["small"]["state"] == "stopped"


# --- registers open to a cell -----------------------------------------------------------------

@BOTH_MODES
@pytest.mark.needs("svm")
def test_registers_of_the_memory_controller_are_closed_to_cells(partition):
    partition.machine.check("modprobe msr")
    code = ("import os; f = os.open('/dev/cpu/0/msr', 0); print([os.pread(f, 8, 0xc0010000 + n)"
            " for n in (0x10, 0x15, 0x1a, 0x1d, 0x58, 0x114, 0x117)])")
    before = partition.machine.check(f'python3 -c "{code}"')
    partition.make(SMALL)
    partition.run_inmate("small", "msr-range")
    end = partition.end_of("small", timeout=60)
    console = partition.console("small")
    assert (end["state"], end["exit_code"]) == ("done", 0), console
    assert int(re.search(r"(\d+) closed, 0 remembered", console)[1]) > 8100, console
    assert "c0010117" not in console, "VM_HSAVE_PA is not there at all"
    assert "c0010114 reads 18," in console, "VM_CR: disabled and locked"
    assert partition.machine.check(f'python3 -c "{code}"') == before


# --- a Linux that cannot reboot ---------------------------------------------------------------

def with_a_cell(machine, policy="stay"):
    product = Partition(machine)
    product.load()
    product.enable_with(lambda text: text.replace('policy = "stay"', f'policy = "{policy}"'))
    product.create("rtos-b", "rtos")
    product.make(cell("other", [3], memory=0x200000))
    product.run_inmate("other", "spin")
    product.wait_print("other", "computing")
    return product


@pytest.mark.parametrize("how", ["reboot -f", "echo c > /proc/sysrq-trigger"])
def test_reboot_with_cells_resets_the_machine(make_machine, how):
    """An orderly reboot, and a panic with a reboot timer, where the description wants that. The
    reset takes the cells along; what comes up is a machine like any other, where the hypervisor
    can be enabled. Other policies are in test_fall.py."""
    machine = make_machine(on_reset="reset", apic="xapic")
    with_a_cell(machine, "reset")
    machine.start(how)
    machine.wait_ready()
    assert machine.wait_event("RESET")
    product = with_a_cell(machine)
    product.remove_cells()
    product.disable()


PUBLIC_HEADER, PUBLIC_CPU, PUBLIC_CELL = 56, 64 * 256, 160     # struct bh_public
IMAGE_PUBLIC_OFFSET = 44        # in struct bh_image_header
COMM_STATUS = 0x1000


def heartbeat_address(machine, name):
    """Where a cell's heartbeat lies in memory, from the hypervisor's public area."""
    for base in range(0, int(machine.config.memory.rstrip("G")) << 30, 2 << 20):
        if machine.read_physical(base, 8) != b"BULKHEAD":
            continue
        memory = machine.read_physical(base, 2 << 20)
        public, = struct.unpack_from("<I", memory, IMAGE_PUBLIC_OFFSET)
        assert memory[public:public + 8] == b"KHPUBLIC"
        cells = public + PUBLIC_HEADER + PUBLIC_CPU
        for at in range(cells, cells + 16 * PUBLIC_CELL, PUBLIC_CELL):
            if memory[at:at + 32].rstrip(b"\0") == name.encode():
                return struct.unpack_from("<Q", memory, at + 48)[0] + COMM_STATUS
    raise BedError(f"no cell {name} in the hypervisor's memory")


def test_linux_that_panics_for_good_does_not_stop_a_cell(make_machine):
    machine = make_machine(cmdline="panic=0")
    with_a_cell(machine)
    at = heartbeat_address(machine, "other")

    def heartbeat():
        return struct.unpack("<Q", machine.read_physical(at, 8))[0]

    assert heartbeat() > 0
    machine.start("echo c > /proc/sysrq-trigger")
    machine.wait_console("end Kernel panic", 30)
    before = heartbeat()
    Partition(machine).wait(lambda: heartbeat() > before + 1000, 10,
                            lambda: f"{before}, {heartbeat()}")


# --- a DMA-remapping unit that nobody looks at ------------------------------------------------

def without(text, node):
    found = re.search(rf"\t{node}.*?\n\t}};\n", text, re.S)
    assert found, text
    return text.replace(found[0], "")


def refused(driver, edit, status):
    text = driver.machine.check(f"cat {SYSTEM}")
    driver.machine.put(edit(text), "/tmp/edited.dts")
    got, output = driver.hvctl("enable /tmp/edited.dts")
    assert got == status, (got, output)
    assert not driver.is_enabled()
    return output


@pytest.mark.needs("iommu")
def test_remapping_unit_has_to_be_in_the_description(driver):
    accept = "\n\taccept {\n\t\tunmoderated-msi;\n\t\tunprotected-dma;\n\t};\n};\n"
    output = refused(driver, lambda text: without(text, "iommu@").rstrip()[:-2] + accept, 1)
    assert "DMA-remapping unit" in output, output
    assert "0xfed90000" in driver.machine.check("dmesg | tail -n 5")


@pytest.mark.parametrize("consent, rule", [("unprotected-dma", "accept-dma"),
                                           ("unmoderated-msi", "accept-msi")])
@pytest.mark.needs("iommu")
def test_leaving_it_to_linux_has_to_be_accepted(driver, consent, rule):
    other = {"unprotected-dma": "unmoderated-msi", "unmoderated-msi": "unprotected-dma"}[consent]

    def leave(text):
        unit = re.search(r"\tiommu@.*?\n\t};\n", text, re.S)[0]
        left = unit.replace("\t};\n", "\t\tleft-to-root;\n\t};\n")
        return text.replace(unit, f"{left}\n\taccept {{\n\t\t{other};\n\t}};\n")
    output = refused(driver, leave, 3)
    assert rule in output, output
