// SPDX-License-Identifier: GPL-2.0-only
/*
 * The walker: each paging mode with each page size on tables built by hand, and everything
 * that must not be taken for a mapping.
 */
#include <string.h>
#include "../../pure/walk.h"
#include "check.h"

#define CR0_PG (UINT64_C(1) << 31)
#define PSE 0x10
#define PAE 0x20
#define LA57 0x1000
#define LMA 0x400
#define GUEST_SIZE 0x8000
#define FLAGS 0x67 /* present, writable, user, accessed, dirty */
#define TOP (UINT64_C(1) << 63)

static uint8_t guest[GUEST_SIZE];
static unsigned int levels_read; /* mask */

static int read_guest(void *context, uint64_t gpa, unsigned int level, unsigned int width,
		      uint64_t *value)
{
	CHECK(context == guest);
	CHECK_EQ(gpa % width, 0);
	if (gpa >= GUEST_SIZE)
		return -EACCES;
	levels_read |= 1u << level;
	*value = 0;
	memcpy(value, guest + gpa, width);
	return 0;
}

static const struct walk_memory memory = { read_guest, guest };

static void put(uint64_t table, unsigned int index, unsigned int width, uint64_t value)
{
	memcpy(guest + table + index * width, &value, width);
}

static void check_maps(const struct walk_state *state, uint64_t linear, uint64_t want)
{
	uint64_t gpa = 0;

	levels_read = 0;
	CHECK_EQ(walk_translate(state, &memory, linear, &gpa), 0);
	CHECK_EQ(gpa, want);
	CHECK_EQ(walk_translate(state, &memory, linear, &gpa), 0);
}

static int translate(const struct walk_state *state, uint64_t linear)
{
	uint64_t gpa;

	return walk_translate(state, &memory, linear, &gpa);
}

static void test_no_paging(void)
{
	struct walk_state state = { .cr0 = 0x11, .cr3 = UINT64_MAX, .cr4 = PAE };

	check_maps(&state, 0xfffffff0, 0xfffffff0);
	CHECK_EQ(levels_read, 0);
	check_maps(&state, UINT64_C(0x100001234), 0x1234);
}

static void test_legacy(void)
{
	struct walk_state state = { .cr0 = CR0_PG, .cr3 = 0x1fff };

	memset(guest, 0, sizeof(guest));
	put(0x1000, 0x300, 4, 0x2000 | FLAGS);
	put(0x2000, 0x3ff, 4, 0xabcde000 | FLAGS);
	check_maps(&state, 0xc03ff123, 0xabcde123);
	CHECK_EQ(levels_read, 3);
	check_maps(&state, UINT64_C(0xffffffffc03ff123), 0xabcde123);
	CHECK_EQ(translate(&state, 0xc03fe123), -ENOENT);
	CHECK_EQ(translate(&state, 0xc0400000), -ENOENT);

	/* bit 7 is a page-size bit only with PSE, and only in the directory */
	put(0x1000, 0x301, 4, 0x2080 | FLAGS);
	put(0x2000, 1, 4, 0x00401080 | FLAGS);
	check_maps(&state, 0xc0401456, 0x00401456);
	state.cr4 = PSE;
	check_maps(&state, 0xc0001456 + 0x3ff000 - 0x1000, 0xabcde456);
	put(0x1000, 0x301, 4, 0x40c020e7);
	check_maps(&state, 0xc0401456, UINT64_C(0x0140c01456));
	CHECK_EQ(levels_read, 2);
	put(0x1000, 0x301, 4, 0x00800080 | 0xff << 13 | FLAGS);
	check_maps(&state, 0xc07fffff, UINT64_C(0xff00bfffff));
}

static void test_pae(void)
{
	struct walk_state state = { .cr0 = CR0_PG, .cr3 = 0x1060, .cr4 = PAE };

	memset(guest, 0, sizeof(guest));
	put(0x1060, 3, 8, 0x2001);
	put(0x2000, 0x1ff, 8, 0x3000 | FLAGS);
	put(0x2000, 0, 8, UINT64_C(0x0000000f40200000) | 0x1080 | FLAGS);
	put(0x3000, 0x1ff, 8, UINT64_C(0x0000000fedcba000) | FLAGS | TOP);
	check_maps(&state, 0xfffffabc, UINT64_C(0x0000000fedcbaabc));
	CHECK_EQ(levels_read, 7);
	check_maps(&state, 0xc0123456, UINT64_C(0x0000000f40323456));
	CHECK_EQ(levels_read, 6);
	CHECK_EQ(translate(&state, 0x80000000), -ENOENT);
	put(0x1060, 2, 8, 0x2081); /* no pages of 1 GiB here */
	CHECK_EQ(translate(&state, 0x80000000), -ENOENT);
	put(0x1060, 1, 8, 0x9001);
	CHECK_EQ(translate(&state, 0x40000000), -EACCES);
}

static void test_long(void)
{
	struct walk_state state = { .cr0 = CR0_PG, .cr3 = TOP | 0x1fff, .cr4 = PAE, .efer = LMA };
	const uint64_t top = UINT64_C(0xffffffff80000000);

	memset(guest, 0, sizeof(guest));
	put(0x1000, 511, 8, 0x2000 | FLAGS);
	put(0x2000, 510, 8, 0x3000 | FLAGS);
	put(0x2000, 511, 8, UINT64_C(0xfff0d1e140001000) | 0x80 | FLAGS);
	put(0x3000, 0, 8, 0x4000 | FLAGS);
	put(0x3000, 1, 8, UINT64_C(0x8000000012201000) | 0x80 | FLAGS);
	put(0x4000, 9, 8, UINT64_C(0x800fffffffff0000) | 0x180 | FLAGS);
	check_maps(&state, top + 0x9fff, UINT64_C(0x000fffffffff0fff));
	CHECK_EQ(levels_read, 15);
	check_maps(&state, top + 0x3fffff, 0x123fffff);
	CHECK_EQ(levels_read, 14);
	check_maps(&state, UINT64_C(0xfffffffffffff000), UINT64_C(0x0000d1e17ffff000));
	CHECK_EQ(levels_read, 12);
	CHECK_EQ(translate(&state, top + 0xa000), -ENOENT);
	CHECK_EQ(translate(&state, top & UINT64_C(0xffffffffffff)), -ENOENT);
	CHECK_EQ(translate(&state, top ^ (UINT64_C(1) << 47)), -ENOENT);
	CHECK_EQ(translate(&state, 0), -ENOENT);
	put(0x1000, 0, 8, 0x2080 | FLAGS);
	CHECK_EQ(translate(&state, 0x7f80000000), -ENOENT);
	put(0x1000, 0, 8, UINT64_C(0x000ffffffffff000) | FLAGS);
	CHECK_EQ(translate(&state, 0), -EACCES);
	put(0x1000, 255, 8, 0x2000 | FLAGS);
	check_maps(&state, UINT64_C(0x00007fff80200000), 0x12200000);
}

static void test_la57(void)
{
	struct walk_state state = { CR0_PG, 0x1000, PAE | LA57, LMA };

	memset(guest, 0, sizeof(guest));
	put(0x1000, 511, 8, 0x2000 | FLAGS);
	put(0x1000, 255, 8, 0x2000 | FLAGS);
	put(0x1000, 256, 8, 0x2000 | FLAGS);
	put(0x2000, 511, 8, 0x3000 | FLAGS);
	put(0x2000, 0, 8, 0x3000 | FLAGS);
	put(0x3000, 511, 8, UINT64_C(0x40000000) | 0x80 | FLAGS);
	check_maps(&state, UINT64_C(0xffffffffc0001234), 0x40001234);
	CHECK_EQ(levels_read, 0x1c);
	check_maps(&state, UINT64_C(0xff00007fc0001234), 0x40001234);
	check_maps(&state, UINT64_C(0x00ff007fc0001234), 0x40001234);
	CHECK_EQ(translate(&state, UINT64_C(0x01ff007fc0001234)), -ENOENT);
	state.cr4 = PAE;
	CHECK_EQ(translate(&state, UINT64_C(0x00ff007fc0001234)), -ENOENT);
}

int main(void)
{
	test_no_paging();
	test_legacy();
	test_pae();
	test_long();
	test_la57();
	return check_done();
}
