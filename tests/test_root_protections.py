# SPDX-License-Identifier: GPL-2.0-only
"""As test_protections.py, for the rows whose attacker is Linux (hypervisor/test/protections_root.py): each of
them has been seen to fail with its protection taken out. make test tries a row of one."""
from dataclasses import replace

import pytest

from attacks import VENDORS
from conftest import MACHINES
from proof import prove
from proof_root import ROOT, ROOT_ELSEWHERE, RootBench, root_rows_of
from root_attacks import root_rows

FEW = ("root-cells-memory",)


@pytest.fixture
def bench(pool, machine_name):
    """Four CPUs: one is the victim's, one Linux's own, one the holder's, and one that has been switched off. A machine
    that a row has done anything to is not used again."""
    bench = RootBench(pool, replace(MACHINES[machine_name], cpus=4))
    yield bench
    bench.leave()


def names(vendor, apic="x2apic"):
    return [name for name, p in ROOT.items() if p.rows_of(vendor, apic)]


@pytest.mark.needs("svm")
@pytest.mark.parametrize("name", FEW)
def test_hostile_linux_misses_a_protection(thrown_away, bench, name):
    prove(bench, name, root_rows_of(name, "amd")[:1])


@pytest.mark.soak
@pytest.mark.machines("devices+x2apic")
@pytest.mark.parametrize("name", names("amd"))
def test_hostile_linux_misses_each_protection(bench, name):
    prove(bench, name, root_rows_of(name, "amd"))


@pytest.mark.soak
@pytest.mark.needs("vmx")
@pytest.mark.parametrize("name", names("intel"))
def test_hostile_linux_misses_each_protection_of_vmx(bench, name):
    prove(bench, name, root_rows_of(name, "intel"))


@pytest.mark.soak
@pytest.mark.machines("qemu10+xapic+4cpu", "bochs+xapic")
@pytest.mark.parametrize("name", names("amd", "xapic"))
def test_hostile_linux_misses_each_protection_in_xapic_mode(bench, name):
    prove(bench, name, root_rows_of(name, bench.config.cpu, "xapic"))


@pytest.mark.soak
@pytest.mark.machines("devices+x2apic", "bochs+4cpu")
def test_nothing_is_noticed_of_linux_where_nothing_is_missing(bench):
    """One row of each protection, as they are tried when it is gone."""
    vendor = bench.config.cpu
    rows = {root_rows_of(name, vendor)[0]: None for name in names(vendor)}
    found = bench.prove(None, list(rows))
    assert not any(found.values()), found


@pytest.mark.parametrize("vendor", VENDORS)
def test_each_row_of_linux_has_a_protection_or_a_reason(vendor):
    proven = {row for name in ROOT for apic in ("x2apic", "xapic")
              for row in root_rows_of(name, vendor, apic)}
    excused = [row for some in ROOT_ELSEWHERE[vendor].values() for row in some]
    assert proven.union(excused) == root_rows(vendor) and not proven.intersection(excused)
    assert len(excused) == len(set(excused))
