/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The RTOS cell: a control task at 1 kHz above a communication task above idle. In a cell it
 * runs until Linux asks it to finish; on the bare machine, where nobody can, for `seconds`.
 * Then it prints its statistics and ends. On the bare machine,
 * `neighbours` other CPUs compute meanwhile, as Linux under load does beside a cell.
 */
#include <inmate/apic.h>
#include <inmate/console.h>
#include <inmate/cpu.h>
#include <inmate/platform.h>
#include <inmate/smp.h>
#include <inmate/time.h>
#include "rtos.h"

#define STACK 8192
#define DEFAULT_SECONDS 10

static struct task control, comm;
static uint8_t control_stack[STACK] __attribute__((aligned(16)));
static uint8_t comm_stack[STACK] __attribute__((aligned(16)));

/* Upper end, in microseconds, of the bucket that the permille of all runs lie in or below. */
static uint64_t lateness_us(const struct bh_demo_stats *s, unsigned int permille)
{
	uint64_t wanted = s->periods_run * permille / 1000, seen = 0;
	unsigned int i;

	for (i = 0; i < BH_DEMO_BUCKETS; i++) {
		seen += s->lateness[i];
		if (seen >= wanted)
			break;
	}
	return UINT64_C(1) << i;
}

void rtos_finish(void)
{
	struct bh_demo_stats s;
	unsigned int i;

	irq_disable();
	s = page->live;
	printf("rtos: due=%lu run=%lu interrupts=%lu stall_us=%lu burst=%lu\n", s.periods_due,
	       s.periods_run, s.timer_interrupts, s.longest_stall_ns / 1000, s.longest_burst);
	printf("rtos: lateness p50_us=%lu p99_us=%lu max_us=%lu\n", lateness_us(&s, 500),
	       lateness_us(&s, 990), s.lateness_max_ns / 1000);
	printf("rtos: histogram");
	for (i = 0; i < BH_DEMO_BUCKETS; i++)
		printf(" %lu", s.lateness[i]);
	printf("\nrtos: setpoints=%lu bad=%lu telemetry=%lu lost=%lu rung=%lu taken=%lu\n",
	       s.setpoints, s.setpoints_bad, s.telemetry, s.telemetry_lost, s.doorbells_rung,
	       s.doorbells_taken);
	inmate_exit(INMATE_DONE, 0);
}

static void idle(void)
{
	for (;;)
		cpu_sleep();
}

static void compute(uint32_t index)
{
	volatile uint32_t x = index;

	for (;;)
		x = x * 1664525 + 1013904223;
}

static void start_neighbours(void)
{
	uint32_t i, count = (uint32_t)platform_option("neighbours", 0);

	for (i = 1; i <= count; i++)
		if (smp_start(i, i, compute))
			inmate_fail(ETIMEDOUT, "CPU %u did not start", i);
}

static void wait_alone(void)
{
	uint64_t seconds = platform_option("seconds", platform_info() ? 0 : DEFAULT_SECONDS);
	uint64_t left = seconds * BH_DEMO_HZ;
	struct semaphore never = { 0 };

	for (; (left || !seconds) && !platform_shutdown_requested(); left--) {
		semaphore_wait(&never, 1);
		platform_heartbeat((uint32_t)STATS->periods_run);
	}
	rtos_finish();
}

int inmate_main(void)
{
	apic_init(platform_option("xapic", 0) ? APIC_XAPIC : apic_best_mode());
	time_init();
	comm_setup();
	control_setup();
	start_neighbours();
	printf("rtos: %s, TSC %lu Hz, APIC timer %lu Hz, %s, %s\n", platform_name(), time_tsc_hz(),
	       time_apic_hz(), apic_mode() == APIC_X2APIC ? "x2APIC" : "xAPIC",
	       comm_has_link() ? "link" : "no link");
	task_create(&control, "control", PRIORITY_CONTROL, control_task, control_stack, STACK);
	task_create(&comm, "comm", PRIORITY_COMM, comm_has_link() ? comm_task : wait_alone,
		    comm_stack, STACK);
	kernel_run(BH_DEMO_HZ, control_tick, idle);
}
