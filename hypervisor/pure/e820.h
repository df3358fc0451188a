/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory map of a root that is started again: what the firmware says, less what is not the
 * root's any more, and places in it. ACPI specification, 15 (INT 15h, E820h).
 */
#ifndef PURE_E820_H
#define PURE_E820_H

#include <bulkhead/errno.h>
#include <bulkhead/root.h>

struct e820 {
	unsigned int count;
	struct bh_memmap_entry entry[BH_MEMMAP_MAX];
};

/* Who knows what the root has: whether the byte at this address is in its map, readable, writable and
 * executable at its own address; and for how many bytes from there on, at least one, that is so. */
struct e820_owner {
	int (*owns)(void *context, uint64_t at, uint64_t *same);
	void *context;
};

/*
 * RAM that is the root's stays, but for the page in front of whatever is not (Linux reads words across
 * page ends). RAM that is not the root's, or lies beyond limit, is left out. What is not the root's below limit and outside of
 * all firmware entries, such as registers of a cell's device, becomes reserved. If there is no room for
 * all, the smallest pieces of RAM are left out.
 */
void e820_make(struct e820 *map, const struct bh_memmap_entry *firmware, unsigned int count,
	       uint64_t limit, const struct e820_owner *owner);

/* Where something is to lie in RAM. taken: what may not be overlapped. */
struct e820_wish {
	uint64_t size, align, min;
	uint64_t last; /* highest address of its last byte */
	const struct bh_config_range *taken;
	unsigned int taken_count;
};

/* The lowest such place, or BH_ADDR_NONE. */
uint64_t e820_place(const struct e820 *map, const struct e820_wish *wish);

#endif
