/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The CPUID policy. For cells: a mask for each register of each leaf, found by index, and
 * hooks for leaves whose values are the cell's own. SDM vol. 2, CPUID; APM vol. 3, appendix E.
 *
 * Hidden from cells: virtualization, monitoring and tracing (performance counters, debug store,
 * branch records, processor trace, cache allocation), power and thermal control, supervisor
 * state that the hypervisor does not switch (XSAVES, CET), MONITOR, SGX, memory encryption.
 */
#include <bulkhead/hypercall.h>
#include "cpuid.h"

#define CR4_OSXSAVE (UINT64_C(1) << 18)
#define CR4_PKE (UINT64_C(1) << 22)

#define LEAF_VENDOR 0x0
#define LEAF_FEATURES 0x1
#define LEAF_CACHE 0x4
#define LEAF_POWER 0x6
#define LEAF_STRUCTURED 0x7
#define LEAF_TOPOLOGY 0xb
#define LEAF_XSAVE 0xd
#define LEAF_TSC 0x15
#define LEAF_FREQUENCY 0x16
#define BASIC_LEAVES 0x17

#define LEAF_EXTENDED 0x80000000u
#define LEAF_EXT_FEATURES 0x80000001u
#define LEAF_EXT_SIZES 0x80000008u
#define LEAF_SVM 0x8000000au
#define LEAF_EXT_CACHE 0x8000001du
#define LEAF_EXT_TOPOLOGY 0x8000001eu
#define EXTENDED_LEAVES 0x22

#define FEATURES_ECX_VMX (1u << 5)
#define FEATURES_ECX_X2APIC (1u << 21)
#define FEATURES_ECX_OSXSAVE (1u << 27)
#define FEATURES_ECX_HYPERVISOR (1u << 31)
#define FEATURES_EDX_HTT (1u << 28)
#define POWER_EAX_ARAT (1u << 2)
#define STRUCTURED_ECX_OSPKE (1u << 4)
#define STRUCTURED_EDX_UINTR (1u << 5) /* see root_ranges in msr.c */
#define EXT_ECX_SVM (1u << 2)

#define ALL 0xffffffffu

/* Leaf 1, ECX: SSE3 PCLMULQDQ SSSE3 FMA CX16 PCID SSE4.1 SSE4.2 x2APIC MOVBE POPCNT TSC-deadline
 * AES XSAVE AVX F16C RDRAND */
#define FEATURES_ECX 0x77fa3203u
/* Leaf 1, EDX: all but PSN DS ACPI TM PBE and HTT */
#define FEATURES_EDX 0x0f8bfbffu
/* Leaf 7.0, EBX: FSGSBASE TSC_ADJUST BMI1 AVX2 FDP SMEP BMI2 ERMS INVPCID FDP_CS AVX512F/DQ RDSEED
 * ADX SMAP AVX512IFMA CLFLUSHOPT CLWB AVX512PF/ER/CD SHA AVX512BW/VL */
#define STRUCTURED_EBX 0xfdbf27ebu
/* ECX: PREFETCHWT1 VBMI UMIP PKU VBMI2 GFNI VAES VPCLMUL VNNI BITALG VPOPCNT LA57 RDPID CLDEMOTE
 * MOVDIRI MOVDIR64B */
#define STRUCTURED_ECX 0x1a415f4fu
/* EDX: 4VNNIW 4FMAPS FSRM VP2INTERSECT MD_CLEAR SERIALIZE AMX AVX512-FP16 IBRS STIBP L1D_FLUSH
 * ARCH_CAPABILITIES SSBD */
#define STRUCTURED_EDX 0xbfc0451cu
/* Leaf 7.1, EAX: AVX-VNNI AVX512-BF16 FZRM FSRS FSRC AMX-FP16 AVX-IFMA */
#define STRUCTURED_1_EAX 0x00a01c30u
/* Leaf D.1, EAX: XSAVEOPT XSAVEC XGETBV1 */
#define XSAVE_1_EAX 0x7u
/* Leaf 80000001, ECX: LAHF CmpLegacy AltMovCr8 ABM SSE4A MisAlignSse 3DNowPrefetch XOP FMA4 TCE TBM
 * TopologyExtensions DataBkptExt */
#define EXT_ECX 0x046309f3u
/* EDX: all that is defined but HTT-like and reserved ones */
#define EXT_EDX 0xefd3fbffu
/* Leaf 80000008, EBX: CLZERO RstrFpErrPtrs WBNOINVD IBPB IBRS STIBP and how they behave, SSBD
 * VIRT_SSBD SSB_NO PSFD BTC_NO IBPB_RET */
#define EXT_SIZES_EBX 0x771fd205u
/* Leaf 80000021, EAX: NoNestedDataBp LfenceAlwaysSerializing NullSelectClearsBase FSRS FSRC */
#define EXT_2_EAX 0x00000c45u

/* White lists for cells; a leaf that is not named is all zero. */
static const struct cpuid_regs basic_mask[BASIC_LEAVES] = {
	[LEAF_VENDOR] = { 0, ALL, ALL, ALL },
	[LEAF_FEATURES] = { ALL, 0xff00ffff, FEATURES_ECX, FEATURES_EDX },
	[0x2] = { ALL, ALL, ALL, ALL }, /* cache descriptors */
	[LEAF_CACHE] = { 0x3fff, ALL, ALL, ALL },
	[LEAF_STRUCTURED] = { ALL, STRUCTURED_EBX, STRUCTURED_ECX, STRUCTURED_EDX },
	[LEAF_XSAVE] = { ALL, ALL, ALL, ALL },
};

static const struct cpuid_regs extended_mask[EXTENDED_LEAVES] = {
	[0x00] = { ALL, ALL, ALL, ALL },
	[0x01] = { ALL, ALL, EXT_ECX, EXT_EDX },
	[0x02 ... 0x06] = { ALL, ALL, ALL, ALL }, /* brand string; L1 caches and TLBs; L2 and L3 */
	[0x07] = { 0, 0, 0, 0x100 },		  /* invariant TSC */
	[0x08] = { ALL, EXT_SIZES_EBX, 0, 0 },
	[0x19] = { ALL, ALL, 0, 0 }, /* TLBs for 1 GiB pages */
	[0x1a] = { ALL, 0, 0, 0 },   /* performance hints */
	[0x1d] = { 0x3fff, ALL, ALL, ALL },
	[0x21] = { EXT_2_EAX, 0, 0, 0 },
};

static const struct cpuid_regs nothing;

static unsigned int bits_for(uint32_t value)
{
	return value ? 32 - (unsigned int)__builtin_clz(value) : 0;
}

void cpuid_view_init(struct cpuid_view *view)
{
	uint32_t all = view->cell_id ? ALL : 0;

	view->id_bits = bits_for(view->highest_apic_id);
	view->touched[0] = all | 1u << LEAF_FEATURES | 1u << LEAF_STRUCTURED;
	view->touched[1] = all | 1u << (BH_CPUID_SIGNATURE & 31) | 1u << (BH_CPUID_INFO & 31);
	view->touched[2] = all | 1u << (LEAF_EXT_FEATURES & 31) | 1u << (LEAF_SVM & 31);
	view->touched[3] = all;
}

static void set_bit(uint32_t *reg, uint32_t bit, int on)
{
	*reg = on ? *reg | bit : *reg & ~bit;
}

/* Bits that mirror the hypervisor's CR4 when it executes CPUID, and have to mirror the guest's. */
static void mirror_cr4(const struct cpuid_query *q, struct cpuid_regs *regs)
{
	if (q->leaf == LEAF_FEATURES)
		set_bit(&regs->ecx, FEATURES_ECX_OSXSAVE, !!(q->cr4 & CR4_OSXSAVE));
	else if (q->leaf == LEAF_STRUCTURED && q->subleaf == 0)
		set_bit(&regs->ecx, STRUCTURED_ECX_OSPKE, !!(q->cr4 & CR4_PKE));
}

static void show_hypervisor(const struct cpuid_query *q, struct cpuid_regs *regs)
{
	uint64_t info = q->view->info_gpa;

	if (q->leaf == BH_CPUID_SIGNATURE) /* "BulkheadBulk" */
		*regs = (struct cpuid_regs){ BH_CPUID_INFO, BH_CPUID_NAME, 0x64616568,
					     BH_CPUID_NAME };
	else if (q->leaf == BH_CPUID_INFO)
		*regs = (struct cpuid_regs){ BH_ABI, q->view->cell_id, (uint32_t)info, info >> 32 };
}

static void filter_root(const struct cpuid_query *q, struct cpuid_regs *regs)
{
	switch (q->leaf) {
	case LEAF_FEATURES:
		regs->ecx &= ~FEATURES_ECX_VMX;
		regs->ecx |= FEATURES_ECX_HYPERVISOR;
		break;
	case LEAF_STRUCTURED:
		regs->edx &= ~(q->subleaf ? 0 : STRUCTURED_EDX_UINTR);
		break;
	case LEAF_EXT_FEATURES:
		regs->ecx &= ~EXT_ECX_SVM;
		break;
	case LEAF_SVM:
		*regs = nothing;
		break;
	}
}

static void mask_host(const struct cpuid_query *q, struct cpuid_regs *regs)
{
	const struct cpuid_regs *mask = &nothing;

	if (q->leaf < BASIC_LEAVES && q->leaf <= q->view->max_basic)
		mask = &basic_mask[q->leaf];
	else if (q->leaf - LEAF_EXTENDED < EXTENDED_LEAVES && q->leaf <= q->view->max_extended)
		mask = &extended_mask[q->leaf - LEAF_EXTENDED];
	regs->eax &= mask->eax;
	regs->ebx &= mask->ebx;
	regs->ecx &= mask->ecx;
	regs->edx &= mask->edx;
}

/*
 * Hooks for leaves whose values are the cell's own. regs holds what the white list shows of the
 * host's.
 */
static void vendor(const struct cpuid_query *q, struct cpuid_regs *regs)
{
	regs->eax = BASIC_LEAVES - 1;
}

/* EBX holds how many APIC IDs the package may have. */
static void features(const struct cpuid_query *q, struct cpuid_regs *regs)
{
	uint32_t ids = q->view->id_bits < 7 ? 1u << q->view->id_bits : 128;

	regs->ebx |= (q->view->cpu_count > 1 ? ids : 1) << 16;
	set_bit(&regs->edx, FEATURES_EDX_HTT, q->view->cpu_count > 1);
	regs->ecx |= FEATURES_ECX_HYPERVISOR;
	if (q->view->xapic_only)
		regs->ecx &= ~FEATURES_ECX_X2APIC;
}

/* Who shares a cache. The last level is the package's, others private. */
static void cache(const struct cpuid_query *q, struct cpuid_regs *regs)
{
	uint32_t others = (1u << (q->view->id_bits < 12 ? q->view->id_bits : 12)) - 1;
	uint32_t level = regs->eax >> 5 & 7;

	if (!(regs->eax & 0x1f)) {
		*regs = nothing;
		return;
	}
	regs->eax |= level >= 3 ? others << 14 : 0;
}

/* The timer runs on while a cell halts. */
static void power(const struct cpuid_query *q, struct cpuid_regs *regs)
{
	regs->eax = POWER_EAX_ARAT;
}

static void structured(const struct cpuid_query *q, struct cpuid_regs *regs)
{
	if (q->subleaf == 0)
		regs->eax = regs->eax ? 1 : 0;
	else if (q->subleaf == 1)
		*regs = (struct cpuid_regs){ .eax = regs->eax & STRUCTURED_1_EAX };
	else
		*regs = nothing;
}

/* One package, a core for each CPU of the cell, no threads. */
static void topology(const struct cpuid_query *q, struct cpuid_regs *regs)
{
	*regs = (struct cpuid_regs){ .ecx = q->subleaf & 0xff, .edx = q->apic_id };
	if (q->subleaf == 0) {
		regs->ebx = 1;
		regs->ecx |= 1u << 8;
	} else if (q->subleaf == 1) {
		regs->eax = q->view->id_bits;
		regs->ebx = q->view->cpu_count;
		regs->ecx |= 2u << 8;
	}
}

/* Supervisor states are not shown: ECX bit 0 of a state's leaf says that it is one. */
static void xsave(const struct cpuid_query *q, struct cpuid_regs *regs)
{
	if (q->subleaf == 1)
		*regs = (struct cpuid_regs){ .eax = regs->eax & XSAVE_1_EAX, .ebx = regs->ebx };
	else if (q->subleaf > 1 && (q->subleaf > 62 || (regs->ecx & 1)))
		*regs = nothing;
}

/* TSC = ECX * EBX / EAX, ECX being the APIC timer's clock: in kHz, so that all of them fit. */
static void tsc(const struct cpuid_query *q, struct cpuid_regs *regs)
{
	uint32_t apic_khz = (uint32_t)(q->view->apic_timer_hz / 1000);

	if (apic_khz && q->view->tsc_hz)
		*regs = (struct cpuid_regs){ apic_khz, (uint32_t)(q->view->tsc_hz / 1000),
					     apic_khz * 1000, 0 };
}

static void frequency(const struct cpuid_query *q, struct cpuid_regs *regs)
{
	uint32_t mhz = (uint32_t)(q->view->tsc_hz / 1000000);

	*regs = (struct cpuid_regs){ mhz, mhz, mhz ? 100 : 0, 0 };
}

static void extended(const struct cpuid_query *q, struct cpuid_regs *regs)
{
	if (regs->eax >= LEAF_EXTENDED + EXTENDED_LEAVES)
		regs->eax = LEAF_EXTENDED + EXTENDED_LEAVES - 1;
}

static void ext_sizes(const struct cpuid_query *q, struct cpuid_regs *regs)
{
	if (q->leaf <= q->view->max_extended)
		regs->ecx = q->view->id_bits << 12 | ((q->view->cpu_count - 1) & 0xff);
}

static void ext_topology(const struct cpuid_query *q, struct cpuid_regs *regs)
{
	uint32_t id = q->apic_id;

	if (q->leaf <= q->view->max_extended)
		*regs = (struct cpuid_regs){ .eax = id, .ebx = id & 0xff };
}

static const struct {
	uint32_t leaf;
	void (*fill)(const struct cpuid_query *q, struct cpuid_regs *regs);
} hooks[] = {
	{ LEAF_VENDOR, vendor },
	{ LEAF_FEATURES, features },
	{ LEAF_CACHE, cache },
	{ LEAF_POWER, power },
	{ LEAF_STRUCTURED, structured },
	{ LEAF_TOPOLOGY, topology },
	{ LEAF_XSAVE, xsave },
	{ LEAF_TSC, tsc },
	{ LEAF_FREQUENCY, frequency },
	{ LEAF_EXTENDED, extended },
	{ LEAF_EXT_SIZES, ext_sizes },
	{ LEAF_EXT_CACHE, cache },
	{ LEAF_EXT_TOPOLOGY, ext_topology },
};

static void filter_cell(const struct cpuid_query *q, struct cpuid_regs *regs)
{
	mask_host(q, regs);
	for (unsigned int i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++)
		if (hooks[i].leaf == q->leaf)
			hooks[i].fill(q, regs);
}

void cpuid_filter(const struct cpuid_query *q, struct cpuid_regs *regs)
{
	if (q->view->cell_id)
		filter_cell(q, regs);
	else
		filter_root(q, regs);
	show_hypervisor(q, regs);
	mirror_cr4(q, regs);
}
