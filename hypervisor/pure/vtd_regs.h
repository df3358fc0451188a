/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The registers of a VT-d unit as the root sees them while the hardware works for us: what it reads, and
 * what a write of it makes necessary. VT-d specification, 11.4.
 *
 * Not there for the root: device TLBs, page requests, posted interrupts, scalable mode, protected memory,
 * advanced fault logging, and the interrupt at the end of a wait, none of which Linux uses with what it
 * is shown. Invalidation by registers (CCMD, IOTLB) is always done already: they read as zeros.
 */
#ifndef PURE_VTD_REGS_H
#define PURE_VTD_REGS_H

#include "vtd.h"

/* What the root believes that its unit holds. */
struct vtd_regs {
	uint64_t cap, ecap; /* the hardware's */
	uint32_t version;
	uint32_t gsts;
	uint32_t fsts; /* errors only; whether a fault is pending follows from fault */
	uint32_t fectl, fedata, feaddr, feuaddr;
	uint64_t rtaddr, irta, iqa;
	uint32_t iqh, iqt;	/* bytes */
	struct vtd_entry fault; /* the one record that it is shown */
};

/* As after a reset of the machine: what the unit can do stays. */
void vtd_regs_reset(struct vtd_regs *regs);

/* 64 bits at an offset that is a multiple of 8: two registers, or one. */
uint64_t vtd_regs_read(const struct vtd_regs *regs, uint32_t offset);

/* What has to be done after a write: any of these, in this order. */
#define VTD_DO_CONTEXTS 0x1 /* look which functions the root wants to translate */
#define VTD_DO_IRTES 0x2    /* read all of the root's interrupt entries again */
#define VTD_DO_MESSAGE 0x4  /* the unit's own interrupt goes elsewhere */
#define VTD_DO_QUEUE 0x8    /* there may be requests in the queue */

/* 32 bits at an offset that is a multiple of 4. Returns VTD_DO_*. */
uint32_t vtd_regs_write(struct vtd_regs *regs, uint32_t offset, uint32_t value);

/* Where the unit's own interrupt goes: fixed or lowest priority, or it is -EINVAL. */
int vtd_regs_message(const struct vtd_regs *regs, struct msi_interrupt *irq);

/* Whether there is a request at iqh that can be carried out. A tail beyond the queue is an error. */
int vtd_regs_has_request(struct vtd_regs *regs);

/* The request at iqh is done. */
void vtd_regs_next(struct vtd_regs *regs);

#endif
