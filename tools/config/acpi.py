# SPDX-License-Identifier: GPL-2.0-only
"""The ACPI tables that say what a machine has: MADT, MCFG, DMAR, IVRS (ACPI 6.5, chapter 5;
PCI Firmware 3.3, 4.1; VT-d 4.1, chapter 8; AMD I/O Virtualization 3.08, 5.2).

Tables are bytes from the firmware: every offset is checked, and a damaged table is a TableError
that names it, never a traceback.
"""
import struct
from collections import namedtuple

HEADER = 36

Ioapic = namedtuple("Ioapic", "id address gsi_base")
Ecam = namedtuple("Ecam", "address bus_first bus_last segment")
Iommu = namedtuple("Iommu", "compatible address size")


class TableError(Exception):
    pass


def body(data, signature):
    """The table's bytes, as long as its header says."""
    if len(data) < HEADER:
        raise TableError(f"{signature}: {len(data)} bytes are too short for a header")
    found, length = struct.unpack_from("<4sI", data)
    if found != signature.encode():
        raise TableError(f"{signature}: begins with {found!r}")
    if not HEADER <= length <= len(data):
        raise TableError(f"{signature}: says it has {length} bytes, but {len(data)} are there")
    if sum(data[:length]) & 0xff:
        raise TableError(f"{signature}: wrong checksum")
    return data[:length]


def unpack(table, layout, offset, signature):
    try:
        return struct.unpack_from(layout, table, offset)
    except struct.error:
        raise TableError(f"{signature}: ends in the middle of the entry at {offset}") from None


def entries(table, first, layout, signature):
    """(type, offset) of each sub-table; layout unpacks to type and length."""
    offset = first
    while offset < len(table):
        kind, length = unpack(table, layout, offset, signature)
        if length < struct.calcsize(layout) or offset + length > len(table):
            raise TableError(f"{signature}: the entry at {offset} has length {length}")
        yield kind, offset
        offset += length


def madt(data):
    """(APIC IDs of the enabled CPUs in the table's order, IO-APICs)."""
    table = body(data, "APIC")
    cpus, ioapics = [], []
    for kind, at in entries(table, 44, "<BB", "APIC"):
        if kind == 0:
            _, apic_id, flags = unpack(table, "<BBI", at + 2, "APIC")
            if flags & 1:
                cpus.append(apic_id)
        elif kind == 1:
            number, _, address, gsi_base = unpack(table, "<BBII", at + 2, "APIC")
            ioapics.append(Ioapic(number, address, gsi_base))
        elif kind == 9:
            _, apic_id, flags = unpack(table, "<HII", at + 2, "APIC")
            if flags & 1 and apic_id not in cpus:
                cpus.append(apic_id)
    return cpus, ioapics


def mcfg(data):
    """ECAM windows. The table gives the address of bus 0, also where the window begins later."""
    table = body(data, "MCFG")
    windows = []
    for at in range(44, len(table), 16):
        address, segment, first, last = unpack(table, "<QHBB", at, "MCFG")
        if first > last:
            raise TableError(f"MCFG: the entry at {at} has buses {first} to {last}")
        windows.append(Ecam(address + (first << 20), first, last, segment))
    return windows


def dmar(data):
    """VT-d units."""
    table = body(data, "DMAR")
    units = []
    for kind, at in entries(table, 48, "<HH", "DMAR"):
        if kind == 0:
            _, pages, _, address = unpack(table, "<BBHQ", at + 4, "DMAR")
            units.append(Iommu("intel,vt-d", address, 0x1000 << (pages & 0xf)))
    return units


def ivrs(data):
    """AMD IOMMUs. A unit is told up to three times, for software of different age."""
    table = body(data, "IVRS")
    units = {}
    for kind, at in entries(table, 48, "<BxH", "IVRS"):
        if kind in (0x10, 0x11, 0x40):
            (address,) = unpack(table, "<Q", at + 8, "IVRS")
            units[address] = Iommu("amd,iommu", address, 0x4000)
    return list(units.values())
