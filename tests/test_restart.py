# SPDX-License-Identifier: GPL-2.0-only
"""Linux falls and is started again alone, from a kernel and an initramfs that were loaded before, while a
cell goes on. The new Linux finds the hypervisor and manages the cell."""
import re
import time
from dataclasses import replace

import pytest

import conftest
from bulkhead import inmate
from conftest import MAIN
from devices import EDU
from fallen import LOOK
from partition import Partition, cell, link
from qemu import Config
from restarted import BOOT, INITRD, KERNEL, Restarted, disks, find_kernel

EXIT_FAILED, EXIT_BUSY = 1, 6       # of hvctl
KERNEL_ALIGNMENT = 0x230            # in the setup header
MACHINES = {
    "x2APIC, VT-d": replace(MAIN, devices=("nvme", "edu")),
    "xAPIC": Config(apic="xapic", kernel="6.12", devices=("nvme", "edu")),
    "xAPIC, AMD-Vi": Config(qemu="7.2", apic="xapic", iommu="amd", devices=("nvme", "edu")),
}
RTOS = cell("rtos", [3], links=link("plc", rw=0x10000, output=0x100000))


@pytest.fixture
def restarted(make_machine):
    def make(config=MAIN, extra=(), **settings):
        machine = make_machine(config, extra=(*LOOK, *disks(config), *extra))
        return Restarted(machine, **settings)
    return make


# --- load and unload -----------------------------------------------------------------------------

def test_load(restarted):
    fallen = restarted()
    product, before = fallen.product, fallen.product.holdings()
    assert product.json("root status") == {"loaded": False, "kernel_bytes": 0, "initrd_bytes": 0,
                                           "restarts": 0, "attached": False}
    assert "nothing is loaded" in product.hvctl_is(EXIT_FAILED, "root unload")
    assert "no Linux kernel" in product.hvctl_is(EXIT_FAILED, "root load /bin/busybox")
    assert "No such file" in product.hvctl_is(EXIT_FAILED, f"root load {KERNEL} --initrd /none")
    fallen.machine.check(f"cp {KERNEL} /tmp/kernel && printf '\\1' | "
                         f"dd of=/tmp/kernel bs=1 seek={KERNEL_ALIGNMENT} conv=notrunc 2> /dev/null")
    assert "wants a place that cannot be" in product.hvctl_is(EXIT_FAILED, "root load /tmp/kernel")
    long = "$(head -c 2040 /dev/zero | tr '\\0' x)"
    assert "2047 are possible" in product.hvctl_is(EXIT_FAILED, f"root load {KERNEL} --cmdline {long}")
    assert product.holdings() == before
    fallen.load()
    status = product.json("root status")
    assert status["loaded"] and status["initrd_bytes"] > status["kernel_bytes"] > 1 << 20
    assert product.status()["hypervisor_bytes"] >= status["initrd_bytes"] + before["hypervisor_bytes"]
    assert "is loaded already" in product.hvctl_is(EXIT_BUSY, f"root load {KERNEL}")
    product.must("root unload")
    assert product.holdings() == before
    # what is loaded goes with the hypervisor
    fallen.load()
    product.must("cell destroy witness --force", "disable")
    assert product.hvctl("status")[0] == 4
    assert fallen.machine.check("cat /sys/class/misc/bulkhead/hv_bytes") == "0\n"


def test_image_is_sealed(restarted):
    """What a Linux writes there on its way down goes nowhere."""
    fallen = restarted()
    before = set(fallen.machine.check("pages where").split())
    fallen.load()
    image_blocks = sorted(set(fallen.machine.check("pages where").split()) - before)
    assert len(image_blocks) > 10
    for address in image_blocks[:4] + image_blocks[-4:]:
        fallen.machine.run(f"modprobe bed-fall how=spoil at=0x{int(address, 16):x}", 60)
    assert fallen.product.status()["stray"] >= 8 * 512
    fallen.fall(WAYS["panic"])
    fallen.attach()
    fallen.check_managed(1)


# --- restart -------------------------------------------------------------------------------------

WAYS = {"panic": "echo c > /proc/sysrq-trigger", "triple fault": "modprobe bed-fall how=triple cpu=3"}
# The others by "make soak".
PAIRS = [pytest.param(on, way, marks=() if (on, way) in (("x2APIC, VT-d", "panic"),
                                                         ("xAPIC, AMD-Vi", "triple fault"))
                      else pytest.mark.soak) for on in MACHINES for way in WAYS]


def check_memory_map(log, blocks):
    """No byte of the hypervisor, the image or a cell is memory of the new Linux."""
    usable = [(int(a, 16), int(b, 16)) for a, b in
              re.findall(r"BIOS-e820: \[mem (0x\w+)-(0x\w+)\] usable", log)]
    assert usable
    for block in (int(at, 16) for at in blocks):
        assert not [r for r in usable if r[0] <= block <= r[1]], f"{block:#x} {usable}"
        assert not [r for r in usable if r[0] <= block - 1 <= r[1]], "the page in front"


@pytest.mark.parametrize("on, way", PAIRS)
def test_linux_comes_back(restarted, on, way):
    """The cell's CPU has no exit and no NMI meanwhile, and loses no period. Nothing that the old Linux began
    with its devices reaches the new one."""
    fallen = restarted(MACHINES[on])
    fallen.load()
    blocks = fallen.machine.check("pages where").split()
    used = fallen.use_devices()
    begin = time.monotonic()
    log = fallen.fall(WAYS[way])
    up = time.monotonic() - begin
    fallen.check_devices_are_quiet(used)
    check_memory_map(log, blocks)
    assert "maxcpus=1" in log and "Brought up 1 node, 1 CPU" in log
    fallen.check_cell_goes_on()
    assert fallen.states()[:2] == [7, 0]
    begin = time.monotonic()
    fallen.attach()
    fallen.check_managed(1)
    print(f"{on}: {way} to Linux {up:.1f} s, to a managed cell {time.monotonic() - begin:.1f} s more")
    fallen.check_cell_goes_on(2)
    fallen.read_disk()
    assert fallen.product.status()["stray"] == 0
    # the cell's memory and CPU go to the next one, which Linux talks to
    product = fallen.product
    assert "no images" not in product.must("cell shutdown witness")
    product.hvctl_is(EXIT_FAILED, "cell start witness --entry 0x100000")
    taken = product.status()["cell_bytes"]
    product.must("cell destroy witness")
    assert fallen.machine.check("cat /sys/devices/system/cpu/online") == "0-3\n"
    assert product.status()["cell_bytes"] == 0 < taken
    product.make(RTOS)
    product.run_inmate("rtos", "rtos")
    assert product.json("link ping plc --count 100", 60)["wrong"] == 0
    product.must("cell destroy rtos --force", "root unload", "disable")
    assert fallen.machine.check("cat /sys/devices/system/cpu/online") == "0-3\n"
    fallen.machine.check("dmesg | grep -q disabled && ! dmesg | grep -E 'BUG:|WARNING: CPU|Oops'")


@pytest.mark.soak
def test_again_and_again(restarted):
    """The image stays: each Linux falls like the one before, and what one has created the next one has."""
    fallen = restarted(more=(RTOS.replace("<3>", "<2>").replace("rtos", "second"),))
    fallen.load()
    for starts in (1, 2, 3):
        fallen.fall(WAYS["panic"])
        fallen.attach()
        assert fallen.product.json("root status")["restarts"] == starts
        assert set(fallen.product.cells()) == {"witness", "second"}
        fallen.check_cell_goes_on(starts * 1000)
    fallen.product.must("cell destroy second --force", "cell destroy witness --force", "disable")


@pytest.mark.soak
def test_cpus_of_cells_are_out_of_reach(restarted):
    """Without our driver, the new Linux tries to start a CPU that runs a cell."""
    fallen = restarted()
    fallen.load()
    fallen.fall(WAYS["panic"])
    online = "echo 1 > /sys/devices/system/cpu/cpu1/online"
    assert fallen.machine.run(online, 60)[0] != 0
    fallen.check_cell_goes_on(2000)
    fallen.attach()
    fallen.check_managed(1)
    assert fallen.machine.run(online, 60)[0] != 0
    fallen.check_cell_goes_on(3000)


@pytest.mark.soak
@pytest.mark.parametrize("on", ["x2APIC, VT-d", "xAPIC, AMD-Vi"])
def test_a_cell_keeps_its_device(restarted, on):
    """It transfers all the time, by way of the unit that the new Linux sets up."""
    fallen = restarted(MACHINES[on])
    product = fallen.product
    product.make(cell("edu", [2], more=f'pci@0 {{ address = "0000:{EDU}"; accept-no-reset; }};'))
    fallen.machine.put("to=0x300000 repeat=1", "/tmp/words")
    product.must(f"cell load edu {inmate('edu-dma')}", "cell load edu /tmp/words --address 0x6000",
                 "cell start edu")
    product.wait_print("edu", "goes on")
    fallen.load()
    turns = product.show("edu")["progress"]
    fallen.fall(WAYS["panic"])
    assert "BusMaster+" in fallen.machine.check(f"lspci -vv -s {EDU}")
    fallen.attach()
    assert product.show("edu")["progress"] > turns + 3
    turns = product.show("edu")["progress"]
    product.wait(lambda: product.show("edu")["progress"] > turns + 3, 20, lambda: product.console("edu"))
    edu = product.show("edu")
    assert (edu["state"], edu["faults"]) == ("running", 0), edu
    fallen.check_cell_goes_on()
    product.must("cell destroy edu --force", "cell destroy witness --force", "disable")


@pytest.mark.soak
def test_firmware_with_uefi(restarted):
    """What only firmware services tell goes with them; memory map and tables stay."""
    fallen = restarted(replace(MAIN, firmware="uefi"))
    assert "ACPI20=" in fallen.machine.check("cat /sys/firmware/efi/systab")
    fallen.load()
    blocks = fallen.machine.check("pages where").split()
    log = fallen.fall(WAYS["panic"])
    check_memory_map(log, blocks)
    assert "ACPI: RSDP" in log and "efi: EFI v" not in log
    fallen.check_cell_goes_on()
    fallen.attach()
    fallen.check_managed(1)
    # and the next one gets from this one what it got itself
    fallen.product.must("root unload")
    find_kernel(fallen.machine)
    fallen.load()
    assert "ACPI: RSDP" in fallen.fall(WAYS["panic"])
    fallen.attach()
    fallen.check_managed(2)


# --- where there is no monitor to look from outside ----------------------------------------------

@pytest.mark.soak
@pytest.mark.parametrize("cpus", [2, 4])
@pytest.mark.machines("bochs+2cpu")
def test_linux_comes_back_on_intel(machine_name, make_machine, cpus):
    """Two CPUs are in xAPIC mode, four in x2APIC mode. The kernel and the initramfs are on the machine's CD. The cell's
    own timer costs it exits in xAPIC mode, and nothing else does."""
    config = conftest.MACHINES[machine_name] if cpus == 2 else conftest.INTEL_MAIN
    machine = make_machine(config)
    product = Partition(machine)
    kernel = find_kernel(machine)
    product.load()
    product.enable_with(lambda text: text.replace('policy = "stay"', 'policy = "restart"'))
    product.must(f"root load {kernel}", timeout=60)
    product.make(cell("rtos", [1], links=link("plc", rw=0x10000, output=0x100000)))
    product.run_inmate("rtos", "rtos")
    assert product.json("link ping plc --count 20", 60)["wrong"] == 0
    before, beats = product.exits(1), product.show("rtos")["progress"]
    machine.start("echo c > /proc/sysrq-trigger")
    machine.wait_ready(timeout=BOOT)
    machine.check("modprobe bulkhead && modprobe bulkhead_link", 60)
    after = product.exits(1)
    assert product.show("rtos")["progress"] > beats + 1000
    assert not {cause for cause in after if after[cause] != before[cause]} - {"apic"}
    assert product.json("root status")["attached"] and product.cells()["rtos"]["state"] == "running"
    assert product.json("link ping plc --count 20", 60)["wrong"] == 0
    product.must("cell destroy rtos --force", "root unload", "disable")
    online = machine.check("cat /sys/devices/system/cpu/online")
    assert online == f"0-{config.cpus - 1}\n"
