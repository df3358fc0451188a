/* SPDX-License-Identifier: GPL-2.0-only */
/* The few memory and string functions that freestanding code and the compiler need. */
#ifndef HV_STRING_H
#define HV_STRING_H

#include <stddef.h>

void *memcpy(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
int strcmp(const char *a, const char *b);

#endif
