/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Property: a serial port of the cell's own works, and its interrupt comes by the pin that the cell was given.
 * Sends back what it gets, in the other case of letters; ends with ctrl-D. Options: port=0x3e8, pin=5.
 */
#include <inmate/apic.h>
#include <inmate/console.h>
#include <inmate/cpu.h>
#include <inmate/ioapic.h>
#include <inmate/irq.h>
#include <inmate/platform.h>
#include <inmate/time.h>

/* 16550 */
#define DATA 0
#define INTERRUPTS 1 /* enable: bit 0, data has come */
#define FIFO 2
#define LINE 3
#define MODEM 4
#define STATUS 5
#define STATUS_DATA 0x01
#define STATUS_EMPTY 0x20
#define LINE_8N1 0x03
#define LINE_DIVISOR 0x80
#define MODEM_OUT2 0x0b /* DTR RTS, and OUT2, without which a PC's port does not interrupt */
#define CASE 0x20
#define END 0x04
#define PATIENCE 1000000

static uint16_t port;
static volatile uint32_t received, interrupts, ended;

static void send(uint8_t c)
{
	int i;

	for (i = 0; i < PATIENCE && !(inb((uint16_t)(port + STATUS)) & STATUS_EMPTY); i++)
		cpu_relax();
	outb((uint16_t)(port + DATA), c);
}

static void interrupt(struct irq_frame *frame, void *arg)
{
	uint8_t c;

	(void)frame;
	(void)arg;
	interrupts++;
	(void)inb((uint16_t)(port + FIFO));
	while (inb((uint16_t)(port + STATUS)) & STATUS_DATA) {
		c = inb((uint16_t)(port + DATA));
		received++;
		ended |= c == END;
		send(c >= 'A' ? c ^ CASE : c);
	}
}

static void look(struct irq_frame *frame, void *arg)
{
	(void)frame;
	(void)arg;
}

static void set_up(void)
{
	outb((uint16_t)(port + INTERRUPTS), 0);
	outb((uint16_t)(port + LINE), LINE_8N1 | LINE_DIVISOR);
	outb((uint16_t)(port + DATA), 1);
	outb((uint16_t)(port + INTERRUPTS), 0);
	outb((uint16_t)(port + LINE), LINE_8N1);
	outb((uint16_t)(port + FIFO), 0x07);
	outb((uint16_t)(port + MODEM), MODEM_OUT2);
	outb((uint16_t)(port + INTERRUPTS), 0x01);
}

int inmate_main(void)
{
	int vector, err;

	port = (uint16_t)platform_option("port", 0x3e8);
	apic_init(apic_best_mode());
	time_init();
	vector = irq_allocate();
	irq_set((unsigned int)vector, interrupt, NULL);
	err = ioapic_route((unsigned int)platform_option("pin", 5), (uint8_t)vector, apic_id());
	if (err)
		inmate_fail(-err, "no such pin");
	set_up();
	irq_set(IRQ_TIMER, look, NULL);
	timer_periodic(10);
	printf("uart: port %x\n", port);
	while (!ended && !platform_shutdown_requested())
		cpu_sleep();
	irq_disable();
	printf("uart: received=%u interrupts=%u unexpected=%lu\n", received, interrupts,
	       irq_unexpected);
	return received && !interrupts ? EIO : 0;
}
