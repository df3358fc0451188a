# SPDX-License-Identifier: GPL-2.0-only
"""The attack suite (make attack): every forbidden thing that a cell can try, one row each of
inmates/attack/attacks.h and of build/attack.json. Each meets its verdict, is reported in words when
it parks the cell, and is felt by nobody else: not by Linux, nor by a cell beside it whose loop
runs at 1 kHz."""
import re

import pytest

from attacks import ATTACKS, EXPECTED, attack, became, group, record, tell_places
from partition import cell, link, partition     # noqa: F401 (a fixture)
from victim import Victim

GROUPS = sorted({group(name) for name in ATTACKS} | {"strict"})
MACHINES = ("x2apic+4cpu", "qemu10+xapic+4cpu", "bochs+4cpu")

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


def try_rows(partition, victim, batch):
    """Tries rows one after the other, then looks for damage. A list of (row, verdict, result, notes);
    where there was damage, all of them have done it. And whether the victim is alive."""
    linux = linux_sees(partition)
    tried = [(row, verdict, *try_row(partition, name, verdict)) for name, verdict, row in batch]
    seen = victim.look()
    now = linux_sees(partition)
    if seen.complaints:
        damage = "victim: " + ", ".join(seen.complaints)
    elif now != linux:
        damage = f"Linux: {linux} -> {now}"
    else:
        return tried, True
    notes = victim.state() if seen.is_dead() else seen.values
    return [(row, verdict, damage, f"{text}\n{notes}") for row, verdict, _, text in tried], \
        not seen.is_dead()


def in_batches(partition, all_rows):
    """A look after every row, or where machines are slow, after some of them."""
    size = 1 if "speed" in partition.machine.config.features else 8
    return [all_rows[i:i + size] for i in range(0, len(all_rows), size)]


@pytest.mark.machines(*MACHINES)
@pytest.mark.parametrize("wanted", GROUPS)
def test_attack_meets_its_verdict(partition, wanted):
    victim = tell_places(partition, lambda: Victim(partition))
    partition.make(description(wanted))
    failures = []
    todo = in_batches(partition, rows(wanted, partition.machine.config.apic))
    while todo:
        batch = todo.pop(0)
        tried, alive = try_rows(partition, victim, batch)
        if not alive:
            victim.end()
            victim = Victim(partition)
        if len(batch) > 1 and len({result for *_, result, _ in tried}) == 1 and \
           tried[0][2].split(":")[0] in ("victim", "Linux"):
            todo = [[row] for row in batch] + todo      # which of them was it?
            continue
        for row, verdict, result, notes in tried:
            if not record(row, partition.machine.config.cpu, EXPECTED[verdict], result):
                failures.append(f"{row}: expected {verdict}, {result}: {notes}")
    last = victim.end()
    assert not failures and not last.complaints, "\n".join(failures + last.complaints)
