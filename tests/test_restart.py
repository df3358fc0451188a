# SPDX-License-Identifier: GPL-2.0-only
"""Linux falls and is started again alone, from a kernel and an initramfs that were loaded before, while a
cell goes on. The new Linux finds the hypervisor and manages the cell."""
import re
import time

import pytest

import conftest
import image
from conftest import MAIN
from machine import BUILD
from partition import Partition, cell, link
from qemu import Config
from test_fall import LOOK, Fallen, die

EXIT_FAILED, EXIT_BUSY = 1, 6       # of hvctl
KERNEL, INITRD = "/dev/vda", "/dev/vdb"
BOOT = 150
EXIT_APIC = 4       # enum bh_exit_cause
MACHINES = {
    "x2APIC, VT-d": MAIN,
    "xAPIC": Config(apic="xapic", kernel="6.12"),
    "xAPIC, QEMU 7.2": Config(qemu="7.2", apic="xapic"),
}
RTOS = cell("rtos", [3], links=link("plc", rw=0x10000, output=0x100000))


def disks(config):
    """The machine's own kernel and initramfs, where its Linux can read them."""
    files = (BUILD / f"kernels/{config.kernel}/vmlinuz", image.initramfs(config.kernel))
    arguments = []
    for number, path in enumerate(files):
        arguments += ["-drive", f"if=none,file={path.resolve()},format=raw,readonly=on,id=d{number}",
                      "-device", f"virtio-blk-pci,drive=d{number},addr={0x10 + number:#x}"]
    return tuple(arguments)


class Restarted(Fallen):
    """A machine whose Linux is started again when it falls."""

    def __init__(self, machine, policy="restart", more=()):
        machine.check("modprobe virtio_pci; modprobe virtio_blk")
        super().__init__(machine, policy, more=more)

    def counts(self):
        """In xAPIC mode the cell's own timer costs an exit each period (its end of interrupt)."""
        cpu, witness = super().counts()
        if self.machine.config.apic == "xapic":
            own = cpu.exits[:EXIT_APIC] + (0,) + cpu.exits[EXIT_APIC + 1:]
            cpu = cpu._replace(exits=own)
        return cpu, witness

    def load(self, more=""):
        self.product.must(f"root load {KERNEL} --initrd {INITRD} {more}", timeout=60)

    def fall(self, command):
        """Until the new Linux is up; its driver is not loaded yet."""
        mark = self.machine.console_mark()
        die(self, command)
        self.machine.wait_ready(timeout=BOOT)
        return self.machine.console(mark)

    def attach(self):
        self.machine.check("modprobe bulkhead && modprobe bulkhead_link", 60)

    def check_managed(self, starts):
        """What the old Linux could do with the cell, the new one can."""
        root, witness = self.product.json("cell list")
        assert (root["state"], root["starts"], root["cpus"]) == ("running", starts, [0, 2, 3])
        assert (witness["name"], witness["state"], witness["cpus"]) == ("witness", "running", [1])
        assert self.machine.check("cat /sys/devices/system/cpu/online") == "0,2-3\n"
        assert [n["name"] for n in self.product.json("link list")] == ["watch"]
        assert self.product.json("root status")["attached"]


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
                                                         ("xAPIC, QEMU 7.2", "triple fault"))
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
    """The cell's CPU has no exit and no NMI meanwhile, and loses no period."""
    fallen = restarted(MACHINES[on])
    fallen.load()
    blocks = fallen.machine.check("pages where").split()
    begin = time.monotonic()
    log = fallen.fall(WAYS[way])
    up = time.monotonic() - begin
    check_memory_map(log, blocks)
    assert "maxcpus=1" in log and "Brought up 1 node, 1 CPU" in log
    fallen.check_cell_goes_on()
    assert fallen.states()[:2] == [7, 0]
    begin = time.monotonic()
    fallen.attach()
    fallen.check_managed(1)
    print(f"{on}: {way} to Linux {up:.1f} s, to a managed cell {time.monotonic() - begin:.1f} s more")
    fallen.check_cell_goes_on(2)
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


# --- where there is no monitor to look from outside ----------------------------------------------

@pytest.mark.soak
@pytest.mark.parametrize("cpus", [2, 4])
@pytest.mark.machines("bochs+2cpu")
def test_linux_comes_back_on_intel(machine_name, make_machine, cpus):
    """Two CPUs are in xAPIC mode, four in x2APIC mode. The kernel and the initramfs are on the CD that the
    machine was booted from. The cell's own timer costs it exits in xAPIC mode, and nothing else does."""
    config = conftest.MACHINES[machine_name] if cpus == 2 else conftest.INTEL_MAIN
    machine = make_machine(config)
    product = Partition(machine)
    machine.check("modprobe ata_piix && modprobe sr_mod && modprobe isofs; "
                  "mkdir -p /cd; until mount -t iso9660 /dev/sr0 /cd; do sleep 0.2; done", 60)
    product.load()
    product.enable_with(lambda text: text.replace('policy = "stay"', 'policy = "restart"'))
    product.must("root load /cd/boot/vmlinuz --initrd /cd/boot/initrd", timeout=60)
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
