/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files config_check*.c share: the form of a rule, and the places that records take.
 * Private to them.
 */
#ifndef PURE_CONFIG_CHECK_H
#define PURE_CONFIG_CHECK_H

#include "config.h"

#define CONFIG_GIB UINT64_C(0x40000000)
#define CONFIG_BARS 6
#define CONFIG_LIMIT (UINT64_C(1) << 48) /* four levels of nested page tables */

/*
 * What a rule is applied to: the description as a whole, each record of a table, or a place that
 * the description claims among numbers of some kind. Places of one kind stand together, in the
 * order of the rules that keep each clear of those before it.
 */
enum subject {
	WHOLE,
	CPU,	  /* APIC IDs */
	SLOT,	  /* PCI functions of the root */
	LINK_BDF, /* PCI functions of the cell */
	DEVICE_BDF,
	DEVICE,	     /* records of the cell's devices */
	DEVICE_HOST, /* PCI functions that it gets */
	PIN,	     /* of the cell's IO-APIC */
	PIN_GSI,     /* interrupts that it gets */
	GSI,	     /* interrupts of the host's IO-APICs */
	PCI_PORTS,
	STOP_PORTS, /* by which the machine is reset */
	STOP,	    /* those that a system names */
	CONSOLE_PORTS,
	PORT,
	HOST_APIC, /* the host's physical addresses */
	HYPERVISOR,
	ECAM,
	IOAPIC,
	IOMMU,
	POOL,
	MEMORY_HOST,
	LINK_HOST,
	DEVICE_BAR_HOST, /* each device has six */
	CELL_APIC,	 /* the cell's guest-physical addresses */
	INFO,
	CELL_ECAM,
	BAR,
	CELL_IOAPIC,
	LINK,
	DEVICE_BAR,
	MEMORY,
	SUBJECTS
};

/* What a rule looks at. */
struct view {
	const struct config_system *sys; /* NULL: a cell without its system */
	const struct config_cell *cell;
	const struct bh_config_cpu *cpus; /* of the description that is checked */
	enum config_stage stage;
	uint32_t count[SUBJECTS];
	enum subject subject;
	uint32_t i;	/* the record */
	uint64_t value; /* OUT: what is wrong with it */
};

/* 1 if the rule holds, else 0. */
#define X(id, name, subject, function) int function(struct view *v);
CONFIG_RULES_CPUS(X)
CONFIG_RULES_SYSTEM(X)
CONFIG_RULES_CELL(X)
#undef X

struct place {
	uint64_t start, size; /* size 0: nothing there */
};

/* The place of the subject's record i. */
struct place config_place(const struct view *v, enum subject subject, uint32_t i);

/* For rules: this record's place is clear of the others of these subjects, or of those that come
 * before it. */
int config_place_clear(struct view *v, enum subject first, enum subject last);

/* No input makes these overflow. */
static inline int aligned(uint64_t x, uint64_t to)
{
	return !(x & (to - 1));
}

static inline int fits(struct place p, uint64_t limit)
{
	return p.start <= limit && p.size <= limit - p.start;
}

static inline int judge(struct view *v, int holds, uint64_t value)
{
	v->value = value;
	return !!holds;
}

#endif
