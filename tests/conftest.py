# SPDX-License-Identifier: GPL-2.0-only
"""Fixtures of the system tests: which machines there are, and one running machine that tests
share. A test that needs a machine takes `machine`; it runs on the main machine of each CPU
vendor, or on those that @pytest.mark.machines("all") or ("x2apic", ...) names, as far as they
have what @pytest.mark.needs("nmi", ...) asks for. Machines are booted when first needed, used
by every test that can share them, and replaced when a test breaks one."""
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "bed"))

import bochs                            # noqa: E402
import devices                          # noqa: E402
from bulkhead import Bulkhead           # noqa: E402
from channel import BedError            # noqa: E402
from machine import BUILD, Machine      # noqa: E402
from qemu import Config                 # noqa: E402

# What a machine may have and others lack; a test that needs some of it says so.
FEATURES = {
    "counted": "time that is a count of instructions, not the host's",
    "ecam": "PCI configuration space in memory",
    "iommu": "a DMA-remapping unit",
    "monitor": "machine.stop, resume, monitor, registers, read_physical, wait_event",
    "nmi": "machine.nmi",
    "speed": "is quick enough for hundreds of repetitions",
    "svm": "AMD's virtualization",
    "vmx": "Intel's virtualization",
    **{name: "a device of devices.py" for name in devices.NAMES},
}
# Fixtures that need the hypervisor for the machine's CPU.
PRODUCT = {"driver", "bulkhead", "partition"}
MAIN = Config(qemu="10", apic="x2apic", cpus=4, kernel="6.1")
INTEL_MAIN = bochs.Config(apic="x2apic", cpus=4)
# Every pair of two properties of a QEMU occurs in one of the first six machines. Those with
# devices, and the one whose time is a count of instructions, are for tests that name them.
SPECIAL = {"devices", "icount"}
PARTS = ("amd", "intel", "counted")
MACHINES = {config.name: config for config in (
    MAIN,
    Config(qemu="10", apic="x2apic", cpus=2, kernel="6.12"),
    Config(qemu="10", apic="xapic", cpus=2, kernel="6.1"),
    Config(qemu="10", apic="xapic", cpus=4, kernel="6.12"),
    Config(qemu="7.2", apic="xapic", cpus=4, kernel="6.1"),
    Config(qemu="7.2", apic="xapic", cpus=2, kernel="6.12"),
    INTEL_MAIN,
    bochs.Config(apic="xapic", cpus=2),
    Config(qemu="10", apic="xapic", cpus=4, kernel="6.1", icount=True, shift=2),
    Config(qemu="10", apic="xapic", cpus=4, kernel="6.1", icount=True, shift=2, iommu="intel",
           devices=("nics", "edu")),
    Config(qemu="10", apic="x2apic", cpus=4, kernel="6.1", devices=devices.NAMES),
    Config(qemu="7.2", apic="xapic", cpus=4, kernel="6.1", iommu="amd",
           devices=tuple(name for name in devices.NAMES if name != "igb")),
)}


def is_meant(name, word):
    parts, wanted = set(name.split("-")), set(word.split("+"))
    if parts & SPECIAL - wanted:
        return False
    return word == "all" or wanted <= parts


def chosen(names):
    """Machine names for a mark's words: parts of names that all have to occur, or "all" (but the
    special ones)."""
    if not names:
        return [MAIN.name, INTEL_MAIN.name]
    found = [name for name in MACHINES if any(is_meant(name, word) for word in names)]
    if not found:
        raise pytest.UsageError(f"no machine is called {names}; there are {list(MACHINES)}")
    return found


def with_features(names, needs):
    """Those of the machines that have all that a test needs."""
    unknown = set(needs) - set(FEATURES)
    if unknown:
        raise pytest.UsageError(f"no feature is called {unknown}; there are {list(FEATURES)}")
    return [name for name in names if set(needs) <= MACHINES[name].features]


def missing_for(name, fixtures):
    """What there is not, of the host or of the product, to run a test on the machine."""
    config = MACHINES[name]
    image = BUILD / f"hypervisor/bulkhead-{config.cpu}.bin"
    if PRODUCT & set(fixtures) and not image.exists():
        return f"{image} (run make)"
    return config.missing()


def pytest_report_header():
    """A distribution without an older QEMU or kernel tests on fewer machines, and says so."""
    return [f"not here: {name}: {missing_for(name, PRODUCT)}" for name in MACHINES
            if missing_for(name, PRODUCT)]


def pytest_addoption(parser):
    parser.addoption("--machine", action="append", default=[],
                     help="only on this machine (a part of its name); may be repeated")
    parser.addoption("--cpu", choices=("amd", "intel"),
                     help="only on machines of this vendor; tests without a machine count as amd")
    parser.addoption("--part", choices=PARTS,
                     help="only one of the parts of all tests that can run beside each other")


def pytest_generate_tests(metafunc):
    if "machine_name" in metafunc.fixturenames:
        mark = metafunc.definition.get_closest_marker("machines")
        names = chosen(mark.args if mark else ())
        for needs in metafunc.definition.iter_markers("needs"):
            names = with_features(names, needs.args)
        only = metafunc.config.getoption("machine")
        if only:
            names = [name for name in names if any(part in name for part in only)]
        names = [name for name in names if not missing_for(name, metafunc.fixturenames)]
        metafunc.parametrize("machine_name", names, scope="session")


def pytest_collection_modifyitems(config, items):
    """Long tests only when asked for; tests that share a machine follow each other."""
    if "soak" not in config.getoption("markexpr"):
        long = [item for item in items if item.get_closest_marker("soak")]
        items[:] = [item for item in items if item not in long]
        config.hook.pytest_deselected(items=long)
    order = {name: i for i, name in enumerate(MACHINES)}

    for option, of in (("cpu", vendor), ("part", part)):
        wanted = config.getoption(option)
        if wanted:
            others = [item for item in items if of(machine_of(item)) != wanted]
            items[:] = [item for item in items if item not in others]
            config.hook.pytest_deselected(items=others)
    items.sort(key=lambda item: order.get(machine_of(item), -1))


def machine_of(item):
    """The name of the machine that a test runs on, if it takes one."""
    callspec = getattr(item, "callspec", None)
    return callspec.params.get("machine_name") if callspec else None


def vendor(name):
    return MACHINES[name].cpu if name in MACHINES else MAIN.cpu


def part(name):
    """QEMU with counted time has one thread, as Bochs has, and does not mind a busy host."""
    return "counted" if name in MACHINES and "icount" in name.split("-") else vendor(name)


class Pool:
    """The one machine that runs now, and how it is replaced."""

    def __init__(self):
        self.machine, self.boots = None, 0

    def get(self, config):
        if self.machine and self.machine.config == config and self.machine.is_alive():
            return self.machine
        self.drop()
        self.boots += 1
        machine = config.make(name=f"{config.name}/boot{self.boots}")
        try:
            self.machine = machine.boot()
        except BedError as error:
            pytest.fail(f"{config.name} does not boot: {error}\n{machine.console_tail()}",
                        pytrace=False)
        return self.machine

    def drop(self):
        if self.machine:
            self.machine.close()
        self.machine = None


@pytest.fixture(scope="session")
def pool():
    pool = Pool()
    yield pool
    pool.drop()


@pytest.fixture
def machine(pool, machine_name, request):
    """A running machine, shared with other tests: leave it as it was found."""
    machine = pool.get(MACHINES[machine_name])
    mark = machine.console_mark()
    yield machine
    report = getattr(request.node, "call_report", None)
    if report is not None and report.failed:
        # What a failed test leaves behind is not the next test's business.
        pool.drop()
    elif machine.is_alive() and re.search(r"\bBUG:|Oops|general protection", machine.console(mark)):
        pool.drop()
        pytest.fail("the kernel complained during this test:\n" + machine.console(mark))


@pytest.fixture
def fresh_machine(pool, machine_name):
    """A machine that just booted and that no other test will get."""
    pool.drop()
    yield pool.get(MACHINES[machine_name])
    pool.drop()


@pytest.fixture
def thrown_away(pool):
    """Nobody else gets the machine, before or after: for tests whose cells may leave emulated hardware in
    a state that no software brings back (QEMU never clears an APIC's ESR and vector 0 of its IRR)."""
    pool.drop()
    yield
    pool.drop()


@pytest.fixture
def driver(machine, request):
    """The product on a shared machine: driver loaded, hypervisor not enabled."""
    product = Bulkhead(machine)
    product.load()
    product.reset()
    yield product
    report = getattr(request.node, "call_report", None)
    if machine.is_alive() and report is not None and not report.failed:
        product.reset()


@pytest.fixture
def bulkhead(driver):
    """The same, enabled; cells that a test leaves behind are removed."""
    driver.enable()
    return driver


@pytest.fixture
def make_machine(request):
    """Makes machines of other kinds: make_machine(cpu_model="max") boots and returns one."""
    made = []
    safe = re.sub(r"[^\w.-]+", "_", request.node.nodeid)

    def make(config=MAIN, **settings):
        machine = replace(config, **settings).make(name=f"{safe}/{len(made)}")
        made.append(machine)
        return machine.boot()

    yield make
    for machine in made:
        machine.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """On failure, the end of the machine's console and the product's view go into the report."""
    outcome = yield
    report = outcome.get_result()
    if call.when == "call":
        item.call_report = report
    if report.failed and call.when == "call":
        for value in getattr(item, "funcargs", {}).values():
            if isinstance(value, Machine):
                report.sections.append(("machine", f"{value.logs}\n{value.console_tail()}"))
            if isinstance(value, Bulkhead):
                report.sections.append(("hvctl", value.view()))


def pytest_terminal_summary(terminalreporter):
    """The line that tests/bed/step.sh reads."""
    stats = terminalreporter.stats
    failed = len(stats.get("failed", ())) + len(stats.get("error", ()))
    terminalreporter.write_line(f"{len(stats.get('passed', ()))} passed, {failed} failed")
