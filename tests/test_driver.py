# SPDX-License-Identifier: GPL-2.0-only
"""The driver's own surface: calls of /dev/bulkhead that no tool makes, and what a program may do
with the maps of a link."""
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


def test_mapped_memory_vanishes_with_the_link(bulkhead):
    """A program that keeps the device open and mapped cannot reach memory that is Linux's again."""
    bulkhead.create("rtos")
    uio = bulkhead.machine.check(UIO).strip()
    out = bulkhead.machine.check(
        f"link-maps hold {uio} > /tmp/hold & "
        "until grep -q mapped /tmp/hold; do sleep 0.05; done; "
        "hvctl cell destroy rtos && wait $! && cat /tmp/hold", 60)
    assert out.split() == ["mapped", "gone"]
