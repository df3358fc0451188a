/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Console: the cell's ring, or a 16550. */
#include <inmate/console.h>
#include <inmate/cpu.h>
#include <inmate/platform.h>

#define UART 0x3f8
#define UART_IER 1
#define UART_FCR 2
#define UART_LCR 3
#define UART_MCR 4
#define UART_LSR 5
#define UART_LSR_THRE 0x20
#define UART_PATIENCE 100000 /* reads of the status, then the byte is written anyway */

static struct bh_ring *ring;
static uint32_t ring_size;
static int locked;

static void uart_init(void)
{
	outb(UART + UART_IER, 0);
	outb(UART + UART_LCR, 0x80); /* divisor latch */
	outb(UART, 1);		     /* 115200 baud */
	outb(UART + UART_IER, 0);
	outb(UART + UART_LCR, 3); /* 8n1 */
	outb(UART + UART_FCR, 7);
	outb(UART + UART_MCR, 3);
}

static void uart_put(char c)
{
	int patience = UART_PATIENCE;

	while (!(inb(UART + UART_LSR) & UART_LSR_THRE) && patience--)
		cpu_relax();
	outb(UART, (uint8_t)c);
}

void console_init(void)
{
	const struct bh_info *info = platform_info();

	if (info && info->console_size) {
		ring = (struct bh_ring *)(uintptr_t)info->console_gpa;
		ring_size = (uint32_t)info->console_size;
	} else {
		uart_init();
	}
}

/* The ring's size is a power of two. head covers a byte only once the byte is there. */
static void ring_put(char c)
{
	ring->data[(uint32_t)ring->head & (ring_size - 1)] = (uint8_t)c;
	__asm__ volatile("" : : : "memory");
	ring->head++;
}

void console_write(const char *text, size_t length)
{
	unsigned long flags = irq_save();

	while (__atomic_exchange_n(&locked, 1, __ATOMIC_ACQUIRE))
		cpu_relax();
	for (; length; length--, text++) {
		if (ring) {
			ring_put(*text);
			continue;
		}
		if (*text == '\n')
			uart_put('\r');
		uart_put(*text);
	}
	__atomic_store_n(&locked, 0, __ATOMIC_RELEASE);
	irq_restore(flags);
}
