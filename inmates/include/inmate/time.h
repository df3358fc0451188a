/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Time: the TSC as clock, the local APIC timer as alarm. Frequencies come from the information
 * page; on a bare machine the TSC is measured against the PIT, and the APIC timer against the
 * TSC wherever nobody names its frequency.
 */
#ifndef INMATE_TIME_H
#define INMATE_TIME_H

#include <bulkhead/errno.h>
#include <bulkhead/types.h>

/* Once, after apic_init(). Fails the cell if no frequency can be found. */
void time_init(void);

uint64_t time_tsc_hz(void);
uint64_t time_apic_hz(void);

/* TSC ticks and nanoseconds; no overflow within 500 years. */
uint64_t time_to_ns(uint64_t ticks);
uint64_t time_from_ns(uint64_t ns);

/* Busy wait. */
void time_delay_us(uint32_t us);

/* The present CPU's timer, as IRQ_TIMER. hz: 1 .. 100000. */
void timer_periodic(uint32_t hz);
void timer_oneshot_ns(uint64_t ns);
void timer_stop(void);

/* TSC ticks since the running timer_periodic() last expired. */
uint64_t timer_elapsed(void);

/* Percentile of count sorted or unsorted samples (sorts them in place). permille: 0 .. 1000 */
uint64_t time_percentile(uint64_t *samples, size_t count, unsigned int permille);

#endif
