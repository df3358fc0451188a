# SPDX-License-Identifier: GPL-2.0-only
"""For tests that work with cells of their own: descriptions, and a machine that stays enabled
from test to test, with what may leak counted around each of them.

    from partition import cell, link, partition     # the last one is a fixture

    def test_something(partition):                  # no cells before, none afterwards
        partition.make(cell("alone", cpus=[1]))
        partition.run_inmate("alone", "hello")
        partition.wait_state("alone", "done")
"""
import pytest

from bulkhead import SYSTEM, TOP, Bulkhead, inmate
from channel import BedError

CELL = """/dts-v1/;
/ {{
	compatible = "bulkhead,cell";
	#address-cells = <1>;
	#size-cells = <1>;
	label = "{name}";
	cpus = <{cpus}>;
	{flags}
	memory@0 {{ reg = <0x0 {memory:#x}>; {rights} }};
	{more}
	links {{ {links} }};
}};
"""


def cell(name, cpus, memory=0x400000, flags="", links="", more="", rights=""):
    """A cell's description."""
    return CELL.format(name=name, cpus=" ".join(map(str, cpus)), memory=memory, flags=flags,
                       links=links, more=more, rights=rights)


def link(name, peer=1, root_peer=0, peers=2, vectors=2, rw=0x1000, output=0x10000, more=""):
    """One end of a link, for a cell's description."""
    root = "" if root_peer is None else f"root-peer = <{root_peer}>;"
    return (f"{name} {{ peers = <{peers}>; peer = <{peer}>; {root} vectors = <{vectors}>; "
            f"rw-size = <{rw:#x}>; output-size = <{output:#x}>; {more} }};")


def pci(address, more="accept-no-reset;", number=0):
    """A function, for a cell's description."""
    return f'pci@{number} {{ address = "0000:{address}"; {more} }};'


class Partition(Bulkhead):
    def __init__(self, machine):
        super().__init__(machine)
        self.printed = {}       # bytes on the consoles of cells, for those who read only what is new

    def hvctl_is(self, expected, arguments, timeout=60):
        """Runs an hvctl command that must end with that status; its output."""
        status, output = self.hvctl(arguments, timeout)
        assert status == expected, f"hvctl {arguments}: status {status}, not {expected}: {output}"
        return output

    def enable_with(self, edit):
        """Enables with the generated description, edited."""
        self.load()
        text = self.machine.check(f"cat {SYSTEM}")
        self.machine.put(edit(text), "/tmp/edited.dts")
        self.must("enable /tmp/edited.dts")

    def status(self):
        return self.json("status")

    def cpu(self, number):
        """What is counted of a CPU."""
        return next(c for c in self.json("stats")["cpus"] if c["cpu"] == number)

    def exits(self, cpu):
        """Exits of a CPU by cause."""
        return self.cpu(cpu)["exits"]

    def events(self):
        return self.must("events")

    def hypervisor_console(self):
        return self.must("console 2> /dev/null")

    def file(self, text, path="/tmp/cell.dts"):
        """A description as a file in the guest; a shipped one by its name."""
        if "{" not in text:
            return f"{TOP}/configs/{text}.dts"
        self.machine.put(text, path)
        return path

    def make(self, text):
        self.must(f"cell create {self.file(text)}")
        self.printed.clear()

    def run_inmate(self, name, program):
        self.must(f"cell load {name} {inmate(program)}", f"cell start {name}")

    def end_of(self, name, timeout=20):
        """Waits until the cell has stopped running; what `cell list` says then."""
        found = {}

        def ended():
            found.update(self.cells()[name])
            return found["state"] != "running"
        self.wait(ended, timeout, lambda: f"cell {name} still runs: {found}")
        return found

    def holdings(self):
        """What has to be the same before and after a test."""
        status = self.status()
        held = {key: status[key] for key in ("cells", "links", "cell_bytes", "guard_bytes",
                                             "pages_free", "hypervisor_bytes")}
        held["rest"] = self.machine.check("cat /sys/devices/system/cpu/online; "
                                          "ls /sys/bus/pci/devices; ls /sys/class/uio; true")
        return held


@pytest.fixture
def partition(machine, request):
    """Enabled, without cells; afterwards nothing may have leaked."""
    product = Partition(machine)
    product.load()
    if not product.is_enabled():
        product.enable()
        # What the hypervisor allocates with the first cell and then keeps is no leak.
        product.make(cell("first", [1], links=link("first")))
    product.remove_cells()
    before = product.holdings()
    yield product
    report = getattr(request.node, "call_report", None)
    if not machine.is_alive() or report is None or report.failed:
        return
    product.remove_cells()
    after = product.holdings()
    if after != before:
        raise BedError(f"something was left behind: {before} -> {after}")
