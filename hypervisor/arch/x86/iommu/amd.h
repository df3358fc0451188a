/* SPDX-License-Identifier: GPL-2.0-only */
/* AMD IOMMUs: what the hardware's side (amd.c) and the root's view of a unit (amd_root.c) share. */
#ifndef X86_IOMMU_AMD_H
#define X86_IOMMU_AMD_H

#include "arch/x86/iommu/iommu.h"
#include "pure/amdvi.h"

/* What the root believes that its unit holds. */
struct amd_shadow {
	uint64_t devtab, commands, events, control, exclusion_base, exclusion_limit;
	uint32_t command_head, command_tail, event_head, event_tail; /* bytes */
	uint32_t status;					     /* without the RUN bits */
};

struct amd {
	struct iommu_unit *unit;
	uint64_t features;
	struct amdvi_entry *commands, *events; /* a page each */
	uint32_t command_tail, event_head;     /* indices */
	uint64_t completed;		       /* the unit writes it when it has come so far */
	uint64_t waits;
	struct amd_shadow root;
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

/* ----- amd_root.c */

/* What Linux has set up, from the registers; whether we can go on with it. -EOPNOTSUPP, -EBUSY */
int amd_root_init(struct cpu *self, struct amd *amd);

/* Report the events that the unit has noted, and hand those of the root's functions on. */
void amd_root_drain_events(struct cpu *self, struct amd *amd);

void amd_root_mmio(struct cpu *self, struct amd *amd, uint32_t offset, struct mmio_access *access,
		   uint64_t *value);

#endif
