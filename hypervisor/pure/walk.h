/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Walk of a guest's own page tables (for fetching an instruction): 16/32-bit without paging,
 * legacy, PAE, 4 and 5 levels. All table contents are untrusted; access and dirty bits are not
 * set. Reads guest memory through a callback, 4 or 8 bytes at a time.
 */
#ifndef PURE_WALK_H
#define PURE_WALK_H

#include <bulkhead/errno.h>
#include <bulkhead/types.h>

struct walk_state {
	uint64_t cr0, cr3, cr4, efer;
};

struct walk_memory {
	/* level: which table is read (0 is the last), so that a mapping window per level can be
	 * kept. gpa is a multiple of width. Returns 0, or a negative errno if gpa is not the
	 * guest's memory. */
	int (*read)(void *context, uint64_t gpa, unsigned int level, unsigned int width,
		    uint64_t *value);
	void *context;
};

/* Linear to guest-physical address. -ENOENT: not mapped or not canonical; other errors as from
 * read(). Outside of long mode bits 63..32 of linear are ignored; a caller in compatibility
 * mode clears them. */
int walk_translate(const struct walk_state *state, const struct walk_memory *memory,
		   uint64_t linear, uint64_t *gpa);

#endif
