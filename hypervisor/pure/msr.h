/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which model-specific registers a guest may touch: for cells a white list, for the root
 * everything but what would break the partition. The tables in msr.c are the policy; backends
 * build their permission bitmaps from them and the dispatcher asks msr_find() at an exit, so that
 * both can never disagree.
 */
#ifndef PURE_MSR_H
#define PURE_MSR_H

#include <bulkhead/types.h>

enum msr_owner { MSR_CELL, MSR_ROOT };

enum msr_verdict {
	MSR_PASS,    /* the guest reaches the hardware. At an exit (a register that no bitmap
		      * covers): done on its behalf, prepared for a #GP */
	MSR_EMULATE, /* the dispatcher knows this register by number */
	MSR_VALUE,   /* reads give the range's value */
	MSR_IGNORE,  /* writes do nothing, which is harmless and expected */
	MSR_REPORT,  /* writes do nothing; counted and reported as a stray access */
	MSR_DENY,    /* #GP; a strict cell is parked */
};

struct msr_range {
	uint32_t first, last;
	uint8_t read, write; /* enum msr_verdict */
	uint64_t value;	     /* for MSR_VALUE */
};

/* What holds for this register; never NULL. */
const struct msr_range *msr_find(enum msr_owner owner, uint32_t msr);

/* The exceptions from msr_default(), ascending and disjoint, for filling bitmaps at once. */
const struct msr_range *msr_ranges(enum msr_owner owner, unsigned int *count);

static inline enum msr_verdict msr_default(enum msr_owner owner)
{
	return owner == MSR_ROOT ? MSR_PASS : MSR_DENY;
}

#endif
