# SPDX-License-Identifier: GPL-2.0-only
"""Attacks by devices of the attacker's own (groups edu, nic, owned of the attack suite): the cell that has them,
where they aim, and what the remapping unit told of it. They need a machine with devices; each unit has its
rows in the table."""
import json
import re

import devices
from bulkhead import SYSTEM
from partition import cell, link, pci

BY_THEMSELVES = ("edu", "nic")
BY_REGISTERS = ("owned",)
GROUPS = BY_THEMSELVES + BY_REGISTERS
UNITS = {"intel": "vtd", "amd": "amdvi"}    # what a unit's rows begin with
TELLS = "intel"         # registers of QEMU's AMD unit do not say that it has noted an event
GSI, CELLS_PIN = 20, 7  # attack.h

# QEMU's VT-d unit lets messages in the compatible format pass, whatever it was told, and an AMD unit has no
# handles in addresses.
ONLY = {"edu-message-linux": "amd", "edu-message-victim": "amd", "edu-message-nmi": "amd",
        "edu-message-init": "amd", "edu-message-broadcast": "amd", "edu-message-all": "amd",
        "edu-message-handles": "intel", "nic-message-victim": "amd"}
IN_BLOCK = 0x123000     # likewise
LOOK = 64               # bytes of a place that is aimed at
HPET_CONFIGURATION = 0xfed00010
# Of the emulator's words on an IO-APIC: a pin, where its interrupt goes and as what.
PIN = re.compile(r"pin (\d+) +0x\w+ dest=(\w+) vec=(\w+)")


def is_on(name, unit):
    """Whether the attack is a row of the unit's."""
    return name.split("-")[0] in GROUPS and ONLY.get(name, unit) == unit


def card(unit):
    """QEMU's AMD unit takes DMA from behind a port for that of a function of bus 0."""
    return devices.LAN["port" if unit == "intel" else "spare"]


def description(unit):
    return cell("attacker", [1], flags=f"pins = <{GSI} {CELLS_PIN}>;", links=link("arena"),
                more=pci(devices.EDU) + pci(card(unit), number=1))


def link_places(machine, name):
    """Addresses of a link's state table and of Linux's output section."""
    text = machine.check(f"cd /sys/class/uio && for u in *; do grep -qx {name} $u/device/link_name && "
                         "for m in $u/maps/*; do echo $(cat $m/name $m/addr); done; done; true")
    found = dict(line.split() for line in text.splitlines())
    return {"state": int(found["state"], 16), "output": int(found["outputs"], 16)}


def tell_more(partition):
    """Adds to partition.places what only attacks by devices aim at; once the attacker has its link."""
    machine = partition.machine
    unit = re.search(r"iommu@(\w+)", machine.check(f"cat {SYSTEM}"))[1]
    partition.places.update(link_places(machine, "arena"), unit=int(unit, 16))
    machine.check("echo put output 0 0x58554e49 | link-end arena")      # something to be read
    new_faults(partition)


def renew(partition, attacker):
    """The attacker anew: a function that had too many faults is muted until a cell gets it again."""
    partition.must("cell destroy attacker --force")
    partition.make(attacker)
    tell_more(partition)


def memory_of_others(partition):
    """What stands where devices aim at, by the emulator's eyes."""
    at = partition.places
    aims = {name: at[name] for name in ("hv", "root", "state", "output")}
    aims["victim"] = at["victim"] + IN_BLOCK
    seen = {name: partition.machine.read_physical(hpa, LOOK).hex() for name, hpa in aims.items()}
    return seen | registers_of_others(partition.machine, at["unit"])


def registers_of_others(machine, unit):
    """Those that devices aim at and that nobody has a reason to change. Configuration space: see linux_sees. (A
    VT-d unit's are none of them: faults are noted there. But it tells of all accesses.)"""
    seen = {"HPET": machine.read_physical(HPET_CONFIGURATION, 8).hex(),
            "pins": [pin for pin in PIN.findall(machine.monitor("info pic")) if int(pin[0]) != GSI]}
    if machine.config.unit != TELLS:
        seen["unit"] = machine.read_physical(unit, LOOK).hex()
    return seen


def new_faults(partition):
    """Since the last call. The ring has 64 events: ask often."""
    events = map(json.loads, partition.must("events --json").splitlines())
    told = {e["number"]: e for e in events if e["event"] == "fault"}
    known, partition.known_faults = getattr(partition, "known_faults", set()), set(told)
    return [e for number, e in told.items() if number not in known]


def was_told(partition, end, console, name):
    """Whether the unit has told of what the attack says that it aimed at."""
    new = new_faults(partition)
    aim = re.search(r"^attack: (read|write|interrupt) (\w+)$", console, re.M)
    if not aim:
        return False
    if aim[1] == "interrupt":               # QEMU does not know of whom it is
        return any(e["access"] == "interrupt" for e in new)
    function = devices.EDU if name.startswith("edu") else card(partition.machine.config.unit)
    page = int(aim[2], 16) & ~0xfff
    text = f"function {function} of attacker: {'write to' if aim[1] == 'write' else 'read of'} {page:x}"
    return end["faults"] > 0 and text[:-3] in partition.hypervisor_console() and \
        any((e["function"], e["name"], e["access"], int(e["address"], 0) & ~0xfff) ==
            (function, "attacker", aim[1], page) for e in new)
