/* SPDX-License-Identifier: GPL-2.0-only */
/* AMD IOMMUs: what the hardware's side (amd.c) and the root's view of a unit (amd_root.c) share. */
#ifndef X86_IOMMU_AMD_H
#define X86_IOMMU_AMD_H

#include "arch/x86/iommu/iommu.h"
#include "pure/amdvi_regs.h"

struct amd {
	struct iommu_unit *unit;
	struct amdvi_entry *commands, *events; /* a page each */
	uint32_t command_tail, event_head;     /* indices */
	uint64_t completed;		       /* the unit writes it when it has come so far */
	uint64_t waits;
	int wide; /* the hardware's interrupt tables, whatever the root writes later */
	struct amdvi_regs root;
};

static inline uint64_t amd_read(const struct amd *amd, uint32_t offset)
{
	return *(volatile uint64_t *)(amd->unit->regs + offset);
}

static inline void amd_write(const struct amd *amd, uint32_t offset, uint64_t value)
{
	*(volatile uint64_t *)(amd->unit->regs + offset) = value;
}

/* ----- amd.c: all of these with the unit's lock */

/* No DMA of this function any more. Returns 0 if it was so already. */
int amd_block(struct amd *amd, uint16_t bdf);

/* The unit tells of no more faults of a function until the function is set anew. */
void amd_mute(struct amd *amd, uint16_t bdf);

/* The log is full, and the unit has stopped it: go on with an empty one. */
void amd_restart_log(struct amd *amd);

/* Carry out commands that were put, and wait until they are. -ETIMEDOUT */
int amd_submit(struct amd *amd, struct amdvi_entry entry);

/* The function's entry gets this third word. */
void amd_set_interrupts(uint16_t bdf, uint64_t word);

/* ----- amd_interrupts.c: tables of functions, each of which is the hardware's copy of Linux's, or a
 * cell's. */

extern int amd_remaps; /* Linux remaps interrupts: so do we, for everybody */

/* Room for the table of a function that has one in Linux's device table, or of a cell's. -ENOMEM */
int amd_interrupts_reserve(uint16_t bdf, unsigned int order);

/* Some more, for those that appear while no memory can be had. -ENOMEM */
int amd_interrupts_spare(void);

/* What the root's function may do: copies what is allowed of Linux's table, and sets our entry's word. */
void amd_interrupts_follow(struct cpu *self, struct amd *amd, uint16_t bdf,
			   const struct amdvi_dte *dte);

/* The function has another owner now: its table is empty, but for pins of cells. */
void amd_interrupts_clear(struct amd *amd, uint16_t bdf);

/* What number n of the cells' entries is in the table of a function, or of an IO-APIC. */
unsigned int amd_interrupts_index(uint16_t bdf, unsigned int n);

/* Whether such an index is Linux's in the table of an IO-APIC. */
int amd_interrupts_is_roots(uint32_t index);

/* An entry of a cell's function or IO-APIC pin, irq NULL: none. -EOPNOTSUPP: it has no table */
int amd_interrupts_set(struct amd *amd, uint16_t bdf, unsigned int index,
		       const struct msi_interrupt *irq);

/* ----- amd_root.c */

/* Linux's entry of the device table. 0 if there is none. */
int amd_root_dte(struct cpu *self, const struct amd *amd, uint32_t bdf, struct amdvi_dte *dte);

/* Words of the root's memory. 0 if they are not the root's. */
int amd_root_read(struct cpu *self, uint64_t gpa, void *to, size_t words);

/* What a message of the root's function leads to by Linux's tables; as iommu_hooks.translate. */
int amd_interrupts_translate(struct cpu *self, struct amd *amd, uint16_t bdf, uint32_t data,
			     struct msi_interrupt *irq);

/* All of the root's functions again, since the root's CPUs have changed. */
void amd_root_follow(struct cpu *self, struct amd *amd);

/* What Linux has set up, from the registers; whether we can go on with it. -EOPNOTSUPP, -EBUSY */
int amd_root_init(struct cpu *self, struct amd *amd);

/* Report the events that the unit has noted, and hand those of the root's functions on. */
void amd_root_drain_events(struct cpu *self, struct amd *amd);

void amd_root_mmio(struct cpu *self, struct amd *amd, uint32_t offset, struct mmio_access *access,
		   uint64_t *value);

#endif
