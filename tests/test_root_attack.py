# SPDX-License-Identifier: GPL-2.0-only
"""The attack suite from the root: a Linux whose kernel has turned hostile (root-attack.ko), one row each
of tests/guest/modules/attack/attacks.h and of build/attack.json. Each meets its verdict, and a cell
beside it whose loop runs at 1 kHz feels nothing, nor does Linux itself break."""
import pytest

import lateness
from attacks import EXPECTED, record
from partition import Partition
from root_attacks import ROOT_ATTACKS, HostileLinux, root_row
from victim import NAME, Victim


def tried(linux, victim, batch):
    """[(name, result)], and what was damaged, in words."""
    def again():
        victim.look()
        linux.attempt(batch)
        return victim.look().lateness()

    before = linux.sees()
    results = list(zip(batch, linux.attempt(batch)))
    seen, now = victim.look(), linux.sees()
    if seen.complaints:
        return results, "victim: " + ", ".join(seen.complaints)
    if now != before:
        return results, f"Linux: {before} -> {now}"
    late = lateness.judge(linux.partition, victim, seen.lateness(), again, neighbour=None)
    return results, f"victim: {late}" if late else ""


def wrong(linux, victim, batch):
    """Tries rows, and halves of them again if there was damage: what was not as expected."""
    results, damage = tried(linux, victim, batch)
    if damage and len(batch) > 1:
        half = len(batch) // 2
        return wrong(linux, victim, batch[:half]) + wrong(linux, victim, batch[half:]) or \
            [f"{batch} together: {damage}"]
    vendor = linux.machine.config.cpu
    return [f"{name}: expected {ROOT_ATTACKS[name]}, {damage or result}" for name, result in results
            if not record(root_row(name), vendor, EXPECTED[ROOT_ATTACKS[name]], damage or result)]


@pytest.mark.machines("devices+x2apic", "qemu10+xapic+4cpu+icount", "bochs+4cpu")
def test_hostile_linux_meets_its_verdicts(driver):
    partition = Partition(driver.machine)
    partition.enable()
    victim = Victim(partition)
    linux = HostileLinux(partition, NAME)
    size = 24 if "speed" in partition.machine.config.features else 110
    failures = []
    for pair in (False, True):
        names = [name for name in linux.names() if name.startswith("pair_") == pair]
        linux.alone(not pair)
        for i in range(0, len(names), size):
            failures += wrong(linux, victim, names[i:i + size])
    linux.end()
    last = victim.end()
    assert not failures and not last.complaints, "\n".join(failures + last.complaints)
