# SPDX-License-Identifier: GPL-2.0-only
"""The attack suite (make attack): every forbidden thing that a cell can try, one row each of
inmates/attack/attacks.h and of build/attack.json. Each meets its verdict, is reported in words when
it parks the cell, and is felt by nobody else: not by Linux, nor by a cell beside it whose loop
runs at 1 kHz."""
import pytest

import device_attacks
import lateness
from attacks import (ATTACKS, description, expected, group, linux_sees, record, rows, tell_places,
                     try_row)
from partition import partition        # noqa: F401 (a fixture)
from test_devices import used          # noqa: F401 (a fixture)
from victim import Victim

GROUPS = sorted({group(name) for name in ATTACKS} - set(device_attacks.GROUPS) | {"strict"})
MACHINES = ("x2apic+4cpu", "qemu10+xapic+4cpu+icount", "bochs+4cpu")


def try_rows(partition, victim, linux, batch):
    """Tries rows one after the other, then looks for damage. A list of (row, verdict, result, notes);
    where there was damage, all of them have done it. Whether the victim is alive, and what Linux sees now."""
    def once():
        return [(row, verdict, *try_row(partition, name, verdict)) for name, verdict, row in batch]

    def again():
        victim.look()
        once()
        return victim.look().lateness()

    tried = once()
    seen = victim.look()
    now = linux_sees(partition)
    late = seen.complaints or lateness.judge(partition, victim, seen.lateness(), again)
    if seen.complaints:
        damage = "victim: " + ", ".join(seen.complaints)
    elif now != linux:
        damage = "Linux: " + ", ".join(f"{key}: {linux[key]} -> {now[key]}" for key in now
                                       if now[key] != linux[key])
    elif late:
        damage = f"victim: {late}"
    else:
        return tried, True, now
    notes = victim.state() if seen.is_dead() else seen.values
    return [(row, verdict, damage, f"{text}\n{notes}") for row, verdict, _, text in tried], \
        not seen.is_dead(), now


def in_batches(partition, all_rows):
    """A look after some rows: fewer where it is judged how late the victim was meanwhile."""
    size = 8 if "counted" in partition.machine.config.features else 16
    return [all_rows[i:i + size] for i in range(0, len(all_rows), size)]


def try_group(partition, wanted):
    config = partition.machine.config
    victim = tell_places(partition, lambda: Victim(partition))
    partition.make(description(wanted, config))
    failures = []
    todo = in_batches(partition, rows(wanted, config))
    linux = linux_sees(partition)
    while todo:
        batch = todo.pop(0)
        if wanted in device_attacks.GROUPS:
            device_attacks.renew(partition, description(wanted, config))
            linux = linux_sees(partition)
        tried, alive, linux = try_rows(partition, victim, linux, batch)
        if not alive:
            victim.end()
            victim = Victim(partition)
            linux = linux_sees(partition)
        if len(batch) > 1 and len({result for *_, result, _ in tried}) == 1 and \
           tried[0][2].split(":")[0] in ("victim", "Linux"):
            todo = [[row] for row in batch] + todo      # which of them was it?
            continue
        for row, verdict, result, notes in tried:
            wanted_results = expected(verdict, config)
            if not record(row, config.cpu, wanted_results, result):
                failures.append(f"{row}: expected {wanted_results}, {result}: {notes}")
    last = victim.end()
    assert not failures and not last.complaints, "\n".join(failures + last.complaints)


@pytest.mark.machines(*MACHINES)
@pytest.mark.parametrize("wanted", GROUPS)
def test_attack_meets_its_verdict(partition, wanted):
    try_group(partition, wanted)


# What devices do by themselves is the same in both APIC modes: behind VT-d it is tried where lateness can be told.
@pytest.mark.machines("devices+icount", "devices+amdiommu")
@pytest.mark.parametrize("wanted", device_attacks.BY_THEMSELVES)
def test_attack_by_a_device_meets_its_verdict(used, partition, wanted):     # noqa: F811
    try_group(partition, wanted)


@pytest.mark.machines("devices", "devices+icount")
@pytest.mark.parametrize("wanted", device_attacks.BY_REGISTERS)
def test_attack_by_registers_of_a_device_meets_its_verdict(used, partition, wanted):    # noqa: F811
    try_group(partition, wanted)
