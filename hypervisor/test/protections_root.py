# SPDX-License-Identifier: GPL-2.0-only
"""What protects cells and the hypervisor from Linux, as in protections.py. Rows are those of
tests/guest/modules/attack/attacks.h, as patterns."""
from dataclasses import replace

from protection import Protection
from protections import NO_CLUSTERS, PROTECTIONS, SVM_INSTRUCTIONS, VMX_INSTRUCTIONS


def same_as(name, *rows, **more):
    """The line that protects Linux and other cells from a cell protects cells from Linux."""
    return replace(PROTECTIONS[name], **{"rows": rows, "amd": (), "intel": (), "xapic": (), **more})


def of_root(rows):
    return tuple(f"root-{row}" for row in rows)


MEMORY = {
    # what is not Linux's is not in its nested tables, or not for it to write
    "root-own-memory": Protection(
        "cell_memory.c", "\t\t\terr = pt_unmap(npt, piece, BH_PIECE_SIZE);", "\t\t\terr = 0;",
        ("root-hv-*", "root-pair-rewrite-hv"), spoils=True),
    "root-cells-memory": Protection(
        "cell_memory.c", "\t\tCHECK(!pt_unmap(&root_cell->npt, m->hpa, m->size));\n"
        "\t\tiommu_root_set(m->hpa, m->size, 0);\n\t}\n\t/* prepared by hide_own_memory() */",
        "\t\tiommu_root_set(m->hpa, m->size, 0);\n\t}",
        ("root-victim-*", "root-pair-rewrite-victim")),
    "root-public-pages": Protection(
        "cell_memory.c", "err = pt_map(npt, shown, shown, PUBLIC_SIZE, PT_READ);",
        "err = pt_map(npt, shown, shown, PUBLIC_SIZE, PT_RWX);", ("root-public-*",), spoils=True),
    "root-information-page": Protection(
        "cell_memory.c",
        "CHECK(!pt_map(&root_cell->npt, comm, comm, cell->comm_pages * BH_PAGE_SIZE, PT_READ));",
        "CHECK(!pt_map(&root_cell->npt, comm, comm, cell->comm_pages * BH_PAGE_SIZE, PT_RWX));",
        ("root-comm-*",)),
    "root-link-sections": Protection(
        "link_memory.c", "CHECK(!link_map(npt, link, link->c.hpa, link->c.root_peer));",
        "CHECK(!pt_map(npt, link->c.hpa, link->c.hpa, link->size, PT_RWX));",
        ("root-state-*", "root-output-*")),
    "root-limit": Protection(
        "cell_memory.c", "uint64_t limit = system_config.c->address_limit, size;",
        "uint64_t limit = 1ul << 36, size;", ("root-nobody-*", "root-storm-memory")),
    "root-messages": Protection(
        "cell_memory.c", "err = pt_unmap(npt, APIC_PAGE, APIC_MESSAGES);",
        "err = pt_unmap(npt, APIC_PAGE, BH_PAGE_SIZE);",
        ("root-message-*", "root-pair-rewrite-messages")),
    "root-link-traps": Protection(
        "link_memory.c", "if (at == BH_ADDR_NONE || !pt_is_identity(npt, at, BH_PAGE_SIZE, PT_RWX))",
        "if (at == BH_ADDR_NONE)", ("root-link-over-*",), spoils=True),
}

PORTS = {
    # ports of a cell are trapped, and what is trapped is not carried out
    "root-ports": Protection(
        "pure/ports.c", "set_all(root_map, cell, 1);", "set_all(root_map, cell, 0);",
        ("root-port-cell-*",)),
    "root-ports-refused": Protection(
        "arch/x86/pio.c", "? permissions_are_taken(port, width) :", "? 0 :", ("root-port-cell-*",)),
}

REGISTERS = {
    "root-msr-reported": Protection(
        "arch/x86/msr_access.c", "\t\tif (!violation(self, msr, value, ACCESS_WRITE,\n"
        "\t\t\t       \"model-specific register that would break the partition\", NULL))\n"
        "\t\t\treturn;\n\t\tbreak;", "\t\terr = wrmsr_safe(msr, value);\n\t\tbreak;",
        ("root-msr-vm-hsave", "root-msr-svm-key", "root-msr-smm-base", "root-msr-smm-addr",
         "root-msr-smm-mask", "root-msr-smm-ctl", "root-msr-smrr", "root-msr-syscfg",
         "root-msr-iorr", "root-msr-top-mem*", "root-msr-ecam-moved", "root-msr-smi-traps",
         "root-msr-tsc-ratio", "root-msr-trace", "root-msr-records", "root-msr-microcode",
         "root-msr-patch-loader")),
    "root-msr-kept": Protection(
        "arch/x86/msr_access.c", "\tcase MSR_IGNORE:\n\t\tbreak;",
        "\tcase MSR_IGNORE:\n\t\terr = wrmsr_safe(msr, value);\n\t\tbreak;", ("root-msr-mtrr-*",)),
    "root-msr-denied": same_as("msr-denied", "root-msr-smm-monitor", amd=("root-msr-feature-control",)),
    "root-msr-vmx": Protection(
        "pure/msr.c", "{ 0x480, 0x493, MSR_DENY, MSR_DENY, 0 },", "{ 0x480, 0x493, MSR_PASS, MSR_PASS, 0 },",
        ("root-msr-vmx-basic",)),
    "root-vm-cr": Protection(
        "pure/msr.c", "{ 0xc0010114, 0xc0010114, MSR_VALUE, MSR_IGNORE, VM_CR_LOCKED },\n\t/* IGNNE",
        "{ 0xc0010114, 0xc0010114, MSR_PASS, MSR_PASS, 0 },\n\t/* IGNNE", ("root-msr-vm-cr",)),
    "root-efer": same_as("efer", "root-msr-efer-*"),
    "root-apic-base": same_as("apic-base", "root-msr-apic-*"),
    "root-cr4-vmxe": same_as("cr4-vmxe", intel=("root-insn-vmxe",)),
    "root-xsetbv": same_as("xsetbv", intel=("root-insn-xsetbv",)),
    "root-insn-refused": same_as(
        "insn-refused", "root-insn-invd", amd=of_root(SVM_INSTRUCTIONS), intel=of_root(VMX_INSTRUCTIONS)),
}

INTERRUPTS = {
    "root-ipi-kinds": same_as(
        "ipi-kinds", "root-icr-smi-*", "root-icr-extint-victim", "root-icr-reserved-victim"),
    "root-ipi-vectors": same_as("ipi-vectors", "root-icr-low-vector"),
    "root-ipi-targets": same_as(
        "ipi-targets", "root-icr-lowest-victim", "root-icr-nmi-[!l]*", "root-icr-init-victim",
        "root-icr-init-others", "root-icr-init-logical", "root-icr-startup-*",
        "root-icr-fixed-others", "root-icr-fixed-all", "root-icr-fixed-broadcast",
        amd=("root-icr-nmi-logical",)),
    "root-ipi-plain-targets": same_as(
        "ipi-plain-targets", "root-icr-fixed-victim", amd=("root-icr-fixed-logical",)),
    "root-ipi-deassert": same_as("ipi-deassert", "root-icr-init-deassert"),
    "root-apic-widths": same_as("apic-widths", xapic=("root-icr-odd",)),
    "root-lvt": same_as("lvt", "root-lvt-*"),
    # entries of the IO-APIC reach Linux's CPUs only, and are of kinds that are known
    "root-ioapic-targets": Protection(
        "arch/x86/ioapic_access.c", "\t\treturn apic_reaches_only(&irq, cpus);", "\t\treturn 1;",
        ("root-ioapic-fixed", "root-ioapic-lowest", "root-ioapic-nmi", "root-ioapic-extint",
         "root-ioapic-broadcast", "root-ioapic-halves", "root-ioapic-odd"),
        xapic=("root-ioapic-logical",)),
    "root-ioapic-kinds": Protection(
        "pure/ioapic.c", "\treturn is_vectored(irq) ? IOAPIC_ENTRY_IRQ : IOAPIC_ENTRY_DENY;",
        "\treturn IOAPIC_ENTRY_IRQ;", ("root-ioapic-smi", "root-ioapic-init"),
        also=(("arch/x86/ioapic_access.c", "\t\treturn apic_reaches_only(&irq, cpus);", "\t\treturn 1;"),)),
    "root-ioapic-handles": Protection(
        "arch/x86/ioapic_access.c",
        "return remap_is_on() && iommu_is_roots_handle(ioapic_handle(entry));", "return 1;",
        ("root-ioapic-handles",), xapic=("root-ioapic-hidden",)),
}

FUNCTIONS = {
    "root-taken-functions": Protection(
        "pci_config.c", "if (is_slot(access->bdf) || assign_is_taken(access->bdf) || ",
        "if (is_slot(access->bdf) || ", amd=("root-config-cell-*",)),
    "root-host-bridges": Protection(
        "pci_config.c", " || pci_is_host_bridge(access->bdf))\n\t\treturn;", ")\n\t\treturn;",
        ("root-config-host-*",)),
    "root-doorbell-targets": same_as("doorbell-targets", "root-link-registers"),
    "root-link-table-size": same_as("link-table-size", "root-link-msix-table"),
    "root-link-config": Protection(
        "pure/pci.c", "uint8_t mask = fn->writable[offset + i];", "uint8_t mask = offset < PCI_COMMAND ? 0xff : fn->writable[offset + i];",
        ("root-link-config",)),
    "root-event-ring": same_as("event-ring", "root-link-states"),
    "root-message-targets": same_as(
        "message-targets", "root-link-victim", amd=("root-link-logical",), xapic=("root-link-broadcast",)),
    "root-message-kinds": same_as(
        "message-kinds", "root-link-nmi", "root-link-smi", "root-link-init", "root-link-extint",
        also=(PROTECTIONS["message-targets"].edits[0],)),
    "root-message-format": Protection(
        "pure/msi.c", "\tif (address >> 20 != ADDRESS_BASE)\n\t\treturn MSI_NONE;\n", "",
        ("root-link-elsewhere",), also=(PROTECTIONS["message-targets"].edits[0],)),
    # only entries that are there, of Linux's own table
    "root-message-handles": Protection(
        "pure/msi.c", "if (!(low & IRTE_PRESENT) || (low & IRTE_POSTED))", "if (low & IRTE_POSTED)",
        amd=("root-link-handles",),
        also=(("pure/msi.c", "is_bad_vector(mode, vector))\n\t\treturn -EINVAL;", "0)\n\t\treturn -EINVAL;"),)),
}

CALLS = {
    "root-copy-in": Protection(
        "cell_memory.c", "\t\tif (!from)\n\t\t\treturn -EINVAL;\n\t\tmemcpy(to, from, chunk);",
        "\t\tmemcpy(to, from, chunk);",
        ("root-hc-create", "root-hc-root-load", "root-hc-attach-pointers")),
    "root-load-cut": Protection(
        "root_image.c", "\twrong = err ? \"not all of it is in the root's memory\" : restart_check(image);",
        "\tif (err)\n\t\treturn err;\n\twrong = restart_check(image);", ("root-hc-root-load-cut",), spoils=True),
    "root-copy-out": Protection(
        "cell_memory.c", "\tif (!pt_is_identity(&root_cell->npt, gpa, size, PT_RWX))\n"
        "\t\treturn -EINVAL;\n\twhile (done", "\twhile (done", ("root-hc-read-*",), spoils=True),
    "root-view": Protection(
        "cell_memory.c", "if (pt_lookup(&self->cell->npt, page, &leaf) || leaf.rights & PT_UNCACHED)\n"
        "\t\t\treturn NULL;", "if (pt_lookup(&self->cell->npt, page, &leaf))\n"
        "\t\t\tleaf.hpa = page;", ("root-hc-load-hv", "root-hc-load-victim")),
    "root-load-place": Protection(
        "cell_memory.c", "if (gpa - m->gpa < m->size && !(m->flags & BH_MEM_IO))",
        "if (gpa >= m->gpa && !(m->flags & BH_MEM_IO))",
        ("root-hc-load-beyond", "root-pair-load"), spoils=True),
    "root-call-ids": Protection(
        "hypercall.c", "struct cell *cell = a > 0 && a < BH_MAX_CELLS ? cell_table[a] : NULL;",
        "struct cell *cell = cell_table[a % BH_MAX_CELLS];", ("root-hc-ids",)),
    "root-call-running": Protection(
        "cell.c", "\tif (cell->state == BH_CELL_RUNNING)\n\t\treturn -EBUSY;\n\terr = move_cpus(",
        "\terr = move_cpus(", ("root-hc-running",)),
    "root-call-numbers": same_as("hypercall-numbers", "root-hc-unknown"),
    "root-crossing": Protection(
        "memory.c", "\tif (va < KERNEL_HALF || va % BH_PAGE_SIZE || va + size < va)\n\t\treturn 0;\n",
        "\tif (size)\n\t\treturn 1;\n", ("root-hc-attach",),
        also=(("memory.c", "if ((attach->entry_va ^ memory_hpa(boot_entries)) % BH_PAGE_SIZE ||", "if ("),)),
    "root-cpus": Protection(
        "cell.c", "if (!cpu || cpu == self || !(root_cell->cpus >> cpu->index & 1)) {",
        "if (!cpu || cpu == self) {", ("root-pair-create",)),
}

ROOT = {**MEMORY, **PORTS, **REGISTERS, **INTERRUPTS, **FUNCTIONS, **CALLS}

# As in protections.py
CPU_ITSELF = ("root-insn-rsm", "root-insn-getsec", "root-insn-vmfunc", "root-insn-foreign-call")
# nothing is in a slot without a link; no emulator makes two accesses of one that straddles
NOT_EMULATED = ("root-config-slots-ports", "root-config-slots-memory", "root-config-straddle")
OWN_THINGS = ("root-storm-interrupts", "root-storm-nmis", "root-storm-cpuid", "root-storm-hypercalls",
              "root-storm-ports", "root-storm-registers", "root-storm-caches", "root-storm-flushes",
              "root-link-flood")
ROOT_ELSEWHERE = {
    "amd": {
        "the CPU itself refuses": CPU_ITSELF + of_root(VMX_INSTRUCTIONS) + ("root-insn-xsetbv",),
        "the emulator has nothing that could be harmed": NOT_EMULATED,
        "whatever it does reaches only Linux itself": OWN_THINGS,
    },
    "intel": {
        "the CPU itself refuses": CPU_ITSELF + of_root(SVM_INSTRUCTIONS) + ("root-msr-feature-control",),
        "the emulator has nothing that could be harmed": NOT_EMULATED + ("root-link-handles",),
        NO_CLUSTERS: ("root-icr-nmi-logical", "root-icr-fixed-logical", "root-link-logical"),
        "whatever it does reaches only Linux itself": OWN_THINGS,
    },
}
