# SPDX-License-Identifier: GPL-2.0-only
"""A machine whose Linux is about to fall, with a witness in a cell beside it (inmates/tests/witness.c), and
what was counted before."""
import re

from bulkhead import inmate
from outside import EVENT_LINK, EXIT_APIC, Outside
from partition import Partition, cell, link

CPU = 1             # the cell's
PERIODS = 1000      # that the cell has to run after the fall
ROOT_CPUS = (0, 2, 3)
WITNESS = cell("witness", [CPU], links=link("watch", rw=0x1000, output=0x1000))
# A reset stops the emulator and leaves memory to be looked at.
LOOK = ("-no-shutdown",)


class Fallen:
    """A machine with a witness in a cell, and what was counted before the fall."""

    def __init__(self, machine, policy="stay", limit=0, more=()):
        self.machine = machine
        self.product = Partition(machine)
        self.product.load()
        self.product.enable_with(lambda text: re.sub(
            r'policy = "stay";', f'policy = "{policy}"; limit = <{limit}>;', text))
        for description in (WITNESS, *more):
            self.product.make(description)
            name = re.search('label = "(.*?)"', description)[1]
            self.product.must(f"cell load {name} {inmate('witness')}", f"cell start {name}")
        self.outside = Outside(self.product)
        self.outside.wait(self.outside.witness, "the witness begins")
        self.end = machine.start("link-end watch", stdin=True)
        self.end.wait_output("open", 20)
        self.end.write(b"put registers 0x10 0x7\n")     # Linux's state
        self.outside.wait(lambda: self.states() == [7], f"state 7 at the cell: {self.states()}")
        self.before = self.counts()

    def states(self):
        return self.outside.witness().states

    def counts(self):
        """In xAPIC mode the cell's own timer costs an exit each period (its end of interrupt)."""
        cpu = self.outside.cpu(CPU)
        if self.machine.config.apic == "xapic":
            cpu = cpu._replace(exits=cpu.exits[:EXIT_APIC] + cpu.exits[EXIT_APIC + 1:])
        return cpu, self.outside.witness()

    def check_cell_goes_on(self, periods=PERIODS):
        """From the fall on: all periods, and nothing that comes from outside."""
        due = self.before[1].due + periods
        self.outside.wait(lambda: self.outside.witness().run >= due, "the cell's periods", 60)
        (cpu, then), (now_cpu, now) = self.before, self.counts()
        assert now_cpu == cpu, "exits or NMIs of the cell's CPU"
        assert now.due - now.run <= 1 + now.burst and now.unexpected == then.unexpected, now
        assert self.outside.cell("witness").state == "running"

    def wait_link_down(self):
        self.outside.wait(lambda: self.states() == [7, 0], f"the link's state: {self.states()}")
        assert (EVENT_LINK, 0, 0, "watch") in list(self.outside.events())

    def wait_root_ended(self, how="done"):
        self.outside.wait(lambda: self.outside.root().state == how,
                          f"the root is {self.outside.root()}")
        assert {self.outside.cpu(n).state for n in ROOT_CPUS} == {2}, "parked"

    def reset_happened(self):
        """Whether the machine has reset itself (and been stopped there)."""
        return "paused" in self.machine.monitor("info status")


def die(fallen, command):
    """Runs what Linux does not survive."""
    fallen.machine.start(f"echo 1 > /proc/sys/kernel/sysrq; {command}")
