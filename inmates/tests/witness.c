/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A cell that goes on whatever becomes of Linux, and keeps a record that can be read from outside: a loop
 * at 1 kHz whose periods are accounted for by the TSC, and what it sees of the peers of its link. It is
 * peer 1. It touches no register after its start, and ends when it is asked to.
 *
 * The record lies in the status page behind struct bh_status.
 */
#include <inmate/apic.h>
#include <inmate/console.h>
#include <inmate/cpu.h>
#include <inmate/link.h>
#include <inmate/platform.h>
#include <inmate/time.h>

#define HZ 1000
#define RECORD_OFFSET 256
#define RECORD_MAGIC UINT64_C(0x737365656e746977)
#define STATES 8

struct record {
	uint64_t magic;
	uint64_t due;	 /* periods that have passed since the first one, by the TSC */
	uint64_t run;	 /* of them, how many the loop has run */
	uint64_t burst;	 /* the most that were due at once: the CPU was away */
	uint64_t events; /* interrupts of vector 0 */
	uint64_t unexpected;
	uint64_t states;	/* changes of peer 0's state that were seen, and the last ones: */
	uint64_t state[STATES]; /* the state */
	uint64_t at[STATES];	/* periods due at that time */
	uint64_t ended;
};

static volatile struct record *record;
static struct link link;
static uint64_t period, last_expiry;

static void on_timer(struct irq_frame *frame, void *arg)
{
	uint64_t expiry = rdtsc() - timer_elapsed();
	int64_t due;

	(void)frame;
	(void)arg;
	if (!last_expiry)
		last_expiry = expiry;
	due = (int64_t)(expiry - last_expiry + period / 2) / (int64_t)period;
	if (due <= 0) /* the interrupt before was late */
		return;
	last_expiry += (uint64_t)due * period;
	record->due += (uint64_t)due;
	if ((uint64_t)due > record->burst)
		record->burst = (uint64_t)due;
}

static void on_link(struct irq_frame *frame, void *arg)
{
	uint64_t n = record->states % STATES;

	(void)frame;
	(void)arg;
	record->events++;
	if (record->states && record->state[(record->states - 1) % STATES] == link.state[0])
		return;
	record->state[n] = link.state[0];
	record->at[n] = record->due;
	record->states++;
}

int inmate_main(void)
{
	record = (volatile struct record *)(uintptr_t)(platform_info()->status_gpa + RECORD_OFFSET);
	apic_init(apic_best_mode());
	time_init();
	period = time_tsc_hz() / HZ;
	if (link_open(&link, NULL) || link_handle(&link, 0, on_link, NULL))
		inmate_fail(EIO, "no link");
	link_enable(&link);
	link_set_state(&link, 1);
	irq_set(IRQ_TIMER, on_timer, NULL);
	timer_periodic(HZ);
	printf("witness: begins\n");
	record->magic = RECORD_MAGIC;
	while (!platform_shutdown_requested()) {
		cpu_sleep();
		while (record->run < record->due)
			record->run++;
		record->unexpected = irq_unexpected;
		platform_heartbeat((uint32_t)record->run);
	}
	irq_disable();
	timer_stop();
	record->ended = 1;
	printf("witness: due=%lu run=%lu burst=%lu states=%lu\n", record->due, record->run,
	       record->burst, record->states);
	return 0;
}
