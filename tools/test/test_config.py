#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Tests of hvctl config: ACPI tables whole and damaged, machines made of recorded files, what is
generated from them, what is explained. HVCTL names the program that judges the results."""
import contextlib
import io
import os
import random
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tools/config"))

import acpi         # noqa: E402
import explain      # noqa: E402
import generate     # noqa: E402
import machine      # noqa: E402

HVCTL = os.environ.get("HVCTL", "hvctl")


def table(signature, body, **header):
    """A table with the standard header and a right checksum."""
    length = header.get("length", 36 + len(body))
    data = struct.pack("<4sIBB6s8sI4sI", signature.encode(), length, 1, 0, b"TEST", b"TABLE", 1,
                       b"MAKE", 1) + body
    return data[:9] + bytes([-sum(data) & 0xff]) + data[10:]


def lapic(apic_id, flags=1):
    return struct.pack("<BBBBI", 0, 8, apic_id & 0xff, apic_id, flags)


def x2apic(apic_id, flags=1):
    return struct.pack("<BBHIII", 9, 16, 0, apic_id, flags, 0)


def ioapic(number, address, gsi):
    return struct.pack("<BBBBII", 1, 12, number, 0, address, gsi)


OVERRIDE = struct.pack("<BBBBIH", 2, 10, 0, 0, 2, 0)


def madt(*entries):
    return table("APIC", struct.pack("<II", 0xfee00000, 1) + b"".join(entries))


def mcfg(*windows):
    return table("MCFG", bytes(8) + b"".join(struct.pack("<QHBBI", *w, 0) for w in windows))


def fadt(pm1a=0, pm1b=0, flags=0, reset=(1, 0), reset_value=0, x_pm1a=(0, 0), sleep=(0, 0), length=276):
    """Registers as (space, address)."""
    data = bytearray(length - 36)
    for at, value in (64, pm1a), (68, pm1b), (112, flags):
        struct.pack_into("<I", data, at - 36, value)
    for at, register in (116, reset), (172, x_pm1a), (244, sleep):
        if at + 12 <= length:
            struct.pack_into("<BxxxQ", data, at - 36, *register)
    if length > 128:
        data[128 - 36] = reset_value
    return table("FACP", bytes(data))


def scope(kind, number, bus, *path):
    return struct.pack("<BBxxBB", kind, 6 + len(path), number, bus) + bytes(path)


def dmar(*units, scopes=b""):
    return table("DMAR", struct.pack("<BB10x", 47, 1) + b"".join(
        struct.pack("<HHBBHQ", 0, 16 + len(scopes), 0, pages, 0, address) + scopes
        for address, pages in units) + struct.pack("<HHI", 3, 8, 0))


def ivrs(*units, entries=b""):
    return table("IVRS", bytes(12) + b"".join(
        struct.pack("<BBHHHQHHI", kind, 0, (24 if kind == 0x10 else 40) + len(entries), 0x10, 0x40,
                    address, 0, 0, 0) + bytes(0 if kind == 0x10 else 16) + entries
        for kind, address in units))


# All devices; a range; the IO-APIC 0 at ff:00.0; the HPET
IVHD = struct.pack("<BHB", 1, 0, 0) + struct.pack("<BHBBHB", 72, 0, 0, 0, 0xff00, 1) + \
    struct.pack("<BHBBHB", 72, 0, 0, 5, 0x00a0, 2)


# For one function, and for one behind a bridge
RMRR = table("DMAR", bytes(12) + struct.pack("<HHBBHQ", 0, 16, 0, 0, 0, 0xfed90000) +
             struct.pack("<HHHHQQ", 1, 42, 0, 0, 0xa0000000, 0xa000ffff) + scope(1, 0, 0, 0x1d, 0) +
             scope(1, 0, 0, 0x1c, 1, 2, 0))
# For all functions, for one, for a range
IVMD = table("IVRS", bytes(12) + b"".join(
    struct.pack("<BBHHHQQQ", kind, 0, 32, 0x10, 0x1f, 0, begin, 0x1000)
    for kind, begin in ((0x20, 0x1000), (0x21, 0x3000), (0x22, 0x5000))))

MADT = madt(lapic(0), lapic(2), lapic(9, flags=0), x2apic(300), ioapic(0, 0xfec00000, 0), OVERRIDE)


class Tables(unittest.TestCase):
    def test_madt(self):
        cpus, ioapics = acpi.madt(MADT)
        self.assertEqual(cpus, [0, 2, 300])
        self.assertEqual(ioapics, [acpi.Ioapic(0, 0xfec00000, 0)])

    def test_a_cpu_told_twice(self):
        self.assertEqual(acpi.madt(madt(lapic(3), x2apic(3)))[0], [3])

    def test_mcfg_window_begins_at_its_first_bus(self):
        self.assertEqual(acpi.mcfg(mcfg((0xe0000000, 0, 16, 31))),
                         [acpi.Ecam(0xe1000000, 16, 31, 0)])

    def test_fadt_sleep_and_reset(self):
        pm1a, reset = acpi.Stop(0x605, 0x20, 0x20, "PM1a_CNT"), \
            acpi.Stop(0xcf9, 0xff, 0x0f, "reset register")
        self.assertEqual(acpi.fadt(fadt(0x604, 0, 1 << 10, (1, 0xcf9), 15)), ([pm1a, reset], []))
        self.assertEqual(acpi.fadt(fadt(0x604, 0, 0, (1, 0xcf9), 15)), ([pm1a], []))
        self.assertEqual(acpi.fadt(fadt(0x604, length=116)), ([pm1a], []))
        ports = [stop.port for stop in acpi.fadt(fadt(0x604, 0x704, x_pm1a=(1, 0x804)))[0]]
        self.assertEqual(ports, [0x805, 0x705])

    def test_fadt_registers_that_are_no_ports(self):
        stops, others = acpi.fadt(fadt(0x604, 0, 1 << 10 | 1 << 20, (0, 0xfed80000), 1,
                                       sleep=(2, 0x10040)))
        self.assertEqual(stops, [])
        self.assertEqual(others, ["the sleep control register is in PCI configuration space at "
                                  "0x10040", "the reset register is in memory at 0xfed80000"])
        stops, others = acpi.fadt(fadt(0, 0, 1 << 20, sleep=(1, 0x600)))
        self.assertEqual((stops, others), ([acpi.Stop(0x600, 0x20, 0x20, "sleep control register")],
                                           []))
        self.assertIn("in space 5", acpi.fadt(fadt(0, 0, 1 << 10, (5, 1)))[1][0])

    def test_mcfg_with_buses_the_wrong_way_round(self):
        with self.assertRaises(acpi.TableError):
            acpi.mcfg(mcfg((0xe0000000, 0, 2, 1)))

    def test_dmar(self):
        self.assertEqual(acpi.dmar(dmar((0xfed90000, 0), (0xfed91000, 2))),
                         ([acpi.Iommu("intel,vt-d", 0xfed90000, 0x1000, None),
                           acpi.Iommu("intel,vt-d", 0xfed91000, 0x4000, None)], {}))

    def test_dmar_tells_under_which_function_io_apics_are_known(self):
        scopes = scope(1, 0, 0, 2, 0) + scope(3, 4, 0xf0, 31, 7) + scope(4, 0, 0, 15, 0)
        self.assertEqual(acpi.dmar(dmar((0xfed90000, 0), scopes=scopes))[1],
                         {4: acpi.Function(0xf0, 31, 7)})

    def test_dmar_with_a_damaged_scope(self):
        for scopes in (bytes(8), scope(3, 0, 0, 1, 0)[:6], scope(3, 0, 0) + bytes(2)):
            with self.assertRaises(acpi.TableError):
                acpi.dmar(dmar((0xfed90000, 0), scopes=scopes))

    def test_ivrs_tells_a_unit_once(self):
        units, _ = acpi.ivrs(ivrs((0x10, 0xfeb80000), (0x11, 0xfeb80000), (0x40, 0xfeb80000)))
        self.assertEqual(units, [acpi.Iommu("amd,iommu", 0xfeb80000, 0x4000,
                                            acpi.Function(0, 2, 0))])

    def test_ivrs_tells_under_which_function_io_apics_are_known(self):
        for kind in (0x10, 0x11, 0x40):
            self.assertEqual(acpi.ivrs(ivrs((kind, 0xfeb80000), entries=IVHD))[1],
                             {0: acpi.Function(0xff, 0, 0)})

    def test_wrong_signature_checksum_length(self):
        for data in (mcfg(), MADT[:-1] + bytes([MADT[-1] ^ 1]), b"", b"APIC",
                     table("APIC", bytes(8), length=20), table("APIC", bytes(8), length=999)):
            with self.assertRaises(acpi.TableError):
                acpi.madt(data)

    def test_entry_of_no_length(self):
        with self.assertRaisesRegex(acpi.TableError, "length 0"):
            acpi.madt(madt(bytes(4)))

    def test_damaged_tables_are_errors_and_no_more(self):
        rng = random.Random(1)
        samples = ((acpi.madt, MADT), (acpi.fadt, fadt(4, 8, 1 << 10, (1, 0xcf9))), (acpi.mcfg, mcfg((0xb0000000, 0, 0, 255))),
                   (acpi.dmar, dmar((0xfed90000, 0), scopes=scope(3, 0, 0xf0, 31, 7))),
                   (acpi.ivrs, ivrs((0x10, 0xfeb80000), entries=IVHD)),
                   (acpi.rmrrs, RMRR), (acpi.ivmds, IVMD))
        for parse, data in samples:
            signature = data[:4].decode()
            for end in range(36, len(data)):
                with contextlib.suppress(acpi.TableError):
                    parse(table(signature, data[36:end]))
            for _ in range(2000):
                body = bytearray(data[36:])
                for _ in range(3):
                    body[rng.randrange(len(body))] = rng.randrange(256)
                with contextlib.suppress(acpi.TableError):
                    parse(table(signature, bytes(body)))


IOMEM = """\
00000000-00000fff : Reserved
00100000-7fffffff : System RAM
b0000000-bfffffff : PCI MMCONFIG 0000 [bus 00-ff]
fec00000-fec003ff : IOAPIC 0
fed90000-fed90fff : dmar0
100000000-1bfffffff : System RAM
fd00000000-ffffffffff : Reserved
"""
CPUINFO = "processor\t: 0\napicid\t\t: 0\n\nprocessor\t: 1\napicid\t\t: 2\n\n"
KMSG = ("6,1,0,-;IOAPIC[0]: apic_id 0, version 32, address 0xfec00000, GSI 0-23\n")


class Recorded(unittest.TestCase):
    """A machine of recorded files, to be changed by each test."""

    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.write("/proc/cpuinfo", CPUINFO)
        self.write("/proc/iomem", IOMEM)
        self.write("/dev/kmsg", KMSG)
        self.write("/sys/class/dmi/id/product_name", "Standard PC (Q35 + ICH9, 2009)\n")
        self.table("APIC", madt(lapic(0), lapic(2), ioapic(0, 0xfec00000, 0)))
        self.table("MCFG", mcfg((0xb0000000, 0, 0, 255)))
        for device in ("00", "1f"):
            self.write(f"/sys/bus/pci/devices/0000:00:{device}.0/class", "0x060000\n")
        self.machine = machine.Machine(self.directory.name)

    def write(self, name, content):
        path = Path(self.directory.name) / name[1:]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def remove(self, name):
        (Path(self.directory.name) / name[1:]).unlink()

    def table(self, signature, data):
        self.write(f"/sys/firmware/acpi/tables/{signature}", data)

    def generate(self):
        """The description, once hvctl has found it right."""
        text = generate.generate(self.machine)
        path = Path(self.directory.name) / "system.dts"
        path.write_text(text, encoding="ascii")
        done = subprocess.run([HVCTL, "check", path], capture_output=True, text=True, timeout=60,
                              check=False)
        self.assertEqual(done.returncode, 0, done.stderr + text)
        return text


class Machines(Recorded):
    def test_name(self):
        self.assertEqual(self.machine.name(), "standard-pc-q35-ich9-2009")
        self.write("/sys/class/dmi/id/product_name", "20XY " + "Z" * 40)
        self.assertRegex(self.machine.name(), r"^machine-20xy-z+$")
        self.assertLessEqual(len(self.machine.name()), 31)
        self.remove("/sys/class/dmi/id/product_name")
        self.assertEqual(self.machine.name(), "machine")

    def test_address_limit_ignores_what_is_only_reserved(self):
        limit, last = self.machine.address_limit()
        self.assertEqual((limit, last.name), (0x1c0000000, "System RAM"))

    def test_hidden_addresses(self):
        self.write("/proc/iomem", "00000000-00000000 : System RAM\n")
        with self.assertRaisesRegex(machine.MachineError, "run as root"):
            self.machine.address_limit()

    def test_no_madt(self):
        self.remove("/sys/firmware/acpi/tables/APIC")
        with self.assertRaisesRegex(machine.MachineError, "no ACPI table APIC"):
            self.machine.ioapics()

    def test_cpuinfo_without_cpu_0(self):
        self.write("/proc/cpuinfo", "processor : 1\napicid : 1\n")
        with self.assertRaises(machine.MachineError):
            self.machine.cpus()

    def test_free_devices(self):
        self.write("/sys/bus/pci/devices/0000:01:05.0", "")
        self.write("/sys/bus/pci/slots/3/address", "0000:00:07\n")
        free = self.machine.free_devices()
        self.assertEqual(free, [d for d in range(1, 31) if d != 7])

    def test_pins(self):
        self.table("APIC", madt(ioapic(0, 0xfec00000, 0), ioapic(1, 0xfec01000, 24),
                                ioapic(2, 0xfec02000, 56)))
        self.write("/dev/kmsg", KMSG)
        self.assertEqual([pins for _, pins, _ in self.machine.ioapics()], [24, 32, 24])

    def test_registers_as_long_as_linux_found_them(self):
        self.table("IVRS", ivrs((0x10, 0xfeb80000)))
        self.write("/proc/iomem", IOMEM + "feb80000-febfffff : amd_iommu\n")
        self.assertEqual(self.machine.iommus(),
                         [acpi.Iommu("amd,iommu", 0xfeb80000, 0x80000, acpi.Function(0, 2, 0))])


class Generated(Recorded):
    def test_plain(self):
        text = self.generate()
        for part in ("apic-ids = <0 2>;", "pins = <24>;", "address-limit = <0x1 0xc0000000>;",
                     "reg = <0x0 0xb0000000 0x0 0x10000000>;", "\"00:08.0\", \"00:09.0\""):
            self.assertIn(part, text)
        self.assertNotIn("iommu@", text)
        self.assertNotIn("linux-cpus", text)
        self.assertLess(len(text.splitlines()), 60)

    def test_gaps_in_cpu_numbers(self):
        self.write("/proc/cpuinfo", CPUINFO.replace("processor\t: 1", "processor\t: 3"))
        self.table("APIC", madt(lapic(0), lapic(1), lapic(2), ioapic(0, 0xfec00000, 0)))
        text = self.generate()
        self.assertIn("linux-cpus = <0 3>;", text)
        self.assertIn("left out: APIC ID 1 ", text)

    def vtd(self, domains, log):
        self.table("DMAR", dmar((0xfed90000, 0), scopes=scope(3, 0, 0xff, 0, 0)))
        for number, kind in enumerate(domains):
            self.write(f"/sys/kernel/iommu_groups/{number}/type", f"{kind}\n")
        self.write("/dev/kmsg", KMSG + log)
        return self.generate()

    def test_a_unit_whose_domains_are_identity_is_the_hypervisors(self):
        text = self.vtd(["identity", "identity"], "6,2,0,-;DMAR-IR: Enabled IRQ remapping\n")
        for part in ("iommu@fed90000", "bus-last = <0>;", "requester = \"ff:00.0\";"):
            self.assertIn(part, text)
        for part in ("left-to-root;", "accept {"):
            self.assertNotIn(part, text)

    def test_units_that_are_left_to_linux_and_why(self):
        text = self.vtd(["identity", "DMA-FQ"], "6,2,0,-;DMAR-IR: Enabled IRQ remapping\n")
        for part in ("left-to-root;", "unprotected-dma;", "iommu=pt"):
            self.assertIn(part, text)

    def test_units_without_remapping_of_interrupts(self):
        text = self.vtd(["identity"], "")
        self.assertIn("unmoderated-msi;", text)
        for part in ("left-to-root;", "unprotected-dma;"):
            self.assertNotIn(part, text)

    def test_amd_units(self):
        self.table("IVRS", ivrs((0x10, 0xfeb80000), entries=IVHD))
        self.write("/sys/kernel/iommu_groups/0/type", "identity\n")
        self.write("/dev/kmsg", KMSG + "6,2,0,-;AMD-Vi: Interrupt remapping enabled\n")
        text = self.generate()
        for part in ("function = \"00:02.0\";", "requester = \"ff:00.0\";"):
            self.assertIn(part, text)
        for part in ("left-to-root;", "accept {"):
            self.assertNotIn(part, text)

    def test_memory_that_the_firmware_reserved(self):
        self.table("DMAR", RMRR)
        self.assertIn("0xa0000000-0xa000ffff  00:1d.0, 00:1c.1/02.0", self.generate())

    def test_memory_that_the_firmware_reserved_amd(self):
        self.table("IVRS", IVMD)
        text = self.generate()
        for part in ("0x1000-0x1fff  all functions", "0x3000-0x3fff  00:02.0",
                     "0x5000-0x5fff  00:02.0 to 00:03.7"):
            self.assertIn(part, text)

    def test_groups(self):
        devices, groups = "/sys/bus/pci/devices", "/sys/kernel/iommu_groups"
        for name, kind in (("0000:00:1f.2", "0x010601"), ("0000:00:1f.0", "0x060100"),
                           ("0000:00:1f.3", "0x0c0500")):
            self.write(f"{devices}/{name}/class", f"{kind}\n")
            self.write(f"{groups}/7/devices/{name}", "")
            os.symlink(f"../../../../kernel/iommu_groups/7",
                       self.directory.name + f"{devices}/{name}/iommu_group")
        self.write(f"{groups}/7/reserved_regions",
                   "0xa0000000 0xa000ffff direct\n0xfee00000 0xfeefffff msi\n")
        text = self.generate()
        self.assertIn("-  none  7, only together with 0000:00:1f.3, not to be given: the firmware's", text)

    def test_functions_that_cells_could_have(self):
        at = "/sys/bus/pci/devices/0000:03:00.0"
        for file, value in (("vendor", "0x8086"), ("device", "0x10d3"), ("class", "0x020000"),
                            ("reset_method", "flr bus")):
            self.write(f"{at}/{file}", f"{value}\n")
        self.write("/sys/bus/pci/devices/0000:00:01.0/class", "0x060400\n")
        text = self.generate()
        self.assertIn('pci@0 { address = "0000:03:00.0"; };  8086:10d3  0200  -  flr bus  -', text)
        self.assertNotIn("0000:00:01.0", text)

    def test_stop_ports(self):
        self.assertIn('policy = "stay";', self.generate())
        self.table("FACP", fadt(0x604, 0, 1 << 10, (1, 0xcf9), 15))
        self.assertIn("stop-ports = <0x605 0x20 0x20>, <0xcf9 0xff 0xf>;", self.generate())
        self.table("FACP", fadt(0x604, 0, 1 << 10, (0, 0xfed80000), 1))
        text = self.generate()
        self.assertIn("not trapped: the reset register is in memory at 0xfed80000", text)
        self.assertIn("stop-ports = <0x605 0x20 0x20>;", text)

    def test_no_ecam(self):
        self.remove("/sys/firmware/acpi/tables/MCFG")
        text = self.generate()
        self.assertIn("only ports 0xcf8 and 0xcfc", text)
        self.assertIn("link-slots", text)

    def test_ecam_without_bus_0(self):
        self.table("MCFG", mcfg((0xb0000000, 0, 1, 15)))
        self.assertNotIn("link-slots", self.generate())

    def test_command(self):
        tool = Path(HVCTL).parent / "hvctl-config"
        out = Path(self.directory.name) / "out.dts"
        run = subprocess.run([tool, "generate", "--root", self.directory.name, "-o", out],
                             capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual((run.returncode, run.stdout, run.stderr), (0, "", ""))
        self.assertEqual(out.read_text(encoding="ascii"), generate.generate(self.machine))
        self.table("FACP", fadt(0x604, 0, 1 << 10, (0, 0xfed80000), 1))
        run = subprocess.run([tool, "generate", "--root", self.directory.name, "-o", out],
                             capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual((run.returncode, run.stdout), (0, ""))
        self.assertEqual(run.stderr, "hvctl config: warning: the reset register is in memory at "
                         "0xfed80000, which is not trapped: by it Linux can stop the machine while "
                         "cells run\n")
        self.table("APIC", MADT[:50])
        run = subprocess.run([tool, "generate", "--root", self.directory.name],
                             capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual((run.returncode, run.stdout), (1, ""))
        self.assertRegex(run.stderr, "^hvctl config: APIC: says it has")


class Explained(unittest.TestCase):
    def explain(self, *cells, system="qemu-q35"):
        files = [str(TOP / f"configs/{name}.dts") for name in (system, *cells)]
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = explain.explain(HVCTL, files)
        return code, out.getvalue(), err.getvalue()

    def test_shipped_cells_agree(self):
        for cells in (("rtos", "rtos-b"), ("rtos", "pair-a", "pair-b"), ("trio-a", "trio-b"),
                      ("intx", "smp"), ("minimal",), ()):
            code, out, err = self.explain(*cells)
            self.assertEqual((code, err), (0, ""), cells)
            self.assertEqual(out.count("\ncell \""), len(cells))

    def made(self, name, body):
        """A cell's description in a file; what is said of it, and of it twice under two names."""
        cell = ("/dts-v1/; / { compatible = \"bulkhead,cell\"; #address-cells = <1>; "
                "#size-cells = <1>; apic-ids = <%d>; label = \"%s\"; %s };")
        with tempfile.TemporaryDirectory() as directory:
            files = []
            for number in (1, 2):
                files += [Path(directory) / f"{name}{number}.dts"]
                files[-1].write_text(cell % (number, f"{name}{number}", body))
            system = TOP / "configs/qemu-q35.dts"
            results = []
            for some in (files[:1], files):
                out, err = io.StringIO(), io.StringIO()
                with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                    explain.explain(HVCTL, [str(system), *map(str, some)])
                results += [out.getvalue(), err.getvalue()]
        return results

    def test_devices(self):
        out, alone, _, both = self.made("disk", 'pins = <5 4>; memory@0 { reg = <0 0x400000>; }; '
                                        'pci@0 { address = "0000:03:00.0"; '
                                        'at = "00:05.0"; accept-no-reset; };')
        for words in ("03:00.0, seen at 00:05.0; it is not reset between owners",
                      "line 5 of the machine, as pin 4"):
            self.assertIn(words, out)
        self.assertEqual(alone, "")
        self.assertIn("03:00.0 is wanted by \"disk1\" and \"disk2\"", both)
        self.assertIn("interrupt line 5 is wanted by \"disk1\" and \"disk2\"", both)

    def test_words(self):
        _, out, _ = self.explain("rtos", "smp")
        for words in ("CPU 0 (APIC ID 0)\n", "4 MiB at 0x0 (read, write, execute)",
                      "\"plc\": peer 1 of 2 with 2 MSI-X vectors, at 00:01.0; Linux is peer 0",
                      "vt-d at 0xfed90000, keeps each device to its owner's memory"):
            self.assertIn(words, out)

    def test_shared_cpu(self):
        code, _, err = self.explain("rtos", "intx")
        self.assertEqual(code, 3)
        self.assertIn("CPU 1 (APIC ID 1) is wanted by \"rtos\" and \"intx\"", err)

    def test_same_peer_and_name(self):
        code, _, err = self.explain("trio-a", "trio-a")
        self.assertEqual(code, 3)
        self.assertIn("are both peer 1", err)
        self.assertIn("2 cells are called \"trio-a\"", err)

    def test_cell_first(self):
        code, _, err = self.explain(system="rtos")
        self.assertEqual(code, 3)
        self.assertIn("the system comes first", err)

    def test_wrong_cell(self):
        code, _, err = self.explain("bad/link-peer")
        self.assertEqual(code, 3)
        self.assertIn("(rule link-peer)", err)


if __name__ == "__main__":
    unittest.main(verbosity=0)
