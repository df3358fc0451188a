/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A periodic timer and nothing else: the cell sleeps between interrupts, touches no device, and
 * prints what it counted only at the end. For counting exits.
 */
#ifndef TESTS_TICK_H
#define TESTS_TICK_H

#include <inmate/apic.h>
#include <inmate/console.h>
#include <inmate/cpu.h>
#include <inmate/irq.h>
#include <inmate/platform.h>
#include <inmate/time.h>

static uint64_t tick_count;

static void tick_interrupt(struct irq_frame *frame, void *arg)
{
	(void)frame;
	(void)arg;
	tick_count++;
}

/* Runs at the rate until asked to finish, or for the seconds (0: no limit). */
static int tick_run(enum apic_mode mode, uint32_t hz, uint64_t seconds)
{
	uint64_t start, ticks;

	apic_init(mode);
	time_init();
	irq_set(IRQ_TIMER, tick_interrupt, NULL);
	printf("tick: %s at %u Hz\n", apic_mode() == APIC_X2APIC ? "x2APIC" : "xAPIC", hz);
	timer_periodic(hz);
	start = rdtsc();
	while (!platform_shutdown_requested() && (!seconds || tick_count < hz * seconds)) {
		cpu_sleep();
		platform_heartbeat((uint32_t)tick_count);
	}
	irq_disable();
	ticks = rdtsc() - start;
	timer_stop();
	printf("tick: count=%lu ms=%lu unexpected=%lu\n", tick_count, time_to_ns(ticks) / 1000000,
	       irq_unexpected);
	return 0;
}

#endif
