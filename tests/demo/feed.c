/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * feed: a measured phase. Set-points go to the RTOS cell and telemetry comes back, each at
 * 1 kHz; every message is verified. Prints NAME=VALUE lines; status 0 only if nothing was lost
 * and the cell's CPU had no exit but one per doorbell that it rang. Where the machine has xAPIC
 * only, the end of each interrupt is an exit, too, and up to two per interrupt are allowed.
 *
 * A message is sent late rather than lost: when the ring is full the sender waits for space.
 *
 * watch: phase after phase, for tests that want to know what an event of theirs did to the cell.
 * Each ends with the next line of input; the cell then looks after its memory, too.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include "bh-demo.h"
#include "bulkhead_link.h"

#define PERIOD_NS (1000000000u / BH_DEMO_HZ)
#define SETTLE_MS 100
#define ORDER_TIMEOUT_MS 5000
#define CONNECT_TIMEOUT_MS 5000
#define STABLE_TRIES 1000
#define DOORBELL_EVERY 10 /* set-points, and telemetry messages, per doorbell */
#define SQUARE_PERIODS 500
#define AMPLITUDE (100 * 65536)
#define DRIFT_PPM 500	     /* between the cell's timer and the TSC */
#define DRIFT_BUSY_PPM 20000 /* the same, as found out by a Linux on a busy host */
#define TSC_PERCENT 1	     /* between what the cell was told and what Linux's clock says */
#define CLOCK_TRIES 5
#define TSC_PERIODS 1000 /* that it takes to tell */

struct feed {
	struct bh_link *link;
	const char *cell;
	uint32_t peer;
	const volatile struct bh_demo_page *page;
	uint64_t sent, rung, rings_full, taken;
	uint64_t received, bad, gaps, late_max_ns;
	uint64_t next_telemetry;
	double tsc_hz; /* by Linux's clock */
	double drift_ppm;
	struct bh_demo_telemetry last;
};

static int feed_open(struct feed *f, const char *link)
{
	const struct bh_link_info *info;
	int peer, err = bh_link_open(link, &f->link);

	if (err)
		return complain("link %s: %s", link, strerror(-err));
	err = bh_link_messages_open(f->link);
	if (err)
		return complain("link %s: %s", link, strerror(-err));
	info = bh_link_info(f->link);
	f->peer = info->self == 0 ? 1 : 0;
	peer = bh_link_connect(f->link, f->peer, CONNECT_TIMEOUT_MS);
	if (peer < 0)
		return complain("link %s: peer %u: %s", link, f->peer, strerror(-peer));
	f->page = (const volatile struct bh_demo_page *)((const volatile uint8_t *)
								 bh_link_peer_output(f->link,
										     f->peer) +
							 info->output_size / 2);
	if (f->page->magic != BH_DEMO_MAGIC)
		return complain("link %s: the peer is not the RTOS cell", link);
	return 0;
}

static int order(struct feed *f, enum bh_demo_order what, uint32_t argument)
{
	struct bh_demo_command c = { what, argument };
	int err = bh_link_send(f->link, f->peer, BH_DEMO_COMMAND, &c, sizeof(c));

	return err < 0 ? complain("order %u: %s", what, strerror(-err)) : 0;
}

/* An order that the cell acknowledges by counting it. */
static int order_and_wait(struct feed *f, enum bh_demo_order what, const volatile uint32_t *count)
{
	uint64_t end = now_ns() + ORDER_TIMEOUT_MS * UINT64_C(1000000);
	uint32_t before = *count;

	if (order(f, what, 0))
		return 1;
	while (*count == before) {
		if (now_ns() > end)
			return complain("order %u was not carried out", what);
		sleep_ms(1);
	}
	__sync_synchronize();
	return 0;
}

/* Exits and doorbells of one moment: no doorbell was under way while the exits were read. */
static int read_stable(struct feed *f, struct counters *c, uint64_t *doorbells)
{
	const volatile struct bh_demo_stats *s = &f->page->live;
	unsigned int i;

	for (i = 0; i < STABLE_TRIES; i++) {
		*doorbells = s->doorbells_rung;
		__sync_synchronize();
		if (s->doorbells_begun != *doorbells)
			continue;
		if (counters_read(f->cell, c))
			return 1;
		__sync_synchronize();
		if (s->doorbells_begun == *doorbells)
			return 0;
	}
	return complain("the doorbell counter never stood still");
}

/* Interrupts that Linux has taken on the link, all vectors. */
static uint64_t interrupts_taken(const struct feed *f)
{
	const char *uio = strrchr(bh_link_info(f->link)->device, '/');
	unsigned int vector, count;
	uint64_t sum = 0;
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "/sys/class/uio%s/device/interrupts", uio ? uio : "");
	file = fopen(path, "r");
	while (file && fscanf(file, "%u %u", &vector, &count) == 2)
		sum += count;
	if (file)
		fclose(file);
	return sum;
}

static void take_telemetry(struct feed *f, const struct bh_lp_message *m)
{
	struct bh_demo_telemetry t;

	if (m->type != BH_DEMO_TELEMETRY || m->length != sizeof(t))
		return;
	memcpy(&t, m->payload, sizeof(t));
	f->received++;
	if (t.check != bh_demo_check(&t, offsetof(struct bh_demo_telemetry, check)))
		f->bad++;
	if (t.number != f->next_telemetry)
		f->gaps++;
	f->next_telemetry = t.number + 1;
	f->last = t;
}

static void receive_all(struct feed *f)
{
	struct bh_lp_message m;

	while (bh_link_receive(f->link, f->peer, &m) == 1)
		take_telemetry(f, &m);
}

/* The free-running counter that the cell sees, too. */
static uint64_t tsc(void)
{
	return __builtin_ia32_rdtsc();
}

/* Of the TSC and of Linux's clock at one instant: of some tries the one that took least, since a busy host may
 * stop this CPU in the middle of one. */
struct instant {
	uint64_t tsc, ns;
};

static struct instant now_by_both(void)
{
	uint64_t before, ns, took, least = UINT64_MAX;
	struct instant best = { 0 };
	unsigned int i;

	for (i = 0; i < CLOCK_TRIES; i++) {
		before = tsc();
		ns = now_ns();
		took = tsc() - before;
		if (took >= least)
			continue;
		least = took;
		best = (struct instant){ before + took / 2, ns };
	}
	return best;
}

static void send_setpoint(struct feed *f)
{
	struct bh_demo_setpoint s = {
		.number = f->sent,
		.tsc = tsc(),
		.value = f->sent / SQUARE_PERIODS % 2 ? -AMPLITUDE : AMPLITUDE,
	};

	s.check = bh_demo_check(&s, offsetof(struct bh_demo_setpoint, check));
	if (bh_link_put(f->link, f->peer, BH_DEMO_SETPOINT, &s, sizeof(s)))
		return;
	f->sent++;
	if (f->sent % DOORBELL_EVERY == 0)
		f->rung += bh_link_flush(f->link, f->peer) == 1;
}

static int has_input(void)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };

	return poll(&input, 1, 0) != 0;
}

/* 0 periods: until there is input */
static void run_phase(struct feed *f, uint64_t periods)
{
	struct instant begin = now_by_both(), end;
	uint64_t start = begin.ns, due, late;

	while (periods ? f->sent < periods : !has_input()) {
		due = start + f->sent * PERIOD_NS;
		late = now_ns();
		if (late < due) {
			bh_link_wait(f->link, 1);
			receive_all(f);
			continue;
		}
		late -= due;
		f->late_max_ns = late > f->late_max_ns ? late : f->late_max_ns;
		if (bh_link_space(f->link, f->peer)) {
			send_setpoint(f);
		} else {
			f->rings_full++;
			bh_link_flush(f->link, f->peer);
			sleep_ms(1);
		}
		receive_all(f);
	}
	f->rung += bh_link_flush(f->link, f->peer) == 1;
	end = now_by_both();
	f->tsc_hz = (double)(end.tsc - begin.tsc) * 1e9 / (double)(end.ns - begin.ns);
}

/* Telemetry off, and what is on its way taken in. */
static int settle(struct feed *f)
{
	if (order(f, BH_DEMO_PAUSE, 1))
		return 1;
	sleep_ms(SETTLE_MS);
	receive_all(f);
	return 0;
}

static uint64_t bucket_us(const struct bh_demo_stats *s, unsigned int permille)
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

struct exits {
	uint64_t doorbells;
	uint64_t others; /* that should not be */
};

static struct exits print_exits(const struct counters *before, const struct counters *after,
				const struct bh_demo_stats *s)
{
	uint64_t interrupts = s->timer_interrupts + s->doorbells_taken;
	struct exits e = { 0 };
	unsigned int i;
	uint64_t n;

	printf("exits=");
	for (i = 0; i < BH_EXIT_CAUSES; i++) {
		n = after->exits[i] - before->exits[i];
		if (n)
			printf("%s:%" PRIu64 ",", counters_cause(i), n);
		if (i == BH_EXIT_DOORBELL)
			e.doorbells = n;
		else if (i != BH_EXIT_APIC || after->x2apic || n > 2 * interrupts)
			e.others += n;
	}
	printf("\nexits_other=%" PRIu64 "\n", e.others);
	return e;
}

static void print_stats(const struct feed *f, const struct bh_demo_stats *s)
{
	unsigned int i;

	printf("periods_due=%" PRIu64 "\nperiods_run=%" PRIu64 "\ntimer_interrupts=%" PRIu64 "\n",
	       s->periods_due, s->periods_run, s->timer_interrupts);
	printf("stall_us=%" PRIu64 "\nburst=%" PRIu64 "\n", s->longest_stall_ns / 1000,
	       s->longest_burst);
	printf("late_p50_us=%" PRIu64 "\nlate_p99_us=%" PRIu64 "\nlate_max_us=%" PRIu64 "\n",
	       bucket_us(s, 500), bucket_us(s, 990), s->lateness_max_ns / 1000);
	printf("lateness=");
	for (i = 0; i < BH_DEMO_BUCKETS; i++)
		printf("%" PRIu64 ",", s->lateness[i]);
	printf("\nsetpoints_sent=%" PRIu64 "\nsetpoints_received=%" PRIu64
	       "\nsetpoints_bad=%" PRIu64 "\n",
	       f->sent, s->setpoints, s->setpoints_bad);
	printf("telemetry_sent=%" PRIu64 "\ntelemetry_received=%" PRIu64 "\ntelemetry_lost=%" PRIu64
	       "\ntelemetry_bad=%" PRIu64 "\n",
	       s->telemetry, f->received, s->telemetry_lost + f->gaps, f->bad);
	printf("linux_rang=%" PRIu64 "\ncell_took=%" PRIu64 "\n", f->rung, s->doorbells_taken);
	printf("cell_rang=%" PRIu64 "\nlinux_took=%" PRIu64 "\n", s->doorbells_rung, f->taken);
	printf("tsc_mhz_told=%.1f\ntsc_mhz_measured=%.1f\n", (double)f->page->tsc_hz / 1e6,
	       f->tsc_hz / 1e6);
	printf("linux_late_max_us=%" PRIu64 "\nsender_waits=%" PRIu64 "\n", f->late_max_ns / 1000,
	       f->rings_full);
}

/* Periods by the clock alone, with some drift allowed. */
static int periods_are_plausible(const struct feed *f, const struct bh_demo_stats *s)
{
	double ticks = (double)(s->tsc_now - s->tsc_start);
	double wanted = ticks * BH_DEMO_HZ / (double)f->page->tsc_hz;
	double tolerance = 3 + wanted * f->drift_ppm / 1e6;

	return (double)s->periods_due > wanted - tolerance &&
	       (double)s->periods_due < wanted + tolerance;
}

/* Linux measures the TSC when it boots, and on a busy host it can get it wrong. */
static int tsc_is_right(const struct feed *f)
{
	double told = (double)f->page->tsc_hz;

	if (f->sent < TSC_PERIODS)
		return 1;
	return told > f->tsc_hz * (1 - TSC_PERCENT / 100.0) &&
	       told < f->tsc_hz * (1 + TSC_PERCENT / 100.0);
}

static int judge(const struct feed *f, const struct bh_demo_stats *s, const struct exits *e,
		 uint64_t rung)
{
	int bad = 0;

	if (!tsc_is_right(f))
		bad = complain(
			"the cell was told that its TSC runs at %.1f MHz, but it runs at %.1f",
			(double)f->page->tsc_hz / 1e6, f->tsc_hz / 1e6);
	if (s->periods_due != s->periods_run || !periods_are_plausible(f, s))
		bad = complain("periods were lost");
	if (s->setpoints != f->sent || s->setpoints_bad)
		bad = complain("set-points were lost or damaged");
	if (s->telemetry != f->received || s->telemetry_lost || f->gaps || f->bad)
		bad = complain("telemetry was lost or damaged");
	if (e->others)
		bad = complain("%" PRIu64 " exits other than doorbells", e->others);
	if (e->doorbells != rung)
		bad = complain("%" PRIu64 " doorbell exits for %" PRIu64 " doorbells", e->doorbells,
			       rung);
	return bad;
}

static int measure(struct feed *f, uint64_t seconds)
{
	struct counters before, after;
	struct bh_demo_stats stats;
	uint64_t rung_before, rung_after;
	struct exits exits;

	if (settle(f) || order(f, BH_DEMO_DOORBELL, DOORBELL_EVERY) ||
	    order_and_wait(f, BH_DEMO_RESET, &f->page->resets))
		return 1;
	f->received = f->bad = f->gaps = f->next_telemetry = 0;
	f->sent = f->rung = f->rings_full = f->late_max_ns = 0;
	if (read_stable(f, &before, &rung_before) || order(f, BH_DEMO_PAUSE, 0))
		return 1;
	f->taken = interrupts_taken(f);
	run_phase(f, seconds * BH_DEMO_HZ);
	if (settle(f) || read_stable(f, &after, &rung_after) ||
	    order_and_wait(f, BH_DEMO_SNAPSHOT, &f->page->snapshots))
		return 1;
	f->taken = interrupts_taken(f) - f->taken;
	memcpy(&stats, (const void *)&f->page->snapshot, sizeof(stats));
	print_stats(f, &stats);
	exits = print_exits(&before, &after, &stats);
	return judge(f, &stats, &exits, rung_after - rung_before);
}

static int feed(const char *link, const char *cell, int (*phases)(struct feed *f, uint64_t seconds),
		uint64_t seconds)
{
	struct sched_param high = { .sched_priority = 50 };
	struct feed f = { .cell = cell, .drift_ppm = DRIFT_PPM };
	int result;

	mlockall(MCL_CURRENT | MCL_FUTURE);
	sched_setscheduler(0, SCHED_FIFO, &high);
	result = feed_open(&f, link);
	if (!result)
		result = phases(&f, seconds);
	bh_link_close(f.link);
	return result;
}

int cmd_feed(int argc, char **argv)
{
	if (argc != 3 || atoi(argv[2]) < 1)
		return complain("feed: LINK CELL SECONDS");
	return feed(argv[0], argv[1], measure, (uint64_t)atoi(argv[2]));
}

/* The first time the cell only takes note of its memory. */
static int check_memory(struct feed *f)
{
	uint32_t before = f->page->memory_changed, unexpected = f->page->unexpected;
	int bad = 0;

	if (order_and_wait(f, BH_DEMO_MEMORY, &f->page->memory_checks))
		return 1;
	printf("memory_changed=%u\n", f->page->memory_changed - before);
	if (f->page->memory_changed != before)
		bad = complain("the cell's memory has changed");
	if (f->page->unexpected != unexpected)
		bad = complain("the cell got an interrupt that nobody meant for it");
	return bad;
}

static int watch(struct feed *f, uint64_t until_input)
{
	char line[80];
	int bad = check_memory(f);

	f->drift_ppm = DRIFT_BUSY_PPM;
	do {
		printf("status=%d\nwatching\n", bad);
		fflush(stdout);
		bad = measure(f, until_input);
		bad |= check_memory(f);
	} while (fgets(line, sizeof(line), stdin));
	printf("status=%d\n", bad);
	return bad;
}

int cmd_watch(int argc, char **argv)
{
	if (argc != 2)
		return complain("watch: LINK CELL");
	setvbuf(stdin, NULL, _IONBF, 0);
	return feed(argv[0], argv[1], watch, 0);
}

/* crash LINK: until Linux is told that the peer is down. */
int cmd_crash(int argc, char **argv)
{
	struct feed f = { 0 };
	uint64_t start, end;
	int result;

	if (argc != 1)
		return complain("crash: LINK");
	result = feed_open(&f, argv[0]);
	start = now_ns();
	end = start + ORDER_TIMEOUT_MS * UINT64_C(1000000);
	if (!result)
		result = order(&f, BH_DEMO_CRASH, 0);
	while (!result && bh_link_state(f.link, f.peer) != BH_LP_DOWN) {
		bh_link_wait(f.link, 100);
		if (now_ns() > end)
			result = complain("the cell did not go down");
	}
	if (!result)
		printf("crash_seen_ms=%.1f\n", (double)(now_ns() - start) / 1e6);
	bh_link_close(f.link);
	return result;
}
