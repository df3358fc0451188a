/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Round trips between two cells over a link of two peers, with nothing but the device: by
 * doorbell with the far end awake, by doorbell with the far end asleep in HLT, and by polling
 * a word in the read/write section.
 * Peer 0 measures and prints TSC ticks and nanoseconds; peer 1 answers. Both run this program.
 */
#include <inmate/apic.h>
#include <inmate/console.h>
#include <inmate/cpu.h>
#include <inmate/link.h>
#include <inmate/platform.h>
#include <inmate/time.h>

#define ROUNDS 1000
#define WARM_UP 100
#define WAIT_NS UINT64_C(10000000000)
#define STATE_UP 1
#define VECTOR 0 /* state changes ring it, too, but only before the measurement */

/* In the read/write section, a cache line each. */
struct board {
	uint64_t ping;
	uint64_t pad1[7];
	uint64_t pong;
	uint64_t pad2[7];
	uint64_t phase;
	uint64_t pad3[7];
};

enum phase { PHASE_WAIT, PHASE_AWAKE, PHASE_ASLEEP, PHASE_POLL, PHASE_END };

static struct link link;
static volatile struct board *board;
static volatile uint64_t rings;
static uint64_t samples[ROUNDS];
static uint32_t other;

static void doorbell(struct irq_frame *frame, void *arg)
{
	(void)frame;
	(void)arg;
	rings++;
	if (link.peer == 1 && (board->phase == PHASE_AWAKE || board->phase == PHASE_ASLEEP))
		link_ring(&link, other, VECTOR);
}

static int expired(uint64_t start)
{
	return rdtsc() - start > time_from_ns(WAIT_NS);
}

static int wait_peer(void)
{
	uint64_t start = rdtsc();

	while (link.state[other] != STATE_UP)
		if (expired(start))
			return -ETIMEDOUT;
	time_delay_us(1000); /* its interrupt for our own state, and ours for its */
	return 0;
}

static void report(const char *name)
{
	static const struct {
		const char *name;
		unsigned int permille;
	} points[] = { { "min", 0 }, { "p50", 500 }, { "p99", 990 }, { "max", 1000 } };
	uint64_t ticks;
	unsigned int i;

	printf("%s:", name);
	for (i = 0; i < 4; i++) {
		ticks = time_percentile(samples + WARM_UP, ROUNDS - WARM_UP, points[i].permille);
		printf(" %s=%lu (%lu ns)", points[i].name, ticks, time_to_ns(ticks));
	}
	printf("\n");
}

static int ping_doorbell(enum phase phase, const char *name)
{
	uint64_t before, start;
	int i;

	board->phase = phase;
	for (i = 0; i < ROUNDS; i++) {
		before = rings;
		start = rdtsc();
		link_ring(&link, other, VECTOR);
		while (rings == before)
			if (expired(start))
				return -ETIMEDOUT;
		samples[i] = rdtsc() - start;
	}
	report(name);
	return 0;
}

static int ping_poll(void)
{
	uint64_t start;
	int i;

	board->phase = PHASE_POLL;
	link_ring(&link, other, VECTOR);
	for (i = 0; i < ROUNDS; i++) {
		start = rdtsc();
		board->ping = (uint64_t)i + 1;
		while (board->pong != (uint64_t)i + 1)
			if (expired(start))
				return -ETIMEDOUT;
		samples[i] = rdtsc() - start;
	}
	report("poll_rtt");
	return 0;
}

static int measure(void)
{
	int err = ping_doorbell(PHASE_AWAKE, "doorbell_rtt");

	if (!err)
		err = ping_doorbell(PHASE_ASLEEP, "doorbell_rtt_idle");
	if (!err)
		err = ping_poll();
	board->phase = PHASE_END;
	link_ring(&link, other, VECTOR);
	return err ? 1 : 0;
}

static void answer_polls(void)
{
	while (board->phase == PHASE_POLL)
		if (board->ping != board->pong)
			board->pong = board->ping;
}

static int answer(void)
{
	while (board->phase != PHASE_END && !platform_shutdown_requested()) {
		irq_disable();
		if (board->phase == PHASE_WAIT || board->phase == PHASE_ASLEEP)
			cpu_sleep();
		irq_enable();
		if (board->phase == PHASE_POLL)
			answer_polls();
	}
	return 0;
}

static void look(struct irq_frame *frame, void *arg)
{
	(void)frame;
	(void)arg; /* only wakes the far end, so that it sees a shutdown request */
}

int inmate_main(void)
{
	apic_init(apic_best_mode());
	time_init();
	if (link_open(&link, NULL) || link.peers != 2 || link.rw_size < sizeof(*board))
		inmate_fail(ENODEV, "needs a link of two peers with a read/write section");
	other = 1 - link.peer;
	board = (volatile struct board *)link.rw;
	if (link_handle(&link, VECTOR, doorbell, NULL))
		inmate_fail(EIO, "no interrupt");
	if (link.peer == 0) {
		board->phase = PHASE_WAIT;
		board->ping = 0;
		board->pong = 0;
	}
	link_enable(&link);
	irq_enable();
	if (link.peer == 1) {
		irq_set(IRQ_TIMER, look, NULL);
		timer_periodic(10);
	}
	link_set_state(&link, STATE_UP);
	if (link.peer == 0 && wait_peer())
		inmate_fail(ETIMEDOUT, "the other peer did not come up");
	return link.peer == 0 ? measure() : answer();
}
