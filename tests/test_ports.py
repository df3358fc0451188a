# SPDX-License-Identifier: GPL-2.0-only
"""I/O ports of cells: while a cell has them, Linux has not, on none of its CPUs; and no driver of
Linux's gets them."""
import pytest

from partition import Partition, cell, partition     # noqa: F401 (a fixture)
from root_attacks import FREE_PORT

OWN = cell("own", [1], flags=f"ports = <{FREE_PORT:#x} {FREE_PORT:#x}>;")
BUSY = OWN.replace("ports = ", "ports = <0x210 0x217>, <0x60 0x60>, ")
REFUSED = 0xff
ALL = [64, 65, 66, 67]  # what four CPUs write


def uses(partition):
    """What each CPU of Linux finds in the register after it has written its own number there."""
    return [int(word) for word in partition.machine.check(f"port each {FREE_PORT}").split()]


@pytest.mark.machines("x2apic+4cpu", "bochs+4cpu")
def test_port_is_the_cells_while_there_is_one(driver):
    """From CREATE to DESTROY, whether it runs or not, for all CPUs of Linux; then it is as it was."""
    partition = Partition(driver.machine)
    partition.enable()
    assert uses(partition) == ALL
    stray = partition.status()["stray"]
    partition.make(OWN)
    assert uses(partition) == [REFUSED] * 3
    assert partition.status()["stray"] == stray + 6
    said = partition.hypervisor_console()
    for access in ("write to", "read of"):
        assert f"{access} port {FREE_PORT:x} ignored" in said, said
    assert ": bulkhead cell own" in partition.machine.check(f"grep 00{FREE_PORT:x}- /proc/ioports")
    # a second cell with ports comes and goes meanwhile
    partition.make(cell("other", [2], flags="ports = <0x210 0x211>;"))
    partition.must("cell destroy other")
    partition.run_inmate("own", "hello")
    partition.end_of("own")
    assert uses(partition) == [REFUSED] * 3
    partition.must("cell destroy own")
    assert int(partition.machine.check(f"port read {FREE_PORT}")) == ALL[-1]
    assert uses(partition) == ALL
    assert "bulkhead" not in partition.machine.check("cat /proc/ioports")


def test_port_of_a_driver_of_linux_is_refused(partition):
    mark = partition.machine.console_mark()
    output = partition.hvctl_is(6, f"cell create {partition.file(BUSY)}")
    assert "port" in output, output
    assert not partition.cells()
    assert "cell own: ports 60 to 60 are in use by Linux" in partition.machine.console(mark)
    partition.make(OWN)
