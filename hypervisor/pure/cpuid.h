/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What CPUID shows to guests: the host's values, filtered. The root sees the CPU as it is but
 * for virtualization, which is taken; a cell sees a white list, with a topology of its own.
 */
#ifndef PURE_CPUID_H
#define PURE_CPUID_H

#include <bulkhead/types.h>

struct cpuid_regs {
	uint32_t eax, ebx, ecx, edx;
};

/* One for the root and one for each cell. The caller fills all but the last group, then calls
 * cpuid_view_init(). */
struct cpuid_view {
	uint32_t cell_id;	  /* 0: root; of the rest it needs nothing else */
	uint32_t max_basic;	  /* host's leaf 0, EAX */
	uint32_t max_extended;	  /* host's leaf 80000000h, EAX */
	uint32_t cpu_count;	  /* CPUs of the cell */
	uint32_t highest_apic_id; /* among them */
	uint32_t xapic_only;	  /* 1: x2APIC is not shown */
	uint64_t info_gpa;
	uint64_t tsc_hz;
	uint64_t apic_timer_hz; /* divider 1; 0: not known */

	uint32_t touched[4]; /* leaves that need cpuid_filter(): bit (leaf % 32) of [leaf >> 30] */
	uint32_t id_bits;    /* of an APIC ID inside the cell's one package */
};

/* Who asks for what. */
struct cpuid_query {
	const struct cpuid_view *view;
	uint32_t leaf, subleaf;
	uint32_t apic_id;
	uint64_t cr4; /* the guest's: some bits of CPUID mirror it */
};

void cpuid_view_init(struct cpuid_view *view);

/* Whether the host's values have to go through cpuid_filter(). Kept to a few instructions: most
 * exits of the root end here. May say 1 where nothing changes. */
static inline int cpuid_is_touched(const struct cpuid_view *view, uint32_t leaf)
{
	return view->touched[leaf >> 30] >> (leaf & 31) & 1;
}

/* regs: the host's values for leaf and subleaf on this CPU, replaced by the guest's. */
void cpuid_filter(const struct cpuid_query *q, struct cpuid_regs *regs);

#endif
