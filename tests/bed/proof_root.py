# SPDX-License-Identifier: GPL-2.0-only
"""The proof that rows of a hostile Linux (root_attacks.py) can fail: as in proof.py, with Linux itself in the
attacker's place. Rows of protections_root.py are patterns; root_rows_of() says which rows they are."""
from fnmatch import fnmatch

from attacks import EXPECTED
from channel import BedError
from proof import Bench, Damage
from protections_root import ROOT, ROOT_ELSEWHERE       # noqa: F401
from root_attacks import LAST_CPU, ROOT_ATTACKS, HostileLinux, root_row, root_rows
from victim import NAME

ATTACK_OF = {root_row(name): name for name in ROOT_ATTACKS}
TIMEOUT = 20            # seconds for an attempt: a hypervisor that hangs is not waited for


def root_rows_of(name, vendor, apic="x2apic"):
    """The rows that have to fail without a protection, in the order of the file."""
    patterns = ROOT[name].rows_of(vendor, apic)
    return [row for row in ATTACK_OF if row in root_rows(vendor) and
            any(fnmatch(row, pattern) for pattern in patterns)]


class RootBench(Bench):
    """Machines on which Linux tries rows on hypervisors that lack something."""

    def __init__(self, pool, config):
        super().__init__(pool, config)
        self.linux = None

    def _ready(self, name, row):
        if self.victim is None:
            self.enter(name)
            self.linux = HostileLinux(self.product, NAME)
            self.linux.alone(True)
        pair = row.startswith("root-pair-")
        if pair != (self.kind == "pair"):
            self.linux.alone(not pair)
            self.kind = "pair" if pair else None

    def leave(self):
        if self.victim is not None and not (self.dirty or self.suspect):
            try:
                self.machine.run(f"rmmod root-attack; echo 1 > {LAST_CPU}")
            except BedError:
                self.drop()
        self.linux = None
        super().leave()

    def _attempt(self, row):
        name, linux = ATTACK_OF[row], self.linux
        before = linux.sees()
        [result] = linux.attempt([name], TIMEOUT)
        wrong = "" if result in EXPECTED[ROOT_ATTACKS[name]] else result
        seen = self.victim.look()
        if seen.complaints:
            self.dirty = True
            self.leave()
            return f"{wrong or result}, victim: {seen.complaints[0]}"
        now = linux.sees()
        if now != before:
            changed = {key: (before[key], now[key]) for key in now if now[key] != before[key]}
            raise Damage(f"{wrong or result}, Linux: {changed}")
        return wrong
