// SPDX-License-Identifier: GPL-2.0-only
/*
 * Options: values, limits, what a command does not take, arguments in any order.
 */
#include <stdarg.h>
#include <string.h>
#include <bulkhead/types.h>
#include "check.h"
#include "hvctl.h"

/* Stands in for main.c's: messages are not looked at here. */
int fail(enum exit_code code, const char *format, ...)
{
	(void)format;
	return code;
}

static const struct command every = { .name = "x", .options = "jtfFkaemcsinzpPRSIC" };
static const struct command none = { .name = "x", .options = "" };

static struct options o;
static bool help;
static char *argv[16];

static int parse(const struct command *c, const char *line)
{
	static char copy[256];
	int argc = 0;

	snprintf(copy, sizeof(copy), "x %s", line);
	for (char *s = strtok(copy, " "); s; s = strtok(NULL, " "))
		argv[argc++] = s;
	argv[argc] = NULL;
	return options_parse(&o, c, argc, argv, &help);
}

static void test_values(void)
{
	CHECK_EQ(parse(&every, "one --json --timeout 1.5 two --address 0x100000 -f"), 3);
	CHECK(!strcmp(argv[1], "one") && !strcmp(argv[2], "two"));
	CHECK(o.json && o.follow && !o.force && !help);
	CHECK_EQ(o.timeout_ms, 1500);
	CHECK_EQ(o.address, 0x100000);
	CHECK_EQ(o.entry, BH_ADDR_NONE);
	CHECK_EQ(o.peer, BH_ID_NONE);
	CHECK_EQ(parse(&every, "--mode reset16 --count 7 -- --json"), 2);
	CHECK(!strcmp(argv[1], "--json") && !o.json && !strcmp(o.mode, "reset16"));
	CHECK_EQ(o.count, 7);
	CHECK_EQ(parse(&every, "--initrd a --cmdline b"), 1);
	CHECK(!strcmp(o.initrd, "a") && !strcmp(o.cmdline, "b"));
}

static void test_wrong(void)
{
	static const char *const lines[] = {
		"--timeout 0",	 "--timeout -1", "--timeout x",	 "--timeout 1e9",
		"--timeout nan", "--address",	 "--address -2", "--address 0xzz",
		"--mode fast",	 "--count 1x",	 "--count 4e9",	 "--peer 256",
		"--unknown",	 "-q",		 "--interval 0", "--entry 0x100000000",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (!CHECK(parse(&every, lines[i]) < 0))
			fprintf(stderr, "accepted: %s\n", lines[i]);
}

static void test_not_taken(void)
{
	CHECK(parse(&none, "--json") < 0);
	CHECK(parse(&none, "-f") < 0);
	CHECK_EQ(parse(&none, "a b"), 3);
	CHECK_EQ(parse(&none, "--help"), 1);
	CHECK(help);
}

int main(void)
{
	test_values();
	REQUIRE(freopen("/dev/null", "w", stderr)); /* getopt's own messages */
	test_wrong();
	test_not_taken();
	return check_done();
}
