// SPDX-License-Identifier: GPL-2.0-only
/* The hypervisor's console and events. */
#include <stdarg.h>
#include "arch/x86/x86.h"
#include "console.h"
#include "lock.h"
#include "string.h"

#define UART_LSR 5
#define UART_LSR_THRE 0x20
#define UART_POLLS 100000

static struct lock console_lock;
static uint32_t uart_type;
static uint16_t uart_port;

void console_set_uart(uint32_t type, uint16_t port)
{
	uart_type = type;
	uart_port = port;
}

/* A UART that is never ready would hold everybody up with each character: it is not used again. */
static void uart_put(char c)
{
	int polls = 0;

	while (uart_type == BH_CONSOLE_16550 && !(in(uart_port + UART_LSR, 1) & UART_LSR_THRE))
		if (++polls == UART_POLLS)
			uart_type = BH_CONSOLE_NONE;
	out(uart_port, 1, (uint8_t)c);
}

static void put(char c)
{
	struct bh_public *public = &public_area;

	public->console[public->console_head % BH_HV_CONSOLE_SIZE] = (uint8_t)c;
	__atomic_store_n(&public->console_head, public->console_head + 1, __ATOMIC_RELEASE);
	if (uart_type != BH_CONSOLE_NONE)
		uart_put(c);
}

static void put_string(const char *s)
{
	while (*s)
		put(*s++);
}

static void put_number(uint64_t value, unsigned int base, unsigned int width)
{
	char digits[20];
	unsigned int n = 0;

	do {
		digits[n++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	for (; width > n; width--)
		put('0');
	while (n)
		put(digits[--n]);
}

static void format_text(const char *format, va_list args)
{
	for (; *format; format++) {
		unsigned int width = 0;
		int is_long = 0;

		if (*format != '%') {
			put(*format);
			continue;
		}
		for (format++; *format >= '0' && *format <= '9'; format++)
			width = width * 10 + (unsigned int)(*format - '0');
		for (; *format == 'l'; format++)
			is_long = 1;
		if (*format == 's')
			put_string(va_arg(args, const char *));
		else
			put_number(is_long ? va_arg(args, uint64_t) : va_arg(args, unsigned int),
				   *format == 'x' ? 16 : 10, width);
	}
}

void console_print(const char *format, ...)
{
	va_list args;

	lock_take(&console_lock);
	va_start(args, format);
	format_text(format, args);
	va_end(args);
	lock_drop(&console_lock);
}

void event_add(enum bh_event_type type, uint32_t cell, const char *name, uint64_t arg)
{
	event_add_detail(type, cell, name, arg, 0);
}

void event_add_detail(enum bh_event_type type, uint32_t cell, const char *name, uint64_t arg,
		      uint64_t detail)
{
	struct bh_public *public = &public_area;
	struct bh_event *event;

	lock_take(&console_lock);
	event = &public->event[public->event_head % BH_EVENTS];
	*event = (struct bh_event){
		.tsc = rdtsc(), .type = type, .cell = cell, .arg = arg, .detail = detail
	};
	memcpy(event->name, name, BH_NAME_LEN);
	__atomic_store_n(&public->event_head, public->event_head + 1, __ATOMIC_RELEASE);
	lock_drop(&console_lock);
}

void panic(const char *file, int line, const char *what)
{
	console_print("hypervisor bug at %s:%u: %s; this CPU stops\n", file, (unsigned int)line,
		      what);
	for (;;)
		asm volatile("cli; hlt");
}
