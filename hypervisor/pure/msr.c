/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The MSR policy, one line for each register or range: who, what, why. SDM vol. 4; APM vol. 2,
 * appendix A; AMD PPR. Registers of both vendors stand in one table: where a CPU has no such
 * register, passing ends in the CPU's own #GP, and a constant does no harm.
 */
#include "msr.h"

#define COUNT(table) ((unsigned int)(sizeof(table) / sizeof((table)[0])))

/* The constants that guests read */
#define FEATURE_CONTROL_LOCKED 0x1 /* and VMX not enabled */
#define VM_CR_LOCKED 0x18	   /* LOCK, SVMDIS */
#define MISC_ENABLE_MINIMAL 0x1801 /* fast strings; no BTS, no PEBS */
#define MTRR_CAP 0x508		   /* WC, fixed ranges, 8 variable ones: all of them unused */
#define MTRR_FIXED_WB UINT64_C(0x0606060606060606)
#define MTRR_DEF_TYPE_WB 0xc06 /* enabled, fixed ranges enabled, write-back */
#define HWCR_TSC_FREQ_SEL 0x1000000
#define DE_CFG_LFENCE_SERIALIZE 0x2

/* Cells: what is not listed here does not exist. */
static const struct msr_range cell_ranges[] = {
	/* TSC: reads are exact; a write moves the cell's own offset, never the hardware's */
	{ 0x10, 0x10, MSR_PASS, MSR_EMULATE, 0 },
	/* PLATFORM_ID: asked for with the microcode revision */
	{ 0x17, 0x17, MSR_VALUE, MSR_DENY, 0 },
	/* APIC_BASE: the page stays where it is, the mode is the cell's to choose */
	{ 0x1b, 0x1b, MSR_EMULATE, MSR_EMULATE, 0 },
	/* FEATURE_CONTROL: no virtualization below a cell */
	{ 0x3a, 0x3a, MSR_VALUE, MSR_DENY, FEATURE_CONTROL_LOCKED },
	/* TSC_ADJUST: as TSC */
	{ 0x3b, 0x3b, MSR_EMULATE, MSR_EMULATE, 0 },
	/* SPEC_CTRL, PRED_CMD: speculation control of the cell's own CPU */
	{ 0x48, 0x49, MSR_PASS, MSR_PASS, 0 },
	/* BIOS_UPDT_TRIG: microcode is the machine's; a guest that tries sees no new revision */
	{ 0x79, 0x79, MSR_DENY, MSR_IGNORE, 0 },
	/* BIOS_SIGN_ID: guests write 0 before they read the revision */
	{ 0x8b, 0x8b, MSR_PASS, MSR_IGNORE, 0 },
	/* MTRRCAP: memory types come from PAT; a cell sees MTRRs that do nothing */
	{ 0xfe, 0xfe, MSR_VALUE, MSR_DENY, MTRR_CAP },
	/* ARCH_CAPABILITIES: which mitigations the CPU needs */
	{ 0x10a, 0x10a, MSR_PASS, MSR_DENY, 0 },
	/* FLUSH_CMD: the cell's own L1 */
	{ 0x10b, 0x10b, MSR_DENY, MSR_PASS, 0 },
	/* SYSENTER_CS, _ESP, _EIP: guest state, switched with it */
	{ 0x174, 0x176, MSR_PASS, MSR_PASS, 0 },
	/* MCG_CAP, MCG_STATUS: machine checks belong to the machine; a cell sees no banks */
	{ 0x179, 0x17a, MSR_VALUE, MSR_IGNORE, 0 },
	/* MISC_ENABLE: frequency and prefetch switches of a core that others may share */
	{ 0x1a0, 0x1a0, MSR_VALUE, MSR_IGNORE, MISC_ENABLE_MINIMAL },
	/* DEBUGCTL: branch tracing would record across exits */
	{ 0x1d9, 0x1d9, MSR_VALUE, MSR_IGNORE, 0 },
	/* MTRR_PHYSBASE, _PHYSMASK */
	{ 0x200, 0x20f, MSR_VALUE, MSR_IGNORE, 0 },
	/* MTRR_FIX64K */
	{ 0x250, 0x250, MSR_VALUE, MSR_IGNORE, MTRR_FIXED_WB },
	/* MTRR_FIX16K */
	{ 0x258, 0x259, MSR_VALUE, MSR_IGNORE, MTRR_FIXED_WB },
	/* MTRR_FIX4K */
	{ 0x268, 0x26f, MSR_VALUE, MSR_IGNORE, MTRR_FIXED_WB },
	/* PAT: guest state, switched with it */
	{ 0x277, 0x277, MSR_PASS, MSR_PASS, 0 },
	/* MTRR_DEF_TYPE: small guests set it without asking */
	{ 0x2ff, 0x2ff, MSR_VALUE, MSR_IGNORE, MTRR_DEF_TYPE_WB },
	/* MCi_CTL, _STATUS, _ADDR, _MISC: no banks, yet some guests clear them */
	{ 0x400, 0x47f, MSR_VALUE, MSR_IGNORE, 0 },
	/* TSC_DEADLINE: the cell's own timer */
	{ 0x6e0, 0x6e0, MSR_PASS, MSR_PASS, 0 },
	/* x2APIC ID, version */
	{ 0x802, 0x803, MSR_PASS, MSR_DENY, 0 },
	/* TPR */
	{ 0x808, 0x808, MSR_PASS, MSR_PASS, 0 },
	/* PPR */
	{ 0x80a, 0x80a, MSR_PASS, MSR_DENY, 0 },
	/* EOI: must cost no exit */
	{ 0x80b, 0x80b, MSR_DENY, MSR_PASS, 0 },
	/* LDR: fixed by the ID */
	{ 0x80d, 0x80d, MSR_PASS, MSR_DENY, 0 },
	/* SIVR: spurious vector and software enable of its own APIC */
	{ 0x80f, 0x80f, MSR_PASS, MSR_PASS, 0 },
	/* ISR, TMR, IRR */
	{ 0x810, 0x827, MSR_PASS, MSR_DENY, 0 },
	/* ESR */
	{ 0x828, 0x828, MSR_PASS, MSR_PASS, 0 },
	/* LVT CMCI: its delivery mode could be SMI */
	{ 0x82f, 0x82f, MSR_PASS, MSR_EMULATE, 0 },
	/* ICR: interprocessor interrupts stay inside the cell */
	{ 0x830, 0x830, MSR_PASS, MSR_EMULATE, 0 },
	/* LVT timer, thermal, performance, LINT0, LINT1, error: delivery mode could be SMI, INIT,
	 * ExtINT; on AMD's parts all of them have one */
	{ 0x832, 0x837, MSR_PASS, MSR_EMULATE, 0 },
	/* Initial count */
	{ 0x838, 0x838, MSR_PASS, MSR_PASS, 0 },
	/* Current count */
	{ 0x839, 0x839, MSR_PASS, MSR_DENY, 0 },
	/* Divide configuration */
	{ 0x83e, 0x83e, MSR_PASS, MSR_PASS, 0 },
	/* Self IPI: reaches nobody else */
	{ 0x83f, 0x83f, MSR_DENY, MSR_PASS, 0 },
	/* EFER: SVME is neither shown nor to be cleared */
	{ 0xc0000080, 0xc0000080, MSR_EMULATE, MSR_EMULATE, 0 },
	/* STAR, LSTAR, CSTAR, SF_MASK: guest state, not touched by the hypervisor */
	{ 0xc0000081, 0xc0000084, MSR_PASS, MSR_PASS, 0 },
	/* FS_BASE, GS_BASE, KERNEL_GS_BASE, TSC_AUX: likewise */
	{ 0xc0000100, 0xc0000103, MSR_PASS, MSR_PASS, 0 },
	/* SYSCFG: memory controller */
	{ 0xc0010010, 0xc0010010, MSR_VALUE, MSR_IGNORE, 0 },
	/* HWCR: says that the TSC counts at P0 frequency */
	{ 0xc0010015, 0xc0010015, MSR_VALUE, MSR_IGNORE, HWCR_TSC_FREQ_SEL },
	/* TOP_MEM: the machine's memory map is not the cell's */
	{ 0xc001001a, 0xc001001a, MSR_VALUE, MSR_IGNORE, 0 },
	/* TOP_MEM2 */
	{ 0xc001001d, 0xc001001d, MSR_VALUE, MSR_IGNORE, 0 },
	/* NB_CFG: extended CF8 accesses; cells have ECAM */
	{ 0xc001001f, 0xc001001f, MSR_VALUE, MSR_IGNORE, 0 },
	/* PATCH_LOADER: as BIOS_UPDT_TRIG */
	{ 0xc0010020, 0xc0010020, MSR_DENY, MSR_IGNORE, 0 },
	/* INT_PENDING_MSG: looked at by idle code for old CPUs */
	{ 0xc0010055, 0xc0010055, MSR_VALUE, MSR_IGNORE, 0 },
	/* MMIO_CFG_BASE: 0 is "no window here" */
	{ 0xc0010058, 0xc0010058, MSR_VALUE, MSR_IGNORE, 0 },
	/* VM_CR: virtualization is off and locked */
	{ 0xc0010114, 0xc0010114, MSR_VALUE, MSR_IGNORE, VM_CR_LOCKED },
	/* VIRT_SPEC_CTRL: as SPEC_CTRL */
	{ 0xc001011f, 0xc001011f, MSR_PASS, MSR_PASS, 0 },
	/* DE_CFG: LFENCE serialises already, the root saw to that at boot */
	{ 0xc0011029, 0xc0011029, MSR_VALUE, MSR_IGNORE, DE_CFG_LFENCE_SERIALIZE },
};

/* The root: what is not listed here is its own. */
static const struct msr_range root_ranges[] = {
	/* APIC_BASE: moving the page or changing the mode would blind the hypervisor */
	{ 0x1b, 0x1b, MSR_PASS, MSR_EMULATE, 0 },
	/* FEATURE_CONTROL: a kvm module that is loaded now finds VMX locked */
	{ 0x3a, 0x3a, MSR_VALUE, MSR_DENY, FEATURE_CONTROL_LOCKED },
	/* BIOS_UPDT_TRIG: new microcode would reach cells in the middle of their work */
	{ 0x79, 0x79, MSR_PASS, MSR_REPORT, 0 },
	/* SMM_MONITOR_CTL: SMM belongs to the firmware */
	{ 0x9b, 0x9b, MSR_PASS, MSR_DENY, 0 },
	/* MISC_ENABLE: without NX, or with CPUID cut short, the hypervisor itself would go wrong */
	{ 0x1a0, 0x1a0, MSR_PASS, MSR_EMULATE, 0 },
	/* SMRR_PHYSBASE, _PHYSMASK */
	{ 0x1f2, 0x1f3, MSR_PASS, MSR_REPORT, 0 },
	/* MTRRs: Linux writes the same values back when a CPU comes on-line; the hypervisor and
	 * cells rely on write-back memory, so nothing changes any more */
	{ 0x200, 0x20f, MSR_PASS, MSR_IGNORE, 0 },
	{ 0x250, 0x250, MSR_PASS, MSR_IGNORE, 0 },
	{ 0x258, 0x259, MSR_PASS, MSR_IGNORE, 0 },
	{ 0x268, 0x26f, MSR_PASS, MSR_IGNORE, 0 },
	{ 0x2ff, 0x2ff, MSR_PASS, MSR_IGNORE, 0 },
	/* PEBS_ENABLE: counts on after an exit, and would write its records to a linear address that
	 * means something else then */
	{ 0x3f1, 0x3f1, MSR_PASS, MSR_REPORT, 0 },
	/* PEBS_BASE, PEBS_INDEX: where CPUs with architectural PEBS write them */
	{ 0x3f4, 0x3f5, MSR_PASS, MSR_REPORT, 0 },
	/* VMX_BASIC ... VMX_PROCBASED_CTLS3, VMX_EXIT_CTLS2: absent, as on a CPU without VMX */
	{ 0x480, 0x493, MSR_DENY, MSR_DENY, 0 },
	/* RTIT_OUTPUT_BASE, _OUTPUT_MASK_PTRS, _CTL: Processor Trace writes to physical addresses */
	{ 0x560, 0x561, MSR_PASS, MSR_REPORT, 0 },
	{ 0x570, 0x570, MSR_PASS, MSR_REPORT, 0 },
	/* LVT CMCI: its delivery mode could be SMI */
	{ 0x82f, 0x82f, MSR_PASS, MSR_EMULATE, 0 },
	/* ICR: interprocessor interrupts stay inside the root */
	{ 0x830, 0x830, MSR_PASS, MSR_EMULATE, 0 },
	/* LVT thermal, performance, LINT0, LINT1: delivery mode could be SMI, INIT, ExtINT */
	{ 0x833, 0x836, MSR_PASS, MSR_EMULATE, 0 },
	/* Extended LVT of AMD's parts: delivery mode could be SMI */
	{ 0x850, 0x853, MSR_PASS, MSR_EMULATE, 0 },
	/* TME_ACTIVATE: memory encryption would move every key below our feet */
	{ 0x982, 0x982, MSR_PASS, MSR_REPORT, 0 },
	/* UINTR_RR to UINTR_TT: SENDUIPI sends any vector to any APIC ID */
	{ 0x985, 0x98a, MSR_PASS, MSR_REPORT, 0 },
	/* SEAMRR_BASE, _MASK: memory of the firmware's */
	{ 0x1400, 0x1401, MSR_PASS, MSR_REPORT, 0 },
	/* HW_FEEDBACK_PTR, _CONFIG: the CPU writes to that physical address */
	{ 0x17d0, 0x17d1, MSR_PASS, MSR_REPORT, 0 },
	/* EFER: SVME is neither shown nor to be cleared */
	{ 0xc0000080, 0xc0000080, MSR_EMULATE, MSR_EMULATE, 0 },
	/* TSC_RATIO: scales the TSC of whatever runs as a guest */
	{ 0xc0000104, 0xc0000104, MSR_PASS, MSR_REPORT, 0 },
	/* SYSCFG: memory controller, memory encryption */
	{ 0xc0010010, 0xc0010010, MSR_PASS, MSR_REPORT, 0 },
	/* IORR_BASE, IORR_MASK: where memory ends and I/O begins */
	{ 0xc0010016, 0xc0010019, MSR_PASS, MSR_REPORT, 0 },
	/* TOP_MEM */
	{ 0xc001001a, 0xc001001a, MSR_PASS, MSR_REPORT, 0 },
	/* TOP_MEM2 */
	{ 0xc001001d, 0xc001001d, MSR_PASS, MSR_REPORT, 0 },
	/* PATCH_LOADER: as BIOS_UPDT_TRIG */
	{ 0xc0010020, 0xc0010020, MSR_PASS, MSR_REPORT, 0 },
	/* SMI_ON_IO_TRAP and its control, SMI_TRIGGER_IO_CYCLE: SMIs from port accesses */
	{ 0xc0010050, 0xc0010054, MSR_PASS, MSR_REPORT, 0 },
	{ 0xc0010056, 0xc0010056, MSR_PASS, MSR_REPORT, 0 },
	/* MMIO_CFG_BASE: the moderated window must stay where it is */
	{ 0xc0010058, 0xc0010058, MSR_PASS, MSR_REPORT, 0 },
	/* SMBASE, SMM_ADDR, SMM_MASK: SMM belongs to the firmware */
	{ 0xc0010111, 0xc0010113, MSR_PASS, MSR_REPORT, 0 },
	/* VM_CR: a kvm module that is loaded now finds SVM disabled and locked */
	{ 0xc0010114, 0xc0010114, MSR_VALUE, MSR_IGNORE, VM_CR_LOCKED },
	/* IGNNE, SMM_CTL: SMM belongs to the firmware */
	{ 0xc0010115, 0xc0010116, MSR_PASS, MSR_REPORT, 0 },
	/* VM_HSAVE_PA: one write and the next exit saves the host over somebody's memory */
	{ 0xc0010117, 0xc0010117, MSR_VALUE, MSR_REPORT, 0 },
	/* SVM_LOCK_KEY: would unlock VM_CR */
	{ 0xc0010118, 0xc0010118, MSR_VALUE, MSR_REPORT, 0 },
	/* AVIC_DOORBELL: a signal to whichever CPU */
	{ 0xc001011b, 0xc001011b, MSR_PASS, MSR_REPORT, 0 },
	/* CPUID_7_FEATURES to CPUID_EXT_FEATURES: what CPUID says, of XSAVE for one; the hypervisor asks it */
	{ 0xc0011002, 0xc0011005, MSR_PASS, MSR_REPORT, 0 },
};

const struct msr_range *msr_ranges(enum msr_owner owner, unsigned int *count)
{
	if (owner == MSR_ROOT) {
		*count = COUNT(root_ranges);
		return root_ranges;
	}
	*count = COUNT(cell_ranges);
	return cell_ranges;
}

const struct msr_range *msr_find(enum msr_owner owner, uint32_t msr)
{
	static const struct msr_range others[] = {
		[MSR_CELL] = { 0, 0, MSR_DENY, MSR_DENY, 0 },
		[MSR_ROOT] = { 0, 0, MSR_PASS, MSR_PASS, 0 },
	};
	unsigned int low = 0, high;
	const struct msr_range *ranges = msr_ranges(owner, &high);

	while (low < high) {
		unsigned int middle = (low + high) / 2;

		if (msr > ranges[middle].last)
			low = middle + 1;
		else if (msr < ranges[middle].first)
			high = middle;
		else
			return &ranges[middle];
	}
	return &others[owner];
}
