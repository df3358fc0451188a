# SPDX-License-Identifier: GPL-2.0-only
"""The rows of the attack suite whose attacker is Linux (tests/guest/modules/attack/attacks.h): which there
are for a machine, and a Linux that tries them beside a victim and a cell that holds things."""
import re

import devices
from machine import BUILD
from partition import cell, link

ATTACKS_H = BUILD.parent / "tests/guest/modules/attack/attacks.h"
ROOT_ATTACKS = {name: verdict for name, verdict in
                re.findall(r"^ATTACK\((\w+),\s(\w+),", ATTACKS_H.read_text(), re.M)}
# The power management chip's status register for its firmware, which Linux leaves alone: it keeps a byte.
FREE_PORT = 0xb3
PARAMETERS = "/sys/module/root_attack/parameters"
DAMAGE = r"\bBUG:|Oops|WARNING:|Call Trace|KASAN|general protection"
LAST_CPU = "/sys/devices/system/cpu/cpu3/online"


def root_row(name):
    return f"root-{name.replace('_', '-')}"


def is_tried(name, vendor):
    """Bochs has no function that a cell could own; QEMU accepts a reserved bit of CR4, and cannot run
    the guest any more."""
    if vendor == "amd":
        return name != "insn_vmxe"
    return not name.startswith("config_cell")


def root_rows(vendor):
    """The names of a vendor's rows in the table."""
    return {root_row(name) for name in ROOT_ATTACKS if is_tried(name, vendor)}


class HostileLinux:
    """The module in the guest, and the cell "holder" with a link, ports and, if there is one, a function."""

    def __init__(self, partition, victim):
        self.partition, self.machine = partition, partition.machine
        edu = f'pci@0 {{ address = "0000:{devices.EDU}"; accept-no-reset; }};'
        ports = f"ports = <{FREE_PORT:#x} {FREE_PORT:#x}>, <0x210 0x217>;"
        partition.make(cell("holder", [1], flags=ports, links=link("arena"),
                            more=edu if "edu" in self.machine.config.features else ""))
        self.mark = self.machine.console_mark()
        self.load(victim)

    def load(self, victim):
        ids = {name: c["id"] for name, c in self.partition.cells().items()}
        self.machine.check(f"rmmod root-attack 2> /dev/null; modprobe root-attack "
                           f"victim={ids[victim]} holder={ids['holder']}")

    def names(self):
        """In the order of the file; those of a pair are last."""
        config = self.machine.config
        lacking = [word for word, lacks in (
            ("lvt_", config.apic != "x2apic"), ("lapic_", config.apic != "x2apic"),
            ("ioapic_hidden", "iommu" in config.features),
            # logical IDs of xAPIC mode: those that cells' CPUs have are none
            ("ioapic_logical", config.apic != "x2apic"),
            ("config_cell", "edu" not in config.features)) if lacks]
        found = [name for name in ROOT_ATTACKS
                 if is_tried(name, config.cpu) and not name.startswith(tuple(lacking))]
        return sorted(found, key=lambda name: name.startswith("pair_"))

    def alone(self, alone):
        """Whether the first CPU is the only one that Linux has."""
        self.machine.check(f"echo {int(not alone)} > {LAST_CPU}")

    def attempt(self, names, timeout=60):
        """What came of each."""
        script = f"cd {PARAMETERS}; for n in {' '.join(names)}; do echo $n > run; cat result; done"
        text = self.machine.check(f"taskset 1 sh -c '{script}'", timeout)
        results = [re.sub(r"^succeeded", "SUCCEEDED", line) for line in text.splitlines()]
        assert len(results) == len(names), text
        return results

    def sees(self):
        """What no attack may change of Linux, and what is wrong with it."""
        seen = {"CPUs": self.machine.check("nproc; cat /sys/devices/system/cpu/online"),
                "holder": self.partition.cells()["holder"]["state"],
                "kernel": re.findall(DAMAGE, self.machine.console(self.mark))}
        if self.machine.config.cpu == "amd":
            seen["south bridge"] = self.machine.check("lspci -s 1f.0 -xxx")
        return seen

    def end(self):
        self.machine.check("rmmod root-attack")
        self.partition.must("cell destroy holder --force")
