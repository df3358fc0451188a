/* SPDX-License-Identifier: GPL-2.0-only */
/* What a cell may touch without an exit, for the backends' permission bitmaps: a set bit traps. */
#ifndef X86_PERMISSIONS_H
#define X86_PERMISSIONS_H

#include "cell.h"

static inline void permissions_set(uint8_t *bitmap, unsigned int n, int trap)
{
	if (trap)
		bitmap[n / 8] |= (uint8_t)(1u << n % 8);
	else
		bitmap[n / 8] &= (uint8_t) ~(1u << n % 8);
}

/* The cell's maps, and what taking its ports from the root will need. -EBUSY: a port is another cell's; -ENOMEM.
 * The root has none of its own. With machine_lock, as the next three. */
int permissions_prepare(struct cell *cell);

/* Undoes that. The root's CPUs have been flushed since its ports were given back, if they were taken. */
void permissions_destroy(struct cell *cell);

/* The cell's ports, out of the root's map and back: what is done when the root's CPUs are flushed next. */
void permissions_take(struct cell *cell);
void permissions_give_back(struct cell *cell);

/* For an access of the root that was trapped: 1 if it reaches a port of a cell. Without a lock. */
int permissions_are_taken(uint16_t port, unsigned int width);

/* Fills the part of the bitmap that stands for MSRs as the policy has it by default, and calls set
 * for each MSR that it names. */
void permissions_fill_msrs(const struct cell *cell, uint8_t *bitmap, size_t size,
			   void (*set)(uint8_t *bitmap, uint32_t msr, int trap_read,
				       int trap_write));

#endif
