# SPDX-License-Identifier: GPL-2.0-only
"""A cell that would notice: a control loop at 1 kHz (inmates/rtos) that exchanges messages with
Linux all the time, every one of them checked at both ends. For tests that do something elsewhere
in the machine and want to know that the cell felt nothing of it:

    victim = Victim(partition)          # creates and starts it, on CPU 2
    ...                                 # the event
    seen = victim.look()                # since the last look
    assert not seen.complaints

Complaints, in words, are about periods lost, messages lost or damaged, exits of its CPU other than
one per doorbell that it rang itself, and words of its memory that changed."""
import re

from channel import BedError
from partition import cell, link

NAME, LINK = "victim", "guard"
PHASE = 60              # seconds for everything between two looks to be reported


class Seen:
    """What `bh-demo watch` says of one phase."""

    def __init__(self, text):
        self.values = dict(re.findall(r"^(\w+)=(.*)$", text, re.M))
        self.complaints = re.findall(r"^bh-demo: (.*)$", text, re.M)
        if self.values.get("status") != "0" and not self.complaints:
            self.complaints = [f"the victim could not be watched: {text!r}"]

    def is_dead(self):
        """It does not answer any more: the next look would only take long."""
        return "periods_due" not in self.values

    def number(self, name):
        return int(self.values[name])

    def lateness(self):
        """Runs of its loop by how late they began: less than 1 us, 2, 4, 8 ..."""
        return [int(n) for n in self.values["lateness"].split(",") if n]


class Victim:
    def __init__(self, partition, cpu=2):
        self.partition, self.cpu, self.phases = partition, cpu, 0
        partition.make(cell(NAME, [cpu], links=link(LINK, rw=0x10000, output=0x100000)))
        partition.run_inmate(NAME, "rtos")
        partition.wait_print(NAME, "APIC timer")
        self.job = partition.machine.start(f"bh-demo watch {LINK} {NAME}", stdin=True)
        self.begun = 0
        first = self._next()
        if first.complaints:
            raise BedError(f"the victim does not start: {first.complaints}")

    def _next(self):
        """Waits until the next phase has begun; what was said before it."""
        machine = self.partition.machine
        self.phases += 1
        machine.agent.pump(lambda: self.job.output.count(b"watching\n") >= self.phases or
                           self.job.status is not None, PHASE * machine.scale, "bh-demo watch")
        text = self.job.output[self.begun:].decode(errors="replace")
        self.begun = len(self.job.output)
        return Seen(text)

    def look(self):
        if self.job.status is None:
            self.job.write(b"\n")
        return self._next()

    def state(self):
        """For a report on one that does not answer."""
        text = f"{self.partition.show(NAME)}\n{self.partition.exits(self.cpu)}"
        machine = self.partition.machine
        if "monitor" not in machine.config.features:
            return text
        registers = machine.registers().split("CPU#")[self.cpu + 1]
        return f"{text}\n{registers}\n{machine.monitor(f'info lapic {self.cpu}')}"

    def end(self):
        """The last look; the cell is removed."""
        if self.job.status is None:
            self.job.write(b"")
            self.job.wait(PHASE * self.partition.machine.scale)
        seen = Seen(self.job.output[self.begun:].decode(errors="replace"))
        self.partition.must(f"cell destroy {NAME} --force")
        return seen
