# SPDX-License-Identifier: GPL-2.0-only
"""One thing that protects somebody from somebody else: the text in the source, the text without it, and the
rows of the attack suite that have to fail then, each of them by itself."""
from dataclasses import dataclass


@dataclass(frozen=True)
class Protection:
    file: str
    there: str              # as it stands in the source
    gone: str
    rows: tuple = ()        # on machines of both vendors
    amd: tuple = ()         # where the CPU of the other vendor needs no protection, or lacks what
    intel: tuple = ()       # is attacked, or where its emulator does
    xapic: tuple = ()       # on machines of both vendors in xAPIC mode
    also: tuple = ()        # more (file, there, gone): where a second check stands behind the first
    spoils: bool = False    # Linux's memory may be damaged without anybody having seen it yet

    @property
    def edits(self):
        return ((self.file, self.there, self.gone), *self.also)

    def rows_of(self, vendor, apic="x2apic"):
        if apic == "xapic":
            return self.xapic
        return self.rows + (self.amd if vendor == "amd" else self.intel)
