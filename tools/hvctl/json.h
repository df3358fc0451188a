/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A small JSON writer: one document per line, commas and nesting kept by the writer, strings
 * escaped. Bytes that are no ASCII are written as \u00XX, so that what a cell printed can
 * never make a document invalid. key is NULL in an array and at the top.
 */
#ifndef HVCTL_JSON_H
#define HVCTL_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct json {
	FILE *file;
	unsigned int depth;
	bool member_before; /* a comma is due before the next member */
};

void json_begin(struct json *j, FILE *file);
void json_object(struct json *j, const char *key);
void json_object_end(struct json *j);
void json_array(struct json *j, const char *key);
void json_array_end(struct json *j);
void json_string(struct json *j, const char *key, const char *value);
void json_bytes(struct json *j, const char *key, const void *bytes, size_t size);
void json_number(struct json *j, const char *key, uint64_t value);
void json_signed(struct json *j, const char *key, int64_t value);
void json_real(struct json *j, const char *key, double value);
void json_bool(struct json *j, const char *key, bool value);
/* As "0x..." in a string: readers keep no 64 bits in a number. */
void json_address(struct json *j, const char *key, uint64_t value);

#endif
