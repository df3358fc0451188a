# SPDX-License-Identifier: GPL-2.0-only
"""The life of cells as hvctl steers it: every step, every way to end, what can be read during
and after, what is refused, and that each start finds memory as it was loaded."""
import json

import pytest

from bulkhead import config, inmate
from partition import Partition, cell, link, partition  # noqa: F401 (a fixture)

# For what depends on the interrupt controller's mode and on the emulator.
EACH_MODE = pytest.mark.machines("x2apic+4cpu", "qemu10+xapic+4cpu", "qemu7.2+4cpu",
                                 "bochs+4cpu")

ONE = cell("one", [1])
BIG = cell("big", [1], memory=0x2000000)
DUAL = cell("dual", [2, 3])

# A program for 32-bit mode at 0x10000: counts in its own image, adds what it finds in memory
# that nobody loaded, leaves something there, and ends with the sum. 1: all was as loaded.
REMEMBER = bytes.fromhex(
    "ff0540000100"              # inc dword [0x10040]
    "8b3540000100"              # mov esi, [0x10040]
    "033500001000"              # add esi, [0x100000]
    "c7050000100000100000"      # mov dword [0x100000], 0x1000
    "31ff"                      # xor edi, edi              BH_FINISH_DONE
    "b808000000"                # mov eax, 8                BH_HC_CELL_EXIT
    "0f01d9"                    # vmmcall                   on Intel's CPUs: vmcall
    "f4").ljust(0x100, b"\0")


def start(partition, description, program, name=None):
    """Creates, loads and starts a cell; its name."""
    name = name or description.split('label = "')[1].split('"')[0]
    partition.make(description)
    partition.run_inmate(name, program)
    return name


def lines(text):
    """JSON, one document per line."""
    return [json.loads(line) for line in text.splitlines()]


def dirt(partition, size):
    """Makes the file /tmp/dirt, full of ones."""
    partition.machine.check(f"head -c {size} /dev/zero | tr '\\0' '\\377' > /tmp/dirt")


# --- steps -----------------------------------------------------------------------------------

def test_each_step_is_seen_in_the_cells_state(partition):
    partition.make(ONE)
    assert partition.show("one")["state"] == "ready"
    partition.must(f"cell load one {inmate('spin')}")
    assert partition.show("one")["state"] == "ready"
    partition.must("cell start one")
    assert partition.show("one")["state"] == "running"
    partition.wait_print("one", "spin: computing")
    partition.must("cell shutdown one --timeout 10")
    shown = partition.show("one")
    assert (shown["state"], shown["exit_code"]) == ("done", 0)
    assert "spin: asked to finish" in partition.console("one")
    partition.must("cell destroy one")
    assert "one" not in partition.cells()


def test_events_tell_the_story_in_order(partition):
    name = start(partition, ONE, "fail")
    partition.wait_state(name, "failed")
    partition.must(f"cell load {name} {inmate('spin')}", f"cell start {name}",
                   f"cell shutdown {name} --force", f"cell destroy {name}")
    told = [event["event"] for event in lines(partition.must("events --json"))]
    assert told[-6:] == ["created", "started", "failed", "started", "stopped", "destroyed"], told


def test_run_does_all_in_one(partition):
    path = partition.file(ONE)
    out = partition.hvctl_is(0, f"cell run {path} {inmate('hello')} --timeout 20")
    assert "hello from one" in out and "exit code 0" in out, out
    out = partition.hvctl_is(7, f"cell run {path} {inmate('fail')} --timeout 20")
    assert "failed, exit code 42" in out, out
    out = partition.hvctl_is(7, f"cell run {path} {inmate('crash-mem')} --timeout 20")
    assert "write of 0x12345678 to address 0xc0000000" in out and "memory node" in out, out
    out = partition.hvctl_is(5, f"cell run {path} {inmate('hang')} --timeout 1")
    assert "has not ended" in out, out
    assert not partition.cells()


def test_run_can_keep_the_cell(partition):
    partition.hvctl_is(0, f"cell run {partition.file(ONE)} {inmate('hello')} --timeout 20 --keep")
    assert partition.show("one")["state"] == "done"


# --- ways to end -----------------------------------------------------------------------------

@pytest.mark.parametrize("program, state, code", [
    ("hello", "done", 0), ("fail", "failed", 42), ("crash-fault", "failed", 134)])
def test_exit_code(partition, program, state, code):
    name = start(partition, ONE, program)
    assert partition.wait_state(name, state)["exit_code"] == code


def test_forbidden_access_is_told_with_address_place_and_remedy(partition):
    name = start(partition, ONE, "crash-mem")
    report = partition.wait_state(name, "crashed")["report"]
    assert (report["address"], report["value"]) == ("0xc0000000", "0x12345678"), report
    assert (report["cpu"], report["cause"], report["width"]) == (1, "stray", 4), report
    assert "memory node" in report["remedy"] and report["rip"] in report["text"], report
    told = partition.must(f"cell show {name}")
    assert report["text"] in told and report["remedy"] in told, told
    assert partition.console(name) == "crash-mem: writing to c0000000\n"
    dump = partition.hypervisor_console().rsplit(f"cell {name}, CPU 1", 1)[-1]
    assert f"rip {int(report['rip'], 16):016x}" in dump, dump


@EACH_MODE
def test_triple_fault_stops_this_cell_only(partition):
    other = start(partition, cell("other", [2]), "spin")
    name = start(partition, ONE, "crash-triple")
    report = partition.wait_state(name, "crashed")["report"]
    assert int(report["rip"], 16) != 0, report
    before = partition.show(other)["heartbeat"]
    assert partition.show(other)["state"] == "running"
    assert partition.show(other)["heartbeat"] > before


@EACH_MODE
def test_cell_that_does_not_answer_is_reported_and_can_be_forced(partition):
    name = start(partition, ONE, "hang")
    partition.wait_print(name, "from here on, nothing")
    out = partition.hvctl_is(5, f"cell shutdown {name} --timeout 0.5")
    assert "did not answer" in out, out
    shown = partition.show(name)
    assert (shown["state"], shown["heartbeat"]) == ("running", 3)
    partition.hvctl_is(5, f"cell restart {name} --timeout 0.5")
    assert partition.show(name)["starts"] == 1
    partition.must(f"cell shutdown {name} --force")
    assert partition.show(name)["state"] == "stopped"
    partition.must(f"cell shutdown {name}")     # it does not run: that is what was asked for
    partition.must(f"cell start {name}", f"cell restart {name} --force")
    assert partition.show(name)["starts"] == 3


def test_destroy_by_force(partition):
    name = start(partition, ONE, "hang")
    partition.hvctl_is(6, f"cell destroy {name}")
    partition.must(f"cell destroy {name} --force")
    assert not partition.cells()


@pytest.mark.parametrize("program, end", [
    ("hello", "done"), ("fail", "failed"), ("crash-mem", "crashed"), ("crash-triple", "crashed"),
    ("pending", "done")])
def test_cell_can_be_started_again_after_any_end(partition, program, end):
    name = start(partition, ONE, program)
    first = partition.wait_state(name, end)
    partition.must(f"cell start {name}")
    second = partition.wait_state(name, end)
    assert (first["starts"], second["starts"]) == (1, 2)
    assert second.get("report") == first.get("report")
    partition.must(f"cell load {name} {inmate('hello')}", f"cell start {name}")
    partition.wait_state(name, "done")
    assert f"hello from {name}" in partition.console(name)


# --- memory ----------------------------------------------------------------------------------

def test_each_start_finds_memory_as_it_was_loaded(partition):
    call = {"amd": "0f01d9", "intel": "0f01c1"}[partition.machine.config.cpu]
    program = REMEMBER.replace(bytes.fromhex("0f01d9"), bytes.fromhex(call))
    partition.machine.put(program, "/tmp/remember")
    partition.make(ONE)
    partition.must("cell load one /tmp/remember --address 0x10000")
    for how in ("start", "start", "restart", "start"):
        partition.must(f"cell {how} one")
        assert partition.wait_state("one", "done")["exit_code"] == 1, how


def test_new_load_finds_nothing_of_the_one_before(partition):
    """The second half shows that the program does look: it must find what is loaded with it."""
    dirt(partition, 0x1000)
    partition.make(ONE)
    partition.must("cell load one /tmp/dirt --address 0x300000",
                   f"cell load one {inmate('hello')}", "cell start one")
    partition.wait_state("one", "done")
    partition.must(f"cell load one {inmate('clean')}", "cell start one")
    shown = partition.wait_state("one", "done" if partition.end_of("one")["state"] == "done"
                                 else "failed")
    assert shown["exit_code"] == 0, partition.console("one")
    partition.must(f"cell load one {inmate('clean')}",
                   "cell load one /tmp/dirt --address 0x300000", "cell start one")
    assert partition.end_of("one")["exit_code"] == 5, partition.console("one")


@EACH_MODE
def test_cpu_and_memory_of_a_crashed_cell_carry_nothing_over(partition):
    dirt(partition, 0x200000)
    partition.make(ONE)
    partition.must("cell load one /tmp/dirt --address 0x200000",
                   f"cell load one {inmate('tick')}", "cell start one",
                   "cell shutdown one --force", "cell destroy one")
    name = start(partition, cell("heir", [1]), "clean")
    end = partition.end_of(name)
    assert (end["state"], end["exit_code"]) == ("done", 0), partition.console(name)


def test_large_cell(partition):
    name = start(partition, BIG, "hello")
    assert partition.wait_state(name, "done")["memory_bytes"] == 0x2000000
    assert "memory 0 + 2000000 rights 7" in partition.console(name)


# --- programs --------------------------------------------------------------------------------

@EACH_MODE
@pytest.mark.parametrize("program, mode", [
    ("hello", ""), ("hello32", ""), ("hello16", "--mode reset16")])
def test_programs_of_16_32_and_64_bits(partition, program, mode):
    partition.make(ONE)
    for _ in range(2):      # hvctl and driver remember how to start it
        partition.must(f"cell load one {inmate(program)} {mode}", "cell start one")
        partition.wait_state("one", "done")
        partition.must("cell start one")
        partition.wait_state("one", "done")
    assert partition.console("one").count("hello from one") >= 1


@EACH_MODE
def test_cell_with_two_cpus(partition):
    name = start(partition, DUAL, "smp")
    end = partition.end_of(name, 60)
    assert (end["state"], end["exit_code"]) == ("done", 0), partition.console(name)
    assert "smp: 2 CPUs, 20" in partition.console(name)
    assert end["cpus"] == [2, 3]


@EACH_MODE
def test_cell_with_two_cpus_can_be_stopped_and_started(partition):
    """At any moment, of its CPUs' start-up as well."""
    partition.make(DUAL)
    partition.must(f"cell load dual {inmate('smp')}")
    for pause in (0, 0, 0.01, 0.05):
        partition.must("cell start dual")
        partition.machine.run(f"sleep {pause}")
        partition.must("cell shutdown dual --force")
    partition.must("cell start dual")
    end = partition.end_of("dual", 60)
    assert (end["state"], end["exit_code"]) == ("done", 0), partition.console("dual")


@EACH_MODE
def test_programs_that_probe_a_pc_do_no_harm(partition):
    partition.make(cell("one", [1], links=link("arena")))
    for program in ("legacy", "pci"):
        partition.run_inmate("one", program)
        end = partition.end_of("one")
        assert (end["state"], end["exit_code"]) == ("done", 0), partition.console("one")


@EACH_MODE
def test_three_cells_at_once(partition):
    """Each does its own thing, none feels the others' coming, crashing and going."""
    ticker = start(partition, cell("ticker", [1]), "tick")
    talker = start(partition, cell("talker", [2], links=link("talk")), "echo")
    guest = start(partition, cell("guest", [3]), "crash-mem")
    partition.wait_state(guest, "crashed")
    beats = partition.show(ticker)["heartbeat"]
    ping = partition.json("link ping talk --count 20 --timeout 20")
    assert (ping["received"], ping["wrong"]) == (20, 0), ping
    partition.must(f"cell destroy {guest}")
    guest = start(partition, cell("guest", [3]), "spin")
    assert sorted(partition.cells()) == ["guest", "talker", "ticker"]
    assert [c["state"] for c in partition.cells().values()] == ["running"] * 3
    partition.must(f"cell shutdown {guest} --timeout 10")
    partition.must(f"cell shutdown {talker} --timeout 10")
    assert partition.show(ticker)["heartbeat"] > beats
    partition.must(f"cell shutdown {ticker} --timeout 10")
    out = partition.console(ticker)
    assert "unexpected=0" in out, out


# --- what can be read ------------------------------------------------------------------------

def test_console_survives_the_cells_end_and_counts_what_it_lost(partition):
    name = start(partition, ONE, "chatty")
    partition.wait_state(name, "done")
    status, text = partition.machine.run(f"hvctl console {name} 2>&1 > /tmp/out; cat /tmp/out")
    assert status == 0 and "chatty: line 1999 of 2000" in text
    numbers = [int(line.split()[2]) for line in text.splitlines()
               if line.startswith("chatty: line") and "padding" in line]
    assert numbers == list(range(numbers[0], 2000)), "lines are missing in the middle"
    assert "were overwritten before they could be read" in text


def test_console_can_be_followed_without_loss(partition):
    partition.make(ONE)
    partition.must(f"cell load one {inmate('hello')}")
    job = partition.machine.start("hvctl console one -f --timeout 3")
    partition.must("cell start one")
    status, out = job.wait(30)
    assert status == 0 and out.count(b"hello from one") == 1, (status, out)


def test_restart_counts_as_a_new_epoch(partition):
    name = start(partition, ONE, "spin")
    for epoch in (2, 3):
        partition.must(f"cell restart {name} --timeout 10")
        shown = partition.show(name)
        assert (shown["state"], shown["starts"]) == ("running", epoch)


def test_stats_add_up_and_stand_still_for_a_cell_that_computes(partition):
    name = start(partition, ONE, "spin")
    partition.wait_print(name, "computing")

    def of_cell():
        return next(c for c in partition.json("stats")["cpus"] if c["cpu"] == 1)

    before, beats = of_cell(), partition.show(name)["heartbeat"]
    partition.wait(lambda: partition.show(name)["heartbeat"] > beats + 1000, 20,
                   lambda: "the cell does not compute")
    after = of_cell()
    assert before["cell"] == name and before["state"] == "running"
    for cpu in partition.json("stats")["cpus"]:
        assert cpu["total"] == sum(cpu["exits"].values()), cpu
    assert after == before, f"a computing cell left its CPU: {before} -> {after}"
    partition.must(f"cell shutdown {name} --timeout 10")
    assert of_cell()["exits"]["hypercall"] == after["exits"]["hypercall"] + 1
    assert of_cell()["state"] == "parked"


def test_json_everywhere(partition):
    path = partition.file(cell("one", [1], links=link("wire")))
    assert lines(partition.must(f"cell create {path} --json"))[0]["name"] == "one"
    partition.run_inmate("one", "echo")
    partition.wait_print("one", "echo: peer")
    for command in ("status", "cell list", "cell show one", "console one", "console", "stats",
                    "events", "link list", "link ping wire --count 3 --timeout 20",
                    "link bench wire --count 100 --timeout 20", f"check {path}"):
        out = partition.must(command + " --json")
        assert lines(out), f"hvctl {command} --json: {out!r}"
    partition.must("cell destroy one --force")
    out = partition.machine.check(f"hvctl cell run {path} {inmate('hello')} --json 2> /dev/null")
    assert "hello from one" in "".join(line["text"] for line in lines(out))


# --- what is refused -------------------------------------------------------------------------

def test_wrong_steps_are_refused_and_change_nothing(partition):
    two = partition.file(cell("two", [1]), "/tmp/two.dts")
    partition.make(ONE)
    out = partition.hvctl_is(1, "cell start one")
    assert "load an image (hvctl cell load)" in out, out
    partition.run_inmate("one", "spin")
    for status, command, reason in [
            (6, "cell start one", "runs already"),
            (6, f"cell load one {inmate('hello')}", "runs"),
            (6, "cell destroy one", "runs"),
            (6, "cell create /tmp/cell.dts", "exists"),
            (6, f"cell create {two}", "belongs to another cell"),
            (1, "cell start nobody", "nobody"),
            (1, "cell shutdown nobody", "nobody"),
            (1, "cell destroy nobody", "nobody"),
            (1, "console nobody", "nobody")]:
        out = partition.hvctl_is(status, command)
        assert reason in out, f"hvctl {command}: {out}"
    assert partition.show("one")["state"] == "running"
    assert sorted(partition.cells()) == ["one"]


def test_root_cell_is_not_for_these_commands(partition):
    root = partition.json("cell list")[0]["name"]
    for command in ("start", "shutdown --force", "destroy --force"):
        word, *option = command.split()
        out = partition.hvctl_is(1, f"cell {word} {root} {' '.join(option)}")
        assert "root cell" in out, out


def test_two_starts_in_one_moment(partition):
    """Commands of several users at once: one of them wins, and the others are told why not."""
    partition.make(ONE)
    partition.must(f"cell load one {inmate('spin')}")
    jobs = [partition.machine.start("hvctl cell start one") for _ in range(4)]
    ends = [job.wait(30) for job in jobs]
    assert sorted(status for status, _ in ends) == [0, 6, 6, 6], ends
    assert partition.show("one")["starts"] == 1
    jobs = [partition.machine.start(f"hvctl cell {what} one --timeout 10")
            for what in ("shutdown", "restart", "shutdown", "restart")]
    for job in jobs:
        status, out = job.wait(60)
        assert status in (0, 6), (job.command, status, out)
    partition.must("cell shutdown one --force")


def test_config_files_that_ship_all_make_cells(partition):
    """Every cell of configs/ can be created on this machine, one after the other; the disk's, where there is one."""
    names = partition.machine.check("cd /opt/bulkhead/configs; grep -l bulkhead,cell *.dts")
    stems = [name[:-len(".dts")] for name in names.split()]
    status, text = partition.hvctl(f"cell create {config('disk')}")
    assert status == 1 and "no PCI function for node 0" in text, (status, text)
    stems.remove("disk")
    for stem in stems:
        partition.must(f"cell create {config(stem)}",
                       f"cell load {stem} {inmate('hello')}", f"cell start {stem}")
        partition.wait_state(stem, "done")
        assert f"hello from {stem}" in partition.console(stem)
        partition.must(f"cell destroy {stem}")


# --- interrupt controllers -------------------------------------------------------------------

def test_a_cell_may_use_x2apic_mode_beside_a_linux_in_xapic_mode(make_machine):
    machine = make_machine(apic="xapic", cpu_model="EPYC-Rome,+svm,+x2apic")
    partition = Partition(machine)
    partition.load()
    partition.enable()
    start(partition, cell("fast", [1], flags="x2apic;"), "tick")
    partition.wait_print("fast", "tick: x2APIC at 1000 Hz")
    before = partition.exits(1)
    machine.check("sleep 2")
    assert partition.exits(1) == before
    partition.must("cell shutdown fast --timeout 10", "cell destroy fast")
    # its CPU finds back to the mode of Linux, which is what other cells are shown
    assert machine.check("cat /sys/devices/system/cpu/online").strip() == "0-3"
    start(partition, cell("slow", [1]), "tick")
    partition.wait_print("slow", "tick: xAPIC at 1000 Hz")
    partition.must("cell shutdown slow --timeout 10", "cell destroy slow")
    partition.disable()
