/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor's console: a ring in the public pages, and a UART if the description names
 * one. Also the events that Linux reads beside it.
 */
#ifndef HV_CONSOLE_H
#define HV_CONSOLE_H

#include <bulkhead/config.h>
#include <bulkhead/public.h>

/* The pages that Linux may read: filled by whoever a field belongs to. Page aligned, and nothing else
 * lies in the last one. */
#define PUBLIC_SIZE ((sizeof(struct bh_public) + BH_PAGE_SIZE - 1) & ~(BH_PAGE_SIZE - 1ul))
extern struct bh_public public_area;

/* %s %u %x %lx %lu and zero-padded widths like %04x. Takes a lock; callable anywhere but in
 * the NMI handler. */
void console_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A UART that is polled for at most a bounded time for each character. */
void console_set_uart(uint32_t type, uint16_t port);

void event_add(enum bh_event_type type, uint32_t cell, const char *name, uint64_t arg);
void event_add_detail(enum bh_event_type type, uint32_t cell, const char *name, uint64_t arg,
		      uint64_t detail);

/* Our own bug: say so and stop this CPU. No guest, description or device can get here. */
void panic(const char *file, int line, const char *what) __attribute__((noreturn));
#define CHECK(condition) ((condition) ? (void)0 : panic(__FILE__, __LINE__, #condition))

#endif
