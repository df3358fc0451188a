// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page-table builder. Every operation runs in two passes over its range: the first one
 * shapes the tables (allocates and splits, may fail, changes no translation), the second one
 * writes the entries and cannot fail.
 *
 * The tables may be in use by running CPUs. So an entry is always written with one 64-bit
 * store, and a table is complete before it is linked.
 */
#include "pt.h"

#define PT_ENTRIES 512
#define PT_ACCESSED 0x20 /* set from the start, so that no CPU has to */
#define PT_DIRTY 0x40
#define PT_ADDRESS UINT64_C(0x000ffffffffff000)
#define PT_NX (UINT64_C(1) << 63)

/* APM vol. 2, 5.3 and 15.25.5: nested tables are walked as user accesses. */
#define PT_NPT(depth, largest)                                                          \
	{                                                                               \
		.levels = depth, .max_leaf_level = largest, .address_mask = PT_ADDRESS, \
		.present_mask = 0x1, .table_bits = 0x7 | PT_ACCESSED,                   \
		.leaf_bits = 0x5 | PT_ACCESSED, .large_bit = 0x80, .read = 0x1,         \
		.write = 0x2 | PT_DIRTY, .noexec = PT_NX, .uncached = 0x18              \
	}

const struct pt_format pt_format_npt = PT_NPT(4, 2);
const struct pt_format pt_format_npt_2m = PT_NPT(4, 1);
const struct pt_format pt_format_npt_la57 = PT_NPT(5, 2);

/* SDM vol. 3, 28.3.2: the memory type is in bits 5..3, write-back is 6. */
#define PT_EPT(largest)                                                                 \
	{                                                                               \
		.levels = 4, .max_leaf_level = largest, .address_mask = PT_ADDRESS,     \
		.present_mask = 0x7, .table_bits = 0x7, .large_bit = 0x80, .read = 0x1, \
		.write = 0x2, .exec = 0x4, .cached = 6 << 3                             \
	}

const struct pt_format pt_format_ept = PT_EPT(2);
const struct pt_format pt_format_ept_2m = PT_EPT(1);

/* Uncached: PCD | PWT, entry 3 of the PAT, which is UC from reset on */
#define PT_HOST(depth)                                                                            \
	{                                                                                         \
		.levels = depth, .max_leaf_level = 2, .canonical = 1, .address_mask = PT_ADDRESS, \
		.present_mask = 0x1, .table_bits = 0x3 | PT_ACCESSED,                             \
		.leaf_bits = 0x1 | PT_ACCESSED, .large_bit = 0x80, .read = 0x1,                   \
		.write = 0x2 | PT_DIRTY, .noexec = PT_NX, .uncached = 0x18                        \
	}

const struct pt_format pt_format_host = PT_HOST(4);
const struct pt_format pt_format_host_la57 = PT_HOST(5);

/* What an operation works on. Unmapping and splitting leave hpa equal to address. */
struct pt_range {
	uint64_t address;
	uint64_t hpa;
	uint64_t size;
};

/* Whether shaping builds tables where nothing is mapped. */
enum pt_absent { PT_SKIP_ABSENT, PT_FILL_ABSENT };

static uint64_t pt_read(const uint64_t *entry)
{
	return *(const volatile uint64_t *)entry;
}

static void pt_write(uint64_t *entry, uint64_t value)
{
	*(volatile uint64_t *)entry = value;
}

static uint64_t pt_level_size(unsigned int level)
{
	return UINT64_C(1) << (12 + 9 * level);
}

/* Bytes from address to the end of the entry of this level that covers it. */
static uint64_t pt_step(uint64_t address, unsigned int level)
{
	return pt_level_size(level) - (address & (pt_level_size(level) - 1));
}

static int pt_present(const struct pt_format *format, uint64_t value)
{
	return (value & format->present_mask) != 0;
}

static int pt_is_table(const struct pt_format *format, uint64_t value, unsigned int level)
{
	if (format->next_level && !(value >> format->next_level & 7))
		return 0;
	return level > 0 && pt_present(format, value) && !(value & format->large_bit);
}

static uint64_t pt_leaf_value(const struct pt_format *format, unsigned int level, uint64_t hpa,
			      uint32_t rights)
{
	uint64_t value = hpa | format->leaf_bits;

	value |= level ? format->large_bit : 0;
	value |= rights & PT_READ ? format->read : 0;
	value |= rights & PT_WRITE ? format->write : 0;
	value |= rights & PT_EXEC ? format->exec : format->noexec;
	value |= rights & PT_UNCACHED ? format->uncached : format->cached;
	return value;
}

static uint32_t pt_leaf_rights(const struct pt_format *format, uint64_t value)
{
	uint64_t type = value & (format->uncached | format->cached);
	uint32_t rights = 0;

	rights |= (value & format->read) == format->read ? PT_READ : 0;
	rights |= (value & format->write) == format->write ? PT_WRITE : 0;
	if ((value & format->exec) == format->exec && !(value & format->noexec))
		rights |= PT_EXEC;
	rights |= type == format->uncached ? PT_UNCACHED : 0;
	return rights;
}

/* The entry for address at the level floor; or, above, a leaf or one that is not present. */
static uint64_t *pt_descend(const struct pt *pt, uint64_t address, unsigned int floor,
			    unsigned int *level)
{
	const struct pt_format *format = pt->format;
	uint64_t table_hpa = pt->root_hpa;
	uint64_t *entry, value;

	for (*level = format->levels - 1u;; (*level)--) {
		entry = pt->ops->at(pt->context, table_hpa);
		entry += (address >> (12 + 9 * *level)) % PT_ENTRIES;
		value = pt_read(entry);
		if (*level == floor || !pt_is_table(format, value, *level))
			return entry;
		table_hpa = value & format->address_mask;
	}
}

/* The entry that decides about address: a leaf, or one that is not present. */
static uint64_t *pt_find(const struct pt *pt, uint64_t address, unsigned int *level)
{
	return pt_descend(pt, address, 0, level);
}

/* Put a table with the same meaning in the place of a leaf or of nothing. */
static int pt_split_entry(struct pt *pt, uint64_t *entry, unsigned int level)
{
	const struct pt_format *format = pt->format;
	uint64_t step = pt_level_size(level - 1);
	uint64_t old = pt_read(entry);
	uint64_t hpa, table_hpa;
	uint64_t *table = pt->ops->alloc(pt->context, &table_hpa);

	if (!table)
		return -ENOMEM;

	if (pt_present(format, old)) {
		hpa = old & format->address_mask;
		for (unsigned int i = 0; i < PT_ENTRIES; i++)
			pt_write(&table[i], pt_leaf_value(format, level - 1, hpa + i * step,
							  pt_leaf_rights(format, old)));
	}
	table_hpa |= format->next_level ? (uint64_t)level << format->next_level : 0;
	pt_write(entry, table_hpa | format->table_bits);
	return 0;
}

/* The highest level, up to limit, whose leaf may stand at a place aligned like this. */
static unsigned int pt_best_level(uint64_t alignment, uint64_t size, unsigned int limit)
{
	unsigned int level = limit;

	while (level > 0 &&
	       ((alignment & (pt_level_size(level) - 1)) || size < pt_level_size(level)))
		level--;
	return level;
}

/* Split until no entry that has to change reaches beyond what the range may replace. */
static int pt_shape(struct pt *pt, const struct pt_range *range, unsigned int limit,
		    enum pt_absent absent)
{
	unsigned int level, want;
	uint64_t address, done;
	uint64_t *entry;
	int error;

	for (done = 0; done < range->size; done += pt_step(address, level)) {
		address = range->address + done;
		want = pt_best_level(address | (range->hpa + done), range->size - done, limit);
		entry = pt_find(pt, address, &level);
		while (level > want) {
			if (absent == PT_SKIP_ABSENT && !pt_present(pt->format, pt_read(entry)))
				break;
			error = pt_split_entry(pt, entry, level);
			if (error)
				return error;
			entry = pt_find(pt, address, &level);
		}
	}
	return 0;
}

static int pt_aligned(uint64_t value)
{
	return value % BH_PAGE_SIZE == 0;
}

/* Whether the format can translate the whole range. */
static int pt_range_valid(const struct pt_format *format, uint64_t address, uint64_t size)
{
	unsigned int bits = 12 + 9u * format->levels - format->canonical;
	uint64_t last = address + size - 1;

	if (!pt_aligned(address) || !pt_aligned(size) || (size && last < address))
		return 0;
	if (size == 0 || last >> bits == 0)
		return 1;
	return format->canonical && address >> bits == UINT64_MAX >> bits;
}

int pt_init(struct pt *pt, const struct pt_format *format, const struct pt_ops *ops, void *context)
{
	pt->format = format;
	pt->ops = ops;
	pt->context = context;
	pt->root_hpa = 0;
	return ops->alloc(context, &pt->root_hpa) ? 0 : -ENOMEM;
}

/* At most PT_MAX_LEVELS deep. */
static void pt_free_table(struct pt *pt, uint64_t hpa, unsigned int level)
{
	const uint64_t *table = pt->ops->at(pt->context, hpa);

	for (unsigned int i = 0; i < PT_ENTRIES; i++)
		if (pt_is_table(pt->format, table[i], level))
			pt_free_table(pt, table[i] & pt->format->address_mask, level - 1);
	pt->ops->free(pt->context, hpa);
}

void pt_destroy(struct pt *pt)
{
	if (pt->root_hpa)
		pt_free_table(pt, pt->root_hpa, pt->format->levels - 1u);
	pt->root_hpa = 0;
}

/* At most PT_MAX_LEVELS deep. */
static void pt_visit(const struct pt *pt, uint64_t hpa, unsigned int level,
		     void (*visit)(void *context, uint64_t *table))
{
	uint64_t *table = pt->ops->at(pt->context, hpa);

	visit(pt->context, table);
	for (unsigned int i = 0; i < PT_ENTRIES; i++)
		if (pt_is_table(pt->format, table[i], level))
			pt_visit(pt, table[i] & pt->format->address_mask, level - 1, visit);
}

void pt_for_each_table(const struct pt *pt, void (*visit)(void *context, uint64_t *table))
{
	pt_visit(pt, pt->root_hpa, pt->format->levels - 1u, visit);
}

int pt_map(struct pt *pt, uint64_t address, uint64_t hpa, uint64_t size, uint32_t rights)
{
	const struct pt_format *format = pt->format;
	struct pt_range range = { address, hpa, size };
	unsigned int level;
	uint64_t done, step;
	uint64_t *entry;
	int error;

	if (!pt_range_valid(format, address, size) || !pt_aligned(hpa) || !(rights & PT_READ))
		return -EINVAL;
	if (hpa > format->address_mask || size > format->address_mask + BH_PAGE_SIZE - hpa)
		return -EINVAL;

	error = pt_shape(pt, &range, format->max_leaf_level, PT_FILL_ABSENT);
	if (error)
		return error;

	for (done = 0; done < size; done += step) {
		entry = pt_find(pt, address + done, &level);
		step = pt_level_size(level);
		pt_write(entry, pt_leaf_value(format, level, hpa + done, rights));
	}
	return 0;
}

int pt_unmap(struct pt *pt, uint64_t address, uint64_t size)
{
	unsigned int level;
	uint64_t done;
	int error;

	error = pt_split(pt, address, size);
	if (error)
		return error;

	for (done = 0; done < size; done += pt_step(address + done, level))
		pt_write(pt_find(pt, address + done, &level), 0);
	return 0;
}

int pt_split(struct pt *pt, uint64_t address, uint64_t size)
{
	struct pt_range range = { address, address, size };

	if (!pt_range_valid(pt->format, address, size))
		return -EINVAL;
	return pt_shape(pt, &range, pt->format->max_leaf_level, PT_SKIP_ABSENT);
}

int pt_prepare(struct pt *pt, uint64_t address, uint64_t size)
{
	struct pt_range range = { address, address, size };

	if (!pt_range_valid(pt->format, address, size))
		return -EINVAL;
	return pt_shape(pt, &range, 0, PT_FILL_ABSENT);
}

uint64_t *pt_entry(const struct pt *pt, uint64_t address)
{
	unsigned int level;
	uint64_t *entry = pt_find(pt, address, &level);

	return level == 0 ? entry : NULL;
}

/* Put a leaf in the place of the table below an entry of this level, if that holds what such a leaf
 * would mean. */
static void pt_merge_entry(struct pt *pt, uint64_t *entry, unsigned int level)
{
	const struct pt_format *format = pt->format;
	uint64_t table_hpa = pt_read(entry) & format->address_mask;
	const uint64_t *table = pt->ops->at(pt->context, table_hpa);
	uint64_t first = pt_read(&table[0]);
	uint64_t hpa = first & format->address_mask;
	uint32_t rights = pt_leaf_rights(format, first);
	uint64_t step = pt_level_size(level - 1);

	if (!pt_present(format, first) || pt_is_table(format, first, level - 1))
		return;
	if (hpa & (pt_level_size(level) - 1))
		return;
	for (unsigned int i = 0; i < PT_ENTRIES; i++)
		if (pt_read(&table[i]) != pt_leaf_value(format, level - 1, hpa + i * step, rights))
			return;
	pt_write(entry, pt_leaf_value(format, level, hpa, rights));
	pt->ops->free(pt->context, table_hpa);
}

void pt_merge(struct pt *pt, uint64_t address, uint64_t size)
{
	unsigned int target, level;
	uint64_t done;
	uint64_t *entry;

	if (!pt_range_valid(pt->format, address, size))
		return;
	/* from small to large, so that what became a leaf can be part of a larger one */
	for (target = 1; target <= pt->format->max_leaf_level; target++) {
		for (done = 0; done < size; done += pt_step(address + done, level)) {
			entry = pt_descend(pt, address + done, target, &level);
			if (level == target && pt_is_table(pt->format, pt_read(entry), level))
				pt_merge_entry(pt, entry, level);
		}
	}
}

int pt_lookup(const struct pt *pt, uint64_t address, struct pt_leaf *leaf)
{
	const struct pt_format *format = pt->format;
	uint64_t page = address - address % BH_PAGE_SIZE;
	unsigned int level;
	uint64_t value;

	if (!pt_range_valid(format, page, BH_PAGE_SIZE))
		return -ENOENT;
	value = pt_read(pt_find(pt, address, &level));
	if (!pt_present(format, value))
		return -ENOENT;

	leaf->size = pt_level_size(level);
	leaf->hpa = (value & format->address_mask) + (address & (leaf->size - 1));
	leaf->rights = pt_leaf_rights(format, value);
	return 0;
}

int pt_is_identity(const struct pt *pt, uint64_t address, uint64_t size, uint32_t rights)
{
	struct pt_leaf leaf;
	uint64_t done;

	if (size && address + size - 1 < address)
		return 0;
	for (done = 0; done < size; done += leaf.size - (address + done) % leaf.size) {
		if (pt_lookup(pt, address + done, &leaf))
			return 0;
		if (leaf.hpa != address + done || (leaf.rights & rights) != rights)
			return 0;
	}
	return 1;
}
