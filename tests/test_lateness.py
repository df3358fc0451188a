# SPDX-License-Identifier: GPL-2.0-only
"""The judge of lateness (tests/bed/lateness.py): what it lets pass and what not; and the first to be judged, the
hypervisor itself: in a cell the control loop is no later than on the bare machine."""
import itertools
import re
import subprocess

import pytest

import lateness
from machine import BUILD, SCALE
from partition import cell, link, partition     # noqa: F401 (a fixture)
from test_inmates import bare
from victim import Victim

DEMO = BUILD.parent / "tests/demo"
QUIET = [0, 990, 10]        # as on the bare machine


def verdict(*windows):
    return lateness.verdict((window, QUIET) for window in itertools.cycle(windows))


def test_limits_are_those_of_the_runs():
    assert lateness.limit([0, 0, 10], 0.5) == 3
    assert lateness.limit([90, 0, 0, 10], 0.9) == 1
    assert lateness.limit([90, 0, 0, 10], 0.95) == 6


def window(late, of, us):
    """Some runs of all are late by so much."""
    found = [0, of - late] + [0] * 22
    found[us.bit_length()] += late
    return found


@pytest.mark.parametrize("window", [window(6, 10, 400), window(2, 10, 700), window(2, 100, 3000)])
def test_delay_is_noticed(window):
    assert verdict(window).startswith("late: ")
    assert not verdict(window, window, QUIET)


@pytest.mark.parametrize("window", [QUIET, window(10, 10, 150), window(2, 10, 300)])
def test_emulators_own_is_not_called_lateness(window):
    assert not verdict(window)


# --- the bare machine -------------------------------------------------------------------------

def bare_window(config):
    """The same program on the bare machine, another CPU of which computes."""
    if config.cpu == "intel":
        command = [DEMO / "bare_intel.py", config.apic, "2", "1"]
        text = subprocess.run(command, check=True, capture_output=True, text=True,
                              timeout=100 * SCALE).stdout
    else:
        text = bare("rtos", "-smp", "2", "-accel", "tcg,thread=single", "-icount",
                    f"shift={config.shift},sleep=off", "-append", "seconds=1 neighbours=1", cpu="EPYC")
    return [int(n) for n in re.search(r"histogram((?: \d+)+)", text)[1].split()]


@pytest.mark.machines("icount", "bochs+4cpu+x2apic")
@pytest.mark.needs("counted")
def test_cell_is_no_later_than_the_bare_machine(partition):
    victim = Victim(partition)
    partition.make(cell("attacker", [1], links=link("arena")))
    other = bare_window(partition.machine.config)
    print(f"bare machine: {lateness.words(other)}")
    window = lateness.known_window(partition, victim, "attacker")
    print(f"cell: {lateness.words(window)}")
    assert not lateness.is_later(window, other), f"{window} instead of {other}"
    assert not victim.end().complaints
