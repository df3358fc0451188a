// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page-table builder against a model: a flat array of what each page of a window of 16 MiB
 * maps to. The input chooses format and window, then is a list of 8-byte operations, some of
 * them short of pages. What fails must change nothing; what was prepared must not fail; and in
 * the end every page translates as the model says, to the builder and to the walker.
 */
#include <stdlib.h>
#include "../pages.h"
#include "../../pure/walk.h"

#define PAGES 4096
#define PAGE UINT64_C(4096)
#define GIB UINT64_C(0x40000000)
#define MAX_OPERATIONS 64

#define REQUIRE(condition)        \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct operation {
	uint8_t op;
	uint8_t rights;
	uint16_t first;
	uint16_t count;
	uint8_t target; /* how hpa differs from address */
	uint8_t budget; /* pages that may be allocated */
};

struct page {
	uint64_t hpa;
	uint8_t rights; /* 0: not mapped */
	uint8_t prepared;
};

struct run {
	struct pt pt;
	struct pages pages;
	struct page page[PAGES];
	uint64_t base; /* of the window */
};

static const uint64_t physical_bases[] = { 0, GIB - PAGES / 2 * PAGE, 512 * GIB - PAGES / 2 * PAGE,
					   (UINT64_C(1) << 48) - PAGES *PAGE };
static const uint64_t linear_bases[] = { 0, (UINT64_C(1) << 47) - PAGES *PAGE,
					 0 - (2 * GIB + PAGES / 2 * PAGE), 0 - PAGES *PAGE };
static const struct pt_format *const formats[] = { &pt_format_npt, &pt_format_npt_2m,
						   &pt_format_ept, &pt_format_host };

static uint64_t physical(uint64_t address, uint8_t target)
{
	static const uint64_t distances[] = { 0, PAGE, 2 * 1024 * 1024, GIB, 3 * GIB + 7 * PAGE };

	/* linear addresses of the upper half are no physical ones */
	return ((address + distances[target % 5]) & ((UINT64_C(1) << 46) - 1));
}

static int is_prepared(const struct run *run, const struct operation *o)
{
	for (unsigned int i = o->first; i < (unsigned int)o->first + o->count; i++)
		if (!run->page[i].prepared)
			return 0;
	return 1;
}

static void model(struct run *run, const struct operation *o, uint64_t hpa, uint8_t rights)
{
	for (unsigned int i = 0; i < o->count; i++) {
		run->page[o->first + i].hpa = hpa + i * PAGE;
		run->page[o->first + i].rights = rights;
	}
}

static void operate(struct run *run, struct operation o)
{
	uint64_t address, hpa, size;
	uint8_t rights = (o.rights & 0xf) | PT_READ;
	int error, prepared;

	/* few small pages, or many large ones */
	if (o.op & 8) {
		o.first &= 7 * 512;
		o.count = (1 + o.count % 8) * 512;
	}
	o.first %= PAGES;
	o.count %= o.op & 8 ? PAGES + 1 : 600;
	if (o.count > PAGES - o.first)
		o.count = PAGES - o.first;
	address = run->base + o.first * PAGE;
	hpa = physical(address, o.target);
	size = o.count * PAGE;
	prepared = is_prepared(run, &o);
	run->pages.allowed = run->pages.out + (prepared ? 0 : o.budget % 16);

	switch (o.op % 5) {
	case 0:
		error = pt_map(&run->pt, address, hpa, size, rights);
		if (!error)
			model(run, &o, hpa, rights);
		break;
	case 1:
		error = pt_unmap(&run->pt, address, size);
		if (!error)
			model(run, &o, 0, 0);
		break;
	case 2:
		error = pt_split(&run->pt, address, size);
		run->pages.allowed = run->pages.out;
		if (!error && (o.op & 16)) {
			REQUIRE(pt_unmap(&run->pt, address, size) == 0);
			model(run, &o, 0, 0);
		}
		break;
	case 3:
		error = 0;
		pt_merge(&run->pt, address, size);
		/* what was prepared may be gone, in all of the tables that were touched */
		for (unsigned int i = o.first / 512 * 512;
		     i < (o.first + o.count + 511u) / 512 * 512; i++)
			run->page[i].prepared = 0;
		break;
	default:
		error = pt_prepare(&run->pt, address, size);
		for (unsigned int i = 0; i < o.count && !error; i++)
			run->page[o.first + i].prepared = 1;
	}
	REQUIRE(error == 0 || (error == -ENOMEM && !prepared));
}

static int read_table(void *context, uint64_t gpa, unsigned int level, unsigned int width,
		      uint64_t *value)
{
	const uint64_t *table = pages_at(context, gpa & ~(PAGE - 1));

	REQUIRE(level < 4 && width == 8);
	*value = table[gpa % PAGE / 8];
	return 0;
}

static void check_page(struct run *run, unsigned int index)
{
	const struct page *page = &run->page[index];
	struct walk_state state = { UINT64_C(1) << 31, run->pt.root_hpa, 0x20, 0x400 };
	struct walk_memory memory = { read_table, &run->pages };
	uint64_t address = run->base + index * PAGE + index, gpa;
	struct pt_leaf leaf;

	REQUIRE(pt_lookup(&run->pt, address, &leaf) == (page->rights ? 0 : -ENOENT));
	if (page->rights) {
		REQUIRE(leaf.hpa == page->hpa + index);
		REQUIRE(leaf.rights == page->rights);
		REQUIRE(leaf.size == PAGE || !page->prepared);
		REQUIRE(pt_is_identity(&run->pt, address, 1, 0) == (leaf.hpa == address));
	}
	if (!run->pt.format->canonical)
		return;
	REQUIRE(walk_translate(&state, &memory, address, &gpa) == (page->rights ? 0 : -ENOENT));
	REQUIRE(!page->rights || gpa == page->hpa + index);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct run run;
	struct operation o;

	if (size < 1)
		return 0;
	run = (struct run){ .pages.allowed = 1 };
	REQUIRE(pt_init(&run.pt, formats[data[0] & 3], &pages_ops, &run.pages) == 0);
	run.base = run.pt.format->canonical ? linear_bases[data[0] >> 2 & 3] :
					      physical_bases[data[0] >> 2 & 3];
	if (size > 1 + MAX_OPERATIONS * sizeof(o))
		size = 1 + MAX_OPERATIONS * sizeof(o);
	for (size_t at = 1; at + sizeof(o) <= size; at += sizeof(o)) {
		memcpy(&o, data + at, sizeof(o));
		operate(&run, o);
	}
	for (unsigned int i = 0; i < PAGES; i++)
		check_page(&run, i);
	pt_destroy(&run.pt);
	REQUIRE(run.pages.out == 0);
	return 0;
}
