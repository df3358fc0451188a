// SPDX-License-Identifier: GPL-2.0-only
/* Memory and string functions for freestanding code. */
#include <bulkhead/types.h>
#include "string.h"

void *memcpy(void *dst, const void *src, size_t n)
{
	void *at = dst;

	asm volatile("rep movsb" : "+D"(at), "+S"(src), "+c"(n) : : "memory");
	return dst;
}

void *memset(void *dst, int c, size_t n)
{
	void *at = dst;
	size_t words = n / 8, rest = n % 8;

	asm volatile("rep stosq"
		     : "+D"(at), "+c"(words)
		     : "a"((uint8_t)c * UINT64_C(0x0101010101010101))
		     : "memory");
	asm volatile("rep stosb" : "+D"(at), "+c"(rest) : "a"(c) : "memory");
	return dst;
}

int strcmp(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return (uint8_t)*a - (uint8_t)*b;
}
