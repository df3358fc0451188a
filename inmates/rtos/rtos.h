/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the files of the RTOS cell share: its statistics and the ways between the control task
 * and the communication task.
 */
#ifndef RTOS_RTOS_H
#define RTOS_RTOS_H

#include <bulkhead/demo.h>
#include "kernel.h"

/* Depth of the queues between the two tasks: two seconds, as the ring of the demo's link. The
 * newest is dropped and counted. */
#define QUEUE_DEPTH 2048

enum rtos_priority { PRIORITY_IDLE, PRIORITY_COMM, PRIORITY_CONTROL };

/* Where Linux reads it: in the output section, or in memory of our own without a link. */
extern struct bh_demo_page *page;
#define STATS (&page->live)

/* control.c */
void control_task(void);
void control_tick(void); /* from the timer interrupt */
void control_setup(void);
void control_reset(void);      /* statistics from zero, at the next tick */
extern struct queue setpoints; /* struct bh_demo_setpoint, to control */
extern struct queue telemetry; /* struct bh_demo_telemetry, from control */

/* comm.c */
void comm_setup(void);
void comm_task(void);
void comm_wake(void); /* there is telemetry to send; any context */
int comm_has_link(void);
int comm_has_partner(void);

/* memory.c: words that changed since the first call. Takes milliseconds. */
uint32_t memory_check(void);

/* main.c: prints the statistics and ends the cell. */
void rtos_finish(void) __attribute__((noreturn));

#endif
