// SPDX-License-Identifier: GPL-2.0-only
/* Bridges above a cell's function (assign_guard.c): which are guarded, and whether they still lead there. */
#include <string.h>
#include "arch/fake/fake.h"
#include "assign_guard.h"
#include "test/unit/check.h"

#define NEAR 0x0100u /* 01:00.0, leads to bus 2 */
#define FAR 0x0008u  /* 00:01.0, leads to bus 1 and 2 */
#define OTHER 0x0010u

static const struct bh_config_pci nic = { .host_bdf = 0x0200, .pf_bdf = BH_BDF_NONE };

static void put_bridge(unsigned int i, uint16_t bdf, uint8_t secondary, uint8_t subordinate)
{
	struct fake_function *f = &fake_functions[i];

	memset(f, 0, sizeof(*f));
	f->there = 1;
	f->bdf = bdf;
	f->raw[0] = 0x86;
	f->raw[1] = 0x80;
	f->raw[0x0e] = 1;
	f->raw[0x19] = secondary;
	f->raw[0x1a] = subordinate;
}

/* Two bridges above bus 2, one beside; 00:00.0 has to be there, or there would be nothing. */
static void put_bridges(void)
{
	put_bridge(0, 0, 0, 0);
	fake_functions[0].raw[0x0e] = 0;
	put_bridge(1, FAR, 1, 2);
	put_bridge(2, NEAR, 2, 2);
	put_bridge(3, OTHER, 3, 3);
}

static void test_each_bridge_above_is_guarded(void)
{
	struct assigned a = { .c = &nic };

	put_bridges();
	CHECK_EQ(assign_guard_take(fake_cpu(0, 0), &a), 0);
	CHECK_EQ(a.guard_count, 2);
	CHECK(assign_guard_find(NEAR) && assign_guard_find(FAR) && !assign_guard_find(OTHER));
	CHECK(assign_guard_holds(&a));
	assign_guard_drop(&a);
	CHECK(!assign_guard_find(NEAR) && !assign_guard_find(FAR));
}

/* Of a virtual function, the physical one is guarded, too, and is no bridge. */
static void test_a_virtual_function_has_one_more(void)
{
	static const struct bh_config_pci vf = { .host_bdf = 0x0210, .pf_bdf = 0x0200 };
	struct assigned a = { .c = &vf };

	put_bridges();
	CHECK_EQ(assign_guard_take(fake_cpu(0, 0), &a), 0);
	CHECK_EQ(a.guard_count, 3);
	CHECK(assign_guard_find(0x0200) && assign_guard_holds(&a));
	put_bridge(1, FAR, 4, 4);
	CHECK(!assign_guard_holds(&a));
	assign_guard_drop(&a);
}

/* What another CPU of the root can write while a cell is created */
static void test_one_that_leads_elsewhere_by_now_is_noticed(void)
{
	static const struct {
		unsigned int bridge;
		uint16_t bdf;
		uint8_t secondary, subordinate;
	} moves[] = {
		{ 2, NEAR, 4, 4 },  /* nothing leads there but the far one */
		{ 1, FAR, 4, 4 },   /* nothing leads to bus 1 */
		{ 3, OTHER, 2, 2 }, /* another has it as well, and comes first */
	};

	for (unsigned int i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
		struct assigned a = { .c = &nic };

		put_bridges();
		CHECK_EQ(assign_guard_take(fake_cpu(0, 0), &a), 0);
		put_bridge(moves[i].bridge, moves[i].bdf, moves[i].secondary, moves[i].subordinate);
		CHECK(!assign_guard_holds(&a));
		assign_guard_drop(&a);
	}
}

int main(void)
{
	test_each_bridge_above_is_guarded();
	test_a_virtual_function_has_one_more();
	test_one_that_leads_elsewhere_by_now_is_noticed();
	return check_done();
}
