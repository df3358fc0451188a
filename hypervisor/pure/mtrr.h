/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory-type range registers: which physical memory is cached (SDM vol. 3, 12.11). */
#ifndef PURE_MTRR_H
#define PURE_MTRR_H

#include <bulkhead/types.h>

#define MTRR_FIXED 11
#define MTRR_MAX_VARIABLE 16

struct mtrr {
	uint64_t default_type;	    /* MTRR_DEF_TYPE */
	uint64_t fixed[MTRR_FIXED]; /* 64K_00000, 16K_80000, 16K_A0000, 4K_C0000 ... 4K_F8000 */
	struct {
		uint64_t base, mask; /* PHYSBASE, PHYSMASK */
	} variable[MTRR_MAX_VARIABLE];
	unsigned int count; /* of variable ranges */
};

/* 1 if memory at this address is write-back, 0 if it is anything else; *size: for how many bytes
 * that is so. */
int mtrr_is_cached(const struct mtrr *mtrr, uint64_t address, uint64_t *size);

#endif
