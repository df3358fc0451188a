# SPDX-License-Identifier: GPL-2.0-only
"""NMIs that are Linux's own reach it, each exactly once on each CPU: QEMU's monitor command, a
watchdog device, Linux's own backtraces; while the hypervisor uses NMIs itself; and none of
them reaches a cell."""
import time

import pytest

from bulkhead import Bulkhead, config, inmate
from machine import SCALE
from qemu import Config

ROUNDS = 15
SETTLE = 0.15       # seconds: an NMI too many would be seen within it
# All CPUs take NMIs from outside, not only the first; a watchdog device interrupts by NMI.
SETTINGS = {"cmdline": "apic_extnmi=all",
            "extra": ("-device", "i6300esb", "-action", "watchdog=inject-nmi")}
CONFIGS = [Config(apic="x2apic", **SETTINGS), Config(qemu="7.2", apic="xapic", **SETTINGS)]


@pytest.fixture(scope="module", params=CONFIGS, ids=lambda config: config.name)
def outside(request, pool):
    """A machine where NMIs from outside reach all CPUs, enabled."""
    if request.param.missing():
        pytest.skip(f"this host has no {request.param.missing()}")
    if not any(part in request.param.name for part in request.config.getoption("machine") or [""]):
        pytest.skip("not among the machines asked for")
    pool.drop()
    with request.param.make(name=f"nmi-{request.param.name}") as machine:
        product = Bulkhead(machine)
        product.load()
        product.enable()
        yield product


@pytest.fixture
def product(outside):
    outside.remove_cells()
    yield outside
    outside.remove_cells()


def taken(product):
    """NMIs that Linux took, by CPU; CPUs that are not online are not there."""
    text = product.machine.check("grep -E 'CPU0|NMI:' /proc/interrupts")
    header, line = text.splitlines()
    return {int(cpu[3:]): int(count) for cpu, count in zip(header.split(), line.split()[1:])}


def stats(product, key):
    return {cpu["cpu"]: cpu[key] for cpu in product.json("stats")["cpus"]}


def plus(counts, number):
    return {cpu: count + number for cpu, count in counts.items()}


def check_one_each(product, cause, cpus, before):
    """After cause() Linux counts one NMI more on each of the CPUs, and none elsewhere."""
    wanted = {cpu: before[cpu] + 1 for cpu in cpus}
    cause()
    deadline = time.monotonic() + 10 * SCALE
    while any(taken(product).get(cpu) != count for cpu, count in wanted.items()):
        assert time.monotonic() < deadline, f"lost or doubled: {taken(product)}, not {wanted}"
    time.sleep(SETTLE)
    now = taken(product)
    assert {cpu: now[cpu] for cpu in cpus} == wanted, "there were more than one"
    return now


# --- from outside ----------------------------------------------------------------------------

def test_each_nmi_is_taken_once_on_each_cpu(product):
    mark = product.machine.console_mark()
    counts, forwarded = taken(product), stats(product, "nmi_forwarded")
    for _ in range(ROUNDS):
        counts = check_one_each(product, product.machine.nmi, counts, counts)
    assert stats(product, "nmi_forwarded") == plus(forwarded, ROUNDS)
    assert "NMI received for unknown reason" in product.machine.console(mark)


def test_each_nmi_is_taken_once_under_load(product):
    with product.load_on_linux():
        counts = taken(product)
        for _ in range(ROUNDS):
            counts = check_one_each(product, product.machine.nmi, counts, counts)


def test_each_nmi_is_taken_once_between_the_hypervisors_own(product):
    """Whenever a cell comes or goes, all of Linux's CPUs are kicked by NMI."""
    kicks = sum(stats(product, "nmi_kicks").values())
    for step in [f"create {config('minimal')}", "destroy minimal"] * (ROUNDS // 3):
        product.machine.check(f"hvctl cell {step}")
        check_one_each(product, product.machine.nmi, (0, 2, 3), taken(product))
    assert sum(stats(product, "nmi_kicks").values()) > kicks


def test_nmis_that_meet_the_hypervisors_own_are_never_doubled(product):
    """A CPU merges two NMIs that arrive before it takes the first: so one of Linux's can be lost to
    a kick, as it could to another of Linux's (Documentation/architecture.md). None is made up,
    and no kick is lost: cells go on coming and going."""
    job = product.machine.start(
        f"while hvctl cell create {config('minimal')} && hvctl cell destroy minimal; do "
        "[ -e /tmp/enough ] && break; done")
    before = taken(product)
    try:
        for _ in range(ROUNDS):
            product.machine.nmi()
            time.sleep(SETTLE)
    finally:
        product.machine.run("touch /tmp/enough")
        status, out = job.wait(60 * SCALE)
        product.machine.run("rm /tmp/enough")
    assert status == 0, out
    now = taken(product)
    assert all(now[cpu] <= before[cpu] + ROUNDS for cpu in (0, 2, 3)), f"{before}, then {now}"
    check_one_each(product, product.machine.nmi, (0, 2, 3), now)


def test_watchdog_interrupts_linux_once(product):
    """A watchdog device that nobody feeds: one NMI on each CPU for each time it expires."""
    machine = product.machine
    machine.check("modprobe i6300esb heartbeat=2 && [ -e /dev/watchdog ]")
    before, forwarded = taken(product), stats(product, "nmi_forwarded")
    machine.check("exec 3> /dev/watchdog; sleep 3.5; printf V >&3", 30)
    after, now = taken(product), stats(product, "nmi_forwarded")
    grown = {cpu: after[cpu] - before[cpu] for cpu in before}
    machine.run("rmmod i6300esb")
    assert set(grown.values()) == {1}, grown
    assert now == plus(forwarded, 1)


# --- cells -----------------------------------------------------------------------------------

@pytest.mark.parametrize("program, state", [("spin", "running"), ("hello", "done")])
def test_cell_gets_none_whether_it_runs_or_is_parked(product, program, state):
    product.create("minimal", program)
    product.wait_state("minimal", state)
    forwarded = stats(product, "nmi_forwarded")[1]
    counts = taken(product)
    assert sorted(counts) == [0, 2, 3]
    for _ in range(5):
        counts = check_one_each(product, product.machine.nmi, counts, counts)
    assert stats(product, "nmi_forwarded")[1] == forwarded
    shown = product.show("minimal")
    assert shown["state"] == state, shown
    if state == "running":
        product.wait(lambda: product.show("minimal")["heartbeat"] > shown["heartbeat"], 10,
                     lambda: "the cell does not go on")


def test_cpu_that_comes_back_takes_them_again(product):
    product.must(f"cell run {config('minimal')} {inmate('hello')} --timeout 20")
    counts = taken(product)
    assert sorted(counts) == [0, 1, 2, 3]
    check_one_each(product, product.machine.nmi, counts, counts)


# --- Linux's own -----------------------------------------------------------------------------

def backtrace(product):
    """Linux sends an NMI to each other CPU, which prints where it is."""
    mark = product.machine.console_mark()
    cpus, before = sorted(taken(product)), taken(product)
    asking = cpus[0]

    def ask():
        product.machine.check(f"taskset -c {asking} sh -c 'echo l > /proc/sysrq-trigger'", 30)

    check_one_each(product, ask, cpus[1:], before)
    for cpu in cpus:
        text = f"NMI backtrace for cpu {cpu}"
        product.machine.wait_console(text, 20, mark)
        assert product.machine.console(mark).count(text) == 1, text


def test_backtrace_of_all_cpus(product):
    product.machine.check("echo 1 > /proc/sys/kernel/sysrq")
    for _ in range(3):
        backtrace(product)


def test_backtrace_leaves_out_the_cells_cpu(product):
    product.machine.check("echo 1 > /proc/sys/kernel/sysrq")
    product.create("minimal", "spin")
    product.wait_print("minimal", "computing")
    backtrace(product)
    assert product.show("minimal")["state"] == "running"
    product.must("cell shutdown minimal --timeout 10")
