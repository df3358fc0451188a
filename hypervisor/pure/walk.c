// SPDX-License-Identifier: GPL-2.0-only
/*
 * Walk of a guest's own page tables. The paging modes differ in their geometry, which is a
 * table; the walk is one loop. SDM vol. 3, 4.3 to 4.5; APM vol. 2, 5.2 and 5.3.
 */
#include "walk.h"

#define CR0_PG (UINT64_C(1) << 31)
#define CR4_PSE (UINT64_C(1) << 4)
#define CR4_PAE (UINT64_C(1) << 5)
#define CR4_LA57 (UINT64_C(1) << 12)
#define EFER_LMA (UINT64_C(1) << 10)

#define WALK_PRESENT 0x1
#define WALK_LARGE 0x80
#define WALK_PAGE_SHIFT 12
#define WALK_ADDRESS UINT64_C(0x000ffffffffff000)

struct walk_geometry {
	uint8_t levels;	    /* 0: no paging */
	uint8_t index_bits; /* of all levels but the highest, which may have fewer */
	uint8_t width;	    /* bytes of an entry */
	uint8_t large;	    /* bit n: an entry of level n may map a page */
	uint64_t root;	    /* mask of the address in CR3 */
	uint64_t linear;    /* mask of what is translated */
};

static const struct walk_geometry walk_off = { 0, 0, 0, 0x0, 0, 0xffffffff };
static const struct walk_geometry walk_legacy = { 2, 10, 4, 0x0, 0xfffff000, 0xffffffff };
static const struct walk_geometry walk_legacy_pse = { 2, 10, 4, 0x2, 0xfffff000, 0xffffffff };
static const struct walk_geometry walk_pae = { 3, 9, 8, 0x2, 0xffffffe0, 0xffffffff };
static const struct walk_geometry walk_long = {
	4, 9, 8, 0x6, WALK_ADDRESS, UINT64_C(0x0000ffffffffffff)
};
static const struct walk_geometry walk_long_la57 = {
	5, 9, 8, 0x6, WALK_ADDRESS, UINT64_C(0x01ffffffffffffff)
};

static const struct walk_geometry *walk_geometry(const struct walk_state *state)
{
	if (!(state->cr0 & CR0_PG))
		return &walk_off;
	if (state->efer & EFER_LMA)
		return state->cr4 & CR4_LA57 ? &walk_long_la57 : &walk_long;
	if (state->cr4 & CR4_PAE)
		return &walk_pae;
	return state->cr4 & CR4_PSE ? &walk_legacy_pse : &walk_legacy;
}

/* Linear addresses of 64 bits repeat their highest translated bit. */
static int walk_is_canonical(uint64_t linear, const struct walk_geometry *geometry)
{
	uint64_t upper = ~(geometry->linear >> 1);

	return geometry->linear == UINT32_MAX || (linear & upper) == 0 || (linear & upper) == upper;
}

/* The address in an entry that maps a page of this level. With PSE the 32-bit format keeps
 * bits 39..32 of the address in bits 20..13. */
static uint64_t walk_page(const struct walk_geometry *geometry, uint64_t entry, unsigned int level)
{
	uint64_t size = UINT64_C(1) << (WALK_PAGE_SHIFT + geometry->index_bits * level);
	uint64_t page = entry & WALK_ADDRESS & ~(size - 1);

	if (geometry->width == 4 && level)
		page |= (entry >> 13 & 0xff) << 32;
	return page;
}

static int walk_tables(const struct walk_geometry *geometry, uint64_t cr3,
		       const struct walk_memory *memory, uint64_t linear, uint64_t *gpa)
{
	uint64_t table = cr3 & geometry->root;
	unsigned int level = geometry->levels;
	unsigned int shift, may_be_large;
	uint64_t index, entry;
	int error;

	do {
		level--;
		shift = WALK_PAGE_SHIFT + geometry->index_bits * level;
		index = linear >> shift & ((UINT64_C(1) << geometry->index_bits) - 1);
		error = memory->read(memory->context, table + index * geometry->width, level,
				     geometry->width, &entry);
		if (error)
			return error;
		if (!(entry & WALK_PRESENT))
			return -ENOENT;
		table = entry & WALK_ADDRESS;
		may_be_large = geometry->large >> level & 1;
		if (level && (entry & WALK_LARGE) && !may_be_large && geometry->width == 8)
			return -ENOENT; /* a reserved bit: the CPU would fault */
	} while (level && !((entry & WALK_LARGE) && may_be_large));

	*gpa = walk_page(geometry, entry, level) | (linear & ((UINT64_C(1) << shift) - 1));
	return 0;
}

int walk_translate(const struct walk_state *state, const struct walk_memory *memory,
		   uint64_t linear, uint64_t *gpa)
{
	const struct walk_geometry *geometry = walk_geometry(state);

	if (!walk_is_canonical(linear, geometry))
		return -ENOENT;
	linear &= geometry->linear;

	*gpa = linear;
	if (!geometry->levels)
		return 0;
	return walk_tables(geometry, state->cr3, memory, linear, gpa);
}
