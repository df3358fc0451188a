# SPDX-License-Identifier: GPL-2.0-only
"""Hundreds of life-cycle turns and of restarts of a link's peer in one machine, with nothing
lost, stuck or left behind: pages, CPUs, interrupts, PCI devices. A machine without the feature "speed" does a
tenth. Any number by `make soak N=`."""
import os

import pytest

from bulkhead import TOP, differences, inmate
from partition import cell, link, partition     # noqa: F401 (a fixture)

TURNS = 120
RESTARTS = 100
SOAK_TURNS = int(os.environ.get("SOAK_TURNS", "2000"))
SECONDS_PER_TURN = 10       # far more than one takes: a hang is what it catches; scaled by machines
# Of the kernel's own growth over many turns; one page per turn would be more.
SLACK_PAGES = 96

# Pages that are neither free, nor a process's or a file's, nor slab, page table or stack: what
# a page that somebody forgot would be among.
UNACCOUNTED = r"""
sync; echo 3 > /proc/sys/vm/drop_caches; echo 1 > /proc/sys/vm/compact_memory
cat /proc/zoneinfo > /tmp/zoneinfo
awk '/^ +managed/ { pages += $2 }
     /nr_free_pages/ || /^ +count:/ { pages -= $2 }
     /nr_(in)?active_(anon|file)|nr_unevictable|nr_isolated/ { pages -= $2 }
     /nr_slab_(un)?reclaimable$|nr_slab_(un)?reclaimable / { pages -= $2 }
     /nr_page_table_pages/ { pages -= $2 }
     /nr_kernel_stack/ { pages -= $2 / 4 }
     END { print pages }' /tmp/zoneinfo
"""


def unaccounted(product):
    """The least of a few looks: what passes by is not a leak."""
    return min(int(product.machine.check(UNACCOUNTED, 60)) for _ in range(3))


def fitting(product, times):
    """As many of so many repetitions as the machine is quick enough for."""
    return times if "speed" in product.machine.config.features else times // 10


def churn(product, turns):
    out = product.machine.check(f"sh {TOP}/tests/churn {turns}", 60 + turns * SECONDS_PER_TURN)
    assert f"{turns} turns done" in out, out
    return out


def check_turns(product, turns):
    """Runs turns and compares everything before and after, on the same driver and enable."""
    product.enable()
    churn(product, 5)       # what Linux allocates once, it has now
    product.disable()
    before, pages = product.inventory(), unaccounted(product)
    product.enable()
    churn(product, 1)
    status = product.json("status")
    churn(product, turns)
    after = product.json("status")
    for key in ("cell_bytes", "guard_bytes", "cells", "links", "pages_free", "stray"):
        assert after[key] == status[key], f"{key}: {status[key]} before, {after[key]} after"
    product.disable()
    found = differences(before, product.inventory())
    assert not found, f"after {turns} turns:\n{found}"
    grown = unaccounted(product) - pages
    print(f"{turns} turns, pages unaccounted for: {pages} + {grown}")
    assert grown < SLACK_PAGES, f"{grown} pages are missing after {turns} turns"


def test_turns_leave_nothing_behind(driver):
    check_turns(driver, fitting(driver, TURNS))


@pytest.mark.soak
@pytest.mark.machines("x2apic+4cpu", "qemu10+xapic+4cpu")
def test_many_turns_leave_nothing_behind(driver):
    check_turns(driver, SOAK_TURNS)


@pytest.mark.parametrize("program", ["rtos", "echo"])
def test_restarts_of_a_peer_lose_nothing(partition, program):
    """Half of them with each program, a third in the middle of a run of messages."""
    times = fitting(partition, RESTARTS // 2)
    partition.make(cell("peer", [1], links=link("wire", output=0x20000)))
    partition.run_inmate("peer", program)
    out = partition.machine.check(f"sh {TOP}/tests/peer-restarts {times} peer wire",
                                  60 + times * SECONDS_PER_TURN)
    assert f"{times} done" in out, out
    shown = partition.show("peer")
    assert (shown["state"], shown["starts"]) == ("running", times + 1), shown
    partition.must("cell shutdown peer --timeout 30")


def test_cells_that_crash_leave_nothing_behind(partition):
    """Crashes of each kind, in a cell that is made anew and in one that is restarted."""
    times = fitting(partition, 20)
    path = partition.file(cell("wild", [1], links=link("wire")))
    for program in ("crash-mem", "crash-triple"):
        out = partition.machine.check(
            f"for i in $(seq {times}); do hvctl cell run {path} {inmate(program)} --timeout 20; "
            "[ $? = 7 ] || exit 1; done", 200)
        assert out.count("crashed") == times, out
        partition.must(f"cell create {path}")
        partition.run_inmate("wild", program)
        for _ in range(5):
            partition.wait_state("wild", "crashed")
            partition.must("cell start wild")
        assert partition.wait_state("wild", "crashed")["starts"] == 6
        partition.must("cell destroy wild")
