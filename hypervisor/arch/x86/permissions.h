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

/* One bit for each port, in a zeroed bitmap of this many bytes. */
void permissions_fill_ports(const struct cell *cell, uint8_t *bitmap, size_t size);

/* Fills the part of the bitmap that stands for MSRs as the policy has it by default, and calls set
 * for each MSR that it names. */
void permissions_fill_msrs(const struct cell *cell, uint8_t *bitmap, size_t size,
			   void (*set)(uint8_t *bitmap, uint32_t msr, int trap_read,
				       int trap_write));

#endif
