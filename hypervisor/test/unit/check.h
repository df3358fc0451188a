/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The whole test framework. A test program calls CHECK() and CHECK_EQ() as it likes and ends
 * with "return check_done();". A failure is counted and said, and does not end the program;
 * REQUIRE() ends it, for where going on makes no sense.
 */
#ifndef TEST_CHECK_H
#define TEST_CHECK_H

#include <stdio.h>
#include <stdlib.h>

static unsigned int check_count, check_failed;

static inline int check_result(int ok, const char *file, int line, const char *what)
{
	check_count++;
	if (ok)
		return 1;
	check_failed++;
	fprintf(stderr, "%s:%d: not true: %s\n", file, line, what);
	return 0;
}

static inline int check_equal(unsigned long long got, unsigned long long want, const char *file,
			      int line, const char *what)
{
	check_count++;
	if (got == want)
		return 1;
	check_failed++;
	fprintf(stderr, "%s:%d: %s is %#llx, should be %#llx\n", file, line, what, got, want);
	return 0;
}

static inline int check_done(void)
{
	printf("%u checks, %u failed\n", check_count, check_failed);
	return check_failed || !check_count;
}

#define CHECK(condition) check_result(!!(condition), __FILE__, __LINE__, #condition)
/* Both are taken as unsigned 64-bit numbers: CHECK_EQ(f(), -EINVAL) works for an int f(). */
#define CHECK_EQ(got, want) \
	check_equal((unsigned long long)(got), (unsigned long long)(want), __FILE__, __LINE__, #got)
#define REQUIRE(condition)             \
	do {                           \
		if (!CHECK(condition)) \
			abort();       \
	} while (0)

#endif
