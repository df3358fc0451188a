# SPDX-License-Identifier: GPL-2.0-only
"""Putting the hypervisor under a running Linux and taking it away: any number of times, under
load, on machines of every kind, with everything given back; and what is refused meanwhile."""
import re

import pytest

from bulkhead import SYSTEM, Bulkhead, config, differences, inmate, python
from machine import SCALE

TURNS = 20
# What would tell of a CPU that was away for too long, or of a Linux that was hurt.
HURT = re.compile(r".*(soft lockup|hard LOCKUP|rcu:.*stall|unchecked MSR|WARNING:|BUG:).*")
# Opens /dev/kvm, makes a virtual machine, and keeps it.
KVM_USER = python("import fcntl, os, time; kvm = os.open('/dev/kvm', os.O_RDWR); "
                  "vm = fcntl.ioctl(kvm, 0xae01, 0); print('vm made', flush=True); "
                  "time.sleep(600)")


def check_same(before, after):
    assert not differences(before, after), differences(before, after)


def check_unhurt(machine, mark):
    found = HURT.search(machine.console(mark))
    assert not found, f"Linux complains: {found.group()}"


def check_works(machine):
    """Linux still schedules, and takes timer interrupts, on each CPU that it says it has."""
    script = "for cpu in $(seq 0 $(($(nproc --all) - 1))); do " \
             "taskset -c $cpu sh -c 'sleep 0.02; echo ran' 2> /dev/null; done; true"
    ran, online = machine.check(script, 30).count("ran"), int(machine.check("nproc"))
    assert ran == online, f"{ran} of {online} CPUs ran a process that sleeps"


def life_of_two_cells(product):
    """Hello, then the RTOS with messages over its link."""
    out = product.must(f"cell run {config('minimal')} {inmate('hello')} --timeout 20")
    assert "hello from minimal" in out
    product.create("rtos", "rtos")
    ping = product.json("link ping plc --count 50 --timeout 20")
    assert (ping["sent"], ping["received"], ping["wrong"]) == (50, 50, 0), ping
    product.must("cell shutdown rtos --timeout 20", "cell destroy rtos")


# --- any number of times, and nothing is left ------------------------------------------------

@pytest.mark.machines("all")
def test_every_machine_runs_cells_and_gets_all_back(driver):
    before, mark = driver.inventory(), driver.machine.console_mark()
    driver.enable()
    life_of_two_cells(driver)
    driver.disable()
    check_same(before, driver.inventory())
    check_works(driver.machine)
    check_unhurt(driver.machine, mark)


@pytest.mark.needs("speed")
def test_enable_and_disable_twenty_times_under_load(driver):
    machine, before, mark = driver.machine, driver.inventory(), driver.machine.console_mark()
    with driver.load_on_linux():
        for turn in range(TURNS):
            driver.enable()
            status, text = driver.hvctl("disable")
            assert status == 0, f"turn {turn}: status {status}: {text}"
    check_works(machine)
    check_same(before, driver.inventory())
    check_unhurt(machine, mark)
    assert machine.console(mark).count("bulkhead: disabled") == TURNS


def test_cells_come_and_go_under_load(driver):
    before, mark = driver.inventory(), driver.machine.console_mark()
    with driver.load_on_linux():
        for _ in range(2):
            driver.enable()
            life_of_two_cells(driver)
            driver.disable()
    check_same(before, driver.inventory())
    check_unhurt(driver.machine, mark)


def test_module_can_be_unloaded_and_loaded_again(driver):
    for _ in range(2):
        driver.enable()
        driver.disable()
        driver.machine.check("rmmod bulkhead_link bulkhead && ! [ -e /dev/bulkhead ]")
        driver.load()


# --- what is refused -------------------------------------------------------------------------

def test_second_enable_is_refused(bulkhead):
    status, text = bulkhead.hvctl(f"enable {SYSTEM}")
    assert status == 6 and "enabled already" in text, (status, text)
    assert bulkhead.is_enabled()
    life_of_two_cells(bulkhead)


def test_second_enable_is_refused_by_the_driver(bulkhead):
    """Also to a program that does not ask first, as hvctl does."""
    text = bulkhead.machine.check(python(
        "import fcntl, os, struct, errno\n"
        "blob = bytearray(136)\n"
        "import ctypes\n"
        "data = (ctypes.c_char * 136)()\n"
        "arg = struct.pack('QIIIIQ', ctypes.addressof(data), 136, 0, 0, 0, 0)\n"
        "try:\n"
        "    fcntl.ioctl(os.open('/dev/bulkhead', os.O_RDWR), 0xc020be00, arg)\n"
        "    print('accepted')\n"
        "except OSError as error:\n"
        "    print(errno.errorcode[error.errno])\n"))
    assert text.strip() == "EBUSY"


def test_disable_is_refused_while_a_cell_exists(bulkhead):
    bulkhead.create("minimal", "spin")
    for state in ("running", "stopped"):
        status, text = bulkhead.hvctl("disable")
        assert status == 6 and "there are cells" in text, (status, text)
        assert bulkhead.wait_state("minimal", state)
        bulkhead.must("cell shutdown minimal --force")
    bulkhead.must("cell destroy minimal")


def test_disable_without_enable_is_refused(driver):
    status, text = driver.hvctl("disable")
    assert status == 4 and "not enabled" in text, (status, text)


def test_cell_without_enable_is_refused(driver):
    status, text = driver.hvctl(f"cell create {config('minimal')}")
    assert status == 4 and "not enabled" in text, (status, text)


def test_module_cannot_be_unloaded_while_enabled(bulkhead):
    status, text = bulkhead.machine.run("rmmod bulkhead_link; rmmod bulkhead")
    assert status != 0 and ("unavailable" in text or "in use" in text), (status, text)
    assert bulkhead.is_enabled()
    bulkhead.load()
    life_of_two_cells(bulkhead)


@pytest.mark.parametrize("state", ["mem", "freeze", "disk"])
def test_sleep_is_refused_while_enabled(bulkhead, state):
    machine = bulkhead.machine
    if state not in machine.check("cat /sys/power/state"):
        pytest.skip(f"this kernel has no {state!r}")
    status, text = machine.run(f"echo {state} > /sys/power/state", 30)
    assert status != 0 and "busy" in text.lower(), (status, text)
    assert "suspend and hibernation are refused" in machine.check("dmesg | tail -n 20")


def test_image_is_read_anew_after_a_refused_sleep(driver):
    """For a sleep, Linux keeps a copy of firmware files that drivers of devices use, and hands it out for seconds."""
    machine, image = driver.machine, f"/lib/firmware/bulkhead-{driver.machine.config.cpu}.bin"
    driver.enable()
    machine.run("echo freeze > /sys/power/state", 30)
    driver.disable()
    machine.check(f"mv {image} {image}.kept && head -c 4096 {image}.kept > {image}")
    status, text = driver.hvctl(f"enable {SYSTEM}", 60)
    machine.check(f"mv {image}.kept {image}")
    assert status != 0 and "bulkhead-" in text, (status, text)


# --- Linux's CPUs meanwhile ------------------------------------------------------------------

def test_cpu_of_a_cell_cannot_be_brought_online(bulkhead):
    machine = bulkhead.machine
    bulkhead.create("minimal", "spin")
    for _ in range(2):
        status, text = machine.run("echo 1 > /sys/devices/system/cpu/cpu1/online")
        assert status != 0, text
        assert machine.check("cat /sys/devices/system/cpu/online").strip() == "0,2-3"
    assert "belongs to a cell" in machine.check("dmesg | tail -n 20")
    assert bulkhead.show("minimal")["state"] == "running"
    bulkhead.must("cell shutdown minimal --timeout 10", "cell destroy minimal")
    check_works(machine)


def test_linux_may_take_its_own_cpus_offline_and_online(bulkhead):
    machine = bulkhead.machine
    with bulkhead.load_on_linux():
        for cpu in (1, 2, 3, 1):
            machine.check(f"cd /sys/devices/system/cpu/cpu{cpu} && echo 0 > online && "
                          f"echo 1 > online && taskset -c {cpu} sleep 0.02", 30)
    check_works(machine)


def test_cpu_that_was_offline_before_a_cell_stays_so_after_it(bulkhead):
    machine = bulkhead.machine
    machine.check("echo 0 > /sys/devices/system/cpu/cpu1/online")
    out = bulkhead.must(f"cell run {config('minimal')} {inmate('hello')} --timeout 20")
    assert "hello from minimal" in out
    assert machine.check("cat /sys/devices/system/cpu/online").strip() == "0,2-3"
    machine.check("echo 1 > /sys/devices/system/cpu/cpu1/online")
    check_works(machine)


def test_disable_with_a_cpu_offline(bulkhead):
    machine = bulkhead.machine
    machine.check("echo 0 > /sys/devices/system/cpu/cpu2/online")
    bulkhead.disable()
    assert machine.check("cat /sys/devices/system/cpu/online").strip() == "0-1,3"
    machine.check("echo 1 > /sys/devices/system/cpu/cpu2/online")
    check_works(machine)


def test_enable_with_a_cpu_offline_is_refused_by_name(driver):
    machine = driver.machine
    machine.check("echo 0 > /sys/devices/system/cpu/cpu2/online")
    status, text = driver.hvctl(f"enable {SYSTEM}")
    machine.check("echo 1 > /sys/devices/system/cpu/cpu2/online")
    assert status == 1 and "not on-line" in text, (status, text)
    assert "APIC ID 2 of the system description is offline" in machine.check("dmesg | tail -n 5")
    assert not driver.is_enabled()


# --- KVM -------------------------------------------------------------------------------------
# Linux 6.12 switches SVM on when kvm_amd is loaded, 6.1 when a virtual machine is made; the
# same with VMX and kvm_intel.

def kvm_machines(test):
    return pytest.mark.machines("qemu10+x2apic+4cpu", "qemu10+xapic+4cpu", "bochs+4cpu")(test)


@kvm_machines
def test_idle_kvm_is_no_obstacle(driver):
    kvm = driver.machine.config.kvm
    driver.machine.check(f"modprobe {kvm}")
    driver.enable()
    assert kvm not in driver.machine.check("cut -d' ' -f1 /proc/modules")
    life_of_two_cells(driver)


@kvm_machines
def test_kvm_in_use_is_refused_by_name(driver):
    machine, kvm = driver.machine, driver.machine.config.kvm
    machine.check(f"modprobe {kvm}")
    user = machine.start(KVM_USER)
    user.wait_output("vm made", 30)
    status, text = driver.hvctl(f"enable {SYSTEM}")
    user.signal(9)
    user.wait(10)
    assert status == 6 and kvm in text, (status, text)
    assert f"{kvm} is in use" in machine.check("dmesg | tail -n 5")
    assert not driver.is_enabled()
    driver.enable()         # as soon as nobody uses it any more


@kvm_machines
def test_kvm_cannot_be_loaded_while_enabled_and_can_afterwards(driver):
    machine, mark = driver.machine, driver.machine.console_mark()
    kvm = machine.config.kvm
    driver.enable()
    life_of_two_cells(driver)
    status, text = machine.run(f"modprobe {kvm}", 30)
    assert status != 0, f"{kvm} was loaded on top of the hypervisor: {text}"
    check_works(machine)
    driver.disable()
    user = machine.start(f"modprobe {kvm} && exec {KVM_USER}")
    user.wait_output("vm made", 30)
    user.signal(9)
    user.wait(10)
    machine.check(f"modprobe -r {kvm}")
    check_unhurt(machine, mark)


@pytest.mark.needs("monitor")
def test_no_image_of_the_hypervisor_is_left_in_memory(driver):
    """Code and constants are not cleared, but nobody takes them for an image in use."""
    driver.enable()
    driver.disable()
    size = int(driver.machine.config.memory.rstrip("G")) << 30
    left = [hex(base) for base in range(0, size, 2 << 20)
            if driver.machine.read_physical(base, 8) == b"BULKHEAD"]
    assert not left, left


# --- other machines --------------------------------------------------------------------------

def test_five_level_paging(make_machine):
    """Linux uses 57-bit addresses when the hypervisor comes, and has them afterwards."""
    machine = make_machine(cpu_model="max,+x2apic")
    driver = Bulkhead(machine)
    driver.load()
    la57 = 1 << 12
    cr4 = [int(value, 16) for value in re.findall(r"CR4=([0-9a-f]+)", machine.registers())]
    assert len(cr4) == 4 and all(value & la57 for value in cr4), [hex(value) for value in cr4]
    before = driver.inventory()
    driver.enable()
    with driver.load_on_linux():
        life_of_two_cells(driver)
    driver.disable()
    check_same(before, driver.inventory())
    check_works(machine)


@pytest.mark.needs("speed")
def test_fragmented_memory(driver):
    """With no two free pieces side by side, and hardly any, enable and create still succeed."""
    machine = driver.machine
    before = driver.inventory()
    # Linux's reserve would not let a program have nearly all.
    reserve = machine.check("cat /proc/sys/vm/min_free_kbytes").strip()
    machine.check("echo 8192 > /proc/sys/vm/min_free_kbytes")
    holder = machine.start("pages fragment 20", stdin=True)
    holder.wait_output("fragmented", 60 * SCALE)
    machine.check(f"echo {reserve} > /proc/sys/vm/min_free_kbytes")
    text = machine.check("cat /proc/buddyinfo")
    large = sum(int(line.split()[-1]) + int(line.split()[-2]) for line in text.splitlines())
    assert large < 64, f"memory is not fragmented:\n{text}"
    machine.put(BIG_CELL.format(size="0x1000000"), "/tmp/big.dts")
    driver.enable()
    out = driver.must(f"cell run /tmp/big.dts {inmate('hello')} --timeout 20")
    assert "memory 0 + 1000000" in out
    # What cannot be had is refused, and what had been taken for it is back.
    machine.put(BIG_CELL.format(size="0x20000000"), "/tmp/too-big.dts")
    status, text = driver.hvctl("cell create /tmp/too-big.dts", 60)
    assert status == 1 and "memory is exhausted" in text, (status, text)
    assert driver.json("status")["cell_bytes"] == 0
    life_of_two_cells(driver)
    driver.disable()
    holder.write(b"")
    assert holder.wait(20)[0] == 0
    check_same(before, driver.inventory())


BIG_CELL = """/dts-v1/;
/ {{
	compatible = "bulkhead,cell";
	#address-cells = <1>;
	#size-cells = <1>;
	label = "big";
	cpus = <1>;
	memory@0 {{ reg = <0x0 {size}>; }};
}};
"""
