/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Waiting: with a limit, and until ^C. Every loop of hvctl that waits asks here.
 */
#ifndef HVCTL_WATCH_H
#define HVCTL_WATCH_H

#include <stdbool.h>
#include <stdint.h>

/* From now on SIGINT and SIGTERM no longer end the program, they end waits. */
void watch_signals(void);
bool watch_interrupted(void);
/* The signal has been answered; the next one counts anew. */
void watch_clear(void);

uint64_t watch_now_ns(void);

/* A point in time; limit_ms 0: never. */
uint64_t watch_deadline(uint32_t limit_ms);
bool watch_expired(uint64_t deadline);

/* Sleeps up to pause_ms, but not beyond the deadline, and less when fd (-1: none) becomes
 * readable. Returns false when the wait is over: interrupted or expired. */
bool watch_pause(int fd, uint32_t pause_ms, uint64_t deadline);

#endif
