# SPDX-License-Identifier: GPL-2.0-only
"""Linux's devices behind a remapping unit that the hypervisor has taken: they work, and reach nothing
that is not Linux's; Linux's own use of the unit goes on, whatever it writes there."""
import json
import re

import pytest

import devices
from bulkhead import SYSTEM, Bulkhead, inmate
from partition import Partition, cell

UNIT = 0xfed90000
BLOCK = 2 << 20
EDU = f"0000:{devices.EDU}"
EDU_BDF = int(devices.EDU[3:5], 16) << 3
NVME = f"0000:{devices.NVME}"

pytestmark = pytest.mark.needs("iommu", "edu", "nvme", "monitor")


def vtd(function):
    return pytest.mark.machines("devices+x2apic")(function)


def any_unit(function):
    return pytest.mark.machines("devices")(function)


def tells(machine):
    """Registers of QEMU's AMD unit do not say that it has noted an event."""
    return machine.config.unit == "intel"


def edu(machine, *words):
    return machine.check(f"edu-dma {EDU} {' '.join(map(str, words))}").strip()


def taken(machine):
    """Memory that is not Linux's: the hypervisor's and cells', in blocks of 2 MiB."""
    return [int(line, 0) for line in machine.check("pages where").split()]


def link_sections(machine):
    """Of the only link: name to address and size."""
    text = machine.check("cd /sys/class/uio/uio0/maps && for m in *; do echo $(cat $m/name $m/addr $m/size); done")
    lines = map(str.split, text.splitlines())
    return {name: (int(address, 0), int(size, 0)) for name, address, size in lines}


def taken_by_cells(machine, hypervisor):
    """Blocks that are whole a cell's: not the hypervisor's, nor with parts of the link."""
    sections = link_sections(machine).values()
    return [block for block in taken(machine) if block not in hypervisor and
            not any(at < block + BLOCK and block < at + size for at, size in sections)]


def faults(bulkhead):
    lines = bulkhead.must("events --json").splitlines()
    return [e for e in map(json.loads, lines) if e["event"] == "fault"]


def read_disk(machine, sectors=64):
    """The disk's contents by DMA and MSI-X; wrong or late data fails."""
    machine.check("modprobe nvme && for i in $(seq 50); do [ -b /dev/nvme0n1 ] && break; sleep 0.1; done")
    machine.check(f"dd if=/dev/nvme0n1 of=/tmp/disk bs=512 count={sectors} iflag=direct 2> /dev/null")
    assert machine.get("/tmp/disk") == b"".join(map(devices.sector, range(sectors)))


def queue_interrupts(machine):
    """Linux's numbers of the disk's interrupts, and how many came."""
    lines = re.findall(r"^ *(\d+):((?: +\d+)+) .*nvme0q", machine.check("cat /proc/interrupts"), re.M)
    return {int(n): sum(map(int, counts.split())) for n, counts in lines}


@any_unit
def test_devices_of_linux_go_on(bulkhead):
    machine = bulkhead.machine
    read_disk(machine)
    bulkhead.create("rtos", "rtos")
    before = sum(queue_interrupts(machine).values())
    read_disk(machine)
    assert sum(queue_interrupts(machine).values()) > before
    assert int(edu(machine, "write", "own", 0x1234), 0) == 0x1234
    assert bulkhead.json("link ping plc --count 20")["wrong"] == 0
    bulkhead.must("cell shutdown rtos", "cell destroy rtos")
    read_disk(machine)
    bulkhead.disable()
    read_disk(machine)
    assert int(edu(machine, "write", "own", 0x4321), 0) == 0x4321
    bulkhead.enable()
    read_disk(machine)
    assert not faults(bulkhead)


@any_unit
def test_dma_of_linux_into_memory_of_others_is_stopped(bulkhead):
    machine = bulkhead.machine
    hypervisor = taken(machine)
    bulkhead.create("rtos", "rtos")
    cell = taken_by_cells(machine, hypervisor)
    state, outputs = link_sections(machine)["state"][0], link_sections(machine)["outputs"]
    victims = [hypervisor[0], hypervisor[0] + 0x1ff000, cell[0], cell[0] + 0x1000]
    kept = 0x1000 # of the cell: its program's code does not change
    before = machine.read_physical(cell[0] + kept, 64)
    for address in victims:
        known = len(faults(bulkhead))
        assert int(edu(machine, "read", hex(address)), 0) in (0, 2**64 - 1)
        edu(machine, "write", hex(address), 0xdeadbeefdeadbeef)
        assert b"\xef\xbe\xad\xde\xef\xbe\xad\xde" not in machine.read_physical(address, 8)
        new = faults(bulkhead)[known:]
        if not tells(machine):
            continue
        assert [(e["function"], e["access"], int(e["address"], 0)) for e in new] == \
            [(devices.EDU, "read", address), (devices.EDU, "write", address)], new
        text = bulkhead.must("console")
        for what in ("read of", "write to"):
            assert f"function {devices.EDU}" in text and f"{what} {address:x} stopped" in text, text
    for address in (state, outputs[0] + outputs[1] // 2): # which Linux may read
        known = len(faults(bulkhead))
        edu(machine, "write", hex(address), 0xdeadbeefdeadbeef)
        assert b"\xef\xbe\xad\xde\xef\xbe\xad\xde" not in machine.read_physical(address, 8)
        told = [("write", address)] if tells(machine) else []
        assert [(e["access"], int(e["address"], 0)) for e in faults(bulkhead)[known:]] == told
    assert machine.read_physical(cell[0] + kept, 64) == before
    assert bulkhead.json("link ping plc --count 20")["wrong"] == 0


@any_unit
def test_dma_of_linux_into_configuration_space_is_stopped(bulkhead):
    """A device could give a cell's function other BARs."""
    machine = bulkhead.machine
    window = int(re.search(r"\tpci@(\w+)", machine.check(f"cat {SYSTEM}"))[1], 16)
    known = len(faults(bulkhead))
    line = window + (int(devices.NVME[3:5], 16) << 15) + 0x3c
    before = machine.check(f"cat /sys/bus/pci/devices/{NVME}/config | md5sum")
    edu(machine, "write", hex(line - 4), 0x55 << 32)
    told = [line & ~0xfff] if tells(machine) else []
    assert [int(e["address"], 0) for e in faults(bulkhead)[known:]] == told
    assert machine.check(f"cat /sys/bus/pci/devices/{NVME}/config | md5sum") == before


@vtd
def test_memory_is_linuxs_again_for_its_devices_after_a_cell(bulkhead):
    machine = bulkhead.machine
    hypervisor = taken(machine)
    bulkhead.create("rtos", "rtos")
    cell = taken_by_cells(machine, hypervisor)[0]
    known = len(faults(bulkhead))
    edu(machine, "read", hex(cell))
    assert len(faults(bulkhead)) == known + 1
    bulkhead.must("cell shutdown rtos", "cell destroy rtos")
    edu(machine, "read", hex(cell))
    assert len(faults(bulkhead)) == known + 1


@vtd
def test_cell_whose_device_faults_all_the_time_does_not_flood_linux(bulkhead):
    """The unit is told to be silent about the function, until a cell gets it anew; Linux's own faults
    are still told of."""
    machine = bulkhead.machine
    machine.put(cell("edu", [1], more=f'pci@0 {{ address = "{EDU}"; accept-no-reset; }};'),
                "/tmp/edu.dts")
    machine.put("to=0x7000000 repeat=1", "/tmp/words")
    for _ in range(2):
        known = len(faults(bulkhead))
        bulkhead.must("cell create /tmp/edu.dts", f"cell load edu {inmate('edu-dma')}",
                      "cell load edu /tmp/words --address 0x6000", "cell start edu")
        bulkhead.wait(lambda: len(faults(bulkhead)) > known + 14, 30, lambda: faults(bulkhead))
        before = bulkhead.show("edu")["heartbeat"]
        bulkhead.wait(lambda: bulkhead.show("edu")["heartbeat"] > before + 5, 30,
                      lambda: "the cell does not go on")
        new = faults(bulkhead)[known:]
        assert len(new) == 16 and {e["function"] for e in new} == {devices.EDU}, new
        bulkhead.must("cell shutdown edu", "cell destroy edu")
    known = len(faults(bulkhead))
    edu(machine, "write", hex(taken(machine)[0]), 1)
    assert len(faults(bulkhead)) == known + 1


@any_unit
def test_linux_moves_its_interrupts(bulkhead):
    """Between its CPUs, and off a CPU that goes to a cell."""
    machine = bulkhead.machine
    read_disk(machine)
    admin = min(queue_interrupts(machine))
    for cpu in (0, 2, 3, 1):
        machine.check(f"echo {1 << cpu:x} > /proc/irq/{admin}/smp_affinity")
        count = queue_interrupts(machine)[admin]
        machine.check("cat /sys/class/nvme/nvme0/firmware_rev && "
                      "echo 1 > /sys/class/nvme/nvme0/rescan_controller")
        assert queue_interrupts(machine)[admin] > count, cpu
    machine.check("echo 0 > /sys/devices/system/cpu/cpu2/online")
    read_disk(machine)
    machine.check("echo 1 > /sys/devices/system/cpu/cpu2/online")
    bulkhead.create("rtos", "rtos")
    read_disk(machine)
    count = queue_interrupts(machine)[admin]
    machine.check("echo 1 > /sys/class/nvme/nvme0/rescan_controller")
    assert queue_interrupts(machine)[admin] > count
    assert not faults(bulkhead)


@pytest.mark.parametrize("iommu, qemu, kernel", [
    ("intel", "10", "6.12"), ("intel", "7.2", "6.1"), ("intel", "7.2", "6.12"),
    ("amd", "7.2", "6.1"), ("amd", "7.2", "6.12"),
])
def test_unit_in_xapic_mode(make_machine, iommu, qemu, kernel):
    machine = make_machine(qemu=qemu, apic="xapic", kernel=kernel, iommu=iommu,
                           devices=("edu", "nvme"))
    bulkhead = Bulkhead(machine)
    bulkhead.load()
    bulkhead.enable()
    read_disk(machine)
    hypervisor = taken(machine)[0]  # the only block so far; a link's may be Linux's to write
    bulkhead.create("rtos", "rtos")
    read_disk(machine)
    edu(machine, "write", hex(hypervisor), 0xdeadbeefdeadbeef)
    assert b"\xef\xbe\xad\xde\xef\xbe\xad\xde" not in machine.read_physical(hypervisor, 8)
    told = [("write", hypervisor)] if tells(machine) else []
    assert [(e["access"], int(e["address"], 0)) for e in faults(bulkhead)] == told
    assert bulkhead.json("link ping plc --count 20")["wrong"] == 0
    bulkhead.must("cell shutdown rtos", "cell destroy rtos")
    bulkhead.disable()
    read_disk(machine)
    assert int(edu(machine, "write", "own", 0x4321), 0) == 0x4321
    bulkhead.enable()
    read_disk(machine)


def test_hostile_linux_at_its_unit(make_machine):
    machine = make_machine(devices=("edu", "nvme"), cmdline="iomem=relaxed")
    bulkhead = Bulkhead(machine)
    bulkhead.load()
    bulkhead.enable()
    hypervisor = taken(machine)[0]
    bulkhead.create("rtos", "rtos")
    before = machine.read_physical(hypervisor, 4096)
    output = machine.check(f"vtd-attack {UNIT:#x} 1 {hypervisor:#x} {EDU_BDF:#x}")
    assert output.splitlines() == [
        "garbage: error 1, head 0", "mended: error 0, head 16", "status 1",
        "status elsewhere: error 0, head 32", "interrupt for a cell: error 0, head 48",
        "table elsewhere: error 0, head 64", "queue elsewhere: error 1, head 0",
        "tail beyond: error 1, head 0", "Linux's: error 0, head 0",
        "root table elsewhere", "translated"], output
    assert machine.read_physical(hypervisor, 4096) == before
    console = bulkhead.must("console")
    assert "interrupt c8 stopped: Linux's entry is one that it may not have" in console, console
    assert f"Linux wants to translate DMA of function {devices.EDU}" in console, console
    assert int(edu(machine, "write", "own", 0x1234), 0) == 0, "not blocked"
    assert "the function is blocked" in bulkhead.must("console")
    assert bulkhead.json("link ping plc --count 20")["wrong"] == 0
    read_disk(machine)
    bulkhead.must("cell shutdown rtos", "cell destroy rtos")
    bulkhead.disable()
    read_disk(machine)
    assert int(edu(machine, "write", "own", 0x1234), 0) == 0x1234


def receive(end, size):
    text = b""
    while len(text) < size:
        text += end.recv(size - len(text))
    return text


def serial_port(bulkhead):
    """A cell with a serial port, which interrupts it by a pin of the IO-APIC; the port's other end."""
    end = bulkhead.machine.uart()
    end.settimeout(20 * bulkhead.machine.scale)
    devices.release_uart(bulkhead.machine)
    bulkhead.make(cell("uart", [2], flags=f"xapic-only; pins = <{devices.UART_IRQ} 5>; ports = "
                       f"<{devices.UART_PORT:#x} {devices.UART_PORT + 7:#x}>;"))
    bulkhead.run_inmate("uart", "uart")
    bulkhead.wait_print("uart", "uart: port")
    end.sendall(b"Hello")
    assert receive(end, 5) == b"hELLO"
    return end


def test_hostile_linux_at_its_amd_unit(make_machine):
    machine = make_machine(qemu="7.2", apic="xapic", iommu="amd", devices=("edu", "nvme", "uart"),
                           cmdline="iomem=relaxed")
    bulkhead = Partition(machine)
    bulkhead.load()
    unit = int(re.search(r"iommu@(\w+)", machine.check(f"cat {SYSTEM}"))[1], 16)
    bulkhead.enable()
    hypervisor = taken(machine)[0]
    bulkhead.create("rtos", "rtos")
    end = serial_port(bulkhead)
    before = machine.read_physical(hypervisor, 4096)
    mark = machine.console_mark()
    attack = machine.start(f"amdvi-attack {unit:#x} 1 {hypervisor:#x} {EDU_BDF:#x}")
    machine.wait_console("the IO-APIC has no table", 30, mark)
    end.sendall(b"WORLD")
    assert receive(end, 5) == b"world"
    _, output = attack.wait(30)
    output = output.decode()
    *lines, last = output.splitlines()
    assert lines == [
        "garbage: stopped, head 0", "mended: runs, head 16", "status 7",
        "status elsewhere: runs, head 32", "interrupt for a cell: runs, head 48",
        "interrupt table elsewhere: runs, head 64", "translated: runs, head 80",
        "device table elsewhere: runs, head 96", "IO-APIC without a table: runs, head 112",
        "IO-APIC translated: runs, head 128", "IO-APIC of Linux: runs, head 144",
        "ring elsewhere: stopped, head 0", "tail beyond: runs, head 0", "pin for a cell: masked",
        "pin of Linux's: open"], output
    assert last.startswith("Linux's: runs"), output
    assert machine.read_physical(hypervisor, 4096) == before
    console = bulkhead.must("console")
    assert f"function {devices.EDU} of" in console, console
    assert "interrupt c8 stopped: Linux's entry is one that it may not have" in console, console
    assert f"Linux wants to translate DMA or interrupts of function {devices.EDU}" in console, console
    assert int(edu(machine, "write", "own", 0x1234), 0) == 0, "not blocked"
    assert bulkhead.json("link ping plc --count 20")["wrong"] == 0
    read_disk(machine)
    bulkhead.must("cell shutdown rtos", "cell destroy rtos", "cell destroy uart --force")
    bulkhead.disable()
    read_disk(machine)
    assert int(edu(machine, "write", "own", 0x1234), 0) == 0x1234


@pytest.mark.parametrize("settings", [
    {"kernel": "6.1"}, {"kernel": "6.12"}, {"qemu": "7.2", "apic": "xapic", "iommu": "amd"}],
    ids=["6.1", "6.12", "amd"])
def test_translation_by_linux_is_refused(make_machine, settings):
    machine = make_machine(cmdline="iommu=nopt", **settings)
    bulkhead = Bulkhead(machine)
    bulkhead.load()
    text = machine.check(f"cat {SYSTEM}")
    for leave in ("\t\tleft-to-root;\n", "\t\tunmoderated-msi;\n", "\t\tunprotected-dma;\n"):
        text = text.replace(leave, "")
    machine.put(text, "/tmp/ours.dts")
    status, output = bulkhead.hvctl("enable /tmp/ours.dts")
    assert status == 1, output
    assert "iommu=pt" in output + machine.check("dmesg | tail -n 5")
    assert not bulkhead.is_enabled()
