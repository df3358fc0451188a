# SPDX-License-Identifier: GPL-2.0-only
"""The test of the attack suite: with one protection taken out of the hypervisor (REMOVE=NAME,
hypervisor/test/without.py), an attack that it was there for is noticed: by its verdict, by the victim, by
Linux, or by the end of the machine. make test tries a handful, make attack-proof all."""
import subprocess
import sys

import pytest

from attacks import ATTACKS, EXPECTED, attack, became, tell_places
from channel import BedError
from conftest import MACHINES
from machine import BUILD
from partition import Partition, cell, link
from victim import Victim

TOP = BUILD.parent
sys.path.insert(0, str(TOP / "hypervisor/test"))
from without import PROTECTIONS         # noqa: E402

HANDFUL = {"amd": ("stray-access", "ipi-targets", "msr-white-list", "link-sections"),
           "intel": ("cr4-vmxe",)}


def names(vendor, in_handful):
    return [name for name, p in PROTECTIONS.items()
            if vendor in p.vendors and (name in HANDFUL[vendor]) == in_handful]


def image_without(name, vendor):
    subprocess.run(["make", "-s", "-C", TOP / "hypervisor", f"O={BUILD}/hypervisor",
                    f"REMOVE={name}"], check=True, timeout=300)
    return BUILD / f"hypervisor/without/{name}/bulkhead-{vendor}.bin"


def noticed(machine, name):
    """What the rows find on a fresh machine; None if all is as ever."""
    vendor = machine.config.cpu
    machine.put(image_without(name, vendor), f"/lib/firmware/bulkhead-{vendor}.bin")
    product = Partition(machine)
    product.load()
    product.enable()
    victim = tell_places(product, lambda: Victim(product))
    product.make(cell("attacker", [1], links=link("arena")))
    for row in PROTECTIONS[name].rows:
        for _ in range(2 if row.startswith("left") else 1):
            end, console = attack(product, row)
        result = became(ATTACKS[row], end, console)
        if result not in EXPECTED[ATTACKS[row]]:
            return f"{row}: {result}"
        seen = victim.look()
        if seen.complaints:
            return f"{row}: victim: {seen.complaints}"
    return None


def expect_notice(pool, machine_name, name):
    pool.drop()
    machine = pool.get(MACHINES[machine_name])
    try:
        found = noticed(machine, name)
    except BedError as error:
        found = f"the machine: {error}"
    finally:
        pool.drop()
    print(f"without {name}: {found}")
    assert found, f"nobody misses {name}"


@pytest.mark.needs("svm")
@pytest.mark.parametrize("name", names("amd", True))
def test_attacks_miss_a_protection(pool, machine_name, name):
    expect_notice(pool, machine_name, name)


@pytest.mark.needs("vmx")
@pytest.mark.parametrize("name", names("intel", True))
def test_attacks_miss_a_protection_of_vmx(pool, machine_name, name):
    expect_notice(pool, machine_name, name)


@pytest.mark.soak
@pytest.mark.needs("svm")
@pytest.mark.parametrize("name", names("amd", False))
def test_attacks_miss_every_protection(pool, machine_name, name):
    expect_notice(pool, machine_name, name)


@pytest.mark.soak
@pytest.mark.needs("vmx")
@pytest.mark.parametrize("name", names("intel", False))
def test_attacks_miss_every_protection_of_vmx(pool, machine_name, name):
    expect_notice(pool, machine_name, name)


def test_each_protection_is_in_the_source_as_the_list_says():
    subprocess.run([TOP / "hypervisor/test/without.py", "--check"], check=True, timeout=60)
