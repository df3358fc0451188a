# SPDX-License-Identifier: GPL-2.0-only
"""The product seen from outside, by the emulator: what the hypervisor and its cells do when Linux is
dead or another kernel. Works on machines with a monitor (QEMU).

    outside = Outside(bulkhead)         # while Linux can still say where the memory is
    outside.cpu(1).exits, outside.cell("witness").state, outside.witness("witness").run
"""
import struct
import time
from collections import namedtuple

from channel import BedError, GuestTimeout
from machine import BUILD

# include/bulkhead/public.h
MAGIC = 0x43494c425550484b
CPUS, CPU_SIZE, CPU_COUNT = 56, 256, 64
CELLS, CELL_SIZE, CELL_COUNT = CPUS + CPU_SIZE * CPU_COUNT, 160, 16
EVENTS, EVENT_SIZE, EVENT_COUNT = CELLS + CELL_SIZE * CELL_COUNT, 64, 64
CONSOLE_HEAD = EVENTS + EVENT_SIZE * EVENT_COUNT
CONSOLE_SIZE = 0x4000
EVENT_HEAD = 48
EXIT_CAUSES = 19
EXIT_APIC = 4          # a write to the page of the local APIC
STATES = ("none", "created", "reset", "running", "stopped", "done", "failed", "crashed")
EVENT_LINK = 9

# inmates/tests/witness.c
STATUS, RECORD = 0x1000, 256
WITNESS_MAGIC = 0x737365656e746977
LINK_STATES = 8

Cpu = namedtuple("Cpu", "apic_id cell state nmis kicks exits")
Cell = namedtuple("Cell", "name id state starts exit_code comm")
Witness = namedtuple("Witness", "due run burst events unexpected states at ended")


def text(data):
    return data.split(b"\0")[0].decode()


class Outside:
    def __init__(self, product):
        self.machine = product.machine
        self.base = self._find(product)

    def _find(self, product):
        """Where the public area is: behind the image, which begins a run of pages taken from Linux."""
        image = (BUILD / f"hypervisor/bulkhead-{self.machine.config.cpu}.bin").read_bytes()
        (offset,) = struct.unpack_from("<I", image, 44)
        for line in product.machine.check("pages where").split():
            base = int(line, 16) + offset
            if struct.unpack("<Q", self.machine.read_physical(base, 8))[0] == MAGIC:
                return base
        raise BedError("the hypervisor's memory is not found")

    def read(self, offset, size):
        return self.machine.read_physical(self.base + offset, size)

    def cpu(self, index):
        fields = struct.unpack("<III4xQQ", self.read(CPUS + index * CPU_SIZE, 32))
        exits = struct.unpack(f"<{EXIT_CAUSES}Q",
                              self.read(CPUS + index * CPU_SIZE + 32, 8 * EXIT_CAUSES))
        return Cpu(*fields, exits)

    def cells(self):
        found = {}
        for index in range(CELL_COUNT):
            data = self.read(CELLS + index * CELL_SIZE, 56)
            number, state, starts, code, comm = struct.unpack_from("<IIIiQ", data, 32)
            if state:
                found[text(data[:32])] = Cell(text(data[:32]), number, STATES[state], starts, code, comm)
        return found

    def root(self):
        return next(cell for cell in self.cells().values() if cell.id == 0)

    def cell(self, name):
        return self.cells()[name]

    def events(self):
        """(type, cell, argument, name) of those that are still there."""
        (head,) = struct.unpack("<Q", self.read(EVENT_HEAD, 8))
        data = self.read(EVENTS, EVENT_SIZE * EVENT_COUNT)
        for number in range(max(0, head - EVENT_COUNT), head):
            kind, cell, argument, name = struct.unpack_from("<8xIIQ8x32s", data,
                                                            number % EVENT_COUNT * EVENT_SIZE)
            yield kind, cell, argument, text(name)

    def console(self):
        (head,) = struct.unpack("<Q", self.read(CONSOLE_HEAD, 8))
        data = self.read(CONSOLE_HEAD + 8, CONSOLE_SIZE)
        kept = bytes(data[n % CONSOLE_SIZE] for n in range(max(0, head - CONSOLE_SIZE), head))
        return kept.decode(errors="replace")

    def cell_console(self, name):
        comm = self.cell(name).comm
        (head,) = struct.unpack("<Q", self.machine.read_physical(comm + 0x2fc0, 8))
        return self.machine.read_physical(comm + 0x3000, min(head, 0x4000)).decode(errors="replace")

    def witness(self, name="witness"):
        """The record of the inmate of that name; None until it has begun."""
        data = self.machine.read_physical(self.cell(name).comm + STATUS + RECORD, 8 * 24)
        words = struct.unpack("<24Q", data)
        if words[0] != WITNESS_MAGIC:
            return None
        states = words[7:7 + LINK_STATES][:words[6]]
        at = words[7 + LINK_STATES:7 + 2 * LINK_STATES][:words[6]]
        return Witness(*words[1:6], list(states), list(at), words[7 + 2 * LINK_STATES])

    def wait(self, done, what, timeout=30):
        deadline = time.monotonic() + timeout * self.machine.scale
        while not done():
            if time.monotonic() > deadline:
                raise GuestTimeout(f"not within {timeout} s: {what}\n{self.console()[-2000:]}")
            self.machine.check_alive()
            time.sleep(0.05)
