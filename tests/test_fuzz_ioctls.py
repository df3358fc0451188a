# SPDX-License-Identifier: GPL-2.0-only
"""The driver's calls fuzzed: three threads at once, one of them not root, beside a cell that must not notice.
The report on a failure names the seed; FUZZ_SEED=N begins with that one."""
import os
import random
import re
import time

import pytest

from bulkhead import config, differences, inmate
from partition import Partition
from victim import NAME, Victim

CPU = 3                 # whose only use is to be given to cells
TURN = 4                # seconds of the guest's; then a look at everything
DAMAGED = 1 << 7 | 1 << 9       # of the kernel's taints: it died (oops, BUG), it warned


def one_turn(product, victim, seed):
    """Calls, and how many were accepted."""
    spared = product.cells()[NAME]["id"]
    # what the driver says of each call takes a slow console longer than the call
    text = product.machine.check(f"dmesg -n 1; ioctl-fuzz {seed} {TURN} {CPU} {spared}; ends=$?; "
                                 "dmesg -n 8; cat /proc/sys/kernel/tainted; exit $ends", 20 * TURN)
    calls, accepted, taints = map(int, re.search(
        r"calls=(\d+) accepted=(\d+) let_in=0\n(\d+)", text).groups())
    assert not taints & DAMAGED, f"seed {seed}: {product.machine.check('dmesg | tail -n 60')}"
    seen = victim.look()
    assert not seen.complaints, f"seed {seed}: {seen.complaints} {victim.state()}"
    for name in set(product.cells()) - {NAME}:
        product.must(f"cell destroy {name} --force")
    product.must(f"cell run {config('minimal')} {inmate('hello')} --timeout 20")
    return calls, accepted


def fuzz(driver, seconds):
    product = Partition(driver.machine)
    before = driver.inventory()
    product.enable()
    victim = Victim(product)
    seed = int(os.environ.get("FUZZ_SEED", random.SystemRandom().randrange(1 << 32)))
    print(f"ioctl-fuzz: first seed {seed}")
    calls = accepted = 0
    end = time.monotonic() + seconds
    while not calls or time.monotonic() < end:
        more, taken = one_turn(product, victim, seed)
        calls, accepted, seed = calls + more, accepted + taken, seed + 1
    last = victim.end()
    assert not last.complaints, last.complaints
    print(f"ioctl-fuzz: {calls} calls, {accepted} accepted")
    product.disable()
    assert not differences(before, driver.inventory())
    product.enable()
    product.must(f"cell run {config('minimal')} {inmate('hello')} --timeout 20")
    return calls


def test_random_calls_harm_nobody(thrown_away, driver):
    assert fuzz(driver, int(os.environ.get("FUZZ_SECONDS", "0"))) > 500


@pytest.mark.soak
def test_random_calls_harm_nobody_for_long(thrown_away, driver):
    fuzz(driver, int(os.environ.get("SOAK_TURNS", "2000")))
