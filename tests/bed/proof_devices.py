# SPDX-License-Identifier: GPL-2.0-only
"""The proof that rows of a cell's devices (device_attacks.py) can fail: as in proof.py, on the machine with
devices behind either kind of remapping unit. Rows of protections_devices.py are patterns; device_rows_of() says
which rows they are."""
from fnmatch import fnmatch

import device_attacks
from attacks import ATTACKS
from proof import Bench, Damage
from protections_devices import DEVICES


def device_rows(unit):
    """The names of all rows behind a unit, in the order of the file."""
    prefix = device_attacks.UNITS[unit]
    return [f"{prefix}-{name}" for name in ATTACKS if device_attacks.is_on(name, unit)]


def device_rows_of(name, unit):
    """Those that have to fail without a protection."""
    patterns = DEVICES[name].rows_of("amd")
    return [row for row in device_rows(unit) if any(fnmatch(row, pattern) for pattern in patterns)]


class DeviceBench(Bench):
    """Each row finds the attacker's functions as a new cell gets them: one that had too many faults is muted,
    and what a row leaves in a function's registers is not the next one's business."""

    def _ready(self, name, row):
        if self.victim is None:
            self.enter(name)
        if self.kind:
            self.product.must("cell destroy attacker --force")
        self.product.make(device_attacks.description(self.config.unit))
        device_attacks.tell_more(self.product)
        self.kind = "devices"

    def _attempt(self, row):
        try:
            return super()._attempt(row)
        except Damage as damage:
            if self.suspect or not row.endswith(("-state", "-output")):
                raise
            self.leave()        # sections of a link go with its cells
            return str(damage)
