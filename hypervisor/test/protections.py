# SPDX-License-Identifier: GPL-2.0-only
"""What protects cells and Linux from each other, one thing at a time: the text in the source, the text
without it, and the rows of the attack suite that have to fail then, each of them by itself."""
from protection import Protection

ICR_TARGETS = ("pure/icr.c", "verdict.cpus = targets & owned;", "verdict.cpus = targets;")
MESSAGE_OWNER = ("ivshmem.c", "\t\tapic_deliver(self, end->cell, &irq);\n}\n\nstatic void raise(",
                 "\t\tapic_deliver(self, root_cell, &irq);\n}\n\nstatic void raise(")
XAPIC_IPIS = ("xapic-icr-foreign", "xapic-nmi-foreign", "xapic-nmi-victim", "xapic-init-others")

MEMORY = {
    # a cell's nested tables have what its description says, and nothing else
    "nested-tables": Protection(
        "cell_memory.c", "\t\terr = map_ram(cell);",
        "\t\tif (cell->config.c->header.name[0] == 'a') /* the attacker */\n"
        "\t\t\terr = pt_map(&cell->npt, 0, 0, 1ul << 32, PT_RWX);\n"
        "\tif (!err)\n\t\terr = pt_map(&cell->npt, 0x3fc0000000, 0x3fc0000000, 1ul << 30, PT_RWX);\n"
        "\tif (!err)\n\t\terr = map_ram(cell);",
        ("mem-read", "mem-write", "mem-high", "mem-page-table", "mem-execute",
         "reach-hv-read8", "reach-hv-read16", "reach-hv-read32", "reach-hv-read64",
         "reach-root-read8", "reach-root-read64", "reach-victim-read8", "reach-victim-read64",
         "reach-lapic-read32", "reach-messages-read32", "reach-firmware-read32",
         "reach-hpet-read32", "reach-vtd-read32", "reach-amdvi-read32", "reach-ecam-read32",
         "reach-victim-write8", "reach-victim-write64",
         "reach-lapic-write32", "reach-messages-write32", "reach-messages-write64",
         "reach-firmware-write32", "reach-hpet-write32", "reach-hpet-write64",
         "reach-hv-write8", "reach-hv-write16", "reach-hv-write32", "reach-hv-write64",
         "reach-amdvi-write64", "reach-root-write8", "reach-root-write64",
         "reach-vtd-write32", "reach-vtd-write64", "reach-ecam-write8", "reach-ecam-write32",
         "reach-hv-execute", "reach-root-execute", "reach-victim-execute",
         "reach-firmware-execute"), spoils=True),
    "stray-access": Protection(
        "mmio.c", """return cell_violation(self, &tried, "memory", """
        """"a \\"memory\\" node that covers this address");""", "return (int)tried.width | 1;",
        ("mem-read", "mem-write")),
    "stray-execution": Protection(
        "mmio.c", """refuse(self, "memory", "a \\"memory\\" node with \\"execute\\"");""",
        "vmm_inject(self, VMM_GP);", ("mem-execute",)),
    "parking": Protection(
        "violation.c", "if (!cell_is_root(cell) || cell->flags & BH_CELL_STRICT) {",
        "if (cell->flags & BH_CELL_STRICT) {", ("mem-write",)),
    "information-page": Protection(
        "cell_memory.c", "err = pt_map(&cell->npt, gpa, hpa, BH_PAGE_SIZE, PT_READ);",
        "err = pt_map(&cell->npt, gpa, hpa, BH_PAGE_SIZE, PT_READ | PT_WRITE);",
        ("mem-info-write",)),
    # what a cell finds at the IO-APIC's place is its own
    "virtual-ioapic": Protection(
        "arch/x86/ioapic_access.c",
        "\tif (!cell_is_root(self->cell)) {\n\t\tcell_access(self, offset, access, value);\n\t\treturn;\n\t}\n",
        "\tif (!cell_is_root(self->cell) && find(access->gpa) == NULL)\n\t\treturn;\n",
        amd=("reach-ioapic-read32", "reach-ioapic-write32"), xapic=("reach-ioapic-read32",)),
    # in xAPIC mode a cell may read its APIC's page, and every write is looked at
    "apic-page": Protection(
        "cell_memory.c", "err = pt_map(&cell->npt, APIC_PAGE, APIC_PAGE, BH_PAGE_SIZE, PT_READ | PT_UNCACHED);",
        "err = pt_map(&cell->npt, APIC_PAGE, APIC_PAGE, BH_PAGE_SIZE, PT_READ | PT_WRITE);",
        xapic=("xapic-nmi-victim", "xapic-broadcast")),
}

PORTS = {
    "ports": Protection(
        "pure/ports.c", "\t\tmap[i] = 0xff;\n\tset_all(", "\t\tmap[i] = 0;\n\tset_all(",
        ("port-read-all8", "port-read-all16", "port-read-all32", "port-string-all", "port-reset",
         "port-keyboard-reset", "port-string", "port-write-all8", "port-write-all16",
         "port-write-all32"), amd=("port-pit", "port-pic", "port-power-off")),
    "strict": Protection(
        "arch/x86/pio.c", "!!(self->cell->flags & BH_CELL_STRICT);", "0;",
        ("strict-port-reset", "strict-port-keyboard-reset", "strict-port-power-off",
         "strict-port-pit", "strict-port-pic", "strict-port-string")),
    "port-pci": Protection(
        "pure/ports.c", "\t\tmap[i] = 0xff;\n\tset_all(",
        "\t\tmap[i] = 0xff;\n\tfor (uint32_t p = 0xcf8; p <= 0xcff; p++)\n"
        "\t\tset(map, p, 0);\n\tset_all(", ("port-pci-foreign",)),
    # a write to a function that is not the cell's goes nowhere
    "config-space": Protection(
        "pci_config.c", "\telse if (cell_is_root(self->cell))\n\t\troot_write(self, access, value);",
        "\telse\n\t\troot_write(self, access, value);",
        ("port-pci-foreign", "pci-ecam-foreign", "pci-all-by-cf8", "pci-all-by-ecam")),
}

REGISTERS = {
    "msr-bitmap": Protection(
        "arch/x86/permissions.c", "msr_default(owner) == MSR_PASS ? 0 : 0xff", "0",
        ("msr-vmx", "msr-read-all"), amd=("msr-smm-base",)),
    "msr-white-list": Protection(
        "pure/msr.c", "[MSR_CELL] = { 0, 0, MSR_DENY, MSR_DENY, 0 }",
        "[MSR_CELL] = { 0, 0, MSR_PASS, MSR_PASS, 0 }",
        ("msr-vmx", "msr-smm-base", "msr-unknown", "msr-read-all"),
        amd=("msr-vm-hsave", "msr-write-all")),
    "msr-denied": Protection(
        "arch/x86/msr_access.c", "\tdefault:\n\t\terr = -EINVAL;\n\t}\n\tif (err)",
        "\tdefault:\n\t\terr = wrmsr_safe(msr, value);\n\t}\n\tif (err)",
        ("msr-smm-base",), amd=("msr-feature-control", "msr-vm-hsave")),
    "efer": Protection(
        "arch/x86/msr_access.c", "if (value & ~allowed || (", "if (0 && (",
        ("msr-efer-svme", "bits-efer")),
    "apic-base": Protection(
        "arch/x86/apic.c",
        "if (changed & ~(APIC_BASE_EXTD | APIC_BASE_EN) || !(value & APIC_BASE_EN))\n"
        "\t\treturn -EINVAL;",
        "self->apic_base = value;\n\tif (value)\n\t\treturn 0;", ("msr-apic-move", "bits-apic-base")),
    "cr4-vmxe": Protection(
        "arch/x86/vmx/exit.c", "if (CR_NUMBER(q) != 0) {\n\t\tvmm_inject(self, VMM_GP);",
        "if (CR_NUMBER(q) != 0) {\n\t\tvmm_skip(self, self->exit.length);", intel=("insn-vmxe",)),
    "xsetbv": Protection(
        "arch/x86/vmx/exit.c", "if (xsetbv_safe((uint32_t)self->regs[REG_RCX], value))",
        "asm volatile(\"xsetbv\" : : \"c\"((uint32_t)self->regs[REG_RCX]), \"a\"((uint32_t)value), "
        "\"d\"((uint32_t)(value >> 32)));\n\tif (0)", intel=("insn-xsetbv", "bits-xcr0")),
}

INSTRUCTIONS = {
    "insn-refused": Protection(
        "arch/x86/exit.c", "\tvmm_inject(self, VMM_UD);", "\tvmm_skip(self, self->exit.length);",
        ("insn-invd",),
        amd=("insn-vmrun", "insn-vmload", "insn-vmsave", "insn-stgi", "insn-clgi", "insn-skinit",
             "insn-invlpga"),
        intel=("insn-vmlaunch", "insn-vmresume", "insn-vmread", "insn-vmwrite", "insn-vmxoff",
               "insn-invept", "insn-invvpid", "insn-vmxon", "insn-vmptrld", "insn-vmclear",
               "insn-vmptrst")),
    "insn-invd": Protection(
        "arch/x86/svm/svm.c", "SVM_INTERCEPT_INVD | SVM_INTERCEPT_INVLPGA |",
        "SVM_INTERCEPT_INVLPGA |", amd=("insn-invd",)),
    "insn-invlpga": Protection(
        "arch/x86/svm/svm.c", "SVM_INTERCEPT_INVD | SVM_INTERCEPT_INVLPGA |",
        "SVM_INTERCEPT_INVD |", amd=("insn-invlpga",)),
    "insn-vmload": Protection(
        "arch/x86/svm/svm.c", "SVM_INTERCEPT_VMMCALL | SVM_INTERCEPT_VMLOAD |",
        "SVM_INTERCEPT_VMMCALL |", amd=("insn-vmload",)),
    "insn-vmsave": Protection(
        "arch/x86/svm/svm.c", "SVM_INTERCEPT_VMSAVE | SVM_INTERCEPT_STGI | SVM_INTERCEPT_CLGI |",
        "SVM_INTERCEPT_STGI | SVM_INTERCEPT_CLGI |", amd=("insn-vmsave",)),
    "insn-gif": Protection(
        "arch/x86/svm/svm.c", "SVM_INTERCEPT_VMSAVE | SVM_INTERCEPT_STGI | SVM_INTERCEPT_CLGI |",
        "SVM_INTERCEPT_VMSAVE |", amd=("insn-stgi", "insn-clgi")),
    "hypercall-caller": Protection(
        "hypercall.c", "if (!cell_is_root(self->cell))\n\t\treturn -EPERM;", "",
        ("hc-load", "hc-start", "hc-reset", "hc-destroy", "hc-create", "hc-disable", "hc-stop",
         "hc-arguments")),
    "hypercall-numbers": Protection(
        "hypercall.c", "\tif (number > BH_HC_ROOT_ATTACH)\n\t\treturn -ENOSYS;\n", "",
        ("hc-unknown",)),
}

INTERRUPTS = {
    "ipi-trap": Protection(
        "pure/msr.c", "/* ICR: interprocessor interrupts stay inside the cell */\n"
        "\t{ 0x830, 0x830, MSR_PASS, MSR_EMULATE, 0 },",
        "{ 0x830, 0x830, MSR_PASS, MSR_PASS, 0 },",
        ("icr-low-vector", "icr-fixed-victim", "icr-nmi-victim")),
    "ipi-kinds": Protection(
        "pure/icr.c", "\tdefault:\n\t\treturn 0;", "\tdefault:\n\t\treturn 1;",
        ("icr-reserved-foreign", "icr-extint-foreign", "icr-smi-foreign", "icr-smi", "icr-smi-others")),
    "ipi-vectors": Protection(
        "pure/icr.c", "return (icr & ICR_VECTOR) >= ICR_VECTOR_MIN;", "return 1;",
        ("icr-low-vector",)),
    "ipi-targets": Protection(
        *ICR_TARGETS,
        ("icr-lowest-victim", "icr-nmi-victim", "icr-init-victim", "icr-startup-victim",
         "icr-fixed-others", "icr-fixed-all", "icr-fixed-broadcast", "icr-nmi-others", "icr-nmi-all",
         "icr-nmi-broadcast", "icr-startup-others",
         "icr-lowest-foreign", "icr-nmi-foreign", "icr-startup-foreign", "icr-init-foreign",
         "icr-init-others", *XAPIC_IPIS, "xapic-broadcast"), amd=("icr-nmi-logical",)),
    "ipi-plain-targets": Protection(
        "pure/icr.c", "return targets & ~owned ? 0 : targets;", "return targets;",
        ("icr-fixed-victim", "icr-fixed-foreign"), amd=("icr-fixed-logical",)),
    "ipi-deassert": Protection(
        "pure/icr.c", "\tif (icr_is_deassert(icr))\n\t\treturn verdict;\n",
        "\tif (icr_is_deassert(icr))\n\t\tverdict.vector = 0;\n", ("icr-init-deassert",)),
    # logical IDs are a cell's own, and so is whom they name
    "ipi-logical": Protection(
        "pure/icr.c", "\treturn targets & owned;", "\treturn targets;", xapic=("xapic-logical-all",),
        also=(ICR_TARGETS,)),
    "logical-id": Protection(
        "arch/x86/apic.c", "if (cell_is_root(self->cell))\n\t\t\tapic_write(offset, value);",
        "apic_write(offset, value);", xapic=("xapic-logical-all",)),
    # an access to the APIC's page is four bytes wide, and then looked at
    "apic-widths": Protection(
        "arch/x86/apic.c", "if (offset % 16 || access->width != 4)", "if (offset % 16)",
        ("xapic-narrow-write", "xapic-wide-write"), also=(ICR_TARGETS,)),
    "apic-reads": Protection(
        "arch/x86/apic.c", "return offset % 16 || rdmsr_safe(MSR_X2APIC + offset / 16, &value) ?\n"
        "\t\t\t       0 :\n\t\t\t       (uint32_t)value;",
        "return value = rdmsr(MSR_X2APIC + offset / 16), (uint32_t)value;", ("xapic-read-all",)),
    "lvt": Protection(
        "arch/x86/apic.c", "if (mode == ICR_FIXED || mode == ICR_NMI ||", "if (1 || mode == ICR_NMI ||",
        ("lvt-smi", "lvt-extint", "lvt-init", "lvt-timer-smi", "lvt-error-smi", "lvt-all-modes")),
}

LINKS = {
    "link-sections": Protection(
        "link_memory.c", "return n == 1 || n == peer + 2u ? PT_READ | PT_WRITE : PT_READ;",
        "return PT_READ | PT_WRITE;", ("link-state-table", "link-foreign-output")),
    "doorbell-targets": Protection(
        "pure/ivshmem_regs.c", "if (effect.target < end->peers)", "if (end->peers)",
        ("link-doorbell-target", "link-registers")),
    "doorbell-vectors": Protection(
        "pure/ivshmem_regs.c", "!(end->int_control & IVSHMEM_INT_ENABLE) || vector >= end->vectors",
        "!(end->int_control & IVSHMEM_INT_ENABLE)", ("link-doorbell-vector",)),
    "link-table-size": Protection(
        "pure/ivshmem_regs.c", "\tif (offset < TABLE_SIZE(end))\n", "\tif (n < 4)\n",
        ("link-msix-table",)),
    "link-config-size": Protection(
        "pure/pci.c", "if (!width_is_valid(offset, width) || offset >= sizeof(fn->config))\n\t\treturn 0;\n\tfor",
        "if (!width_is_valid(offset, width))\n\t\treturn 0;\n\tfor", ("link-config",),
        also=(("pure/pci.c", "uint8_t mask = fn->writable[offset + i];",
               "uint8_t mask = offset < sizeof(fn->config) ? fn->writable[offset + i] : 0xff;"),)),
    "event-ring": Protection(
        "console.c", "event = &public->event[public->event_head % BH_EVENTS];",
        "event = &public->event[public->event_head];", ("link-states",)),
    "message-targets": Protection(
        "arch/x86/apic.c", "verdict = moderate(self, cell->cpus, icr, format);",
        "verdict = moderate(self, UINT64_MAX, icr, format);",
        ("link-msix-victim", "link-msix-foreign"), xapic=("link-msix-broadcast", "link-msix-logical")),
    "message-kinds": Protection(
        "arch/x86/apic.c",
        "\tif (irq->mode != ICR_FIXED && irq->mode != ICR_LOWEST)\n\t\treturn;\n", "",
        ("link-msix-smi", "link-msix-extint", "link-msix-nmi", "link-msix-init"),
        also=(MESSAGE_OWNER,)),
    # only Linux has a table of handles, and each entry a sender
    "message-handles": Protection(
        "ivshmem.c", "if (kind == MSI_REMAPPABLE && cell_is_root(end->cell) &&",
        "if (kind == MSI_REMAPPABLE &&", amd=("link-msix-handle",),
        also=(MESSAGE_OWNER,
              ("pure/msi.c", "\treturn !((IRTE_SOURCE(high) ^ requester) & ~ignored[IRTE_QUALIFIER(high)]);",
               "\treturn ignored[0] == 0;"))),
}

LEFT = {
    "left-memory": Protection(
        "cell_memory.c", "memset(memory_window(self, WINDOW_DST, m->hpa + progress - begin), 0,",
        "(void)(memory_window(self, WINDOW_DST, m->hpa + progress - begin), 0,",
        ("left-memory",)),
    "left-registers": Protection(
        "arch/x86/svm/svm.c", "asm volatile(\"vmload\" : : \"a\"(memory_hpa(svm_vmcb(self))) : \"memory\");",
        "", amd=("left-registers",)),
    "left-registers-vmx": Protection(
        "arch/x86/vmx/guest.c", "\t\twrmsr_safe(msrs[i], 0);\n\tasm volatile(\"mov %0, %%cr2\"",
        "\t\t(void)msrs;\n\tasm volatile(\"mov %0, %%cr2\"", intel=("left-registers",)),
    "left-vectors": Protection(
        "arch/x86/svm/svm.c", "\tx86_reset_extended_state();\n", "", amd=("left-registers",)),
    "left-vectors-vmx": Protection(
        "arch/x86/vmx/guest.c", "\tx86_reset_extended_state();\n", "", intel=("left-registers",)),
    "left-time": Protection(
        "arch/x86/svm/svm.c", "\tvmcb->tsc_offset = 0;\n", "", amd=("left-time",)),
    "left-time-vmx": Protection(
        "arch/x86/vmx/guest.c", "\tvmwrite(VMCS_TSC_OFFSET, 0);\n", "", intel=("left-time",)),
    "left-timers": Protection(
        "arch/x86/apic.c", "\tapic_write(APIC_TMICT, 0);\n", "", ("left-interrupts",)),
    "left-interrupts": Protection(
        "arch/x86/apic.c", "\t\tnmi |= vmm_open_window(1);",
        "\t\tif (self->cell->public->name[0] != 'a') /* the victim would not even start */\n"
        "\t\t\tnmi |= vmm_open_window(1);", ("left-interrupts",)),
}

PROTECTIONS = {**MEMORY, **PORTS, **REGISTERS, **INSTRUCTIONS, **INTERRUPTS, **LINKS, **LEFT}

# Rows with no line of ours that could be taken out so that somebody notices: why, and on which vendor's
# machines. What an emulator lacks is looked at by unit tests of the tables (test/unit).
SVM_INSTRUCTIONS = ("insn-vmrun", "insn-vmload", "insn-vmsave", "insn-stgi", "insn-clgi",
                    "insn-skinit", "insn-invlpga")
VMX_INSTRUCTIONS = ("insn-vmxon", "insn-vmptrld", "insn-vmclear", "insn-vmptrst", "insn-vmlaunch",
                    "insn-vmresume", "insn-vmread", "insn-vmwrite", "insn-vmxoff", "insn-invept",
                    "insn-invvpid")
CPU_ITSELF = ("insn-rsm", "insn-getsec", "insn-vmfunc", "insn-foreign-call", "bits-cr0", "bits-cr4",
              "bits-dr7")
NOT_EMULATED = ("msr-vm-cr", "msr-syscfg", "msr-microcode", "insn-cache-off")
OWN_THINGS = ("storm-interrupts", "storm-nmis", "storm-timer", "storm-cpuid", "storm-hypercalls",
              "storm-ports", "storm-memory", "storm-faults", "storm-flushes", "smp-rewrite",
              "smp-remap", "smp-storm", "smp-init", "link-flood", "link-bar-move", "insn-wbinvd",
              "link-msix-elsewhere", "xapic-odd-write")
# Nothing comes of a message to one, whoever sends it. On AMD the rows are noticed when the same lines are gone.
NO_CLUSTERS = "Bochs does not deliver to clusters in x2APIC mode"
ELSEWHERE = {
    "amd": {
        "the CPU itself refuses": CPU_ITSELF + VMX_INSTRUCTIONS + ("insn-vmxe", "insn-xsetbv", "bits-xcr0"),
        "the emulator has nothing that could be harmed": NOT_EMULATED,
        "whatever it does reaches only the cell itself": OWN_THINGS,
    },
    "intel": {
        "the CPU itself refuses": CPU_ITSELF + SVM_INSTRUCTIONS + ("msr-feature-control",),
        "the emulator has nothing that could be harmed": NOT_EMULATED + (
            "msr-vm-hsave", "msr-write-all", "port-pit", "port-pic", "port-power-off",
            "reach-ioapic-write32", "link-msix-handle"),
        NO_CLUSTERS: ("icr-nmi-logical", "icr-fixed-logical"),
        "whatever it does reaches only the cell itself": OWN_THINGS,
    },
}
