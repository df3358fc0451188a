# SPDX-License-Identifier: GPL-2.0-only
"""The driver's own surface: calls of /dev/bulkhead that no tool makes, and what a program may do
with the maps of a link."""
import pytest

from bulkhead import differences, python

UIO = "ls /sys/class/uio"


def test_wrong_calls_while_disabled(driver):
    before = driver.inventory()
    driver.machine.check("driver-calls disabled", 30)
    assert not differences(before, driver.inventory())


def test_wrong_calls_while_enabled(bulkhead):
    bulkhead.create("minimal")
    cell = bulkhead.cells()["minimal"]
    before = bulkhead.inventory()
    bulkhead.machine.check(f"driver-calls enabled {cell['id']} 0x200000", 60)
    assert not differences(before, bulkhead.inventory())


def test_calls_need_an_administrator(bulkhead):
    """The file is root's alone, and an open one is no way around it."""
    out = bulkhead.machine.check(python(
        "import fcntl, os\n"
        "fd = os.open('/dev/bulkhead', os.O_RDWR)\n"
        "os.setuid(65534)\n"
        "for call in (lambda: os.open('/dev/bulkhead', os.O_RDWR),\n"
        "             lambda: fcntl.ioctl(fd, 0xbe01)):\n"
        "    try:\n"
        "        call()\n"
        "        print('allowed')\n"
        "    except PermissionError:\n"
        "        print('refused')\n"))
    assert out.split() == ["refused", "refused"]
    assert bulkhead.is_enabled()


def test_maps_of_a_link_are_protected(bulkhead):
    bulkhead.create("rtos")
    uio = bulkhead.machine.check(UIO).strip()
    bulkhead.machine.check(f"link-maps check {uio}", 30)


@pytest.mark.machines("qemu10+xapic+4cpu")
def test_functions_that_others_found_vanish_with_the_cell(bulkhead):
    """Somebody removes the function of a link, and makes Linux look for it again."""
    bulkhead.create("rtos")
    bulkhead.machine.check(
        f"cd /sys/class/uio/$({UIO})/device && cd -P . && d=$PWD && cd / && "
        "echo 1 > $d/remove && ! [ -e $d ] && echo 1 > /sys/bus/pci/rescan && [ -e $d ]")
    uio = bulkhead.machine.check(UIO).strip()
    out = bulkhead.machine.check(
        f"link-maps hold {uio} > /tmp/hold & "
        "until grep -qs mapped /tmp/hold; do sleep 0.05; done; "
        "hvctl cell destroy rtos && wait $! && cat /tmp/hold", 60)
    assert out.split() == ["mapped", "gone"]


@pytest.mark.machines("qemu10+xapic+4cpu")
def test_cells_come_and_go_while_linux_looks_for_functions(bulkhead):
    """No function survives its cell, whoever found it, and none is added twice."""
    bulkhead.machine.check(
        "dmesg -C; (until [ -e /tmp/enough ]; do echo 1 > /sys/bus/pci/rescan; done) & "
        "for i in 1 2 3 4 5 6; do "
        "hvctl cell create /opt/bulkhead/configs/rtos.dts && "
        "[ $(ls /sys/class/uio | wc -l) = 1 ] && hvctl cell destroy rtos && "
        "[ $(ls /sys/class/uio | wc -l) = 0 ] || break; done; "
        "touch /tmp/enough; wait; rm /tmp/enough; [ $i = 6 ] && ! hvctl cell show rtos", 120)
    log = bulkhead.machine.check("dmesg")
    assert "Call Trace" not in log, log


def test_mapped_memory_vanishes_with_the_link(bulkhead):
    """A program that keeps the device open and mapped cannot reach memory that is Linux's again."""
    bulkhead.create("rtos")
    uio = bulkhead.machine.check(UIO).strip()
    out = bulkhead.machine.check(
        f"link-maps hold {uio} > /tmp/hold & "
        "until grep -qs mapped /tmp/hold; do sleep 0.05; done; "
        "hvctl cell destroy rtos && wait $! && cat /tmp/hold", 60)
    assert out.split() == ["mapped", "gone"]
