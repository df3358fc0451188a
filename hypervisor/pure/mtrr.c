// SPDX-License-Identifier: GPL-2.0-only
/* Which memory is cached, from the memory-type range registers. */
#include "mtrr.h"

#define DEF_TYPE_FIXED (UINT64_C(1) << 10)
#define DEF_TYPE_ENABLE (UINT64_C(1) << 11)
#define MASK_VALID (UINT64_C(1) << 11)
#define TYPE(value) ((value)&0xff)
#define TYPE_UC 0
#define TYPE_WB 6
#define ADDRESS UINT64_C(0x000ffffffffff000)
#define ADDRESS_END (ADDRESS + 0x1000)

#define FIXED_END 0x100000u

/* Address of the first range that a register describes, and how large its eight ranges are. */
static const struct {
	uint32_t begin, size;
	uint8_t reg;
} fixed_parts[] = {
	{ 0xc0000, 0x1000, 3 },
	{ 0x80000, 0x4000, 1 },
	{ 0x00000, 0x10000, 0 },
};

static uint64_t fixed_type(const struct mtrr *mtrr, uint64_t address, uint64_t *size)
{
	unsigned int part = address >= 0xc0000 ? 0 : address >= 0x80000 ? 1 : 2;
	uint32_t range_size = fixed_parts[part].size;
	uint32_t n = ((uint32_t)address - fixed_parts[part].begin) / range_size;

	*size = range_size - address % range_size;
	return TYPE(mtrr->fixed[fixed_parts[part].reg + n / 8] >> n % 8 * 8);
}

/* Bytes from address to where the range begins or ends next. One whose mask has gaps may do so at
 * each multiple of its smallest part. */
static uint64_t to_edge(uint64_t base, uint64_t mask, uint64_t address)
{
	uint64_t part = mask & -mask;

	if ((mask + part) & mask)
		return part - address % part;
	base &= mask;
	if (address < base)
		return base - address;
	return address < base + part ? base + part - address : ADDRESS_END - address;
}

/* Where ranges overlap in a way that the manual leaves undefined: not cached. */
static uint64_t type_at(const struct mtrr *mtrr, uint64_t address, uint64_t *size)
{
	uint64_t type = UINT64_MAX;

	*size = ADDRESS_END - address;
	if (!(mtrr->default_type & DEF_TYPE_ENABLE))
		return TYPE_UC;
	if (address < FIXED_END && mtrr->default_type & DEF_TYPE_FIXED)
		return fixed_type(mtrr, address, size);
	for (unsigned int i = 0; i < mtrr->count; i++) {
		uint64_t base = mtrr->variable[i].base, mask = mtrr->variable[i].mask & ADDRESS;
		uint64_t edge;

		if (!(mtrr->variable[i].mask & MASK_VALID) || !mask)
			continue;
		edge = to_edge(base, mask, address);
		if (edge < *size)
			*size = edge;
		if ((address ^ base) & mask)
			continue;
		type = type == UINT64_MAX || type == TYPE(base) ? TYPE(base) : TYPE_UC;
	}
	return type == UINT64_MAX ? TYPE(mtrr->default_type) : type;
}

int mtrr_is_cached(const struct mtrr *mtrr, uint64_t address, uint64_t *size)
{
	uint64_t step;
	int cached = type_at(mtrr, address, size) == TYPE_WB;

	while (address + *size < ADDRESS_END &&
	       (type_at(mtrr, address + *size, &step) == TYPE_WB) == cached)
		*size += step;
	return cached;
}
