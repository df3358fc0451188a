# SPDX-License-Identifier: GPL-2.0-only
"""The ACPI tables that say what a machine has: MADT, MCFG, FADT, DMAR, IVRS (ACPI 6.5, chapter 5;
PCI Firmware 3.3, 4.1; VT-d 4.1, chapter 8; AMD I/O Virtualization 3.08, 5.2).

Tables are bytes from the firmware: every offset is checked, and a damaged table is a TableError
that names it, never a traceback.
"""
import struct
from collections import namedtuple

HEADER = 36

Ioapic = namedtuple("Ioapic", "id address gsi_base")
Ecam = namedtuple("Ecam", "address bus_first bus_last segment")
Iommu = namedtuple("Iommu", "compatible address size function")
Function = namedtuple("Function", "bus device number")      # number: the PCI function's
Stop = namedtuple("Stop", "port mask value what")
Reserved = namedtuple("Reserved", "begin end whose")        # whose: in words


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


SPACES = {0: "in memory", 2: "in PCI configuration space"}
SLP_EN = 0x20       # in the second byte of PM1 control, in the only one of sleep control
RESET_REG_SUP, HW_REDUCED = 1 << 10, 1 << 20


def fadt_control(table, short, extended):
    """Port of a PM1 control block, 0: none. The extended field, where there is one, is the truth."""
    port = unpack(table, "<I", short, "FACP")[0]
    if len(table) >= extended + 12:
        space, address = unpack(table, "<BxxxQ", extended, "FACP")
        port = address if space == 1 and address else port
    return port


def fadt(data):
    """(ports by which the machine is reset or sent to sleep, in words those that are no ports)."""
    table = body(data, "FACP")
    (flags,) = unpack(table, "<I", 112, "FACP")
    stops, others = [], []
    registers = []      # offset of the address, mask, value, name
    if not flags & HW_REDUCED:
        for name, short, extended in ("PM1a_CNT", 64, 172), ("PM1b_CNT", 68, 184):
            port = fadt_control(table, short, extended)
            stops += [Stop(port + 1, SLP_EN, SLP_EN, name)] if port else []
    elif len(table) >= 256:
        registers += [(244, SLP_EN, SLP_EN, "sleep control register")]
    if flags & RESET_REG_SUP and len(table) > 128:
        registers += [(116, 0xff, table[128], "reset register")]
    for at, mask, value, name in registers:
        space, address = unpack(table, "<BxxxQ", at, "FACP")
        if space == 1:
            stops.append(Stop(address, mask, value, name))
        elif address:
            others.append(f"the {name} is {SPACES.get(space, f'in space {space}')} at 0x{address:x}")
    return stops, others


def dmar_scopes(table, entry, first):
    """(type, number, bus, [(device, function) of each step]) of the device scopes of an entry."""
    (length,) = unpack(table, "<H", entry + 2, "DMAR")
    at = entry + first
    while at < entry + length:
        kind, size, number, bus = unpack(table, "<BBxxBB", at, "DMAR")
        if size < 8 or size % 2 or at + size > entry + length:
            raise TableError(f"DMAR: the device scope at {at} has length {size}")
        yield kind, number, bus, [unpack(table, "<BB", step, "DMAR")
                                  for step in range(at + 6, at + size, 2)]
        at += size


def dmar_ioapics(table, unit):
    """{IO-APIC's id: the function under which the unit at this offset knows it}."""
    return {number: Function(bus, *path[0]) for kind, number, bus, path in dmar_scopes(table, unit, 16)
            if kind == 3 and len(path) == 1}    # directly on its bus


def rmrrs(data):
    """Memory that DMAR says the firmware has reserved for functions."""
    table = body(data, "DMAR")
    found = []
    for kind, at in entries(table, 48, "<HH", "DMAR"):
        if kind != 1:
            continue
        begin, end = unpack(table, "<QQ", at + 8, "DMAR")
        whose = [f"{bus:02x}:" + "/".join(f"{device:02x}.{number:x}" for device, number in path)
                 for _, _, bus, path in dmar_scopes(table, at, 24)]
        found.append(Reserved(begin, end, ", ".join(whose)))
    return found


def dmar(data):
    """(VT-d units, {IO-APIC's id: Function})."""
    table = body(data, "DMAR")
    units, ioapics = [], {}
    for kind, at in entries(table, 48, "<HH", "DMAR"):
        if kind == 0:
            _, pages, _, address = unpack(table, "<BBHQ", at + 4, "DMAR")
            units.append(Iommu("intel,vt-d", address, 0x1000 << (pages & 0xf), None))
            ioapics.update(dmar_ioapics(table, at))
    return units, ioapics


def requester(number):
    return Function(number >> 8, number >> 3 & 0x1f, number & 7)


# Bytes of a device entry in a block, by the upper two bits of its type, where that tells
IVHD_ENTRY = {0: 4, 1: 8, 2: 16, 3: 32}
IVHD_SPECIAL = 72
IVHD_ACPI = 240     # as long as it says itself


def ivrs_ioapics(table, at, end):
    """{IO-APIC's id: Function} of the device entries from at to end."""
    found = {}
    while at < end:
        (kind,) = unpack(table, "<B", at, "IVRS")
        size = IVHD_ENTRY[kind >> 6]
        if kind == IVHD_ACPI:
            size = 22 + unpack(table, "<21xB", at, "IVRS")[0]
        if kind == IVHD_SPECIAL:
            number, device, variety = unpack(table, "<4xBHB", at, "IVRS")
            if variety == 1:
                found[number] = requester(device)
        at += size
    return found


def ivmds(data):
    """Memory that IVRS says the firmware has reserved for functions."""
    table = body(data, "IVRS")
    found = []
    for kind, at in entries(table, 48, "<BxH", "IVRS"):
        if kind not in (0x20, 0x21, 0x22):
            continue
        device, last, begin, size = unpack(table, "<4xHH8xQQ", at, "IVRS")
        first, last = ("%02x:%02x.%x" % requester(number) for number in (device, last))
        whose = {0x20: "all functions", 0x21: first, 0x22: f"{first} to {last}"}[kind]
        found.append(Reserved(begin, begin + size - 1, whose))
    return found


def ivrs(data):
    """(AMD IOMMUs, {IO-APIC's id: Function}). A unit is told up to three times, for software of
    different age."""
    table = body(data, "IVRS")
    units, ioapics = {}, {}
    for kind, at in entries(table, 48, "<BxH", "IVRS"):
        if kind in (0x10, 0x11, 0x40):
            length, device, address = unpack(table, "<2xHH2xQ", at, "IVRS")
            units[address] = Iommu("amd,iommu", address, 0x4000, requester(device))
            ioapics.update(ivrs_ioapics(table, at + (24 if kind == 0x10 else 40), at + length))
    return list(units.values()), ioapics
