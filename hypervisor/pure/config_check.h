/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files config_check*.c share: the form of a rule, and arithmetic on ranges that no
 * input can make overflow. Private to them.
 */
#ifndef PURE_CONFIG_CHECK_H
#define PURE_CONFIG_CHECK_H

#include "config.h"

#define CONFIG_GIB UINT64_C(0x40000000)
#define CONFIG_MIB UINT64_C(0x100000)
#define CONFIG_LIMIT (UINT64_C(1) << 48) /* four levels of nested page tables */
#define CONFIG_LOCAL_APIC UINT64_C(0xfee00000)
#define CONFIG_PCI_PORTS 0xcf8 /* 8 of them */

/* What a rule is applied to: the description as a whole, or each record of a table. */
enum subject { WHOLE, CPU, IOAPIC, IOMMU, SLOT, POOL, LINK, PORT, MEMORY, SUBJECTS };

/* What a rule looks at. */
struct view {
	const struct config_system *sys; /* NULL: a cell without its system */
	const struct config_cell *cell;
	const struct bh_config_cpu *cpus; /* of the description that is checked */
	uint32_t cpu_count;
	enum config_stage stage;
	uint32_t i;	/* the record */
	uint64_t value; /* OUT: what is wrong with it */
};

/* 1 if the rule holds, else 0. */
#define X(id, name, subject, function) int function(struct view *v);
CONFIG_RULES_CPUS(X)
CONFIG_RULES_SYSTEM(X)
CONFIG_RULES_CELL(X)
#undef X

struct range {
	uint64_t start, size; /* size 0: nothing there */
};

static inline struct range range_of(uint64_t start, uint64_t size)
{
	return (struct range){ start, start == BH_ADDR_NONE ? 0 : size };
}

static inline int aligned(uint64_t x, uint64_t to)
{
	return !(x & (to - 1));
}

static inline int fits(struct range r, uint64_t limit)
{
	return r.start <= limit && r.size <= limit - r.start;
}

static inline int overlap(struct range a, struct range b)
{
	if (!a.size || !b.size)
		return 0;
	return a.start < b.start ? b.start - a.start < a.size : a.start - b.start < b.size;
}

static inline int judge(struct view *v, int holds, uint64_t value)
{
	v->value = value;
	return !!holds;
}

/* The host's physical regions that a system description names, in the order of the rules that
 * keep each clear of those before it; the pool, which cells may use, comes last. */
enum { HOST_APIC, HOST_HYPERVISOR, HOST_ECAM, HOST_IOAPICS };
uint32_t config_host_reserved(const struct config_system *sys); /* regions before the pool */
struct range config_host_region(const struct config_system *sys, uint32_t n);
struct range config_console_ports(const struct config_system *sys);

/* The same for a cell's guest-physical addresses: link n is GUEST_LINKS + n, then the memory. */
enum { GUEST_APIC, GUEST_INFO, GUEST_ECAM, GUEST_BAR, GUEST_IOAPIC, GUEST_LINKS };
struct range config_guest_region(const struct config_cell *cell, uint32_t n);
int config_guest_clear(struct view *v, uint32_t n);
/* Aligned, and ends at or below the limit. */
int config_guest_window(struct view *v, uint32_t n, uint64_t align, uint64_t limit);

/* The host memory behind a cell: its memory, then its links. */
int config_backing_fits(struct view *v, uint32_t n);
int config_backing_reserved(struct view *v, uint32_t n);
int config_backing_clear(struct view *v, uint32_t n);

#endif
