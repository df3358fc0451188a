# SPDX-License-Identifier: GPL-2.0-only
"""The attack suite's table: which attacks there are (inmates/attack/attacks.h), what became of one,
and build/attack.json, a list of {name, vendor, expected, result} over all machines of a run."""
import fcntl
import json
import re

import device_attacks
from bulkhead import inmate
from channel import GuestTimeout
from machine import BUILD
from partition import cell, link
from root_attacks import root_rows

ATTACKS_H = BUILD.parent / "inmates/attack/attacks.h"
ATTACKS = {name.replace("_", "-"): verdict for name, verdict in
           re.findall(r"^ATTACK\((\w+), (\w+),", ATTACKS_H.read_text(), re.M)}
TABLE = BUILD / "attack.json"
WORDS = "/tmp/words.bin"        # the command line of an attack
VENDORS = ("amd", "intel")
BLOCK, PATTERN_GPA, PATTERN = 2 << 20, 0x323000, 0x9e3779b97f4a7c15

# Verdicts in words; any of several is as good.
EXPECTED = {
    "PARK": ("parked",),
    "IGNORE": ("ignored",),
    "STRICT": ("ignored",),
    "FAULT": ("#UD", "#GP"),
    "DENY": ("denied",),
    "ANY": ("ignored", "ignored, counted", "#UD", "#GP"),
    "COUNT": ("ignored, counted",),
    "SELF": ("harmed itself at most",),
    "BLOCK": ("fault reported",),
}
EXCEPTIONS = {-1: "ignored", 6: "#UD", 13: "#GP"}


def group(name):
    return name.split("-")[0]


def of_victim(partition, blocks):
    """The block of 2 MiB that is all RAM of the victim's and has its pattern (inmates/rtos/memory.c)."""
    if "monitor" not in partition.machine.config.features:
        return blocks[0]
    wanted = ((PATTERN_GPA | 1) * PATTERN % 2 ** 64).to_bytes(8, "little")
    return next(block for block in blocks
                if partition.machine.read_physical(block + PATTERN_GPA % BLOCK, 8) == wanted)


def tell_places(partition, victim):
    """For the attacks' command line: a block of 2 MiB each of the hypervisor's, of Linux's and of the
    victim's, which is made by victim()."""
    def blocks():
        return {int(line, 0) for line in partition.machine.check("pages where").split()}

    hypervisor = blocks()
    victim = victim()
    root = partition.machine.check("grep 'Kernel code' /proc/iomem").split("-")[0].strip()
    partition.places = {"hv": min(hypervisor), "root": int(root, 16),
                        "victim": of_victim(partition, sorted(blocks() - hypervisor))}
    return victim


def attack(partition, name, attacker="attacker"):
    """Loads and starts one attack in a cell; what became of the cell, what it printed, and the last lines of the
    hypervisor's console. One that goes on for ever is stopped. It is all one command: what takes time in
    these guests is to start processes, and nearly all attacks have ended when they are looked at."""
    options = {"attack": list(ATTACKS).index(name), **getattr(partition, "places", {})}
    words = " ".join(f"{option}={value:#x}" for option, value in options.items())
    if attacker not in partition.printed:       # serial lines are slow: what is new is enough
        partition.printed[attacker] = int(partition.machine.check(f"hvctl console {attacker} | wc -c"))
    printed = partition.printed[attacker]
    look = {"cells": "hvctl cell list --json",
            "console": f"hvctl console {attacker} | tail -c +{printed + 1}",
            "hypervisor": "hvctl console 2> /dev/null | tail -n 30"}
    said = partition.machine.check_all(look, before=(
        f"printf '{words}\\0' > {WORDS} && hvctl cell load {attacker} {inmate('attack')} && "
        f"hvctl cell load {attacker} {WORDS} --address 0x6000 && hvctl cell start {attacker}"))
    end = {c["name"]: c for c in json.loads(said["cells"])}[attacker]
    if end["state"] == "running":
        try:
            end = partition.end_of(attacker)
        except GuestTimeout:
            end = partition.cells()[attacker]
            partition.must(f"cell shutdown {attacker} --force")
        said = partition.machine.check_all(look)
    partition.printed[attacker] += len(said["console"].encode())
    return end, said["console"], said["hypervisor"]


def became(verdict, end, console):
    """What became of an attack, from the cell's end and console."""
    if verdict == "SELF" and end["state"] in ("done", "failed", "crashed", "running"):
        return EXPECTED["SELF"][0]
    if end["state"] == "crashed":
        return "parked"
    found = re.search(r"survived, exception (-?\d+)", console)
    if end["state"] == "done" and found:
        vector = int(found.group(1))
        if end["exit_code"] == 0 and verdict == "DENY" and vector < 0:
            return "denied"
        return EXCEPTIONS.get(vector, f"exception {vector}")
    if found:
        vector = int(found.group(1))
        return "succeeded" if vector < 0 else EXCEPTIONS.get(vector, f"exception {vector}")
    return f"{end['state']} {end['exit_code']}"


# What the report on a parked cell has to name: its cause, an address, the remedy.
REPORTS = {
    "mem-write": ("stray", "0xc0000000", "memory node"),
    "mem-read": ("stray", "0xc0000000", "memory node"),
    "mem-execute": ("stray", "0xc0000000", "executable memory"),
    "mem-page-table": ("stray", "0xc0000000", None),
    "mem-high": ("stray", "0x3ff0000000", "memory node"),
    "mem-info-write": ("stray", "0xfd000000", "memory node"),
    "link-state-table": ("stray", "0xd0000000", "memory node"),
    "link-foreign-output": ("stray", "0xd0002000", "memory node"),
    "icr-smi": ("icr", "0xfee00300", "only doorbells"),
    "icr-low-vector": ("icr", "0xfee00300", "only doorbells"),
    "port-reset": ("pio", "0xcf9", '"ports"'),
    "port-keyboard-reset": ("pio", "0x64", '"ports"'),
    "port-power-off": ("pio", "0x604", '"ports"'),
    "port-pit": ("pio", "0x43", '"ports"'),
    "port-pic": ("pio", "0x21", '"ports"'),
    "port-string": ("pio", "0xcf9", '"ports"'),
}
# No property of a description would allow a cell to interrupt others.
NO_REMEDY = ("device", "ioapic")

# In xAPIC mode the page is the cell's own APIC.
X2APIC_ONLY = ("reach-lapic-read32", "reach-lapic-write32")


def rows(wanted, config):
    """Of one group, for a machine: the attack, the verdict, and the row's name."""
    if wanted in device_attacks.GROUPS:
        unit = device_attacks.UNITS[config.unit]
        return [(name, verdict, f"{unit}-{name}") for name, verdict in ATTACKS.items()
                if group(name) == wanted and device_attacks.is_on(name, config.unit)]
    if wanted == "strict":
        return [(name, "PARK", f"strict-{name}") for name, verdict in ATTACKS.items()
                if verdict == "STRICT"]
    return [(name, verdict, name) for name, verdict in ATTACKS.items()
            if group(name) == wanted and (config.apic == "x2apic" or name not in X2APIC_ONLY)]


def expected(verdict, config):
    """The results that are as they should be."""
    if verdict == "BLOCK" and config.unit != device_attacks.TELLS:
        return EXPECTED["IGNORE"]
    return EXPECTED[verdict]


def description(wanted, config):
    if wanted in device_attacks.GROUPS:
        return device_attacks.description(config.unit)
    flags = {"strict": "strict;", "xapic": "xapic-only;"}.get(wanted, "")
    cpus = [1, 3] if wanted == "smp" else [1]
    return cell("attacker", cpus, flags=flags, links=link("arena"))


def wrong_report(name, report, console):
    """What is wrong with the report on a parked cell, and on the hypervisor's console, in words; empty if
    nothing."""
    cause, address, remedy = REPORTS.get(name, (report["cause"], report["address"], None))
    if (report["cpu"], report["cause"], report["address"]) != (1, cause, address):
        return f"report {report}"
    has_remedy = report["cause"] not in NO_REMEDY
    if has_remedy and not report["remedy"] or remedy and remedy not in report["remedy"]:
        return f"remedy {report}"
    if name in REPORTS and address not in report["text"]:
        return f"address not in {report}"
    dump = console.rsplit("cell attacker, CPU 1: ", 1)[-1]
    if "parked" not in dump.splitlines()[0]:
        return f"not parked: {dump}"
    missing = [r for r in ("rip", "cr3", "rax", "rsp", "r15")
               if not re.search(rf"\b{r} +[0-9a-f]+", dump)]
    return f"no {missing} in the report: {dump}" if missing else ""


# Of Linux: bridges, and a disk where there is one; the south bridge and its IDE of the Intel machines.
FUNCTIONS = {"amd": "0000:00:00.0 0000:00:03.0 0000:00:05.0 0000:00:1f.0", "intel": "0000:00:01.0 0000:00:01.1"}
INTERRUPTS = {"amd": "rtc0|acpi|i8042|^ *(ERR|MIS|SPU):", "intel": "rtc0|acpi|i8042"}
# What Linux says of interrupts and NMIs that nobody sent it.
COMPLAINTS = re.compile(r"No irq handler for vector|unknown reason|Spurious|nobody cared")
# Mode of timer 0; which interrupts the 8259s let through. Not on Bochs, where Linux uses them.
LEGACY = r"""{ printf '\342' | dd of=/dev/port bs=1 seek=67 conv=notrunc; for at in 64 33 161; do
dd if=/dev/port bs=1 skip=$at count=1 | od -An -tx1; done; } 2> /dev/null"""


def linux_sees(partition):
    """What no attack may change of Linux."""
    machine, places = partition.machine, getattr(partition, "places", ())
    commands = {"status": "hvctl status --json", "stats": "hvctl stats --json",
                "CPUs": "nproc; cat /sys/devices/system/cpu/online",
                "interrupts": f"grep -E '{INTERRUPTS[machine.config.cpu]}' /proc/interrupts",
                "functions": f"cd /sys/bus/pci/devices; for at in {FUNCTIONS[machine.config.cpu]}; do "
                             "[ ! -e $at ] || od -An -tx1 -v -N 256 $at/config; done"}
    if machine.config.cpu == "amd":
        commands["timer and 8259"] = LEGACY
    seen = machine.check_all(commands)
    seen["stray"] = json.loads(seen.pop("status"))["stray"]
    exits = next(c["exits"] for c in json.loads(seen.pop("stats"))["cpus"] if c["cpu"] == 0)
    seen["complaints"] = COMPLAINTS.findall(machine.console())
    if "state" in places:
        seen["memory"] = device_attacks.memory_of_others(partition)
    else:
        seen["exits"] = {cause: exits[cause] for cause in ("kick", "nmi", "other")}
    return seen


def try_row(partition, name, verdict):
    """(result, notes for a failure)"""
    if group(name) == "left":       # the first leaves what the second finds
        attack(partition, name)
    end, console, hypervisor = attack(partition, name)
    result = became(verdict, end, console)
    if f"attack {name.replace('-', '_')}:" not in console:
        result = "did not start"
    elif result == "parked" and verdict == "PARK":
        result = wrong_report(name, end["report"], hypervisor) or result
    elif result == "ignored" and verdict == "BLOCK" and \
            device_attacks.was_told(partition, end, console, name):
        result = "fault reported"
    return result, f"{end}\n{console}"


def keep(path, change):
    """Changes a table of rows, alone: several runs may write to it."""
    path.parent.mkdir(exist_ok=True)
    with open(path, "a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        rows = json.loads(file.read() or "[]")
        change(rows)
        file.truncate(0)
        file.write(json.dumps(rows, indent=1) + "\n")


def record(name, vendor, expected, result):
    """Adds a row. The same attack on another machine of the vendor makes the row worse, never
    better. Returns whether the result is as expected."""
    row = {"name": name, "vendor": vendor, "expected": " or ".join(expected), "result": result}

    def add(table):
        old = next((r for r in table if (r["name"], r["vendor"]) == (name, vendor)), None)
        if old is None:
            table.append(row)
        elif is_met(old):
            old.update(row)
    keep(TABLE, add)
    return is_met(row)


def is_met(row):
    return row["result"] in row["expected"].split(" or ")


def all_rows(vendor):
    """The names of a vendor's rows. Remapping units are those of QEMU's machines, beside AMD's CPUs."""
    by_device = {name for name in ATTACKS if group(name) in device_attacks.GROUPS}
    units = device_attacks.UNITS if vendor == "amd" else {}
    return root_rows(vendor) | set(ATTACKS) - by_device | \
        {f"strict-{name}" for name, v in ATTACKS.items() if v == "STRICT"} | \
        {f"{prefix}-{name}" for unit, prefix in units.items() for name in by_device
         if device_attacks.is_on(name, unit)}


def print_table():
    """Status 0 only if every attack was tried on both vendors, and all did as expected."""
    rows = json.loads(TABLE.read_text()) if TABLE.exists() else []
    for row in sorted(rows, key=lambda r: (r["vendor"], r["name"])):
        mark = "" if is_met(row) else "   <- not as expected"
        print(f"{row['vendor']:6} {row['name']:32} {row['expected']:24} {row['result']}{mark}")
    missing = 0
    for vendor in VENDORS:
        mine = {row["name"]: is_met(row) for row in rows if row["vendor"] == vendor}
        untried = sorted(all_rows(vendor) - set(mine))
        missing += len(untried)
        print(f"{vendor}: {sum(mine.values())} of {len(mine)} attacks as expected" +
              (f"; not tried: {' '.join(untried)}" if untried else ""))
    return 0 if not missing and all(map(is_met, rows)) else 1


if __name__ == "__main__":
    raise SystemExit(print_table())
