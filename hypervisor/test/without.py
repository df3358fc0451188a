#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""What protects cells and Linux from each other, one thing at a time, and how each is taken out: for
the test that each row of the attack suite can fail.

    without.py NAME FILE        writes the source file that the protection is in to FILE, without it
    without.py --file NAME      prints which source file that is
    without.py --check          status 0 if each stands in the source exactly as it is given here

make hypervisor REMOVE=NAME builds images without it: build/hypervisor/without/NAME/bulkhead-*.bin."""
import sys
from dataclasses import dataclass
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Protection:
    file: str
    there: str              # as it stands in the source
    gone: str
    rows: tuple             # of the attack suite that have to fail without it; any of them is enough
    vendors: tuple = ("amd", "intel")


AMD, INTEL = ("amd",), ("intel",)

PROTECTIONS = {
    "stray-access": Protection(
        "mmio.c", """return cell_violation(self, &tried, "memory", """
        """"a \\"memory\\" node that covers this address");""", "return (int)tried.width | 1;",
        ("mem-read", "mem-write")),
    "stray-execution": Protection(
        "mmio.c", """refuse(self, "memory", "a \\"memory\\" node with \\"execute\\"");""",
        "vmm_inject(self, VMM_GP);", ("mem-execute",)),
    "ports": Protection(
        "arch/x86/permissions.c", "memset(bitmap, 0xff, size);\n\tfor",
        "memset(bitmap, 0, size);\n\tfor", ("port-read-all8",)),
    "port-pci": Protection(
        "arch/x86/permissions.c", "\t\t\tpermissions_set(bitmap, port, 0);\n",
        "\t\t\tpermissions_set(bitmap, port, 0);\n\tfor (unsigned int p = 0xcf8; p <= 0xcff; p++)\n"
        "\t\tpermissions_set(bitmap, p, 0);\n", ("port-pci-foreign",), AMD),
    "msr-bitmap": Protection(
        "arch/x86/permissions.c", "msr_default(owner) == MSR_PASS ? 0 : 0xff", "0", ("msr-vmx",)),
    "msr-white-list": Protection(
        "pure/msr.c", "[MSR_CELL] = { 0, 0, MSR_DENY, MSR_DENY, 0 }",
        "[MSR_CELL] = { 0, 0, MSR_PASS, MSR_PASS, 0 }", ("msr-smm-base", "msr-vmx")),
    "efer": Protection(
        "arch/x86/msr_access.c", "if (value & ~allowed || (", "if (0 && (",
        ("msr-efer-svme",), AMD),
    "apic-base": Protection(
        "arch/x86/apic.c",
        "if (changed & ~(APIC_BASE_EXTD | APIC_BASE_EN) || !(value & APIC_BASE_EN))\n"
        "\t\treturn -EINVAL;",
        "if (changed & ~(APIC_BASE_EXTD | APIC_BASE_EN) || !(value & APIC_BASE_EN))\n"
        "\t\treturn 0;", ("msr-apic-move",)),
    "ipi-kinds": Protection(
        "pure/icr.c", "\tdefault:\n\t\treturn 0;", "\tdefault:\n\t\treturn 1;",
        ("icr-reserved-foreign", "icr-extint-foreign")),
    "ipi-vectors": Protection(
        "pure/icr.c", "return (icr & ICR_VECTOR) >= ICR_VECTOR_MIN;", "return 1;",
        ("icr-low-vector",)),
    "ipi-targets": Protection(
        "pure/icr.c", "verdict.cpus = targets & owned;", "verdict.cpus = targets;",
        ("icr-nmi-victim", "icr-init-victim")),
    "ipi-plain-targets": Protection(
        "pure/icr.c", "return targets & ~owned ? 0 : targets;", "return targets;",
        ("icr-fixed-victim",)),
    "insn-vmrun-vmload": Protection(
        "arch/x86/svm/svm.c", "SVM_INTERCEPT_VMMCALL | SVM_INTERCEPT_VMLOAD |",
        "SVM_INTERCEPT_VMMCALL |", ("insn-vmload",), AMD),
    "insn-gif": Protection(
        "arch/x86/svm/svm.c", "SVM_INTERCEPT_VMSAVE | SVM_INTERCEPT_STGI | SVM_INTERCEPT_CLGI |",
        "SVM_INTERCEPT_VMSAVE |", ("insn-stgi", "insn-clgi"), AMD),
    "cr4-vmxe": Protection(
        "arch/x86/vmx/exit.c", "if (CR_NUMBER(q) != 0) {\n\t\tvmm_inject(self, VMM_GP);",
        "if (CR_NUMBER(q) != 0) {\n\t\tvmm_skip(self, self->exit.length);", ("insn-vmxe",), INTEL),
    "xsetbv": Protection(
        "arch/x86/vmx/exit.c", "if (xsetbv_safe((uint32_t)self->regs[REG_RCX], value))",
        "if (0 && value)", ("insn-xsetbv",), INTEL),
    "hypercall-caller": Protection(
        "hypercall.c", "if (!cell_is_root(self->cell))\n\t\treturn -EPERM;",
        "if (!cell_is_root(self->cell) && number == BH_HC_DISABLE)\n\t\treturn -EPERM;",
        ("hc-stop",)),
    "link-sections": Protection(
        "link_memory.c", "return n == 1 || n == peer + 2u ? PT_READ | PT_WRITE : PT_READ;",
        "return PT_READ | PT_WRITE;", ("link-state-table", "link-foreign-output")),
    "information-page": Protection(
        "cell_memory.c", "err = pt_map(&cell->npt, gpa, hpa, BH_PAGE_SIZE, PT_READ);",
        "err = pt_map(&cell->npt, gpa, hpa, BH_PAGE_SIZE, PT_READ | PT_WRITE);",
        ("mem-info-write",)),
    "parking": Protection(
        "violation.c", "if (!cell_is_root(cell) || cell->flags & BH_CELL_STRICT) {",
        "if (cell->flags & BH_CELL_STRICT) {", ("mem-write",)),
    "message-targets": Protection(
        "arch/x86/apic.c", "verdict = moderate(self, cell->cpus, icr, format);",
        "verdict = moderate(self, UINT64_MAX, icr, format);", ("link-msix-victim",)),
    "left-memory": Protection(
        "cell_memory.c", "memset(memory_window(self, WINDOW_DST, ", "(void)(memory_window(self, WINDOW_DST, ",
        ("left-memory",)),
    "left-registers": Protection(
        "arch/x86/svm/svm.c", "asm volatile(\"vmload\" : : \"a\"(memory_hpa(svm_vmcb(self))) : \"memory\");",
        "", ("left-registers",), AMD),
    "left-vectors": Protection(
        "arch/x86/svm/svm.c", "\tx86_reset_extended_state();\n", "", ("left-registers",), AMD),
    "left-time": Protection(
        "arch/x86/svm/svm.c", "\tvmcb->tsc_offset = 0;\n", "", ("left-time",), AMD),
    "left-timers": Protection(
        "arch/x86/apic.c", "\tapic_write(APIC_TMICT, 0);\n", "", ("left-interrupts",)),
    "left-interrupts": Protection(
        "arch/x86/apic.c", "nmi |= vmm_open_window(1);", "", ("left-interrupts",)),
}


def without(name):
    protection = PROTECTIONS[name]
    text = (TOP / protection.file).read_text()
    if text.count(protection.there) != 1:
        raise SystemExit(f"without.py: {name}: {protection.file} has {protection.there!r} "
                         f"{text.count(protection.there)} times, not once")
    return text.replace(protection.there, protection.gone)


def main(arguments):
    if arguments == ["--check"]:
        for name in PROTECTIONS:
            without(name)
        print(f"{len(PROTECTIONS)} protections, each once in the source")
    elif len(arguments) == 2 and arguments[0] == "--file":
        print(PROTECTIONS[arguments[1]].file)
    elif len(arguments) == 2:
        Path(arguments[1]).write_text(without(arguments[0]))
    else:
        raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
