// SPDX-License-Identifier: GPL-2.0-only
/*
 * Property: NMIs that a cell sends to itself come once each; one that comes while another is
 * handled waits for the end of that, and then comes at once; so does one behind STI. Exit
 * code: the first check that failed.
 */
#include <inmate/apic.h>
#include <inmate/console.h>
#include <inmate/cpu.h>
#include <inmate/irq.h>
#include <inmate/platform.h>
#include <inmate/time.h>

#define VECTOR_NMI 2
#define ROUNDS 100
#define PATIENCE_US 100000

enum { OK, FAIL_LOST, FAIL_NESTED, FAIL_BLOCKED, FAIL_SHADOW };

static volatile unsigned int taken, depth, deepest;
static volatile int again; /* the handler sends this many more */

static void send_nmi(void)
{
	apic_send(apic_id(), APIC_ICR_NMI);
}

static void on_nmi(struct irq_frame *frame, void *arg)
{
	(void)frame;
	(void)arg;
	taken++;
	if (++depth > deepest)
		deepest = depth;
	if (again) {
		again--;
		send_nmi();
		time_delay_us(20);
	}
	depth--;
}

static int arrived(unsigned int count)
{
	for (unsigned int us = 0; us < PATIENCE_US && taken < count; us += 10)
		time_delay_us(10);
	return taken == count;
}

static int check(void)
{
	for (unsigned int i = 1; i <= ROUNDS; i++) {
		send_nmi();
		if (!arrived(i))
			return FAIL_LOST;
	}
	for (unsigned int i = 1; i <= ROUNDS; i++) {
		again = 1;
		send_nmi();
		if (!arrived(ROUNDS + 2 * i))
			return FAIL_BLOCKED;
	}
	if (deepest != 1)
		return FAIL_NESTED;
	for (unsigned int i = 1; i <= ROUNDS; i++) {
		__asm__ volatile("cli" : : : "memory");
		send_nmi();
		__asm__ volatile("sti\n nop\n cli" : : : "memory");
		if (!arrived(3 * ROUNDS + i))
			return FAIL_SHADOW;
	}
	return OK;
}

int inmate_main(void)
{
	int failed;

	apic_init(apic_best_mode());
	time_init();
	irq_set(VECTOR_NMI, on_nmi, NULL);
	failed = check();
	printf("nmi: %u taken, %s\n", taken,
	       failed ? "not as it should be" : "all as it should be");
	return failed;
}
