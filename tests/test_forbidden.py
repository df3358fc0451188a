# SPDX-License-Identifier: GPL-2.0-only
"""What becomes of a cell, or of Linux, that does what it must not do: beside the attacks of
test_attack.py and test_root_attack.py, how it is told, and what a strict description changes."""
import re

import pytest

from attacks import attack
from channel import BedError
from partition import Partition, cell, link, partition     # noqa: F401 (a fixture)

TOLERANT = cell("attacker", [1], links=link("arena"))
STRICT = cell("attacker", [1], flags="strict;", links=link("arena"))
VICTIM = cell("victim", [2])


@pytest.fixture
def arena(partition):
    partition.make(TOLERANT)
    return partition


@pytest.mark.needs("svm")
def test_strict_cell_is_parked_for_a_register_it_may_not_write(partition):
    partition.make(STRICT)
    end, console, _ = attack(partition, "msr-vm-hsave")
    assert end["state"] == "crashed", (end, console)
    assert end["report"]["cause"] == "msr" and end["report"]["address"] == "0xc0010117", end
    assert "MSR 0xc0010117" in end["report"]["text"], end


def test_parked_cell_stays_parked(arena):
    """A parked CPU runs nothing, not even for whoever sends it interrupts."""
    attack(arena, "icr-smi")
    before = arena.exits(1)
    arena.machine.check("hvctl link ping arena --timeout 0.3 > /dev/null 2>&1; sleep 0.5")
    after = arena.exits(1)
    assert {k: after[k] - before[k] for k in after if after[k] != before[k] and k != "kick"} == {}


@pytest.mark.parametrize("how, state, code", [
    ("crash-triple", "crashed", 0), ("crash-fault", "failed", 134), ("fail", "failed", 42)])
def test_other_ends_of_a_cell_are_told_apart(arena, how, state, code):
    arena.run_inmate("attacker", how)
    end = arena.end_of("attacker")
    assert (end["state"], end["exit_code"]) == (state, code), end
    if state == "crashed":
        assert end["report"]["cause"] == "other" and "rip" in end["report"]["text"], end


# --- Linux ------------------------------------------------------------------------------------

BEYOND = 0xa00000000        # above address-limit of the machines: nobody's


def stray_count(partition):
    return partition.status()["stray"]


def test_stray_access_is_an_event_with_its_address(bulkhead):
    bulkhead.machine.check(f"stray read {BEYOND + 0x1230:#x} 4")
    assert re.search(rf"stray .*{BEYOND + 0x1230:#x}", bulkhead.must("events"))
    assert f"read of memory {BEYOND + 0x1230:x} ignored" in bulkhead.must("console 2> /dev/null")


def test_ten_thousand_stray_accesses_do_not_flood_the_events(partition):
    before = stray_count(partition)
    partition.machine.check(f"stray read {BEYOND:#x} 4 10000")
    assert stray_count(partition) == before + 10000
    assert len(re.findall("stray", partition.events())) <= 20


def test_access_that_cannot_be_emulated_kills_only_the_process(partition):
    # The kernel's note of it would look like a complaint.
    partition.machine.check("echo 0 > /proc/sys/debug/exception-trace")
    status, output = partition.machine.run(f"stray vector {BEYOND:#x}")
    partition.machine.check("echo 1 > /proc/sys/debug/exception-trace")
    assert status in (128 + 11, 128 + 7) and "survived" not in output, (status, output)
    partition.machine.check("true")


def test_strict_root_is_parked_and_a_cell_runs_on(make_machine, tmp_path):
    log = tmp_path / "debugcon"
    machine = make_machine(extra=("-debugcon", f"file:{log}"))
    product = Partition(machine)
    console = '\tconsole { type = "debugcon"; port = <0xe9>; };\n};'
    product.enable_with(lambda text: console.join(
        text.replace('"tolerant"', '"strict"', 1).rsplit("};", 1)))
    product.make(VICTIM)
    product.run_inmate("victim", "spin")
    product.wait_print("victim", "computing")
    machine.start(f"stray write {BEYOND:#x} 4")

    def report():
        return log.read_text(errors="replace")

    stray = rf"CPU \d: write to memory {BEYOND:x} is not allowed: parked\n +rip [0-9a-f]{{16}}"
    product.wait(lambda: re.search(stray, report()), 20, report)
    # CPU 2 is the cell's; the others stand still soon, and for good.
    def halted():
        return re.findall(r"HLT=(\d)", machine.registers())
    product.wait(lambda: halted() == ["1", "1", "0", "1"], 10, halted)
    for _ in range(3):
        assert halted() == ["1", "1", "0", "1"]
    with pytest.raises(BedError):
        machine.run("true", timeout=2)
