# SPDX-License-Identifier: GPL-2.0-only
"""The attack suite's table: which attacks there are (inmates/attack/attacks.h), what became of one,
and build/attack.json, a list of {name, vendor, expected, result} over all machines of a run."""
import fcntl
import json
import re

from bulkhead import inmate
from channel import GuestTimeout
from machine import BUILD

ATTACKS_H = BUILD.parent / "inmates/attack/attacks.h"
ATTACKS = {name.replace("_", "-"): verdict for name, verdict in
           re.findall(r"^ATTACK\((\w+), (\w+),", ATTACKS_H.read_text(), re.M)}
TABLE = BUILD / "attack.json"
WORDS = "/tmp/words.bin"        # the command line of the attacks
VENDORS = ("amd", "intel")

# Verdicts in words; any of several is as good.
EXPECTED = {
    "PARK": ("parked",),
    "IGNORE": ("ignored",),
    "STRICT": ("ignored",),
    "FAULT": ("#UD", "#GP"),
    "DENY": ("denied",),
    "ANY": ("ignored", "#UD", "#GP"),
    "SELF": ("harmed itself at most",),
}
EXCEPTIONS = {-1: "ignored", 6: "#UD", 13: "#GP"}


def group(name):
    return name.split("-")[0]


def tell_places(partition, victim):
    """Writes the attacks' command line: a block of 2 MiB each of the hypervisor's, of Linux's and of
    the victim's, which is made by victim()."""
    def blocks():
        return set(partition.machine.check("pages where").split())

    hypervisor = blocks()
    victim = victim()
    root = partition.machine.check("grep 'Kernel code' /proc/iomem").split("-")[0].strip()
    taken = sorted(blocks() - hypervisor)
    words = f"hv={min(hypervisor)} victim={taken[-1]} root=0x{root}"
    partition.machine.put(words.encode() + b"\0", WORDS)
    return victim


def attack(partition, name, told=True):
    """Loads and starts one attack in the cell "attacker"; what became of the cell, and what it
    printed. One that goes on for ever is stopped. told: the places of tell_places()."""
    seen = len(partition.console("attacker"))
    words = [f"cell load attacker {WORDS} --address 0x6000"] if told else []
    partition.must(f"cell load attacker {inmate('attack-' + name)}", *words, "cell start attacker")
    try:
        end = partition.end_of("attacker")
    except GuestTimeout:
        end = partition.cells()["attacker"]
        partition.must("cell shutdown attacker --force")
    return end, partition.console("attacker")[seen:]


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


def record(name, vendor, expected, result):
    """Adds a row. The same attack on another machine of the vendor makes the row worse, never
    better. Returns whether the result is as expected."""
    row = {"name": name, "vendor": vendor, "expected": " or ".join(expected), "result": result}
    TABLE.parent.mkdir(exist_ok=True)
    with open(TABLE, "a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        rows = json.loads(file.read() or "[]")
        old = next((r for r in rows if (r["name"], r["vendor"]) == (name, vendor)), None)
        if old is None:
            rows.append(row)
        elif is_met(old):
            old.update(row)
        file.truncate(0)
        file.write(json.dumps(rows, indent=1) + "\n")
    return is_met(row)


def is_met(row):
    return row["result"] in row["expected"].split(" or ")


def all_rows():
    """The names of a vendor's rows."""
    return set(ATTACKS) | {f"strict-{name}" for name, v in ATTACKS.items() if v == "STRICT"}


def print_table():
    """Status 0 only if every attack was tried on both vendors, and all did as expected."""
    rows = json.loads(TABLE.read_text()) if TABLE.exists() else []
    for row in sorted(rows, key=lambda r: (r["vendor"], r["name"])):
        mark = "" if is_met(row) else "   <- not as expected"
        print(f"{row['vendor']:6} {row['name']:32} {row['expected']:24} {row['result']}{mark}")
    missing = 0
    for vendor in VENDORS:
        mine = {row["name"]: is_met(row) for row in rows if row["vendor"] == vendor}
        untried = sorted(all_rows() - set(mine))
        missing += len(untried)
        print(f"{vendor}: {sum(mine.values())} of {len(mine)} attacks as expected" +
              (f"; not tried: {' '.join(untried)}" if untried else ""))
    return 0 if not missing and all(map(is_met, rows)) else 1


if __name__ == "__main__":
    raise SystemExit(print_table())
