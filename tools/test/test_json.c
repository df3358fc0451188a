// SPDX-License-Identifier: GPL-2.0-only
/*
 * The JSON writer: nesting, commas, escaping.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "check.h"
#include "json.h"

static char *text;
static size_t size;

static FILE *begin(struct json *j)
{
	FILE *f = open_memstream(&text, &size);

	json_begin(j, f);
	return f;
}

static void check_text(FILE *f, const char *want)
{
	fclose(f);
	if (!CHECK(!strcmp(text, want)))
		fprintf(stderr, "got:  %s\nwant: %s\n", text, want);
	free(text);
}

static void test_nesting(void)
{
	struct json j;
	FILE *f = begin(&j);

	json_object(&j, NULL);
	json_number(&j, "a", UINT64_MAX);
	json_array(&j, "b");
	json_object(&j, NULL);
	json_object_end(&j);
	json_signed(&j, NULL, -1);
	json_array(&j, NULL);
	json_array_end(&j);
	json_array_end(&j);
	json_bool(&j, "c", true);
	json_object_end(&j);
	json_array(&j, NULL);
	json_array_end(&j);
	check_text(f, "{\"a\": 18446744073709551615, \"b\": [{}, -1, []], \"c\": true}\n[]\n");
}

static void test_strings(void)
{
	struct json j;
	FILE *f = begin(&j);

	json_array(&j, NULL);
	json_string(&j, NULL, "a\"b\\c\nd\te\x7f\x1b\xc3");
	json_bytes(&j, NULL, "\0x", 2);
	json_address(&j, NULL, 0xfee00000);
	json_array_end(&j);
	check_text(f, "[\"a\\\"b\\\\c\\nd\\u0009e\\u007f\\u001b\\u00c3\", \"\\u0000x\", "
		      "\"0xfee00000\"]\n");
}

static void test_reals(void)
{
	struct json j;
	FILE *f = begin(&j);

	json_array(&j, NULL);
	json_real(&j, NULL, 0.5);
	json_real(&j, NULL, 1234567.25);
	json_real(&j, NULL, NAN);
	json_real(&j, NULL, INFINITY);
	json_array_end(&j);
	check_text(f, "[0.5, 1234567.25, null, null]\n");
}

int main(void)
{
	test_nesting();
	test_strings();
	test_reals();
	return check_done();
}
