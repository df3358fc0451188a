// SPDX-License-Identifier: GPL-2.0-only
/*
 * hvctl events: what happened to cells and links, from the hypervisor's ring of events.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>
#include <x86intrin.h>
#include "device.h"
#include "json.h"
#include "names.h"
#include "watch.h"

#define LOOK_EVERY_MS 50

/* From time stamps to the time of day: two readings of both clocks a little apart. */
struct clock_map {
	uint64_t tsc;
	double now_s; /* CLOCK_REALTIME at tsc */
	double tsc_hz;
};

static double realtime(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void map_clock(struct clock_map *m)
{
	const struct timespec pause = { .tv_nsec = 20000000 };
	uint64_t tsc = __rdtsc();
	double then = realtime();

	nanosleep(&pause, NULL);
	m->tsc = __rdtsc();
	m->now_s = realtime();
	m->tsc_hz = (double)(m->tsc - tsc) / (m->now_s - then);
}

static double event_time(const struct clock_map *m, uint64_t tsc)
{
	return m->now_s + (double)(int64_t)(tsc - m->tsc) / m->tsc_hz;
}

static const char *fault_access(const struct bh_event *e)
{
	if (e->detail & BH_FAULT_INTERRUPT)
		return "interrupt";
	return e->detail & BH_FAULT_WRITE ? "write" : "read";
}

/* Which function it was; room for "00:00.0". */
static const char *fault_function(const struct bh_event *e, char buffer[8])
{
	unsigned int bdf = e->detail & BH_FAULT_BDF;

	snprintf(buffer, 8, "%02x:%02x.%x", bdf >> 8, bdf >> 3 & 31, bdf & 7);
	return buffer;
}

static void print_json(const struct clock_map *m, uint64_t number, const struct bh_event *e)
{
	struct json j;
	char function[8];

	json_begin(&j, stdout);
	json_object(&j, NULL);
	json_number(&j, "number", number);
	json_number(&j, "tsc", e->tsc);
	json_number(&j, "unix_ms", (uint64_t)(event_time(m, e->tsc) * 1000));
	json_string(&j, "event", event_name(e->type));
	json_number(&j, "cell", e->cell);
	json_string(&j, "name", e->name);
	if (e->type == BH_EVENT_LINK) {
		json_number(&j, "peer", e->arg >> 32);
		json_number(&j, "state", e->arg & UINT32_MAX);
	} else if (e->type == BH_EVENT_DONE || e->type == BH_EVENT_FAILED) {
		json_signed(&j, "exit_code", (int)e->arg);
	} else if (e->type == BH_EVENT_STRAY) {
		json_address(&j, "address", e->arg);
	} else if (e->type == BH_EVENT_FAULT) {
		json_string(&j, "function", fault_function(e, function));
		json_string(&j, "access", fault_access(e));
		json_address(&j, "address", e->arg);
		json_number(&j, "reason", e->detail >> 32);
	}
	json_object_end(&j);
}

static void print_text(const struct clock_map *m, uint64_t number, const struct bh_event *e)
{
	double at = event_time(m, e->tsc);
	time_t seconds = (time_t)at;
	char day[32], function[8];
	struct tm tm;

	(void)number;
	strftime(day, sizeof(day), "%H:%M:%S", localtime_r(&seconds, &tm));
	printf("%s.%03d %-10s %-20s", day, (int)((at - (double)seconds) * 1000),
	       event_name(e->type), e->name);
	if (e->type == BH_EVENT_LINK)
		printf(" peer %" PRIu64 " is %s (%" PRIu64 ")", e->arg >> 32,
		       link_state_name((uint32_t)e->arg), e->arg & UINT32_MAX);
	else if (e->type == BH_EVENT_STRAY)
		printf(" address 0x%" PRIx64, e->arg);
	else if (e->type == BH_EVENT_DONE || e->type == BH_EVENT_FAILED)
		printf(" exit code %d", (int)e->arg);
	else if (e->type == BH_EVENT_FAULT)
		printf(" function %s, %s, %s 0x%" PRIx64 ", reason %" PRIu64,
		       fault_function(e, function), fault_access(e),
		       e->detail & BH_FAULT_INTERRUPT ? "entry" : "address", e->arg,
		       e->detail >> 32);
	putchar('\n');
}

/* Prints the events from *next on; moves *next to the head. */
static void print_new(const struct options *o, const struct clock_map *m, const struct bh_public *p,
		      uint64_t *next)
{
	if (*next > p->event_head)
		*next = 0; /* disabled and enabled again */
	if (p->event_head - *next > BH_EVENTS) {
		if (o->follow && *next)
			fail(EXIT_OK, "%" PRIu64 " events were overwritten before they were read",
			     p->event_head - *next - BH_EVENTS);
		*next = p->event_head - BH_EVENTS;
	}
	for (; *next < p->event_head; ++*next) {
		const struct bh_event *e = &p->event[*next % BH_EVENTS];

		if (e->type != BH_EVENT_NONE)
			(o->json ? print_json : print_text)(m, *next, e);
	}
	fflush(stdout);
}

int cmd_events(const struct options *o, int argc, char **argv)
{
	uint64_t deadline = watch_deadline(o->timeout_ms), next = 0;
	struct bh_public *p = xmalloc(sizeof(*p));
	struct clock_map m;
	int fd, code = device_open(&fd);

	(void)argc, (void)argv;
	map_clock(&m);
	watch_signals();
	while (!code) {
		code = device_public(fd, p);
		if (!code)
			print_new(o, &m, p, &next);
		if (code || !o->follow || !watch_pause(fd, LOOK_EVERY_MS, deadline))
			break;
	}
	free(p);
	return code;
}
