/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The registers and the rings of an AMD IOMMU as the root sees them while the hardware works for us.
 * AMD I/O Virtualization Technology specification (48882), 3.4, 2.4, 2.5.
 */
#ifndef PURE_AMDVI_REGS_H
#define PURE_AMDVI_REGS_H

#include "amdvi.h"

/* What the root believes that its unit holds. */
struct amdvi_regs {
	uint64_t features; /* the hardware's */
	uint64_t devtab, commands, events, control, exclusion_base, exclusion_limit;
	uint32_t command_head, command_tail, event_head, event_tail; /* bytes */
	uint32_t status;					     /* without the RUN bits */
};

/* As after a reset of the machine: what the unit can do stays. */
void amdvi_regs_reset(struct amdvi_regs *regs);

/* 64 bits at an offset that is a multiple of 8. */
uint64_t amdvi_regs_read(const struct amdvi_regs *regs, uint32_t offset);

/* The bits of mask are written. */
void amdvi_regs_write(struct amdvi_regs *regs, uint32_t offset, uint64_t value, uint64_t mask);

/* Address of the command that is next, or BH_ADDR_NONE. */
uint64_t amdvi_regs_command(const struct amdvi_regs *regs);

/* That command is done, or is none: then the ring stops (2.4). */
void amdvi_regs_next(struct amdvi_regs *regs);
void amdvi_regs_stop(struct amdvi_regs *regs);

/* Address for one more event, which counts as written; BH_ADDR_NONE: no log, or no room (2.5). */
uint64_t amdvi_regs_event(struct amdvi_regs *regs);

#endif
