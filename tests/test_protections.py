# SPDX-License-Identifier: GPL-2.0-only
"""The test of the attack suite: with one protection taken out of the hypervisor (REMOVE=NAME,
hypervisor/test/protections.py), attacks that it is there for are noticed. make test tries a row
of a few on each vendor, make attack-proof all rows of all."""
import subprocess
from dataclasses import replace

import pytest

import device_attacks
import proof
from attacks import ATTACKS, VENDORS, group
from conftest import MACHINES
from proof import ELSEWHERE, FEW, PROTECTIONS, Bench, prove


@pytest.fixture
def bench(pool, machine_name):
    """A machine on which a row did harm is not used again."""
    bench = Bench(pool, MACHINES[machine_name])
    yield bench
    bench.leave()


def prove_few(bench, vendor):
    """On a machine that no other test gets: what a hypervisor with a hole lets through may stay in the
    hardware."""
    for name in FEW[vendor]:
        prove(bench, name, PROTECTIONS[name].rows_of(vendor)[:1])


@pytest.mark.needs("svm")
def test_attacks_miss_protections(thrown_away, bench):
    prove_few(bench, "amd")


@pytest.mark.needs("vmx")
def test_attacks_miss_protections_of_vmx(thrown_away, bench):
    prove_few(bench, "intel")


def names(vendor, apic="x2apic"):
    return [name for name, p in PROTECTIONS.items() if p.rows_of(vendor, apic)]


@pytest.mark.soak
@pytest.mark.needs("svm")
@pytest.mark.parametrize("name", names("amd"))
def test_each_attack_misses_its_protection(bench, name):
    prove(bench, name, PROTECTIONS[name].rows_of("amd"))


@pytest.mark.soak
@pytest.mark.needs("vmx")
@pytest.mark.parametrize("name", names("intel"))
def test_each_attack_misses_its_protection_of_vmx(bench, name):
    prove(bench, name, PROTECTIONS[name].rows_of("intel"))


@pytest.mark.soak
@pytest.mark.machines("qemu10+xapic+linux6.1", "bochs+xapic")
@pytest.mark.parametrize("name", names("amd", "xapic"))
def test_each_attack_misses_its_protection_in_xapic_mode(pool, machine_name, name):
    """With four CPUs, and a Linux that still sends interrupts to logical IDs: 6.12 does not."""
    bench = Bench(pool, replace(MACHINES[machine_name], cpus=4))
    prove(bench, name, PROTECTIONS[name].xapic)


@pytest.mark.soak
def test_nothing_is_noticed_where_nothing_is_missing(pool, machine_name):
    """One row of each protection, as they are tried when it is gone."""
    bench = Bench(pool, MACHINES[machine_name])
    rows = {p.rows_of(bench.config.cpu)[0]: None for p in PROTECTIONS.values()
            if p.rows_of(bench.config.cpu)}
    found = bench.prove(None, list(rows))
    assert not any(found.values()), found


def test_each_protection_is_in_the_source_as_the_list_says():
    subprocess.run([proof.TOP / "hypervisor/test/without.py", "--check"], check=True, timeout=60)


@pytest.mark.parametrize("vendor", VENDORS)
def test_each_row_of_a_cell_has_a_protection_or_a_reason(vendor):
    rows = {name for name in ATTACKS if group(name) not in device_attacks.GROUPS} | \
        {f"strict-{name}" for name, verdict in ATTACKS.items() if verdict == "STRICT"}
    proven = {row for p in PROTECTIONS.values() for row in p.rows_of(vendor) + p.xapic}
    excused = [row for some in ELSEWHERE[vendor].values() for row in some]
    assert proven.union(excused) == rows and not proven.intersection(excused)
    assert len(excused) == len(set(excused))
