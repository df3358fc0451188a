# SPDX-License-Identifier: GPL-2.0-only
"""The test bed itself: that each machine is what its name says, and that what the other tests
rely on (exact output, status, limits, the monitor, the end of a machine) is so."""
import os
import subprocess
import time
from pathlib import Path

import pytest

import devices
from channel import BedError, GuestTimeout
from conftest import MACHINES
from qemu import Config

ALL = pytest.mark.machines("all")


@ALL
def test_machine_is_what_its_name_says(machine):
    config = machine.config
    series, _, flavour = config.kernel.partition("-")
    release = machine.check("uname -r")
    assert release.startswith(series + ".") and flavour in release
    assert int(machine.check("nproc")) == config.cpus
    # while the hypervisor is enabled Linux does not see SVM
    machine.run("test ! -c /dev/bulkhead || hvctl disable")
    flags = set(machine.check("grep -m 1 ^flags /proc/cpuinfo").split())
    assert flags >= ({"svm", "npt"} if config.cpu == "amd" else {"vmx", "ept", "vpid", "vnmi"})


@pytest.mark.machines("qemu10", "qemu7.2")
def test_emulator_is_what_the_machines_name_says(machine):
    flags = machine.check("grep -m 1 ^flags /proc/cpuinfo").split()
    assert ("x2apic" in flags) == (machine.config.apic == "x2apic")
    version = machine.qmp.command("query-version")["qemu"]
    assert machine.config.qemu.startswith(str(version["major"]))


@ALL
def test_apic_mode_in_use(machine):
    """IA32_APIC_BASE (1Bh): bit 11 enables the APIC, bit 10 x2APIC mode."""
    machine.check("modprobe msr")
    for cpu in range(machine.config.cpus):
        code = f"import os; f = os.open('/dev/cpu/{cpu}/msr', 0); " \
               "print(int.from_bytes(os.pread(f, 8, 0x1b), 'little'))"
        value = int(machine.check(f'python3 -c "{code}"'))
        assert value & (1 << 11)
        assert bool(value & (1 << 10)) == (machine.config.apic == "x2apic")


@ALL
def test_modules_load_and_virtualization_works(machine):
    kvm = machine.config.kvm
    machine.check(f"modprobe uio && modprobe {kvm} && test -c /dev/kvm && modprobe -r {kvm}")


@pytest.mark.machines("devices")
def test_devices_are_where_they_should_be(machine):
    """Linux drives them, and the disk has what the image has."""
    machine.check("modprobe -a e1000e igb nvme; while [ ! -b /dev/nvme0n1 ]; do sleep 0.1; done")
    for place in devices.LAN.values():
        assert machine.check(f"ls /sys/bus/pci/devices/0000:{place}/net").startswith("eth")
    assert machine.run_bytes("dd if=/dev/nvme0n1 bs=512 count=2 skip=5 2> /dev/null") == \
        (0, devices.sector(5) + devices.sector(6))
    assert ":11e8" in machine.check(f"lspci -n -s {devices.EDU}")
    virtual = machine.check(f"lspci -n -s {devices.IGB}")
    assert ("igb" in machine.config.devices) == (":10c9" in virtual)
    uart = machine.uart()
    machine.check("stty -F /dev/ttyS2 raw && echo word > /dev/ttyS2")
    assert uart.recv(5) == b"word\n"


def test_every_pair_of_properties_has_a_machine():
    have = {(c.qemu + c.apic, c.cpus, c.kernel) for c in MACHINES.values() if c.cpu == "amd"}
    for a, b in ((0, 1), (0, 2), (1, 2)):
        pairs = {(h[a], h[b]) for h in have}
        assert len(pairs) == len({h[a] for h in have}) * len({h[b] for h in have})


def test_output_and_status_are_exact(machine):
    assert machine.run("printf 'a\\tb\\n\\n'; exit 42") == (42, "a\tb\n\n")
    assert machine.run("echo out; echo err >&2") == (0, "out\nerr\n")
    assert machine.run("kill -9 $$")[0] == 128 + 9
    with pytest.raises(BedError, match="status 1"):
        machine.check("false")


def test_kernel_messages_stay_on_the_console(machine):
    mark = machine.console_mark()
    status, output = machine.run("echo '<1>bed says hello' > /dev/kmsg; echo done")
    assert (status, output) == (0, "done\n")
    machine.wait_console("bed says hello", timeout=10, since=mark)


def test_every_byte_survives(machine):
    data = bytes(range(256)) * 300
    machine.put(data, "/tmp/data", mode=0o600)
    assert machine.get("/tmp/data") == data
    assert machine.check("stat -c %a /tmp/data") == "600\n"


def test_commands_beside_each_other(machine):
    reader = machine.start("read line; echo got $line", stdin=True)
    assert machine.check("echo beside") == "beside\n"
    reader.write(b"this\n")
    assert reader.wait(10) == (0, b"got this\n")


def test_background_children_do_not_hold_a_command(machine):
    begin = time.monotonic()
    machine.check("sleep 30 & echo started")
    assert time.monotonic() - begin < 15
    machine.check("killall sleep")


def test_a_limit_ends_the_command_not_the_machine(machine):
    with pytest.raises(GuestTimeout):
        machine.run("sleep 60", timeout=1)
    assert machine.check("ps | grep -c '[s]leep 60' || true") == "0\n"
    assert machine.is_alive()


@pytest.mark.needs("nmi")
def test_nmi_reaches_linux(machine):
    def count():
        return sum(map(int, machine.check("grep NMI: /proc/interrupts").split()[1:-2]))

    before = count()
    machine.nmi()
    machine.check("sleep 0.2")
    assert count() > before


@pytest.mark.needs("monitor")
def test_monitor_reads_memory_and_registers(machine):
    text = machine.check("grep 'System RAM' /proc/iomem | head -n 1")
    address = int(text.strip().split("-")[0], 16)
    assert len(machine.read_physical(address, 8192)) == 8192
    assert "RIP=" in machine.registers()


def test_a_dead_machine_is_noticed(make_machine):
    machine = make_machine()
    assert machine.boot_seconds > 0
    with pytest.raises(BedError, match="ended"):
        machine.run("echo c > /proc/sysrq-trigger", timeout=60)
    assert not machine.is_alive()
    assert "sysrq: Trigger a crash" in machine.serial_log.read_text()


def test_an_emulator_that_ends_without_having_read_all_is_noticed(make_machine):
    machine = make_machine(cpus=2)
    machine.stop()
    job = machine.start("echo " + "x" * 1000)
    machine.process.kill()
    with pytest.raises(BedError, match="ended"):
        job.wait(20)


def test_a_reset_boots_again_when_wanted(make_machine):
    machine = make_machine(on_reset="reset", cpus=2)
    machine.start("reboot -f")
    machine.wait_ready()
    assert machine.wait_event("RESET")
    assert machine.check("echo again") == "again\n"


def test_no_emulator_outlives_its_machine(make_machine):
    machine = make_machine(cpus=2)
    pid = machine.process.pid
    machine.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_no_emulator_outlives_a_killed_owner():
    name = f"owner-{os.getpid()}"
    owner = subprocess.Popen([Path(__file__).parent / "bed/run.py", "--name", name, "--", "sleep 60"],
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_until(lambda: emulators(name), 60)
    owner.kill()
    owner.wait()
    wait_until(lambda: not emulators(name), 30)


def emulators(name):
    """Processes of the emulator that write this log."""
    log = f"logs/{name}/serial.log".encode()
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if log in path.read_bytes():
                found.append(path.parent.name)
        except OSError:
            pass        # it ended meanwhile
    return found


def wait_until(condition, seconds):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the limit passed"
        time.sleep(0.1)


def test_icount_machine(make_machine):
    machine = make_machine(apic="xapic", cpus=1, icount=True)
    assert int(machine.check("nproc")) == 1


def test_impossible_machines_are_refused():
    with pytest.raises(BedError):
        Config(qemu="7.2", apic="x2apic")
    with pytest.raises(BedError):
        Config(icount=True, apic="x2apic", cpus=1)
