/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Text for humans: into the cell's console ring if there is one, else to a 16550 at 0x3f8.
 * Neither waits for a reader. Safe from interrupt handlers and from several CPUs: a printf()
 * is not torn by another.
 */
#ifndef INMATE_CONSOLE_H
#define INMATE_CONSOLE_H

#include <stdarg.h>
#include <bulkhead/types.h>

/* Called by inmate_start(). */
void console_init(void);

void console_write(const char *text, size_t length);

/* %d %i %u %x %X %p %s %c %% with width, 0 and - flags, and l, ll, z lengths. */
void printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
void vprintf(const char *format, va_list args);

#endif
