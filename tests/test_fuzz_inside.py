# SPDX-License-Identifier: GPL-2.0-only
"""Fuzzing from inside: a cell that throws random instructions, MSR, port, memory and hypercall
accesses (inmates/tests/fuzz.c), life after life, each from a seed that the report on a failure
names. Nothing of it reaches an assertion of the hypervisor, Linux or the cell beside it. FUZZ_SEED=N
begins with that seed."""
import os
import random
import re
import time

import pytest

from bulkhead import inmate
from partition import cell, link, partition     # noqa: F401 (a fixture)
from victim import Victim

WORDS = "/tmp/fuzz.bin"
STEP = 0.05             # seconds between two looks at the fuzzing cell
STEPS = 100             # in one life
IDLE = 4                # of these without progress: it waits for ever
LIFE = 100000           # accesses, at most
DAMAGE = r"panic|CHECK|assert|exception in the hypervisor"


def wait_for_end(partition):
    """Accesses of one life, and how it ended."""
    progress, idle = 0, 0
    for _ in range(STEPS):
        time.sleep(STEP * partition.machine.slowness)
        now = partition.show("fuzz")
        if now["state"] != "running":
            return now["progress"], now["state"]
        idle = idle + 1 if now["progress"] == progress else 0
        progress = now["progress"]
        if idle == IDLE:
            break
    partition.must("cell shutdown fuzz --force")
    return progress, "stopped"


def one_life(partition, seed, count):
    partition.machine.put(f"seed={seed} count={count}".encode() + b"\0", WORDS)
    partition.must(f"cell load fuzz {inmate('fuzz')}", f"cell load fuzz {WORDS} --address 0x6000",
                   "cell start fuzz")
    return wait_for_end(partition)


def fuzz(partition, seconds):
    """Total accesses; fails with the seeds since the last look at the victim."""
    victim = Victim(partition)
    partition.make(cell("fuzz", [1], links=link("noise")))
    seed = int(os.environ.get("FUZZ_SEED", random.SystemRandom().randrange(1 << 32)))
    before = partition.machine.check("nproc"), partition.status()["stray"]
    accesses, lives, ends, end = 0, [], {}, time.monotonic() + seconds
    print(f"fuzz: first seed {seed}")
    while time.monotonic() < end:
        progress, how = one_life(partition, seed, LIFE)
        # the page with the count is the cell's own to write
        accesses += progress if progress <= LIFE else 0
        ends[how] = ends.get(how, 0) + 1
        lives.append((seed, progress, how))
        seed += 1
        if len(lives) % 4 == 0:
            check(partition, victim, before, lives[-4:])
    check(partition, victim, before, lives[-4:])
    last = victim.end()
    assert not last.complaints, last.complaints
    print(f"fuzz: {accesses} accesses in {len(lives)} lives: {ends}")
    return accesses


def check(partition, victim, before, lives):
    seen = victim.look()
    assert not seen.complaints, f"{lives}: {seen.complaints} {victim.state()}"
    assert (partition.machine.check("nproc"), partition.status()["stray"]) == before, lives
    console = partition.hypervisor_console()
    assert not re.search(DAMAGE, console), f"{lives}: {console}"


def test_random_accesses_harm_nobody(thrown_away, partition):
    assert fuzz(partition, int(os.environ.get("FUZZ_SECONDS", "120"))) > 1000


@pytest.mark.soak
def test_random_accesses_harm_nobody_for_long(thrown_away, partition):
    fuzz(partition, int(os.environ.get("SOAK_TURNS", "2000")))
