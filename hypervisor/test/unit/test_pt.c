// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page-table builder: entry formats bit by bit, leaf sizes, splitting, running out of
 * pages at every point, and nothing leaked.
 */
#include "../pages.h"
#include "check.h"

#define KIB4 UINT64_C(0x1000)
#define MIB2 UINT64_C(0x200000)
#define GIB1 UINT64_C(0x40000000)
#define NX (UINT64_C(1) << 63)

static struct pages pages;

static void start(struct pt *pt, const struct pt_format *format)
{
	pages.allowed = PAGES_MAX;
	REQUIRE(pt_init(pt, format, &pages_ops, &pages) == 0);
}

static void end(struct pt *pt)
{
	pt_destroy(pt);
	pt_destroy(pt);
	CHECK_EQ(pages.out, 0);
}

/* The raw entries on the way to address, highest level first; returns how many. */
static unsigned int entries(const struct pt *pt, uint64_t address, uint64_t out[PT_MAX_LEVELS])
{
	uint64_t hpa = pt->root_hpa;
	unsigned int count = 0;

	for (int shift = 12 + 9 * (pt->format->levels - 1); shift >= 12; shift -= 9) {
		out[count] = pages_at(&pages, hpa)[address >> shift & 511];
		hpa = out[count] & UINT64_C(0x000ffffffffff000);
		count++;
		if (!(out[count - 1] & 7) || (out[count - 1] & 0x80))
			break;
	}
	return count;
}

static uint64_t leaf_entry(const struct pt *pt, uint64_t address, unsigned int level)
{
	uint64_t path[PT_MAX_LEVELS];
	unsigned int count = entries(pt, address, path);

	CHECK_EQ(count, pt->format->levels - level);
	return path[count - 1];
}

static void test_npt_bits(void)
{
	struct pt pt;
	uint64_t path[PT_MAX_LEVELS];

	start(&pt, &pt_format_npt);
	CHECK_EQ(pt_map(&pt, 0, 0, GIB1, PT_RWX), 0);
	CHECK_EQ(leaf_entry(&pt, 0, 2), 0xe7);
	CHECK_EQ(pt_map(&pt, GIB1, 5 * GIB1 + MIB2, MIB2, PT_READ | PT_EXEC), 0);
	CHECK_EQ(leaf_entry(&pt, GIB1, 1), (5 * GIB1 + MIB2) | 0xa5);
	CHECK_EQ(pt_map(&pt, 0xfee00000, 0xfee01000, KIB4, PT_READ | PT_UNCACHED), 0);
	CHECK_EQ(leaf_entry(&pt, 0xfee00000, 0), 0xfee01000 | 0x3d | NX);
	CHECK_EQ(entries(&pt, 0xfee00000, path), 4);
	CHECK_EQ(path[0] & 0xfff, 0x27);
	CHECK_EQ(path[1] & 0xfff, 0x27);
	CHECK_EQ(path[2] & 0xfff, 0x27);
	end(&pt);
}

static void test_npt_2m_bits(void)
{
	struct pt pt;

	start(&pt, &pt_format_npt_2m);
	CHECK_EQ(pt_map(&pt, 0, 0, 2 * GIB1, PT_RWX), 0);
	CHECK_EQ(leaf_entry(&pt, GIB1 + 3 * MIB2, 1), (GIB1 + 3 * MIB2) | 0xe7);
	CHECK_EQ(pages.out, 4);
	end(&pt);
}

static void test_npt_la57(void)
{
	const uint64_t high = UINT64_C(1) << 51;
	uint64_t path[PT_MAX_LEVELS];
	struct pt pt;
	struct pt_leaf leaf;

	start(&pt, &pt_format_npt_la57);
	CHECK_EQ(pt_map(&pt, 0, 0, 1024 * GIB1, PT_RWX), 0);
	CHECK_EQ(pages.out, 4);
	CHECK_EQ(entries(&pt, 5 * GIB1, path), 3);
	CHECK_EQ(path[0] & 0xfff, 0x27);
	CHECK_EQ(path[2], 5 * GIB1 | 0xe7);
	CHECK_EQ(pt_map(&pt, high, high, GIB1, PT_READ), 0);
	CHECK(pt_is_identity(&pt, high, GIB1, PT_READ));
	CHECK_EQ(pt_map(&pt, UINT64_C(1) << 57, 0, KIB4, PT_READ), -EINVAL);
	CHECK_EQ(pt_unmap(&pt, 7 * GIB1 + KIB4, KIB4), 0);
	CHECK_EQ(pt_lookup(&pt, 7 * GIB1 + KIB4, &leaf), -ENOENT);
	CHECK(pt_is_identity(&pt, 0, 7 * GIB1 + KIB4, PT_RWX));
	end(&pt);
}

static void test_ept_bits(void)
{
	struct pt pt;
	uint64_t path[PT_MAX_LEVELS];

	start(&pt, &pt_format_ept);
	CHECK_EQ(pt_map(&pt, 0, 0, GIB1, PT_RWX), 0);
	CHECK_EQ(leaf_entry(&pt, 0, 2), 0xb7);
	CHECK_EQ(pt_map(&pt, 0xfed00000, 0xfed00000, KIB4, PT_READ | PT_WRITE | PT_UNCACHED), 0);
	CHECK_EQ(leaf_entry(&pt, 0xfed00000, 0), 0xfed00003);
	CHECK_EQ(entries(&pt, 0xfed00000, path), 4);
	CHECK_EQ(path[0] & 0xfff, 7);
	CHECK_EQ(path[2] & 0xfff, 7);
	end(&pt);
}

static void test_host_bits(void)
{
	const uint64_t image = UINT64_C(0xffffffff80000000);
	struct pt pt;
	struct pt_leaf leaf;

	start(&pt, &pt_format_host);
	CHECK_EQ(pt_map(&pt, image, 0x12400000, MIB2, PT_READ | PT_EXEC), 0);
	CHECK_EQ(leaf_entry(&pt, image, 1), 0x12400000 | 0xa1);
	CHECK_EQ(pt_map(&pt, image + MIB2, 0xfee00000, KIB4, PT_READ | PT_WRITE | PT_UNCACHED), 0);
	CHECK_EQ(leaf_entry(&pt, image + MIB2, 0), 0xfee00000 | 0x7b | NX);
	CHECK_EQ(pt_lookup(&pt, image + 0x1234, &leaf), 0);
	CHECK_EQ(leaf.hpa, 0x12401234);
	CHECK_EQ(leaf.rights, PT_READ | PT_EXEC);

	/* the very last page, and what wraps or lies in the hole */
	CHECK_EQ(pt_map(&pt, -KIB4, 0x5000, KIB4, PT_READ), 0);
	CHECK_EQ(pt_lookup(&pt, UINT64_MAX, &leaf), 0);
	CHECK_EQ(leaf.hpa, 0x5fff);
	CHECK_EQ(pt_map(&pt, -KIB4, 0x5000, 2 * KIB4, PT_READ), -EINVAL);
	CHECK_EQ(pt_map(&pt, UINT64_C(0x7ffffffff000), 0, 2 * KIB4, PT_READ), -EINVAL);
	CHECK_EQ(pt_map(&pt, UINT64_C(0xffff7ffffffff000), 0, 2 * KIB4, PT_READ), -EINVAL);
	CHECK_EQ(pt_lookup(&pt, UINT64_C(0x0000ffff80000000), &leaf), -ENOENT);
	end(&pt);
}

/* Where Linux with five levels has its direct map, beside what lies high in both. */
static void test_host_la57(void)
{
	const uint64_t direct = UINT64_C(0xff11000012400000), image = UINT64_C(0xffffffff80000000);
	struct pt pt;
	struct pt_leaf leaf;

	start(&pt, &pt_format_host_la57);
	CHECK_EQ(pt_map(&pt, direct, 0x12400000, KIB4, PT_READ | PT_WRITE), 0);
	CHECK_EQ(pt_map(&pt, image, 0x12400000, MIB2, PT_READ | PT_EXEC), 0);
	CHECK_EQ(pt_lookup(&pt, direct + 0x123, &leaf), 0);
	CHECK_EQ(leaf.hpa, 0x12400123);
	CHECK_EQ(leaf.rights, PT_READ | PT_WRITE);
	CHECK_EQ(pt_lookup(&pt, image + 0x123, &leaf), 0);
	CHECK_EQ(leaf.rights, PT_READ | PT_EXEC);
	CHECK_EQ(pt_map(&pt, UINT64_C(0xfeffffffffe00000), 0, MIB2, PT_READ), -EINVAL);
	CHECK_EQ(pt_map(&pt, UINT64_C(0x0100000000000000), 0, MIB2, PT_READ), -EINVAL);
	end(&pt);
}

static void test_arguments(void)
{
	const uint64_t top = UINT64_C(1) << 48;
	struct pt pt;
	struct pt_leaf leaf;

	start(&pt, &pt_format_npt);
	CHECK_EQ(pt_map(&pt, 1, 0, KIB4, PT_READ), -EINVAL);
	CHECK_EQ(pt_map(&pt, 0, 0x800, KIB4, PT_READ), -EINVAL);
	CHECK_EQ(pt_map(&pt, 0, 0, KIB4 + 8, PT_READ), -EINVAL);
	CHECK_EQ(pt_map(&pt, 0, 0, KIB4, PT_WRITE), -EINVAL);
	CHECK_EQ(pt_map(&pt, top, 0, KIB4, PT_READ), -EINVAL);
	CHECK_EQ(pt_map(&pt, top - KIB4, 0, 2 * KIB4, PT_READ), -EINVAL);
	CHECK_EQ(pt_map(&pt, 0, UINT64_C(1) << 52, KIB4, PT_READ), -EINVAL);
	CHECK_EQ(pt_map(&pt, 0, (UINT64_C(1) << 52) - KIB4, 2 * KIB4, PT_READ), -EINVAL);
	CHECK_EQ(pt_unmap(&pt, 0, -KIB4), -EINVAL);
	CHECK_EQ(pt_unmap(&pt, KIB4, -KIB4), -EINVAL);
	CHECK_EQ(pt_split(&pt, 8, KIB4), -EINVAL);
	CHECK_EQ(pt_prepare(&pt, 0, 8), -EINVAL);
	CHECK_EQ(pages.out, 1);
	CHECK_EQ(pt_map(&pt, 0, 0, 0, PT_READ), 0);
	CHECK_EQ(pt_unmap(&pt, 0, 0), 0);
	CHECK_EQ(pt_lookup(&pt, 0, &leaf), -ENOENT);
	CHECK_EQ(pt_lookup(&pt, top, &leaf), -ENOENT);
	CHECK_EQ(pt_map(&pt, top - KIB4, (UINT64_C(1) << 52) - KIB4, KIB4, PT_READ), 0);
	CHECK_EQ(pt_lookup(&pt, top - 1, &leaf), 0);
	CHECK_EQ(leaf.hpa, (UINT64_C(1) << 52) - 1);
	end(&pt);
}

/* The root's map: 1 TiB in 1 GiB leaves takes three pages; holes cost what they must. */
static void test_root_map(void)
{
	const uint64_t limit = 1024 * GIB1, piece = 7 * GIB1 + 3 * MIB2;
	struct pt pt;
	struct pt_leaf leaf;

	start(&pt, &pt_format_npt);
	CHECK_EQ(pt_map(&pt, 0, 0, limit, PT_RWX), 0);
	CHECK_EQ(pages.out, 3);
	CHECK(pt_is_identity(&pt, 0, limit, PT_RWX));
	CHECK(!pt_is_identity(&pt, 0, limit + 1, PT_RWX));
	CHECK(!pt_is_identity(&pt, KIB4, -KIB4 + 1, PT_READ));
	CHECK(pt_is_identity(&pt, 5, 0, PT_RWX));

	CHECK_EQ(pt_split(&pt, piece, 2 * MIB2), 0);
	CHECK_EQ(pages.out, 4);
	CHECK(pt_is_identity(&pt, 0, limit, PT_RWX));
	pages.allowed = 4;
	CHECK_EQ(pt_unmap(&pt, piece, 2 * MIB2), 0);
	CHECK_EQ(pt_lookup(&pt, piece, &leaf), -ENOENT);
	CHECK_EQ(pt_lookup(&pt, piece + 2 * MIB2 - 1, &leaf), -ENOENT);
	CHECK(pt_is_identity(&pt, 0, piece, PT_RWX));
	CHECK(pt_is_identity(&pt, piece + 2 * MIB2, GIB1, PT_RWX));
	CHECK(!pt_is_identity(&pt, piece - 1, 2, PT_RWX));
	CHECK_EQ(pt_unmap(&pt, piece + KIB4, 5 * KIB4), 0);
	CHECK_EQ(pt_map(&pt, piece, piece, 2 * MIB2, PT_RWX), 0);
	CHECK(pt_is_identity(&pt, 0, limit, PT_RWX));

	CHECK_EQ(pt_unmap(&pt, 0xfee00000, KIB4), -ENOMEM);
	CHECK(pt_is_identity(&pt, 0, limit, PT_RWX));
	pages.allowed = 6;
	CHECK_EQ(pt_unmap(&pt, 0xfee00000, KIB4), 0);
	CHECK(!pt_is_identity(&pt, 0xfee00000, 1, PT_READ));
	CHECK_EQ(pt_map(&pt, 0xfee00000, 0xfee00000, KIB4, PT_READ), 0);
	CHECK(pt_is_identity(&pt, 0xfee00800, 5, PT_READ));
	CHECK(!pt_is_identity(&pt, 0xfee00800, 5, PT_WRITE));
	CHECK_EQ(pt_map(&pt, 0, 0, limit, PT_RWX), 0);
	CHECK(pt_is_identity(&pt, 0, limit, PT_RWX));
	end(&pt);
}

/* Leaves are as large as the format has them and the range allows, and no larger. */
static void test_leaf_sizes(void)
{
	static const struct {
		const struct pt_format *format;
		uint64_t largest;
	} cases[] = { { &pt_format_npt, GIB1 },
		      { &pt_format_npt_2m, MIB2 },
		      { &pt_format_ept, GIB1 },
		      { &pt_format_ept_2m, MIB2 },
		      { &pt_format_host, GIB1 } };
	struct pt pt;
	struct pt_leaf leaf;

	for (unsigned int i = 0; i < 4; i++) {
		const uint64_t largest = cases[i].largest;

		start(&pt, cases[i].format);
		CHECK_EQ(pt_map(&pt, 0, 0, 512 * largest + MIB2 + KIB4, PT_READ), 0);
		CHECK_EQ(pt_lookup(&pt, 0, &leaf), 0);
		CHECK_EQ(leaf.size, largest);
		CHECK_EQ(pt_lookup(&pt, 512 * largest, &leaf), 0);
		CHECK_EQ(leaf.size, MIB2);
		CHECK_EQ(pt_lookup(&pt, 512 * largest + MIB2 + KIB4 - 1, &leaf), 0);
		CHECK_EQ(leaf.size, KIB4);
		CHECK_EQ(pt_lookup(&pt, 512 * largest + MIB2 + KIB4, &leaf), -ENOENT);
		end(&pt);
	}

	/* small ones until the large ones can begin */
	start(&pt, &pt_format_npt);
	CHECK_EQ(pt_map(&pt, 3 * KIB4, MIB2 + 3 * KIB4, 2 * MIB2, PT_RWX), 0);
	CHECK_EQ(pt_lookup(&pt, MIB2 - 1, &leaf), 0);
	CHECK_EQ(leaf.size, KIB4);
	CHECK_EQ(pt_lookup(&pt, MIB2, &leaf), 0);
	CHECK_EQ(leaf.size, MIB2);
	CHECK_EQ(leaf.hpa, 2 * MIB2);
	end(&pt);
}

/* Ranges that begin and end inside of what is not mapped at all. */
static void test_gaps(void)
{
	struct pt pt;
	struct pt_leaf leaf;

	start(&pt, &pt_format_npt);
	CHECK_EQ(pt_map(&pt, 0, 0, 5 * GIB1, PT_RWX), 0);
	CHECK_EQ(pt_unmap(&pt, GIB1, 2 * GIB1), 0);
	pages.allowed = 2;
	CHECK_EQ(pt_unmap(&pt, 3 * GIB1 - 7 * KIB4, GIB1 + 7 * KIB4), 0);
	CHECK_EQ(pt_lookup(&pt, 3 * GIB1, &leaf), -ENOENT);
	CHECK(pt_is_identity(&pt, 4 * GIB1, GIB1, PT_READ));
	CHECK(pt_is_identity(&pt, 4 * GIB1 + 5, 1, PT_READ | PT_WRITE));
	CHECK(pt_is_identity(&pt, GIB1 - 1, 1, PT_EXEC));
	CHECK(!pt_is_identity(&pt, GIB1 - 1, 2, PT_EXEC));
	CHECK_EQ(pt_unmap(&pt, 5 * GIB1 + KIB4, 600 * GIB1), 0);
	CHECK_EQ(pt_split(&pt, 6 * GIB1 + KIB4, 600 * GIB1), 0);
	end(&pt);
}

/* A split keeps every right and the memory type. */
static void test_split_keeps(void)
{
	static const struct pt_format *const formats[] = { &pt_format_npt, &pt_format_npt_2m,
							   &pt_format_ept, &pt_format_host,
							   &pt_format_host_la57 };
	struct pt pt;
	struct pt_leaf leaf;

	for (unsigned int f = 0; f < sizeof(formats) / sizeof(formats[0]); f++) {
		for (uint32_t rights = PT_READ; rights < 16; rights += 2) {
			start(&pt, formats[f]);
			CHECK_EQ(pt_map(&pt, GIB1, 2 * GIB1, GIB1, rights), 0);
			CHECK_EQ(pt_prepare(&pt, GIB1 + 9 * MIB2, KIB4), 0);
			CHECK_EQ(pt_lookup(&pt, GIB1 + 9 * MIB2 + 7 * KIB4 + 6, &leaf), 0);
			CHECK_EQ(leaf.size, KIB4);
			CHECK_EQ(leaf.rights, rights);
			CHECK_EQ(leaf.hpa, 2 * GIB1 + 9 * MIB2 + 7 * KIB4 + 6);
			CHECK_EQ(pt_lookup(&pt, 2 * GIB1 - 1, &leaf), 0);
			CHECK_EQ(leaf.size, MIB2);
			CHECK_EQ(leaf.rights, rights);
			CHECK_EQ(leaf.hpa, 3 * GIB1 - 1);
			end(&pt);
		}
	}
}

/* With one page less than needed everything fails, and still means what it meant. */
static void test_no_memory(void)
{
	struct pt pt;
	struct pt_leaf leaf;
	unsigned int allowed;

	pages.allowed = 0;
	pt.root_hpa = 0x1000;
	CHECK_EQ(pt_init(&pt, &pt_format_npt, &pages_ops, &pages), -ENOMEM);
	end(&pt);

	for (allowed = 3; allowed < 7; allowed++) {
		start(&pt, &pt_format_npt);
		CHECK_EQ(pt_map(&pt, 0, 0, 4 * GIB1, PT_RWX), 0);
		pages.allowed = allowed;
		CHECK_EQ(pt_map(&pt, GIB1 - KIB4, 0, 2 * KIB4, PT_READ), allowed < 6 ? -ENOMEM : 0);
		CHECK_EQ(pt_is_identity(&pt, 0, 4 * GIB1, PT_RWX), allowed < 6);
		end(&pt);
	}
	for (allowed = 1; allowed < 6; allowed++) {
		start(&pt, &pt_format_npt);
		pages.allowed = allowed;
		CHECK_EQ(pt_prepare(&pt, 2 * MIB2 - KIB4, 2 * KIB4), allowed < 5 ? -ENOMEM : 0);
		CHECK_EQ(pt_lookup(&pt, 2 * MIB2, &leaf), -ENOENT);
		end(&pt);
	}
}

/* After pt_prepare() whatever happens inside needs no page. */
static void test_prepared(void)
{
	struct pt pt;
	struct pt_leaf leaf;

	start(&pt, &pt_format_npt);
	CHECK_EQ(pt_map(&pt, 0, 0, 2 * MIB2, PT_RWX), 0);
	CHECK_EQ(pt_prepare(&pt, MIB2, 2 * MIB2), 0);
	pages.allowed = 0;
	CHECK_EQ(pt_map(&pt, MIB2, 8 * MIB2, 2 * MIB2, PT_RWX), 0);
	CHECK_EQ(pt_unmap(&pt, MIB2 + KIB4, MIB2), 0);
	CHECK_EQ(pt_map(&pt, 2 * MIB2 - KIB4, 0, 2 * KIB4, PT_READ), 0);
	CHECK_EQ(pt_lookup(&pt, 2 * MIB2 + 5, &leaf), 0);
	CHECK_EQ(leaf.hpa, 0x1005);
	CHECK_EQ(pt_lookup(&pt, 2 * MIB2 + KIB4, &leaf), 0);
	CHECK_EQ(leaf.hpa, 9 * MIB2 + KIB4);
	CHECK_EQ(pt_lookup(&pt, 2 * MIB2 - KIB4 - 1, &leaf), -ENOENT);
	CHECK(pt_entry(&pt, 0) == NULL);
	CHECK_EQ(*pt_entry(&pt, 2 * MIB2), 0x1000 | 0x25 | NX);
	CHECK_EQ(*pt_entry(&pt, 2 * MIB2 - 2 * KIB4), 0);
	end(&pt);
}

/* A hole that comes and goes leaves no table behind. */
static void test_merge(void)
{
	const uint64_t piece = 3 * GIB1 + 7 * MIB2;
	struct pt pt;
	struct pt_leaf leaf;

	start(&pt, &pt_format_npt);
	CHECK_EQ(pt_map(&pt, 0, 0, 8 * GIB1, PT_RWX), 0);
	CHECK_EQ(pages.out, 2);
	CHECK_EQ(pt_prepare(&pt, piece, 2 * MIB2), 0);
	CHECK_EQ(pt_unmap(&pt, piece + KIB4, KIB4), 0);
	CHECK_EQ(pages.out, 5);
	pt_merge(&pt, piece, 2 * MIB2); /* the second half is whole */
	CHECK_EQ(pages.out, 4);
	CHECK_EQ(pt_lookup(&pt, piece + KIB4, &leaf), -ENOENT);
	CHECK(pt_is_identity(&pt, piece + 2 * KIB4, GIB1, PT_RWX));

	/* the same address with other rights, or in another place, is another mapping */
	CHECK_EQ(pt_map(&pt, piece + KIB4, piece + KIB4, KIB4, PT_READ), 0);
	pt_merge(&pt, 0, 8 * GIB1);
	CHECK_EQ(pages.out, 4);
	CHECK_EQ(pt_map(&pt, piece + KIB4, piece + 2 * KIB4, KIB4, PT_RWX), 0);
	pt_merge(&pt, 0, 8 * GIB1);
	CHECK_EQ(pages.out, 4);
	CHECK_EQ(pt_map(&pt, piece + KIB4, piece + KIB4, KIB4, PT_RWX), 0);
	pt_merge(&pt, 8, 8 * GIB1);
	CHECK_EQ(pages.out, 4);
	pt_merge(&pt, piece + 5 * KIB4, KIB4);
	CHECK_EQ(pages.out, 2);
	CHECK(pt_is_identity(&pt, 0, 8 * GIB1, PT_RWX));
	CHECK_EQ(leaf_entry(&pt, piece, 2), 3 * GIB1 | 0xe7);
	pt_merge(&pt, 0, 16 * GIB1);
	CHECK_EQ(pages.out, 2);

	/* a range that touches three tables, two of them barely */
	CHECK_EQ(pt_prepare(&pt, piece, 3 * MIB2), 0);
	CHECK_EQ(pages.out, 6);
	pt_merge(&pt, piece + MIB2 - KIB4, MIB2 + 2 * KIB4);
	CHECK_EQ(pages.out, 2);

	/* contiguous, but not aligned as a leaf must be; and tables that hold nothing stay */
	CHECK_EQ(pt_map(&pt, 9 * GIB1, KIB4, MIB2, PT_RWX), 0);
	CHECK_EQ(pt_prepare(&pt, 9 * GIB1 + MIB2, KIB4), 0);
	CHECK_EQ(pages.out, 5);
	pt_merge(&pt, 0, 16 * GIB1);
	CHECK_EQ(pages.out, 5);
	CHECK_EQ(pt_lookup(&pt, 9 * GIB1, &leaf), 0);
	CHECK_EQ(leaf.size, KIB4);
	end(&pt);
}

static unsigned int visited;

static void count_table(void *context, uint64_t *table)
{
	REQUIRE(context == &pages && table);
	visited++;
}

static void test_every_table_is_visited(void)
{
	struct pt pt;

	start(&pt, &pt_format_ept);
	CHECK_EQ(pt_map(&pt, 0x1000, 0x1000, 0x1000, PT_READ), 0);
	CHECK_EQ(pt_map(&pt, 0x8000000000, 0x1000, 0x200000, PT_READ), 0);
	visited = 0;
	pt_for_each_table(&pt, count_table);
	CHECK_EQ(visited, pages.out);
	CHECK_EQ(visited, 7);
	end(&pt);
}

int main(void)
{
	test_every_table_is_visited();
	test_npt_bits();
	test_npt_2m_bits();
	test_npt_la57();
	test_ept_bits();
	test_host_bits();
	test_host_la57();
	test_arguments();
	test_root_map();
	test_leaf_sizes();
	test_gaps();
	test_split_keeps();
	test_no_memory();
	test_prepared();
	test_merge();
	return check_done();
}
