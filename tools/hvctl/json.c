// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes JSON; see json.h.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include "json.h"

void json_begin(struct json *j, FILE *file)
{
	*j = (struct json){ .file = file };
}

static void put_quoted(FILE *f, const uint8_t *s, size_t size)
{
	fputc('"', f);
	for (size_t i = 0; i < size; i++) {
		if (s[i] == '"' || s[i] == '\\')
			fprintf(f, "\\%c", s[i]);
		else if (s[i] == '\n')
			fputs("\\n", f);
		else if (s[i] < 0x20 || s[i] >= 0x7f)
			fprintf(f, "\\u%04x", s[i]);
		else
			fputc(s[i], f);
	}
	fputc('"', f);
}

static void member(struct json *j, const char *key)
{
	if (j->member_before)
		fputs(", ", j->file);
	if (key) {
		put_quoted(j->file, (const uint8_t *)key, strlen(key));
		fputs(": ", j->file);
	}
	j->member_before = true;
}

static void open_level(struct json *j, const char *key, char bracket)
{
	member(j, key);
	fputc(bracket, j->file);
	j->depth++;
	j->member_before = false;
}

/* The end of the outermost level ends the line and lets the next document begin. */
static void close_level(struct json *j, char bracket)
{
	fputc(bracket, j->file);
	j->depth--;
	j->member_before = j->depth > 0;
	if (j->depth == 0) {
		fputc('\n', j->file);
		fflush(j->file);
	}
}

void json_object(struct json *j, const char *key)
{
	open_level(j, key, '{');
}

void json_object_end(struct json *j)
{
	close_level(j, '}');
}

void json_array(struct json *j, const char *key)
{
	open_level(j, key, '[');
}

void json_array_end(struct json *j)
{
	close_level(j, ']');
}

void json_bytes(struct json *j, const char *key, const void *bytes, size_t size)
{
	member(j, key);
	put_quoted(j->file, bytes, size);
}

void json_string(struct json *j, const char *key, const char *value)
{
	json_bytes(j, key, value, strlen(value));
}

void json_number(struct json *j, const char *key, uint64_t value)
{
	member(j, key);
	fprintf(j->file, "%" PRIu64, value);
}

void json_signed(struct json *j, const char *key, int64_t value)
{
	member(j, key);
	fprintf(j->file, "%" PRId64, value);
}

void json_real(struct json *j, const char *key, double value)
{
	member(j, key);
	if (isfinite(value))
		fprintf(j->file, "%.9g", value);
	else
		fputs("null", j->file);
}

void json_bool(struct json *j, const char *key, bool value)
{
	member(j, key);
	fputs(value ? "true" : "false", j->file);
}

void json_address(struct json *j, const char *key, uint64_t value)
{
	member(j, key);
	fprintf(j->file, "\"0x%" PRIx64 "\"", value);
}
