// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page tables on which a CPU goes from Linux into the hypervisor (see tables.h).
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <asm/processor-flags.h>
#include <asm/special_insns.h>
#include "tables.h"

/* AMD64 APM vol. 2, 5.3: bits of an entry */
#define ENTRY_PRESENT 0x001ull
#define ENTRY_WRITE 0x002ull
#define ENTRY_ACCESSED 0x020ull
#define ENTRY_DIRTY 0x040ull
#define ENTRY_LARGE 0x080ull
#define ENTRY_ADDRESS 0x000ffffffffff000ull

#define ENTRY_TABLE (ENTRY_PRESENT | ENTRY_WRITE | ENTRY_ACCESSED)
#define ENTRY_PAGE (ENTRY_TABLE | ENTRY_DIRTY)

static u64 *table_alloc(struct tables *t)
{
	u64 *table;

	if (t->count == TABLES_MAX_PAGES)
		return NULL;
	table = (u64 *)get_zeroed_page(GFP_KERNEL);
	if (table)
		t->page[t->count++] = table;
	return table;
}

int tables_init(struct tables *t)
{
	t->count = 0;
	t->levels = (__read_cr4() & X86_CR4_LA57) ? 5 : 4;
	return table_alloc(t) ? 0 : -ENOMEM;
}

/* leaf: level of the entry that maps the page, counted from 1 at the bottom. */
static int map(struct tables *t, u64 va, u64 value, unsigned int leaf)
{
	u64 *table = t->page[0];
	unsigned int level;
	u64 *entry;

	for (level = t->levels;; level--) {
		entry = &table[(va >> (12 + 9 * (level - 1))) & 511];
		if (level == leaf)
			break;
		if (*entry & ENTRY_LARGE)
			return -EEXIST;
		if (!*entry) {
			table = table_alloc(t);
			if (!table)
				return -ENOMEM;
			*entry = __pa(table) | ENTRY_TABLE;
		}
		table = __va(*entry & ENTRY_ADDRESS);
	}
	if (*entry)
		return -EEXIST;
	*entry = value;
	return 0;
}

int tables_map_4k(struct tables *t, u64 va, u64 hpa)
{
	return map(t, va, hpa | ENTRY_PAGE, 1);
}

int tables_map_2m(struct tables *t, u64 va, u64 hpa)
{
	return map(t, va, hpa | ENTRY_PAGE | ENTRY_LARGE, 2);
}

u64 tables_root(const struct tables *t)
{
	return __pa(t->page[0]);
}

void tables_free(struct tables *t)
{
	while (t->count)
		free_page((unsigned long)t->page[--t->count]);
}
