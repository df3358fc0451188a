// SPDX-License-Identifier: GPL-2.0-only
/*
 * Console rings: wrap, overrun, a writer that begins anew or lies, torn copies, escaping.
 */
#include <string.h>
#include "check.h"
#include "ring.h"

#define SIZE 4096u

static void test_plain(void)
{
	struct ring_reader r = { 0 };
	struct ring_span s[2];

	CHECK_EQ(ring_take(&r, 0, SIZE, s), 0);
	CHECK_EQ(ring_take(&r, 10, SIZE, s), 1);
	CHECK_EQ(s[0].offset, 0);
	CHECK_EQ(s[0].size, 10);
	CHECK_EQ(ring_take(&r, 10, SIZE, s), 0);
	CHECK_EQ(ring_take(&r, SIZE, SIZE, s), 1);
	CHECK_EQ(s[0].offset, 10);
	CHECK_EQ(s[0].size, SIZE - 10);
	CHECK_EQ(r.lost, 0);
}

static void test_wrap(void)
{
	struct ring_reader r = { .next = SIZE - 5 };
	struct ring_span s[2];

	CHECK_EQ(ring_take(&r, SIZE + 7, SIZE, s), 2);
	CHECK_EQ(s[0].offset, SIZE - 5);
	CHECK_EQ(s[0].size, 5);
	CHECK_EQ(s[1].offset, 0);
	CHECK_EQ(s[1].size, 7);
	CHECK_EQ(r.next, SIZE + 7);
}

static void test_overrun(void)
{
	struct ring_reader r = { .next = 100 };
	struct ring_span s[2];

	CHECK_EQ(ring_take(&r, 100 + 3 * SIZE, SIZE, s), 2);
	CHECK_EQ(s[0].size + s[1].size, SIZE);
	CHECK_EQ(s[0].offset, 100);
	CHECK_EQ(r.lost, 2 * SIZE);
}

static void test_anew(void)
{
	struct ring_reader r = { .next = 5000 };
	struct ring_span s[2];

	CHECK_EQ(ring_take(&r, 30, SIZE, s), 1);
	CHECK_EQ(s[0].offset, 0);
	CHECK_EQ(s[0].size, 30);
	CHECK_EQ(r.lost, 0);
}

/* Whatever the head says, spans stay inside and never exceed the ring. */
static void test_liar(void)
{
	static const uint64_t heads[] = { UINT64_MAX, 1, UINT64_MAX - 1, SIZE, 0, UINT64_MAX / 2,
					  UINT64_MAX, 7 };
	struct ring_reader r = { 0 };

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		struct ring_span s[2] = { { 0, 0 }, { 0, 0 } };
		unsigned int n = ring_take(&r, heads[i], SIZE, s);

		CHECK(n <= 2);
		CHECK(s[0].size + s[1].size <= SIZE);
		CHECK(s[0].offset + s[0].size <= SIZE && s[1].offset + s[1].size <= SIZE);
		CHECK_EQ(r.next, heads[i]);
	}
}

static void test_torn(void)
{
	struct ring_reader r = { .next = 2 * SIZE };

	CHECK_EQ(ring_torn(&r, 2 * SIZE, SIZE, SIZE), 0);
	CHECK_EQ(ring_torn(&r, 2 * SIZE + 3, SIZE, SIZE), 3);
	CHECK_EQ(ring_torn(&r, 2 * SIZE + 3, SIZE, SIZE - 3), 0);
	CHECK_EQ(ring_torn(&r, 9 * SIZE, SIZE, 10), 10);
	CHECK_EQ(ring_torn(&r, 5, SIZE, SIZE), 0);
	CHECK_EQ(r.lost, 13);
}

static void test_escape(void)
{
	static const uint8_t in[] = "a\r\n\t\x1b[2J\x9b\xff~\x7f";
	char out[4 * sizeof(in)];
	size_t n = ring_escape(out, in, sizeof(in) - 1);

	out[n] = 0;
	CHECK(!strcmp(out, "a\n\t\\x1b[2J\\x9b\\xff~\\x7f"));
}

int main(void)
{
	test_plain();
	test_wrap();
	test_overrun();
	test_anew();
	test_liar();
	test_torn();
	test_escape();
	return check_done();
}
