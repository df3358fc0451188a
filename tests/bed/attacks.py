# SPDX-License-Identifier: GPL-2.0-only
"""The attack suite's table: which attacks there are (inmates/attack/attacks.h), what became of one,
and build/attack.json, a list of {name, vendor, expected, result} over all machines of a run."""
import fcntl
import json
import re

from bulkhead import inmate
from channel import GuestTimeout
from machine import BUILD
from partition import cell, link

ATTACKS_H = BUILD.parent / "inmates/attack/attacks.h"
ATTACKS = {name.replace("_", "-"): verdict for name, verdict in
           re.findall(r"^ATTACK\((\w+), (\w+),", ATTACKS_H.read_text(), re.M)}
TABLE = BUILD / "attack.json"
WORDS = "/tmp/words.bin"        # the command line of an attack
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
    """For the attacks' command line: a block of 2 MiB each of the hypervisor's, of Linux's and of the
    victim's, which is made by victim()."""
    def blocks():
        return set(partition.machine.check("pages where").split())

    hypervisor = blocks()
    victim = victim()
    root = partition.machine.check("grep 'Kernel code' /proc/iomem").split("-")[0].strip()
    taken = sorted(blocks() - hypervisor)
    partition.places = f"hv={min(hypervisor)} victim={taken[-1]} root=0x{root}"
    return victim


def attack(partition, name, attacker="attacker"):
    """Loads and starts one attack in a cell; what became of the cell, and what it printed. One that
    goes on for ever is stopped."""
    seen = len(partition.console(attacker))
    words = f"attack={list(ATTACKS).index(name)} {getattr(partition, 'places', '')}"
    partition.machine.check(f"printf '{words}\\0' > {WORDS}")
    partition.must(f"cell load {attacker} {inmate('attack')}",
                   f"cell load {attacker} {WORDS} --address 0x6000", f"cell start {attacker}")
    try:
        end = partition.end_of(attacker)
    except GuestTimeout:
        end = partition.cells()[attacker]
        partition.must(f"cell shutdown {attacker} --force")
    return end, partition.console(attacker)[seen:]


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


# In xAPIC mode the page is the cell's own APIC.
X2APIC_ONLY = ("reach-lapic-read32", "reach-lapic-write32")


def rows(wanted, apic):
    """Of one group, for a machine in this APIC mode: the program, the verdict, and the row's name."""
    if wanted == "strict":
        return [(name, "PARK", f"strict-{name}") for name, verdict in ATTACKS.items()
                if verdict == "STRICT"]
    return [(name, verdict, name) for name, verdict in ATTACKS.items()
            if group(name) == wanted and (apic == "x2apic" or name not in X2APIC_ONLY)]


def description(wanted):
    flags = {"strict": "strict;", "xapic": "xapic-only;"}.get(wanted, "")
    cpus = [1, 3] if wanted == "smp" else [1]
    return cell("attacker", cpus, flags=flags, links=link("arena"))


def wrong_report(partition, name, report):
    """What is wrong with the report on a parked cell, in words; empty if nothing."""
    cause, address, remedy = REPORTS.get(name, (report["cause"], report["address"], None))
    if (report["cpu"], report["cause"], report["address"]) != (1, cause, address):
        return f"report {report}"
    if not report["remedy"] or remedy and remedy not in report["remedy"]:
        return f"remedy {report}"
    if name in REPORTS and address not in report["text"]:
        return f"address not in {report}"
    dump = partition.hypervisor_console().rsplit("cell attacker, CPU 1: ", 1)[-1]
    if "parked" not in dump.splitlines()[0]:
        return f"not parked: {dump}"
    missing = [r for r in ("rip", "cr3", "rax", "rsp", "r15")
               if not re.search(rf"\b{r} +[0-9a-f]+", dump)]
    return f"no {missing} in the report: {dump}" if missing else ""


def linux_sees(partition):
    """What no attack may change of Linux."""
    seen = {"stray": partition.status()["stray"],
            "CPUs": partition.machine.check("nproc; cat /sys/devices/system/cpu/online")}
    if partition.machine.config.cpu == "amd":
        seen["south bridge"] = partition.machine.check("lspci -s 1f.0 -xxx")
    return seen


def try_row(partition, name, verdict):
    """(result, notes for a failure)"""
    if group(name) == "left":       # the first leaves what the second finds
        attack(partition, name)
    end, console = attack(partition, name)
    result = became(verdict, end, console)
    if f"attack {name.replace('-', '_')}:" not in console:
        result = "did not start"
    elif result == "parked" and verdict == "PARK":
        result = wrong_report(partition, name, end["report"]) or result
    return result, f"{end}\n{console}"


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
