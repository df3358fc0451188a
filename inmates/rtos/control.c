/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The control loop: once per period it takes the newest set-point, reads the (simulated) plant,
 * computes a PI controller in fixed point, and reports.
 *
 * Periods are accounted for by the TSC, so that a timer interrupt that never came, or came
 * late, shows: each interrupt finds out when the timer expired, how many periods have passed
 * since the expiry before, and lets the task run that often. A period is never skipped; it is
 * late, and the lateness is measured from the expiry it belongs to.
 */
#include <inmate/apic.h>
#include <inmate/cpu.h>
#include <inmate/string.h>
#include <inmate/time.h>
#include "rtos.h"

#define FIXED_ONE 65536
#define GAIN_P (FIXED_ONE / 2)
#define GAIN_I (FIXED_ONE / 64)
#define PLANT_SHARE 32 /* of the distance to the output, per period */
#define OUTPUT_LIMIT (INT64_C(1000) * FIXED_ONE)

struct queue setpoints;
struct queue telemetry;

static uint8_t setpoint_items[QUEUE_DEPTH * sizeof(struct bh_demo_setpoint)];
static uint8_t telemetry_items[QUEUE_DEPTH * sizeof(struct bh_demo_telemetry)];

static struct semaphore period;
static uint64_t period_ticks; /* of the TSC */
static uint64_t last_expiry;  /* TSC */
static uint64_t last_interrupt;
static int reset_wanted = 1;

static struct {
	int64_t integral;
	int64_t output;
	int64_t plant;
	int64_t target;
	uint64_t setpoint;
	uint64_t number;
} loop;

void control_setup(void)
{
	queue_init(&setpoints, setpoint_items, sizeof(struct bh_demo_setpoint), QUEUE_DEPTH);
	queue_init(&telemetry, telemetry_items, sizeof(struct bh_demo_telemetry), QUEUE_DEPTH);
	period_ticks = time_tsc_hz() / BH_DEMO_HZ;
}

void control_reset(void)
{
	reset_wanted = 1;
}

static void begin_measurement(uint64_t now, uint64_t expiry)
{
	memset(STATS, 0, sizeof(*STATS));
	STATS->tsc_start = expiry;
	semaphore_clear(&period);
	loop.number = 0;
	last_expiry = expiry;
	last_interrupt = now;
	reset_wanted = 0;
	page->resets++;
}

void control_tick(void)
{
	uint64_t now = rdtsc();
	uint64_t expiry = now - timer_elapsed();
	uint64_t due, gap;
	int64_t passed;

	if (reset_wanted) {
		begin_measurement(now, expiry);
		return;
	}
	STATS->timer_interrupts++;
	STATS->tsc_now = now;
	gap = time_to_ns(now - last_interrupt);
	last_interrupt = now;
	if (gap > STATS->longest_stall_ns)
		STATS->longest_stall_ns = gap;

	/* Accounted for: the interrupt before was late. Where the machine stands still between the
	 * readings of the two clocks, expiry is up to a period early. */
	passed = (int64_t)(expiry - last_expiry + period_ticks / 2);
	if (passed < (int64_t)period_ticks)
		return;
	/* To the nearest period: the two clocks differ by parts per million. */
	due = (uint64_t)passed / period_ticks;
	last_expiry = expiry;
	STATS->periods_due += due;
	if (due > STATS->longest_burst)
		STATS->longest_burst = due;
	semaphore_post(&period, (uint32_t)due);
}

static void count_lateness(uint64_t ns)
{
	unsigned int bucket = 0;
	uint64_t us;

	for (us = ns / 1000; us && bucket < BH_DEMO_BUCKETS - 1; us >>= 1)
		bucket++;
	STATS->lateness[bucket]++;
	if (ns > STATS->lateness_max_ns)
		STATS->lateness_max_ns = ns;
}

/* When the run that begins now should have begun. */
static uint64_t scheduled(void)
{
	unsigned long flags = irq_save();
	uint64_t behind = STATS->periods_due - STATS->periods_run;
	uint64_t at = last_expiry - (behind ? behind - 1 : 0) * period_ticks;

	STATS->periods_run++;
	irq_restore(flags);
	return at;
}

static int64_t limit(int64_t value)
{
	if (value > OUTPUT_LIMIT)
		return OUTPUT_LIMIT;
	return value < -OUTPUT_LIMIT ? -OUTPUT_LIMIT : value;
}

static void controller_step(void)
{
	int64_t error = loop.target - loop.plant;

	loop.integral = limit(loop.integral + error * GAIN_I / FIXED_ONE);
	loop.output = limit(error * GAIN_P / FIXED_ONE + loop.integral);
	loop.plant += (loop.output - loop.plant) / PLANT_SHARE;
}

static void take_setpoints(void)
{
	struct bh_demo_setpoint s;

	while (!queue_get(&setpoints, &s, 0)) {
		loop.target = s.value;
		loop.setpoint = s.number;
	}
}

static void report(void)
{
	struct bh_demo_telemetry t = {
		.number = loop.number,
		.tsc = rdtsc(),
		.setpoint = loop.setpoint,
		.target = (int32_t)loop.target,
		.measured = (int32_t)loop.plant,
		.output = (int32_t)loop.output,
	};

	t.check = bh_demo_check(&t, offsetof(struct bh_demo_telemetry, check));
	if (!comm_has_partner())
		return;
	loop.number++;
	if (queue_put(&telemetry, &t))
		STATS->telemetry_lost++;
	comm_wake();
}

void control_task(void)
{
	uint64_t at, now;

	for (;;) {
		semaphore_wait(&period, KERNEL_FOREVER);
		at = scheduled();
		now = rdtsc();
		count_lateness(now > at ? time_to_ns(now - at) : 0);
		take_setpoints();
		controller_step();
		report();
	}
}
