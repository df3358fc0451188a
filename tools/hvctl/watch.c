// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waiting; see watch.h.
 */
#include <poll.h>
#include <signal.h>
#include <time.h>
#include "watch.h"

#define NEVER UINT64_MAX

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
	(void)number;
	interrupted = 1;
}

void watch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal }; /* no SA_RESTART: calls return */

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

bool watch_interrupted(void)
{
	return interrupted;
}

void watch_clear(void)
{
	interrupted = 0;
}

uint64_t watch_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t watch_deadline(uint32_t limit_ms)
{
	return limit_ms ? watch_now_ns() + limit_ms * UINT64_C(1000000) : NEVER;
}

bool watch_expired(uint64_t deadline)
{
	return deadline != NEVER && watch_now_ns() >= deadline;
}

bool watch_pause(int fd, uint32_t pause_ms, uint64_t deadline)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint64_t left_ms = pause_ms;

	if (interrupted || watch_expired(deadline))
		return false;
	if (deadline != NEVER) {
		uint64_t rest = (deadline - watch_now_ns()) / 1000000 + 1;

		if (rest < left_ms)
			left_ms = rest;
	}
	poll(&p, 1, (int)left_ms);
	return !interrupted && !watch_expired(deadline);
}
