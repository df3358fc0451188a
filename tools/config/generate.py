# SPDX-License-Identifier: GPL-2.0-only
"""Writes the description of this machine, with a comment on where each value comes from."""

LINK_SLOTS = 8


def cells(value):
    """A 64-bit number as two cells."""
    return f"0x{value >> 32:x} 0x{value & 0xffffffff:x}"


def reg(address, size):
    return f"reg = <{cells(address)} {cells(size)}>;"


def cpus(machine):
    found = machine.cpus()
    enabled, _ = machine.madt()
    ids = " ".join(str(cpu.apic_id) for cpu in found)
    lines = ["\tcpus {", "\t\t/* /proc/cpuinfo, in the order of Linux's numbers */",
             f"\t\tapic-ids = <{ids}>;"]
    if [cpu.linux for cpu in found] != list(range(len(found))):
        lines += [f"\t\tlinux-cpus = <{' '.join(str(cpu.linux) for cpu in found)}>;"]
    absent = [str(apic_id) for apic_id in enabled if apic_id not in {c.apic_id for c in found}]
    if absent:
        lines += [f"\t\t/* off-line now, so left out: APIC ID {', '.join(absent)} */"]
    return lines + ["\t};"]


def bdf(function):
    return f'"{function.bus:02x}:{function.device:02x}.{function.number:x}"'


def ioapics(machine):
    lines = []
    requesters = machine.remapping()[1]
    for unit, pins, source in machine.ioapics():
        lines += ["", f"\tioapic@{unit.address:x} {{",
                  f"\t\t/* ACPI table MADT; pins: {source} */",
                  f"\t\t{reg(unit.address, 0x1000)}", f"\t\tid = <{unit.id}>;",
                  f"\t\tgsi-base = <{unit.gsi_base}>;", f"\t\tpins = <{pins}>;"]
        if unit.id in requesters:
            lines += [f"\t\t/* as the remapping unit knows it */",
                      f"\t\trequester = {bdf(requesters[unit.id])};"]
        lines += ["\t};"]
    return lines


def why_left(machine):
    """Why the hypervisor cannot take the remapping units; empty if it can."""
    if not machine.identity():
        return "Linux translates DMA: boot it with iommu=pt, generate again, and it is the hypervisor's"
    return ""


def iommus(machine):
    lines, left = [], why_left(machine)
    for unit in machine.iommus():
        table = "DMAR" if unit.compatible == "intel,vt-d" else "IVRS"
        lines += ["", f"\tiommu@{unit.address:x} {{", f"\t\t/* ACPI table {table} */",
                  f"\t\tcompatible = \"{unit.compatible}\";",
                  f"\t\t{reg(unit.address, unit.size)}"]
        if unit.function:
            lines += [f"\t\tfunction = {bdf(unit.function)};"]
        lines += [f"\t\tbus-last = <{machine.last_bus()}>;"]
        if left:
            lines += [f"\t\t/* {left} */", "\t\tleft-to-root;"]
        lines += ["\t};"]
    return lines


def accept(machine):
    if machine.iommus() and not why_left(machine):
        if machine.remaps_interrupts():
            return []
        return ["", "\taccept {",
                "\t\t/* Linux does not remap interrupts: its devices could interrupt a cell's",
                "\t\t * CPUs, and you accept that */", "\t\tunmoderated-msi;", "\t};"]
    return ["", "\taccept {",
            "\t\t/* no unit remaps for the hypervisor: Linux's devices could interrupt",
            "\t\t * a cell's CPUs and write its memory, and you accept that */",
            "\t\tunmoderated-msi;", "\t\tunprotected-dma;", "\t};"]


def functions(machine):
    """What could be given to cells, ready to be copied into their descriptions."""
    found = machine.functions()
    if not found:
        return []
    lines = ["", "\t/* PCI functions that cells could have; class, driver, ways to reset (\"flr\" is",
             "\t * wanted, or accept-no-reset), IOMMU group:"]
    for address, ids, kind, driver, resets, (group, others, reserved) in found:
        text = f"pci@0 {{ address = \"{address}\"; }};  {ids}  {kind}  {driver}  {resets}  {group}"
        if others:
            text += f", only together with {', '.join(others)}"
        if reserved:
            text += ", not to be given: the firmware's memory"
        lines += [f"\t *   {text}"]
    return lines + ["\t */"]


def reserved_memory(machine):
    found = machine.reserved_memory()
    if not found:
        return []
    return ["", "\t/* memory that the firmware reserved for functions (ACPI: RMRR, IVMD); they stay with Linux:",
            *(f"\t *   0x{r.begin:x}-0x{r.end:x}  {r.whose}" for r in found), "\t */"]


def pci(machine):
    window = machine.ecam()
    # From device 8 on where that is free: low numbers are where boards add devices.
    free = machine.free_devices()
    slots = ([d for d in free if d >= 8] + [d for d in free if d < 8])[:LINK_SLOTS]
    lines = ["", f"\tpci@{window.address:x} {{" if window else "\tpci {"]
    if window:
        size = (window.bus_last - window.bus_first + 1) << 20
        lines += ["\t\t/* ACPI table MCFG */", f"\t\t{reg(window.address, size)}",
                  f"\t\tbus-range = <{window.bus_first} {window.bus_last}>;"]
    else:
        lines += ["\t\t/* no ACPI table MCFG: only ports 0xcf8 and 0xcfc */"]
    if slots and (not window or window.bus_first == 0):
        names = [f'"00:{device:02x}.0"' for device in slots]
        lines += ["\t\t/* free on bus 0 (/sys/bus/pci): links to Linux appear here */"]
        lines += [f"\t\tlink-slots = {', '.join(names[:4])}" + ("," if names[4:] else ";")]
        if names[4:]:
            lines += [f"\t\t\t     {', '.join(names[4:])};"]
    return lines + ["\t};"]


def root_end(machine):
    stops, others = machine.stops()
    lines = ["", "\troot-end {", "\t\t/* when Linux ends while cells run: they run on */",
             "\t\tpolicy = \"stay\";"]
    if stops:
        names = ", ".join(stop.what for stop in stops)
        ports = ", ".join(f"<0x{stop.port:x} 0x{stop.mask:x} 0x{stop.value:x}>" for stop in stops)
        lines += [f"\t\t/* ACPI table FADT: {names} */", f"\t\tstop-ports = {ports};"]
    lines += [f"\t\t/* not trapped: {other} */" for other in others]
    return lines + ["\t};"]


def generate(machine):
    limit, last = machine.address_limit()
    lines = ["/* This machine, as \"hvctl config generate\" found it. */", "/dts-v1/;", "", "/ {",
             "\tcompatible = \"bulkhead,system\";", "\t#address-cells = <2>;",
             "\t#size-cells = <2>;", "", "\t/* the board's product name */",
             f"\tlabel = \"{machine.name()}\";",
             f"\t/* /proc/iomem: \"{last.name.split(' : ')[0]}\" ends at 0x{last.end:x} */",
             f"\taddress-limit = <{cells(limit)}>;",
             "\t/* a stray access of Linux is counted, not punished (\"strict\": it is) */",
             "\troot-policy = \"tolerant\";", "", "\thypervisor {",
             "\t\t/* taken from Linux; name reserved memory by reg = <...> instead */",
             "\t\tmemory-size = <0x200000>;", "\t};", ""]
    lines += cpus(machine) + ioapics(machine) + iommus(machine) + pci(machine) + accept(machine)
    lines += root_end(machine) + functions(machine) + reserved_memory(machine) + ["};"]
    return "\n".join(lines) + "\n"
