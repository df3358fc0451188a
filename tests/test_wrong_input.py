# SPDX-License-Identifier: GPL-2.0-only
"""Wrong input to hvctl, driver and hypervisor, beyond wrong descriptions (test_descriptions.py)
and wrong calls (test_driver.py): spoiled files, more than there is, hypercalls from programs,
several hvctl at once, signals at every step. Afterwards everything works and nothing is lost."""
import random
import re
import socket
import subprocess

import pytest

from bulkhead import SYSTEM, config, inmate
from machine import BUILD
from partition import Partition, cell, link, partition     # noqa: F401 (a fixture)

SIGINT, SIGKILL, SIGTERM = 2, 9, 15
RTOS = config("rtos")


def still_works(partition):
    partition.must(f"cell run {config('minimal')} {inmate('hello')} --timeout 20")


def test_message_is_written_at_once():
    """Half of one must not mix with what others write, or stay when hvctl is killed."""
    ours, its = socket.socketpair(type=socket.SOCK_DGRAM)
    subprocess.run([BUILD / "tools/hvctl", "check", "/nonexistent"], stderr=its, timeout=20)
    message = ours.recv(4096).decode()
    assert message.startswith("hvctl: ") and message.endswith("\n"), message


# --- spoiled files ----------------------------------------------------------------------------

def check_on_host(path):
    """Status of hvctl check, which needs no machine."""
    done = subprocess.run([BUILD / "tools/hvctl", "check", path], capture_output=True, timeout=20)
    return done.returncode, (done.stdout + done.stderr).decode(errors="replace")


@pytest.fixture(scope="module")
def good_dtb(tmp_path_factory):
    path = tmp_path_factory.mktemp("dtb") / "good.dtb"
    source = BUILD.parent / "configs/rtos.dts"
    subprocess.run(["dtc", "-q", "-O", "dtb", "-o", path, source], check=True)
    assert check_on_host(path)[0] == 0
    return path


def test_truncated_dtb_is_refused_at_every_length(good_dtb, tmp_path):
    whole = good_dtb.read_bytes()
    path = tmp_path / "short.dtb"
    for size in range(0, len(whole), 5):
        path.write_bytes(whole[:size])
        status, text = check_on_host(path)
        assert status in (1, 3) and str(path) in text, (size, status, text)


def test_flipped_bits_in_a_dtb_are_judged_not_stumbled_over(good_dtb, tmp_path):
    whole = good_dtb.read_bytes()
    path = tmp_path / "spoiled.dtb"
    dice = random.Random(1)
    for run in range(400):
        spoiled = bytearray(whole)
        for _ in range(dice.choice((1, 1, 2, 8))):
            spoiled[dice.randrange(len(spoiled))] ^= 1 << dice.randrange(8)
        path.write_bytes(spoiled)
        status, text = check_on_host(path)
        assert status in (0, 1, 3), f"run {run}: status {status}: {text}"


SPOIL = """
import random, subprocess, sys
whole = open(sys.argv[1], 'rb').read()
dice = random.Random(2)
cuts = [0, 1, 3, 4, 16, 51, 52, 63, 64, 65, 119, 120, 200, 4095, 4096, len(whole) // 2]
spoiled = [whole[:n] for n in cuts]
for _ in range(30):
    image = bytearray(whole)
    for _ in range(dice.choice((1, 2, 4))):
        image[dice.randrange(240)] = dice.choice((0, 1, 0x7f, 0x80, 0xff, dice.randrange(256)))
    spoiled.append(bytes(image))
for n, image in enumerate(spoiled):
    open('/tmp/spoiled.elf', 'wb').write(image)
    done = subprocess.run(['hvctl', 'cell', 'load', 'target', '/tmp/spoiled.elf'],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode not in ((1,) if n < len(cuts) else (0, 1)) or \\
       done.returncode and b'/tmp/spoiled.elf' not in done.stdout:
        print(n, done.returncode, done.stdout.decode(errors='replace'))
"""


@pytest.mark.needs("speed")
def test_spoiled_images_are_refused_by_name(partition):
    partition.make(cell("target", [1]))
    partition.machine.put(SPOIL, "/tmp/spoil.py")
    assert partition.machine.check(f"python3 /tmp/spoil.py {inmate('hello')}", 120) == ""
    # Loads add up: what a spoiled one may have left has to go.
    partition.must("cell destroy target")
    partition.make(cell("target", [1]))
    partition.run_inmate("target", "hello")
    assert partition.end_of("target")["state"] == "done"


@pytest.mark.parametrize("arguments, says", [
    ("/nonexistent", "No such file"), ("/tmp", "no regular file"), ("/dev/zero", "no regular file"),
    ("/dev/null", "no regular file"), ("/etc/passwd", "/etc/passwd"),
    ("/etc/passwd --address 0x400000", "memory"), ("/etc/passwd --address 0x3fffff", "memory"),
    ("/etc/passwd --address 0xfffffffffffffff0", ""), ("/etc/passwd --address 0xfd000000", "memory"),
    ("/tmp/large.bin --address 0", "memory")])
def test_image_that_cannot_be_loaded(partition, arguments, says):
    partition.make(cell("target", [1]))
    partition.machine.check("test -e /tmp/large.bin || dd if=/dev/zero of=/tmp/large.bin bs=1M "
                            "count=5 2> /dev/null")
    output = partition.hvctl_is(1, f"cell load target {arguments}")
    assert says in output, output
    partition.hvctl_is(1, "cell start target")


@pytest.mark.parametrize("entry", ["0x400000", "0xc0000000", "0xfd000000"])
def test_entry_outside_memory_ends_the_cell_and_nothing_else(partition, entry):
    partition.make(cell("target", [1]))
    output = partition.hvctl_is(1, f"cell load target {inmate('hello')} --entry {entry}")
    assert f"entry {entry}" in output, output
    partition.must(f"cell load target {inmate('hello')}")
    status, _ = partition.hvctl(f"cell start target --entry {entry}")
    if status == 0:
        assert partition.end_of("target")["state"] == "crashed"
    partition.run_inmate("target", "hello")
    assert partition.end_of("target")["state"] == "done"


# --- more than there is -----------------------------------------------------------------------

@pytest.mark.parametrize("memory", [0x78000000, 0xa0000000])
@pytest.mark.needs("speed")
def test_more_memory_than_linux_has_is_refused(partition, memory):
    mark = partition.machine.console_mark()
    output = partition.hvctl_is(1, "cell create " + partition.file(cell("large", [1], memory)),
                                timeout=120)
    assert "memory is exhausted" in output, output
    assert "Out of memory" not in partition.machine.console(mark), "nobody is killed for it"
    still_works(partition)


def test_more_cells_than_cpus_are_refused(partition):
    for cpu in (1, 2, 3):
        partition.make(cell(f"cell-{cpu}", [cpu]))
    for cpu, status in ((0, 3), (1, 6), (2, 6), (4, 3), (99, 3)):
        partition.hvctl_is(status, "cell create " + partition.file(cell("another", [cpu])))
    assert len(partition.cells()) == 3


def test_cell_of_a_name_that_exists_is_refused(partition):
    partition.make(cell("twin", [1]))
    output = partition.hvctl_is(6, "cell create " + partition.file(cell("twin", [2])))
    assert "exists" in output


def test_cell_named_as_linux_is_refused(partition):
    """hvctl takes names: nobody could say any more which of the two is meant."""
    system = partition.status()["system"]
    partition.hvctl_is(6, f"cell create {partition.file(cell(system, [1]))}")
    still_works(partition)


def test_port_of_one_cell_is_refused_to_another(partition):
    partition.make(cell("first", [1], flags="ports = <0x210 0x210>, <0x228 0x22f>;"))
    second = cell("second", [2], flags="ports = <0x250 0x257>, <0x22f 0x230>;")
    output = partition.hvctl_is(6, f"cell create {partition.file(second)}")
    assert "port" in output, output
    assert "ports from 22f on are those of cell first" in partition.machine.console()
    partition.make(second.replace("0x22f 0x230", "0x230 0x231"))


def test_create_that_fails_late_keeps_no_page(make_machine):
    """Memory that is not of 2 MiB pieces needs page tables of its own in Linux's map."""
    partition = Partition(make_machine(cmdline="memmap=16M$0x50000000"))
    partition.load()
    partition.enable()
    partition.make(cell("first", [1], links=link("wire")))
    free = partition.status()["pages_free"]
    late = cell("second", [2], memory=0x601000, rights="host-address = <0x50000000>;",
                links=link("wire"))
    output = partition.hvctl_is(6, f"cell create {partition.file(late)}")
    assert "peer 1 is taken" in partition.hypervisor_console(), output
    assert partition.status()["pages_free"] == free


def test_more_links_to_linux_than_slots_are_refused(partition):
    """Eight slots are in the description."""
    many = [link(f"l{n}", peers=16, peer=1, rw=0, output=0x1000) for n in range(8)]
    partition.make(cell("many", [1], links=" ".join(many)))
    assert len(partition.json("link list")) == 8
    before = partition.holdings()
    output = partition.hvctl_is(1, "cell create " + partition.file(
        cell("one-more", [2], links=link("l8"))))
    assert "slot" in output, output
    assert partition.holdings() == before


# --- hypercalls -------------------------------------------------------------------------------

def test_hypercalls_of_a_program_are_refused(partition):
    events = partition.status()["events"]
    script = "for n in 0 1 2 3 4 5 6 7 8 9 255 2147483647 -1; do stray call $n; done"
    assert partition.machine.check(script).split() == ["-1"] * 13, "EPERM"
    assert partition.status()["events"] == events
    still_works(partition)


@pytest.mark.parametrize("what", ["cpuid", "hypercall"])
def test_exit_at_the_end_of_32_bits_costs_a_program_its_life_and_nobody_else(partition, what):
    """The next instruction is at address 0, not at 2^32, where no such guest could go on."""
    partition.machine.check("echo 0 > /proc/sys/debug/exception-trace")
    assert partition.machine.check(f"stray edge {what}").split() == ["11"], "SIGSEGV"
    partition.machine.check("echo 1 > /proc/sys/debug/exception-trace")
    still_works(partition)


def test_hypercall_of_a_program_without_a_hypervisor_is_an_invalid_instruction(driver):
    driver.machine.check("echo 0 > /proc/sys/debug/exception-trace")
    status, output = driver.machine.run("stray call 1")
    driver.machine.check("echo 1 > /proc/sys/debug/exception-trace")
    assert status == 128 + 4, (status, output)


# --- several at once --------------------------------------------------------------------------

def at_once(partition, commands, timeout=60):
    """Statuses of shell commands that run side by side."""
    jobs = [partition.machine.start(command) for command in commands]
    return [job.wait(timeout) for job in jobs]


def test_of_several_creations_of_one_cell_one_wins(partition):
    file = partition.file(cell("wanted", [1]))
    ends = at_once(partition, [f"hvctl cell create {file}"] * 4)
    assert sorted(status for status, _ in ends) == [0, 6, 6, 6], ends
    ends = at_once(partition, ["hvctl cell destroy wanted"] * 4)
    assert sorted(status for status, _ in ends) == [0, 1, 1, 1], ends


def test_cells_are_created_and_destroyed_side_by_side(partition):
    files = [partition.file(cell(f"cell-{n}", [n], links=link(f"link-{n}")), f"/tmp/cell-{n}.dts")
             for n in (1, 2, 3)]
    loops = [f"for i in 1 2 3; do hvctl cell run {file} {inmate('hello')} --timeout 30 "
             "> /dev/null || exit $?; done" for file in files]
    watch = "for i in $(seq 30); do hvctl status && hvctl cell list && hvctl stats && hvctl events " \
            "&& hvctl link list || exit 1; done > /dev/null"
    ends = at_once(partition, [*loops, watch], 120)
    assert [status for status, _ in ends] == [0, 0, 0, 0], ends


def test_of_several_enables_one_wins(driver):
    jobs = [driver.machine.start(f"hvctl enable {SYSTEM}") for _ in range(3)]
    ends = [job.wait(60) for job in jobs]
    assert sorted(status for status, _ in ends) == [0, 6, 6], ends
    jobs = [driver.machine.start("hvctl disable") for _ in range(3)]
    ends = [job.wait(60) for job in jobs]
    assert sorted(status for status, _ in ends)[0] == 0 and not driver.is_enabled(), ends


# --- signals ----------------------------------------------------------------------------------

WHENS = ("before", "after", 3000, 30000)


def interrupted(product, number, step, when, command):
    """Runs a command of hvctl that gets a signal; what at-ioctl says of it."""
    text = product.machine.run(f"at-ioctl {number} {step} {when} hvctl {command}", 60)[1]
    assert re.search(r"^(status|signal) \d+$", text, re.M), f"at step {step}, {when}: {text}"
    return text


@pytest.mark.parametrize("when", WHENS)
@pytest.mark.parametrize("number", [SIGINT, SIGKILL])
@pytest.mark.needs("speed")
def test_signal_at_every_step_of_a_cell_run(partition, number, when):
    before = partition.holdings()
    for step in range(1, 20):
        text = interrupted(partition, number, step, when,
                           f"cell run {RTOS} {inmate('hello')} --timeout 20")
        if number == SIGINT:
            assert partition.cells() == {}, f"step {step}, {when}: a cell was left: {text}"
            assert re.search("status [017]$", text, re.M), f"step {step}, {when}: {text}"
        partition.remove_cells()
        assert partition.holdings() == before, f"step {step}, {when}: {text}"
        if "no such step" in text:
            break
    assert 4 < step < 19, f"{step} steps"
    still_works(partition)


@pytest.mark.parametrize("number", [SIGINT, SIGKILL, SIGTERM])
@pytest.mark.needs("speed")
def test_signal_in_the_middle_of_enable_and_disable(driver, number):
    before = driver.inventory()["memory taken"]
    for when in ("before", 1000, 20000, 100000, "after"):
        interrupted(driver, number, 1, when, f"enable {SYSTEM}")
        if not driver.is_enabled():
            assert driver.inventory()["memory taken"] == before
            driver.enable()
        interrupted(driver, number, 1, when, "disable")
        if driver.is_enabled():
            driver.disable()
    assert driver.inventory()["memory taken"] == before


def test_hvctl_that_waits_for_a_cell_can_be_killed(partition):
    """Its file is closed in the middle of a call; nobody else has to wait for that."""
    partition.make(cell("deaf", [1]))
    partition.run_inmate("deaf", "hang")
    for number, status in ((SIGINT, 1), (SIGKILL, 128 + 9)):
        job = partition.machine.start("exec hvctl cell shutdown deaf --timeout 60")
        partition.machine.check("sleep 0.3")
        assert partition.cells()["deaf"]["state"] == "running", "others need not wait"
        job.signal(number)
        assert job.wait(5)[0] == status
    partition.must("cell destroy deaf --force")


def test_followers_end_with_a_signal(partition):
    partition.make(cell("chatty", [1]))
    jobs = [partition.machine.start(f"exec hvctl {words}") for words in
            ("console chatty -f", "events -f", "stats -f", "console -f")]
    partition.run_inmate("chatty", "chatty")
    jobs[0].wait_output("line 1999 of 2000", 20)
    partition.must("cell destroy chatty --force")
    for job in jobs:
        job.signal(SIGINT)
    assert [job.wait(10)[0] for job in jobs] in ([0, 0, 0, 0], [1, 0, 0, 0])
