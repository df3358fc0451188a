/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The MSR policy: the tables' shape, the registers that must never be reachable, and those that
 * must cost no exit.
 */
#include "../../pure/msr.h"
#include "check.h"

enum msr_access { MSR_READ, MSR_WRITE };

static enum msr_verdict msr_policy(enum msr_owner owner, uint32_t msr, enum msr_access access)
{
	const struct msr_range *range = msr_find(owner, msr);

	return access == MSR_WRITE ? range->write : range->read;
}

static uint64_t msr_value(enum msr_owner owner, uint32_t msr)
{
	return msr_find(owner, msr)->value;
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void check_shape(enum msr_owner owner)
{
	unsigned int count;
	const struct msr_range *r = msr_ranges(owner, &count);

	CHECK(count > 10);
	for (unsigned int i = 0; i < count; i++) {
		CHECK(r[i].first <= r[i].last);
		CHECK(i == 0 || r[i].first > r[i - 1].last);
		/* verdicts that make sense for the direction */
		CHECK(r[i].read == MSR_PASS || r[i].read == MSR_EMULATE || r[i].read == MSR_VALUE ||
		      r[i].read == MSR_DENY);
		CHECK(r[i].write != MSR_VALUE && r[i].write <= MSR_DENY);
		CHECK(!r[i].value || r[i].read == MSR_VALUE);
		CHECK(r[i].read != msr_default(owner) || r[i].write != msr_default(owner));
		/* the lookup finds both ends and stops behind them */
		CHECK_EQ(msr_policy(owner, r[i].first, MSR_READ), r[i].read);
		CHECK_EQ(msr_policy(owner, r[i].last, MSR_WRITE), r[i].write);
		CHECK_EQ(msr_value(owner, r[i].last), r[i].value);
		if (i + 1 == count || r[i + 1].first != r[i].last + 1)
			CHECK_EQ(msr_policy(owner, r[i].last + 1, MSR_READ), msr_default(owner));
		if (i == 0 || r[i - 1].last != r[i].first - 1)
			CHECK_EQ(msr_policy(owner, r[i].first - 1, MSR_WRITE), msr_default(owner));
	}
}

/* Writes that take down the machine or the partition: passed to nobody. */
static void test_never_written(void)
{
	static const uint32_t deadly[] = {
		0x1b,	    0x3a,	0x79,	    0x9b,	0x1f2,	    0x200,	0x2ff,
		0x830,	    0x834,	0x835,	    0xc0000080, 0xc0010010, 0xc0010016, 0xc0010019,
		0xc001001a, 0xc001001d, 0xc0010020, 0xc0010058, 0xc0010111, 0xc0010112, 0xc0010113,
		0xc0010114, 0xc0010115, 0xc0010116, 0xc0010117, 0xc0010118, 0x3f1,	0x560,
		0x561,	    0x570,	0x17d0,	    0x1a0,	0x3f4,	    0x3f5,	0x850,
		0x853,	    0x985,	0x98a,	    0xc001011b, 0xc0011002, 0xc0011004, 0xc0011005,
	};

	for (unsigned int i = 0; i < COUNT(deadly); i++) {
		CHECK(msr_policy(MSR_CELL, deadly[i], MSR_WRITE) != MSR_PASS);
		CHECK(msr_policy(MSR_ROOT, deadly[i], MSR_WRITE) != MSR_PASS);
	}
}

static void test_cell(void)
{
	static const uint32_t free_of_exits[] = {
		0x80b, 0x808, 0x838, 0x83e, 0x83f, 0x6e0, 0x277, 0xc0000100, 0xc0000102, 0xc0000082
	};
	unsigned int passed = 0;

	for (unsigned int i = 0; i < COUNT(free_of_exits); i++)
		CHECK_EQ(msr_policy(MSR_CELL, free_of_exits[i], MSR_WRITE), MSR_PASS);
	CHECK_EQ(msr_policy(MSR_CELL, 0x10, MSR_READ), MSR_PASS);
	CHECK_EQ(msr_policy(MSR_CELL, 0x10, MSR_WRITE), MSR_EMULATE);
	CHECK_EQ(msr_policy(MSR_CELL, 0x3b, MSR_WRITE), MSR_EMULATE);
	CHECK_EQ(msr_policy(MSR_CELL, 0x0, MSR_READ), MSR_DENY);
	CHECK_EQ(msr_policy(MSR_CELL, 0xc1, MSR_READ), MSR_DENY); /* performance counters */
	CHECK_EQ(msr_policy(MSR_CELL, 0xc0010200, MSR_WRITE), MSR_DENY);
	CHECK_EQ(msr_policy(MSR_CELL, 0xc0010117, MSR_READ), MSR_DENY);
	CHECK_EQ(msr_policy(MSR_CELL, 0xffffffff, MSR_READ), MSR_DENY);
	CHECK_EQ(msr_policy(MSR_CELL, 0x2ff, MSR_WRITE), MSR_IGNORE);
	CHECK_EQ(msr_value(MSR_CELL, 0x2ff) & 0xff, 6); /* write-back */
	CHECK_EQ(msr_value(MSR_CELL, 0x179), 0);
	CHECK_EQ(msr_value(MSR_CELL, 0x12345), 0);

	/* A white list: whoever lets more through has to change this number, knowingly. */
	for (uint32_t msr = 0; msr < 0x2000; msr++)
		passed += (msr_policy(MSR_CELL, msr, MSR_WRITE) == MSR_PASS) +
			  (msr_policy(MSR_CELL, 0xc0000000 + msr, MSR_WRITE) == MSR_PASS) +
			  (msr_policy(MSR_CELL, 0xc0010000 + msr, MSR_WRITE) == MSR_PASS);
	CHECK_EQ(passed, 24);
}

static void test_root(void)
{
	CHECK_EQ(msr_policy(MSR_ROOT, 0x10, MSR_WRITE), MSR_PASS);
	CHECK_EQ(msr_policy(MSR_ROOT, 0x1b, MSR_READ), MSR_PASS);
	CHECK_EQ(msr_policy(MSR_ROOT, 0x80b, MSR_WRITE), MSR_PASS);
	CHECK_EQ(msr_policy(MSR_ROOT, 0x832, MSR_WRITE), MSR_PASS);
	CHECK_EQ(msr_policy(MSR_ROOT, 0x83f, MSR_WRITE), MSR_PASS);
	CHECK_EQ(msr_policy(MSR_ROOT, 0x480, MSR_READ), MSR_DENY);
	CHECK_EQ(msr_policy(MSR_ROOT, 0xc0002000, MSR_READ), MSR_PASS);
	CHECK_EQ(msr_value(MSR_ROOT, 0xc0010114), 0x18);
	CHECK_EQ(msr_policy(MSR_ROOT, 0xc0010114, MSR_WRITE), MSR_IGNORE);
	CHECK_EQ(msr_policy(MSR_ROOT, 0xc0010117, MSR_WRITE), MSR_REPORT);
	CHECK_EQ(msr_value(MSR_ROOT, 0x3a), 1);
	CHECK_EQ(msr_value(MSR_ROOT, 0x10), 0);
}

int main(void)
{
	check_shape(MSR_CELL);
	check_shape(MSR_ROOT);
	test_never_written();
	test_cell();
	test_root();
	return check_done();
}
