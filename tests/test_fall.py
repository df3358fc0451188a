# SPDX-License-Identifier: GPL-2.0-only
"""Linux falls, and a cell beside it goes on: no exit, no NMI, no period lost; its link tells it. What
becomes of the machine is as the description says."""
import re
import time

import pytest

import image
from conftest import MAIN
from fallen import LOOK, PERIODS, WITNESS, Fallen, die
from machine import BUILD
from partition import Partition
from qemu import Config


@pytest.fixture
def fall(make_machine):
    def make(policy="stay", limit=0, more=(), config=MAIN, cmdline="", **settings):
        settings.setdefault("extra", LOOK)
        return Fallen(make_machine(config, cmdline=cmdline, **settings), policy, limit, more)
    return make


# --- every way to fall ---------------------------------------------------------------------------

WAYS = {
    "panic": ("echo c > /proc/sysrq-trigger", "done"),
    "oops in an interrupt": ("taskset -c 2 modprobe bed-fall how=oops", "done"),
    "reboot": ("reboot -f", "done"),
    "power off": ("poweroff -f", "done"),
    "sysrq-b": ("echo b > /proc/sysrq-trigger", "done"),
    "triple fault": ("modprobe bed-fall how=triple cpu=3", "crashed"),
}


@pytest.mark.parametrize("way", WAYS)
def test_cell_goes_on(fall, way):
    fallen = fall()
    command, state = WAYS[way]
    die(fallen, command)
    fallen.wait_root_ended(state)
    fallen.wait_link_down()
    fallen.check_cell_goes_on()
    assert not fallen.reset_happened()


# The reset control register is what all of the above write to.
PORTS = {"keyboard controller": (0x64, 0xfe), "port 92h": (0x92, 3)}


@pytest.mark.parametrize("way", PORTS)
def test_no_port_resets_the_machine(fall, way):
    fallen = fall()
    port, value = PORTS[way]
    die(fallen, f"printf '\\x{value:x}' | dd of=/dev/port bs=1 seek={port} count=1")
    fallen.wait_root_ended()
    fallen.wait_link_down()
    fallen.check_cell_goes_on()
    assert f"write of {value:x} to port {port:x} would stop" in fallen.outside.console()


def test_keyboard_and_sleep_ports_serve_as_ever(fall):
    """What Linux needs of ports by which the machine could be reset, it gets."""
    fallen = fall()
    script = ("import os; p = os.open('/dev/port', os.O_RDWR); w = lambda n, v: os.pwrite(p, bytes([v]), n); "
              "r = lambda n: os.pread(p, 1, n)[0]; w(0x64, 0xaa); a = 0\n"
              "while not r(0x64) & 1 and a < 1000: a += 1\n"
              "print(hex(r(0x60)), r(0x92) & 2, r(0x604) & 1); w(0x92, 0); w(0x64, 0xd1); w(0x64, 0xff); "
              "print(r(0x92) & 2)")
    said = fallen.machine.check(f'python3 -S -c "{script}"')
    assert said.split() == ["0x55", "2", "1", "2"], said
    assert fallen.outside.root().state == "running"
    assert fallen.counts()[0] == fallen.before[0]


def test_linux_hangs_with_interrupts_off(fall):
    """Nobody notices, and nothing happens to the cell. An NMI from outside makes Linux panic."""
    fallen = fall(cmdline="unknown_nmi_panic")
    die(fallen, "modprobe bed-fall how=lockup")
    fallen.check_cell_goes_on()
    assert fallen.outside.root().state == "running" and fallen.states() == [7]
    fallen.machine.nmi()
    fallen.wait_root_ended()
    fallen.wait_link_down()
    fallen.check_cell_goes_on(2 * PERIODS)


def test_linux_panics_and_stays(fall):
    """The peers learn of it although nothing resets the machine."""
    fallen = fall()
    die(fallen, "echo 0 > /proc/sys/kernel/panic; echo c > /proc/sysrq-trigger")
    fallen.wait_link_down()
    fallen.check_cell_goes_on()
    assert fallen.outside.root().state == "running"
    assert "end Kernel panic" in fallen.machine.console()


def test_machine_check(fall):
    fallen = fall()
    bank, status, processor_context_corrupt = 4, 0xbe00000000000135, 4
    fallen.machine.monitor(f"mce 2 {bank} {status:#x} {processor_context_corrupt:#x} 0 0")
    fallen.wait_root_ended()
    fallen.wait_link_down()
    fallen.check_cell_goes_on()
    assert "Machine check" in fallen.machine.console() or "mce:" in fallen.machine.console()


def test_switching_virtualization_off(fall):
    """As a kernel does on its way down; nothing happens, to it or to the hypervisor."""
    fallen = fall()
    mark = fallen.machine.console_mark()
    fallen.machine.run("modprobe bed-fall how=off")
    said = set(re.findall(r"cpu (\d): efer 0 0 svme 0, hsave 0, vmxe 0, vmxoff 1, stgi 1",
                          fallen.machine.console(mark)))
    assert said == {"0", "2", "3"}, fallen.machine.console(mark)
    assert fallen.outside.root().state == "running"
    assert fallen.product.status()["stray"] == 0
    fallen.check_cell_goes_on()


# --- what follows ----------------------------------------------------------------------------------

def test_cells_are_asked_and_then_the_machine_resets(fall):
    fallen = fall(policy="ask")
    die(fallen, "echo b > /proc/sysrq-trigger")
    fallen.outside.wait(fallen.reset_happened, "the machine's reset")
    witness = fallen.outside.witness()
    assert witness.ended and witness.due - witness.run <= 1 + witness.burst, witness
    assert witness.states == [7, 0]
    assert fallen.outside.cell("witness").state == "done"
    assert "the last cell has ended after the root: the machine is stopped" in \
        fallen.outside.console()


def test_power_off_stays_one(fall):
    fallen = fall(policy="ask")
    die(fallen, "poweroff -f")
    event = fallen.machine.wait_event("SHUTDOWN")
    assert event["data"]["reason"] == "guest-shutdown", event
    assert fallen.outside.cell("witness").state == "done"


def test_time_limit(fall):
    """A cell that is not asked runs on until the limit is over, and not longer."""
    fallen = fall(limit=4)
    die(fallen, "echo b > /proc/sysrq-trigger")
    fallen.wait_link_down()
    fallen.outside.wait(fallen.reset_happened, "the machine's reset", 60)
    witness = fallen.outside.witness()
    lived = witness.due - witness.at[1]
    assert 3900 <= lived <= 4000 + 2 * witness.burst + 500, witness
    assert not witness.ended and fallen.outside.cell("witness").state == "running"


def test_reset_at_once(fall):
    fallen = fall(policy="reset")
    die(fallen, "echo b > /proc/sysrq-trigger")
    fallen.outside.wait(fallen.reset_happened, "the machine's reset")
    assert fallen.outside.cell("witness").state == "running"


def test_linux_boots_again_after_a_reset(fall):
    """The reset is the real one; and so it is as long as no cell runs."""
    fallen = fall(policy="ask", on_reset="reset", extra=())
    for command in ("echo b > /proc/sysrq-trigger", "modprobe bed-fall how=triple cpu=0", "reboot -f"):
        die(fallen, command)
        fallen.machine.wait_ready()
        fallen.product.load()
        fallen.product.enable()
        assert not fallen.product.cells()


# --- another kernel ----------------------------------------------------------------------------------

def kernel_disks(config):
    """The machine's own kernel and initramfs, to be had from inside."""
    files = (BUILD / f"kernels/{config.kernel}/vmlinuz", image.initramfs(config.kernel))
    return [word for name, path in zip("ab", files) for word in (
        "-drive", f"if=none,id={name},format=raw,readonly=on,file={path}",
        "-device", f"virtio-blk-pci,drive={name}")]


def load_kernel(fallen, how, more=""):
    """Loads what kernel_disks() has, to be begun later, with the command line of the present one."""
    fallen.machine.check("modprobe virtio_pci && modprobe virtio_blk && "
                         "cp /dev/vda /tmp/vmlinuz && cp /dev/vdb /tmp/initramfs")
    line = fallen.machine.check("cat /proc/cmdline").strip()
    fallen.machine.check(f"kexec-load --{how} /tmp/vmlinuz /tmp/initramfs '{line} {more}' && "
                         "rm /tmp/vmlinuz /tmp/initramfs")


DUMPS = {"x2APIC, VT-d": MAIN,
         "xAPIC, AMD-Vi, Linux 6.12": Config(qemu="7.2", apic="xapic", iommu="amd", kernel="6.12")}


@pytest.mark.parametrize("kind", DUMPS)
def test_dump_of_a_panic(fall, kind):
    """The crash kernel runs in the root, below it the hypervisor, beside it the cell; it writes the
    dump, which has the panic's message, and then resets the machine."""
    config = DUMPS[kind]
    fallen = fall(config=config, cmdline="crashkernel=384M",
                  extra=(*LOOK, *kernel_disks(config)))
    load_kernel(fallen, "crash", "nr_cpus=1 irqpoll reset_devices")
    fallen.before = fallen.counts()
    die(fallen, "echo c > /proc/sysrq-trigger")
    fallen.machine.wait_ready(2)
    fallen.wait_link_down()
    fallen.machine.check("makedumpfile -l -d 31 /proc/vmcore /tmp/dump", 300)
    fallen.machine.check("makedumpfile --dump-dmesg /tmp/dump /tmp/dmesg")
    assert "sysrq triggered crash" in fallen.machine.check("cat /tmp/dmesg")
    fallen.check_cell_goes_on()
    die(fallen, "reboot -f")
    fallen.wait_root_ended()
    fallen.check_cell_goes_on(3 * PERIODS)


def test_crash_kernel_starts_other_cpus(fall):
    """By INIT and start-up IPIs, at CPUs that stopped in the middle of an NMI. The cell's CPU, which is
    the first that it tries, does not start."""
    fallen = fall(cmdline="crashkernel=384M", extra=(*LOOK, *kernel_disks(MAIN)))
    load_kernel(fallen, "crash", "nr_cpus=3 irqpoll reset_devices")
    fallen.before = fallen.counts()
    die(fallen, "taskset -c 0 sh -c 'echo c > /proc/sysrq-trigger'")
    fallen.machine.wait_ready(2)
    assert fallen.machine.check("nproc").strip() == "2"
    fallen.wait_link_down()
    fallen.check_cell_goes_on()


def test_kexec_beside_a_cell_is_the_end(fall):
    fallen = fall(extra=(*LOOK, *kernel_disks(MAIN)))
    load_kernel(fallen, "next")
    fallen.before = fallen.counts()
    die(fallen, "kexec-load --go")
    fallen.wait_root_ended()
    fallen.wait_link_down()
    fallen.check_cell_goes_on()
    assert "kexec while there are cells" in fallen.machine.console()


def test_kexec_without_cells_begins_with_the_bare_machine(fall):
    fallen = fall(extra=(*LOOK, *kernel_disks(MAIN)))
    fallen.end.signal(15)
    fallen.end.wait(20)
    fallen.product.remove_cells()
    load_kernel(fallen, "next")
    die(fallen, "kexec-load --go")
    fallen.machine.wait_ready(2)
    fallen.product.load()
    fallen.product.enable()     # refused where there is one already
    fallen.product.make(WITNESS)
    fallen.product.run_inmate("witness", "witness")
    fallen.product.must("cell shutdown witness --timeout 10", "cell destroy witness", "disable")


# --- the other vendor --------------------------------------------------------------------------------

@pytest.mark.parametrize("command", ["echo b > /proc/sysrq-trigger", "modprobe bed-fall how=triple cpu=0"])
@pytest.mark.machines("bochs+2cpu")
@pytest.mark.needs("vmx")
def test_vtx(fresh_machine, command):
    """What the hypervisor says on the serial port, once Linux does not."""
    machine = fresh_machine
    product = Partition(machine)
    product.load()
    product.enable_with(lambda text: text.replace('policy = "stay"', 'policy = "ask"').replace(
        "\troot-end {", '\tconsole { type = "16550"; port = <0x3f8>; };\n\troot-end {'))
    product.make(WITNESS)
    product.run_inmate("witness", "witness")
    product.wait_print("witness", "begins")
    mark, before = machine.console_mark(), len((machine.logs / "bochs.log").read_bytes())
    machine.start(f"echo 1 > /proc/sys/kernel/sysrq; {command}")
    bochs_log = machine.logs / "bochs.log"
    deadline = time.monotonic() + 60 * machine.scale
    # the keyboard controller's reset is an INIT for Bochs, CF9h's pulls the machine's reset line: both end it
    while "bx_pc_system_c::Reset(" not in bochs_log.read_text(errors="replace")[before:]:
        assert time.monotonic() < deadline, machine.console(mark)
        time.sleep(0.2)
    said = machine.console(mark)
    for words in ("the root has ended; cells are asked to shut down",
                  "the last cell has ended after the root: the machine is stopped"):
        assert words in said, said
