# SPDX-License-Identifier: GPL-2.0-only
"""Descriptions on a running machine: what the generator writes fits it, what is wrong is refused
by name and changes nothing, whether it comes through hvctl or straight to the driver."""
import re
from pathlib import Path

import pytest

from bulkhead import SYSTEM, TOP, config, differences

BAD = Path(__file__).resolve().parents[1] / "configs/bad"
NAMES = sorted(path.stem for path in BAD.glob("*.dts"))
SYSTEMS = [name for name in NAMES if "bulkhead,system" in (BAD / f"{name}.dts").read_text()]
# Their machine has what ours has not: a console of the hypervisor, an APIC ID above 255.
ELSEWHERE = {"port-console"}
CELLS = [name for name in NAMES if name not in SYSTEMS and name not in ELSEWHERE]
RUNS = 150


def refuse_all(product, names, command):
    """One shell loop: a round trip for each file would take most of the time."""
    product.machine.put("".join(f"{TOP}/configs/bad/{name}.dts\n" for name in names), "/tmp/names")
    text = product.machine.check(f"for f in $(cat /tmp/names); do hvctl {command} $f 2>&1; "
                                 "echo status $?; done", 120)
    answers = re.findall(r"(.*?)status (\d+)\n", text + "\n", re.S)
    assert len(answers) == len(names), text
    for name, (said, status) in zip(names, answers):
        assert status == "3" and f"(rule {name})" in said, f"{name}: status {status}: {said}"
        assert f"bad/{name}.dts: /" in said, f"{name}: no node in: {said}"


# --- the generator ---------------------------------------------------------------------------

@pytest.mark.machines("all")
def test_generated_description_fits_the_machine(driver):
    text = driver.machine.check("hvctl config generate")
    cpus = int(driver.machine.check("nproc"))
    ids = " ".join(map(str, range(cpus)))
    assert f"apic-ids = <{ids}>;" in text
    assert "ioapic@fec00000" in text
    features = driver.machine.config.features
    assert ("pci@b0000000" in text) == ("ecam" in features)
    assert ("iommu@" in text) == ("iommu" in features)
    own = [line for line in text.splitlines() if not line.startswith("\t * ")]
    assert len(own) < 70, "more than a glance"
    driver.must(f"check {SYSTEM} {config('rtos')} {config('minimal')}")


def test_generated_description_is_explained(driver):
    text = driver.must(f"config explain {SYSTEM} {config('rtos')}")
    assert "Linux is peer 0" in text and "CPU 1 (APIC ID 1)" in text
    status, text = driver.hvctl(f"config explain {SYSTEM} {config('rtos')} {config('intx')}")
    assert status == 3 and "is wanted by" in text, (status, text)


def test_cpu_of_a_cell_is_still_known_by_its_number(bulkhead):
    """Linux's files do not tell of a CPU that is off-line."""
    bulkhead.create("rtos")
    bulkhead.must(f"check {config('intx')}")
    status, text = bulkhead.hvctl(f"cell create {config('intx')}")
    assert status == 6 and "belongs to another cell" in text, (status, text)


# --- wrong descriptions ----------------------------------------------------------------------

@pytest.mark.needs("speed")
def test_wrong_systems_are_refused_by_name(driver):
    before = driver.inventory()
    refuse_all(driver, SYSTEMS, "enable")
    assert not driver.is_enabled()
    assert not differences(before, driver.inventory())


@pytest.mark.needs("speed")
def test_wrong_cells_are_refused_by_name(driver):
    before = driver.inventory()
    driver.enable()
    refuse_all(driver, CELLS, "cell create")
    assert not driver.cells()
    driver.disable()
    assert not differences(before, driver.inventory())


def test_wrong_kind_is_refused(driver):
    status, text = driver.hvctl(f"enable {config('rtos')}")
    assert status == 3 and "describes a cell" in text, (status, text)
    driver.enable()
    status, text = driver.hvctl(f"cell create {SYSTEM}")
    assert status == 3 and "describes a system" in text, (status, text)


def test_files_that_are_no_descriptions(driver):
    for file, code in (("/nonexistent", 1), ("/tmp", 1), ("/dev/null", 1), ("/bin/busybox", 3),
                       ("/etc/passwd", 3)):
        status, text = driver.hvctl(f"enable {file}")
        assert status == code and file in text, (file, status, text)


# --- wire format, straight to the driver -----------------------------------------------------

def test_system_blobs_cut_short(driver):
    cpus = driver.machine.check("nproc").strip()
    driver.machine.check(f"wrong-blobs system {cpus}", 60)
    assert not driver.is_enabled()


@pytest.mark.needs("speed")
def test_spoiled_cell_blobs(driver):
    before, mark = driver.inventory(), driver.machine.console_mark()
    driver.enable()
    text = driver.machine.check(f"wrong-blobs cell 1 {RUNS} 1", 240)
    refused, _, accepted, wrong = map(int, re.findall(r"(\d+) [a-z]+", text.splitlines()[-1]))
    assert refused > RUNS and accepted > 1 and wrong == 0, text
    assert not driver.cells()
    driver.create("minimal", "hello")
    driver.wait_print("minimal", "hello from minimal")
    driver.must("cell destroy minimal --force")
    driver.disable()
    assert not differences(before, driver.inventory())
    assert "WARNING:" not in driver.machine.console(mark)
