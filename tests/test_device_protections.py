# SPDX-License-Identifier: GPL-2.0-only
"""As test_protections.py, for the rows whose attacker is a device of a cell
(hypervisor/test/protections_devices.py), behind each kind of remapping unit. make test tries a row of one."""
import pytest

from conftest import MACHINES
from device_attacks import UNITS
from proof import prove
from proof_devices import DEVICES, DeviceBench, device_rows, device_rows_of

FEW = ("device-bars",)      # what is wrong without it is only shown to the cell: the machine stays as it was


@pytest.fixture
def bench(pool, machine_name):
    """A machine that may be damaged is not used again."""
    bench = DeviceBench(pool, MACHINES[machine_name])
    yield bench
    bench.leave()


def names(unit):
    return [name for name in DEVICES if device_rows_of(name, unit)]


@pytest.mark.machines("devices+x2apic")
@pytest.mark.parametrize("name", FEW)
def test_device_misses_a_protection(bench, name):
    prove(bench, name, device_rows_of(name, "intel")[:1])


@pytest.mark.soak
@pytest.mark.machines("devices+x2apic")
@pytest.mark.parametrize("name", names("intel"))
def test_device_misses_each_protection_behind_vtd(bench, name):
    prove(bench, name, device_rows_of(name, "intel"))


@pytest.mark.soak
@pytest.mark.machines("devices+amdiommu")
@pytest.mark.parametrize("name", names("amd"))
def test_device_misses_each_protection_behind_amdvi(bench, name):
    prove(bench, name, device_rows_of(name, "amd"))


@pytest.mark.soak
@pytest.mark.machines("devices")
def test_nothing_is_noticed_of_a_device_where_nothing_is_missing(bench):
    """One row of each protection, as they are tried when it is gone."""
    unit = bench.config.unit
    found = bench.prove(None, list({device_rows_of(name, unit)[0]: None for name in names(unit)}))
    assert not any(found.values()), found


@pytest.mark.parametrize("unit", UNITS)
def test_each_row_of_a_device_has_a_protection(unit):
    assert {row for name in DEVICES for row in device_rows_of(name, unit)} == set(device_rows(unit))
    assert all(DEVICES[name].amd for name in DEVICES)
