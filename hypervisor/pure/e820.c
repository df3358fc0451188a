// SPDX-License-Identifier: GPL-2.0-only
/* The memory map of a root that is started again. See e820.h. */
#include "e820.h"

static struct bh_memmap_entry *smallest_ram(struct e820 *map)
{
	struct bh_memmap_entry *found = NULL;

	for (unsigned int i = 0; i < map->count; i++) {
		struct bh_memmap_entry *e = &map->entry[i];

		if (e->type == BH_MEMMAP_RAM && (!found || e->size < found->size))
			found = e;
	}
	return found;
}

static void add(struct e820 *map, uint64_t base, uint64_t end, uint32_t type)
{
	struct bh_memmap_entry *last = map->count ? &map->entry[map->count - 1] : NULL;
	struct bh_memmap_entry entry = { base, end - base, type, 0 };
	struct bh_memmap_entry *victim;

	if (base >= end)
		return;
	if (last && last->type == type && last->base + last->size == base) {
		last->size += entry.size;
		return;
	}
	if (map->count < BH_MEMMAP_MAX) {
		map->entry[map->count++] = entry;
		return;
	}
	victim = smallest_ram(map);
	if (victim && (type != BH_MEMMAP_RAM || entry.size > victim->size))
		*victim = entry;
}

static int owns(const struct e820_owner *owner, uint64_t at, uint64_t end, uint64_t *next)
{
	uint64_t same;
	int owned = owner->owns(owner->context, at, &same);

	*next = same < end - at ? at + same : end;
	return owned;
}

/* Ends of firmware entries are inclusive of nothing; one that wraps around is cut. */
static uint64_t end_of(const struct bh_memmap_entry *entry)
{
	return entry->size > UINT64_MAX - entry->base ? UINT64_MAX : entry->base + entry->size;
}

static void add_owned(struct e820 *map, uint64_t base, uint64_t end, const struct e820_owner *owner)
{
	uint64_t beyond;

	if (!owns(owner, end, UINT64_MAX, &beyond))
		end = end - base > BH_PAGE_SIZE ? end - BH_PAGE_SIZE : base;
	add(map, base, end, BH_MEMMAP_RAM);
}

static void split_ram(struct e820 *map, const struct bh_memmap_entry *ram, uint64_t limit,
		      const struct e820_owner *owner)
{
	uint64_t end = end_of(ram) < limit ? end_of(ram) : limit, begin = ram->base, next;

	for (uint64_t at = begin; at < end; at = next) {
		if (owns(owner, at, end, &next))
			continue;
		if (begin < at)
			add_owned(map, begin, at, owner);
		begin = next;
	}
	if (begin < end)
		add_owned(map, begin, end, owner);
}

/* What of [at, end) is in no firmware entry. */
static void reserve(struct e820 *map, const struct bh_memmap_entry *firmware, unsigned int count,
		    uint64_t at, uint64_t end)
{
	while (at < end) {
		uint64_t covered = at, next = end;

		for (unsigned int i = 0; i < count; i++) {
			if (firmware[i].base > at && firmware[i].base < next)
				next = firmware[i].base;
			if (firmware[i].base <= at && end_of(&firmware[i]) > covered)
				covered = end_of(&firmware[i]);
		}
		if (covered == at)
			add(map, at, next, BH_MEMMAP_RESERVED);
		at = covered == at ? next : covered;
	}
}

void e820_make(struct e820 *map, const struct bh_memmap_entry *firmware, unsigned int count,
	       uint64_t limit, const struct e820_owner *owner)
{
	uint64_t next;

	map->count = 0;
	for (unsigned int i = 0; i < count; i++) {
		if (firmware[i].type == BH_MEMMAP_RAM)
			split_ram(map, &firmware[i], limit, owner);
		else
			add(map, firmware[i].base, end_of(&firmware[i]), firmware[i].type);
	}
	for (uint64_t at = 0; at < limit; at = next)
		if (!owns(owner, at, limit, &next))
			reserve(map, firmware, count, at, next);
}

/* The end of a taken range that overlaps, or 0. */
static uint64_t obstacle(const struct e820_wish *wish, uint64_t at)
{
	for (unsigned int i = 0; i < wish->taken_count; i++) {
		const struct bh_config_range *t = &wish->taken[i];

		if (at < t->hpa + t->size && t->hpa < at + wish->size)
			return t->hpa + t->size;
	}
	return 0;
}

static uint64_t place_in(const struct bh_memmap_entry *ram, const struct e820_wish *wish)
{
	uint64_t at = ram->base > wish->min ? ram->base : wish->min;
	uint64_t end = end_of(ram), next;

	for (;;) {
		at = (at + wish->align - 1) & ~(wish->align - 1);
		if (at >= end || wish->size > end - at || at > wish->last ||
		    wish->size - 1 > wish->last - at)
			return BH_ADDR_NONE;
		next = obstacle(wish, at);
		if (!next)
			return at;
		at = next;
	}
}

uint64_t e820_place(const struct e820 *map, const struct e820_wish *wish)
{
	uint64_t best = BH_ADDR_NONE;

	for (unsigned int i = 0; i < map->count; i++) {
		uint64_t at;

		if (map->entry[i].type != BH_MEMMAP_RAM)
			continue;
		at = place_in(&map->entry[i], wish);
		if (at < best)
			best = at;
	}
	return best;
}
