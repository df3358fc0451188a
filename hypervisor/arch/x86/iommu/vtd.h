/* SPDX-License-Identifier: GPL-2.0-only */
/* VT-d: what the hardware's side (vtd.c) and the root's view of a unit (vtd_root.c) share. */
#ifndef X86_IOMMU_VTD_H
#define X86_IOMMU_VTD_H

#include "arch/x86/iommu/iommu.h"
#include "pure/vtd_regs.h"

/*
 * Entries of our interrupt-remapping table, in 16 contiguous pages. Linux hands out handles from 0 on,
 * one for each vector of a device; with this many it has 3,840 of them, and cells have the rest. One
 * table for each unit, since Linux's handles are its own in each unit.
 */
#define VTD_IRTES 4096
#define VTD_ROOT_IRTES (VTD_IRTES - IOMMU_CELL_ENTRIES)

struct vtd {
	struct iommu_unit *unit;
	struct vtd_entry *irtes;
	struct vtd_entry *queue; /* one page */
	uint32_t tail;		 /* index */
	uint32_t status;	 /* the unit writes it when it has come so far in the queue */
	uint32_t waits;
	/* what the hardware does since the unit is ours, whatever the root does */
	int remaps;	      /* interrupts are remapped */
	int extended;	      /* to destinations of 32 bits */
	struct vtd_regs root; /* what it believes that its unit holds, and what the unit can do */
};

/* ----- vtd.c: all of these with the unit's lock */

/* Have the unit carry out entries of ours, and wait until it has. -ETIMEDOUT */
int vtd_submit(struct vtd *vtd, const struct vtd_entry *entries, unsigned int count);

/* Make entries of an interrupt table visible to a unit that does not look into caches. */
void vtd_write_back(const struct vtd *vtd, const void *at, size_t size);

static inline uint32_t vtd_read(const struct vtd *vtd, uint32_t offset)
{
	return *(volatile uint32_t *)(vtd->unit->regs + offset);
}

static inline void vtd_write(const struct vtd *vtd, uint32_t offset, uint32_t value)
{
	*(volatile uint32_t *)(vtd->unit->regs + offset) = value;
}

static inline uint64_t vtd_read64(const struct vtd *vtd, uint32_t offset)
{
	return *(volatile uint64_t *)(vtd->unit->regs + offset);
}

static inline void vtd_write64(const struct vtd *vtd, uint32_t offset, uint64_t value)
{
	*(volatile uint64_t *)(vtd->unit->regs + offset) = value;
}

/* The unit tells of no more faults of a cell's function until the function is set anew. */
void vtd_mute(struct vtd *vtd, uint16_t bdf);

/* No DMA of this function any more, nor, for want of tables, of its whole bus. 0: it was so already.
 * Without machine_lock. */
int vtd_block(struct vtd *vtd, uint16_t bdf);

/* Change an entry of the unit's interrupt table. -ETIMEDOUT */
int vtd_set_irte(struct vtd *vtd, uint32_t index, struct vtd_entry value);

/* ----- vtd_root.c */

/* What Linux has set up, from the registers; whether we can go on with it. -EOPNOTSUPP, -EBUSY */
int vtd_root_init(struct cpu *self, struct vtd *vtd);

/* Our table's entries from the root's: as many as it has, from first on. */
void vtd_root_copy_irtes(struct cpu *self, struct vtd *vtd, uint32_t first, uint32_t count);

/* Report the faults that the unit has noted. */
void vtd_root_drain_faults(struct vtd *vtd);

/* The unit's own interrupt goes where the root wants it, as long as that is one of its CPUs. */
void vtd_root_set_fault_message(struct vtd *vtd);

/* The root is started again. -ETIMEDOUT */
int vtd_root_reset(struct vtd *vtd);

void vtd_root_mmio(struct cpu *self, struct vtd *vtd, uint32_t offset, struct mmio_access *access,
		   uint64_t *value);

#endif
