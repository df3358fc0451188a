// SPDX-License-Identifier: GPL-2.0-only
/* Memory types: fixed and variable ranges, overlaps, and how far a type reaches. */
#include "check.h"
#include "pure/mtrr.h"

#define KIB UINT64_C(0x400)
#define MIB UINT64_C(0x100000)
#define GIB UINT64_C(0x40000000)
#define END (UINT64_C(1) << 52)

#define UC 0
#define WC 1
#define WT 4
#define WB 6
#define ENABLE 0x800
#define FIXED 0x400
#define BITS40 UINT64_C(0xfffffff000)

static void add(struct mtrr *m, uint64_t base, uint64_t size, uint64_t type)
{
	m->variable[m->count].base = base | type;
	m->variable[m->count++].mask = (BITS40 & ~(size - 1)) | ENABLE;
}

static void check_run(const struct mtrr *m, uint64_t address, int cached, uint64_t end)
{
	uint64_t size;

	CHECK_EQ(mtrr_is_cached(m, address, &size), cached);
	CHECK_EQ(address + size, end);
}

static void test_disabled(void)
{
	struct mtrr m = { .default_type = WB };

	check_run(&m, 0, 0, END);
	check_run(&m, 5 * GIB, 0, END);
}

static void test_default_only(void)
{
	struct mtrr m = { .default_type = WB | ENABLE };

	check_run(&m, 0, 1, END);
	m.default_type = UC | ENABLE;
	check_run(&m, 0x1000, 0, END);
}

static void test_fixed(void)
{
	struct mtrr m = { .default_type = WB | ENABLE | FIXED };

	for (unsigned int i = 0; i < MTRR_FIXED; i++)
		m.fixed[i] = UINT64_C(0x0606060606060606);
	check_run(&m, 0, 1, END);
	m.fixed[2] = 0; /* a0000: VGA */
	check_run(&m, 0, 1, 640 * KIB);
	check_run(&m, 0xa0000, 0, 768 * KIB);
	check_run(&m, 0xb1000, 0, 768 * KIB);
	check_run(&m, 0xc0000, 1, END);
	m.fixed[5] = UINT64_C(0x0606060606050506); /* two pages at d1000: write-protected */
	check_run(&m, 0xc0000, 1, 0xd1000);
	check_run(&m, 0xd1000, 0, 0xd3000);
	check_run(&m, 0xd3000, 1, END);
	m.fixed[0] = UINT64_C(0x0606060606060600);
	check_run(&m, 0x8000, 0, 0x10000);
	check_run(&m, 0x10000, 1, 640 * KIB);
	m.default_type = WB | ENABLE; /* fixed ranges off */
	check_run(&m, 0xa0000, 1, END);
}

static void test_variable(void)
{
	struct mtrr m = { .default_type = WB | ENABLE };

	add(&m, 3 * GIB, GIB, UC);
	check_run(&m, 0, 1, 3 * GIB);
	check_run(&m, 3 * GIB + MIB, 0, 4 * GIB);
	check_run(&m, 4 * GIB, 1, END);
	m.variable[0].mask &= ~(uint64_t)ENABLE;
	check_run(&m, 0, 1, END);
}

/* Memory in pieces over an uncached default, as firmware does it: neighbours are one run. */
static void test_pieces(void)
{
	struct mtrr m = { .default_type = UC | ENABLE };

	add(&m, 0, 2 * GIB, WB);
	add(&m, 2 * GIB, GIB, WB);
	add(&m, 4 * GIB, GIB, WB);
	add(&m, 3 * GIB - 64 * MIB, 64 * MIB, UC); /* stolen from the top */
	check_run(&m, 0, 1, 3 * GIB - 64 * MIB);
	check_run(&m, 3 * GIB - MIB, 0, 4 * GIB);
	check_run(&m, 4 * GIB + MIB, 1, 5 * GIB);
	check_run(&m, 5 * GIB, 0, END);
}

static void test_overlaps(void)
{
	struct mtrr m = { .default_type = UC | ENABLE };

	add(&m, 0, 4 * GIB, WB);
	add(&m, GIB, GIB, WT); /* with write-back: write-through */
	add(&m, 2 * GIB, GIB, WB);
	add(&m, 3 * GIB, GIB, WC); /* with write-back: undefined */
	check_run(&m, 0, 1, GIB);
	check_run(&m, GIB, 0, 2 * GIB);
	check_run(&m, 2 * GIB, 1, 3 * GIB);
	check_run(&m, 3 * GIB, 0, END);
}

/* A mask with a gap: every other GiB of the first four */
static void test_gaps(void)
{
	struct mtrr m = { .default_type = WB | ENABLE, .count = 1 };

	m.variable[0].base = GIB | UC;
	m.variable[0].mask = (BITS40 & ~(4 * GIB - 1)) | GIB | ENABLE;
	check_run(&m, 0, 1, GIB);
	check_run(&m, GIB + MIB, 0, 2 * GIB);
	check_run(&m, 2 * GIB, 1, 3 * GIB);
	check_run(&m, 3 * GIB, 0, 4 * GIB);
}

int main(void)
{
	test_disabled();
	test_default_only();
	test_fixed();
	test_variable();
	test_pieces();
	test_overlaps();
	test_gaps();
	return check_done();
}
