# SPDX-License-Identifier: GPL-2.0-only
"""The runtime library and the RTOS: first on the bare machine, then in a cell. Each program of
inmates/tests has one property; its exit code is the verdict."""
import re
import subprocess
from pathlib import Path

import pytest

from machine import SCALE
from partition import cell, link, partition     # noqa: F401 (a fixture)

TOP = Path(__file__).parents[1]
BARE_DONE = 33          # isa-debug-exit's way to say that the program was done
BARE = ["-M", "q35", "-m", "64", "-display", "none", "-no-reboot", "-serial", "stdio",
        "-device", "isa-debug-exit,iobase=0xf4,iosize=4"]

ALONE = cell("alone", [1])
LINKED = cell("linked", [1], links=link("line"))
SMP = cell("smp", [1, 2, 3])


# --- the bare machine -----------------------------------------------------------------------

def bare(program, *arguments, qemu="build/qemu-10/qemu", cpu="EPYC-Rome,+x2apic"):
    """Output of a program that must end as done on the bare machine."""
    command = [str(TOP / qemu), *BARE, "-cpu", cpu,
               "-kernel", str(TOP / f"build/inmates/{program}.elf"), *arguments]
    ended = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                           timeout=60 * SCALE)
    assert ended.returncode == BARE_DONE, f"{program}: {ended.stdout}\n{ended.stderr}"
    return ended.stdout


@pytest.mark.parametrize("program", ["hello", "hello32", "legacy", "pci"])
def test_bare_machine_runs(program):
    bare(program)


@pytest.mark.parametrize("mode, cpu", [("x2APIC", "EPYC-Rome,+x2apic"), ("xAPIC", "EPYC")])
def test_bare_machine_ticks(mode, cpu):
    output = bare("tick", cpu=cpu)
    assert f"tick: {mode} at 1000 Hz" in output, output
    count, ms = map(int, re.search(r"count=(\d+) ms=(\d+)", output).groups())
    # on a busy host a tick or two more fall due before the program sees that it is done
    assert 2000 <= count <= ms * 1.02, output


@pytest.mark.parametrize("words", ["cpus=4", "cpus=4 xapic=1"])
def test_bare_machine_starts_further_cpus(words):
    assert "smp: 4 CPUs" in bare("smp", "-smp", "4", "-append", words)


def test_bare_machine_runs_every_period_that_is_due():
    output = bare("rtos", "-append", "seconds=3")
    due, run = re.search(r"due=(\d+) run=(\d+)", output).groups()
    assert due == run and int(due) >= 2999, output


# --- a cell -----------------------------------------------------------------------------------

def ends(partition, description, program, state="done", code=0, mode=""):
    """Creates the cell, runs the program to its end; what it printed."""
    name = re.search(r'label = "(\S+)"', description).group(1)
    partition.make(description)
    partition.must(f"cell load {name} /opt/bulkhead/inmates/{program}.elf",
                   f"cell start {name} {mode}")
    end = partition.end_of(name)
    console = partition.console(name)
    assert (end["state"], end["exit_code"]) == (state, code), f"{end}: {console}"
    return console


@pytest.mark.machines("all")
@pytest.mark.parametrize("program", ["hello", "clean", "legacy", "pci"])
def test_cell_ends_as_done(partition, program):
    ends(partition, LINKED, program)


@pytest.mark.parametrize("program, mode", [("hello", ""), ("hello32", ""),
                                           ("hello16", "--mode reset16")])
def test_cell_starts_in_each_width(partition, program, mode):
    console = ends(partition, ALONE, program, mode=mode)
    assert "hello from alone on bulkhead" in console and "memory 0 + 400000" in console


@pytest.mark.machines("all")
def test_nmis_of_a_cell_come_once_each(partition):
    assert "nmi: 400 taken, all as it should be" in ends(partition, ALONE, "nmi")


def test_second_life_finds_nothing_of_the_first(partition):
    ends(partition, ALONE, "crash-fault", "failed", 128 + 6)
    partition.must("cell load alone /opt/bulkhead/inmates/clean.elf", "cell start alone")
    end = partition.end_of("alone")
    assert (end["state"], end["exit_code"]) == ("done", 0), partition.console("alone")


def test_task_switch_by_hardware_is_the_cells_own_affair(partition):
    """SVM lets the CPU do it; VT-x leaves it to the hypervisor, which ends the cell."""
    if partition.machine.config.cpu == "amd":
        assert "the second task runs" in ends(partition, ALONE, "task-switch")
        return
    assert "second task runs" not in ends(partition, ALONE, "task-switch", "crashed")
    assert "task switch by hardware" in partition.hypervisor_console()


def test_exit_code_is_the_cells_own(partition):
    ends(partition, ALONE, "fail", "failed", 42)


def test_unhandled_exception_fails_with_registers(partition):
    console = ends(partition, ALONE, "crash-fault", "failed", 128 + 6)
    assert re.search(r"vector 6 error 0 rip [0-9a-f]{16}", console) and "r15" in console


@pytest.mark.machines("4cpu")
def test_cell_starts_its_further_cpus_and_they_interrupt_each_other(partition):
    assert "smp: 3 CPUs" in ends(partition, SMP, "smp")


@pytest.mark.parametrize("program", ["tick", "tick-xapic", "spin", "rtos", "echo"])
def test_cell_ends_when_it_is_asked_to(partition, program):
    partition.make(LINKED)
    partition.run_inmate("linked", program)
    partition.wait_print("linked", program.split("-")[0] + ":")
    partition.must("cell shutdown linked --timeout 10")
    assert partition.cells()["linked"]["state"] == "done"


def test_cell_that_does_not_answer_is_forced(partition):
    partition.make(ALONE)
    partition.run_inmate("alone", "hang")
    partition.wait_print("alone", "hang:")
    partition.hvctl_is(5, "cell shutdown alone --timeout 1")
    assert partition.show("alone")["state"] == "running"
    partition.must("cell shutdown alone --force")
    assert partition.cells()["alone"]["state"] == "stopped"


# --- the demo ---------------------------------------------------------------------------------

def test_demo(make_machine):
    machine = make_machine()
    status, output = machine.run("/opt/bulkhead/demo 5", 240)
    assert status == 0 and "demo: passed" in output, output
