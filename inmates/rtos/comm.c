/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The communication task: everything that comes from or goes to the link. It sleeps until a
 * doorbell, telemetry, or its own patience wakes it; the control loop never waits for it.
 *
 * Overflow: towards a peer the ring drops the newest message and counts it; so do the queues
 * between the tasks. Doorbells: one for every doorbell_every-th telemetry message.
 */
#include <inmate/console.h>
#include <inmate/cpu.h>
#include <inmate/link.h>
#include <inmate/platform.h>
#include <inmate/string.h>
#include <inmate/time.h>
#include "rtos.h"

#define PATIENCE_TICKS 1
#define BATCH 64 /* messages from one peer before the others get their turn */
#define MESSAGE_VECTOR 1
#define NOBODY BH_MAX_PEERS
#define UNMAPPED_ADDRESS 0xc0000000u

struct bh_demo_page *page;

static struct bh_demo_page own_page; /* without a link */
static struct link link;
static struct bh_lp lp;
static int have_link;
static struct semaphore wake;
static uint32_t partner = NOBODY;
static uint32_t doorbell_every = 10;
static uint32_t unrung;
static int paused;
static uint64_t next_setpoint;
static uint64_t poll_until[BH_MAX_PEERS]; /* TSC; 0: not polling */

int comm_has_link(void)
{
	return have_link;
}

int comm_has_partner(void)
{
	return partner != NOBODY && !paused && bh_lp_connected(&lp, partner);
}

static void doorbell_interrupt(struct irq_frame *frame, void *arg)
{
	(void)frame;
	(void)arg;
	STATS->doorbells_taken++;
	semaphore_post(&wake, 1);
}

void comm_setup(void)
{
	uint32_t vector;
	int err = link_open(&link, NULL);

	page = &own_page;
	if (err && err != -ENODEV)
		inmate_fail(-err, "the link's function is not as specified");
	have_link = !err;
	if (have_link) {
		page = (struct bh_demo_page *)(link_output(&link, link.peer) +
					       link.output_size / 2);
		memset(page, 0, sizeof(*page));
		for (vector = 0; vector <= MESSAGE_VECTOR && vector < link.vectors; vector++)
			if (link_handle(&link, vector, doorbell_interrupt, NULL))
				inmate_fail(EIO, "no interrupt for vector %u", vector);
		link_enable(&link);
		err = link_messages(&link, &lp, vector - 1);
		if (err)
			inmate_fail(-err, "output sections of %lu bytes are too small",
				    link.output_size);
	}
	page->hz = BH_DEMO_HZ;
	page->tsc_hz = time_tsc_hz();
	page->magic = BH_DEMO_MAGIC;
}

static void ring(uint32_t peer)
{
	uint16_t vector;

	if (!bh_lp_wants_doorbell(&lp, peer, &vector))
		return;
	STATS->doorbells_begun++;
	link_ring(&link, peer, vector);
	STATS->doorbells_rung++;
}

static void take_setpoint(uint32_t peer, const struct bh_lp_message *m)
{
	struct bh_demo_setpoint s;

	partner = peer;
	if (m->length != sizeof(s))
		return;
	memcpy(&s, m->payload, sizeof(s));
	if (s.check != bh_demo_check(&s, offsetof(struct bh_demo_setpoint, check)) ||
	    s.number != next_setpoint)
		STATS->setpoints_bad++;
	else
		STATS->setpoints++;
	next_setpoint = s.number + 1;
	queue_put(&setpoints, &s);
}

static void snapshot(void)
{
	unsigned long flags = irq_save();

	page->snapshot = page->live;
	barrier_full();
	page->snapshots++;
	irq_restore(flags);
}

static void obey(uint32_t peer, const struct bh_lp_message *m)
{
	struct bh_demo_command c;

	partner = peer;
	if (m->length != sizeof(c))
		return;
	memcpy(&c, m->payload, sizeof(c));
	switch (c.order) {
	case BH_DEMO_RESET:
		next_setpoint = 0;
		control_reset();
		break;
	case BH_DEMO_SNAPSHOT:
		snapshot();
		break;
	case BH_DEMO_DOORBELL:
		doorbell_every = c.argument ? c.argument : 1;
		break;
	case BH_DEMO_PAUSE:
		paused = c.argument != 0;
		break;
	case BH_DEMO_CRASH:
		printf("rtos: crashing as ordered\n");
		mmio_write32(UNMAPPED_ADDRESS, 0);
		break;
	case BH_DEMO_FINISH:
		rtos_finish();
	case BH_DEMO_MEMORY:
		page->memory_changed += memory_check();
		page->unexpected = (uint32_t)irq_unexpected;
		barrier_full();
		page->memory_checks++;
		break;
	}
}

static void set_polling(uint32_t peer, const struct bh_lp_message *m)
{
	struct bh_lp_poll p;
	uint64_t ms;

	if (m->length != sizeof(p))
		return;
	memcpy(&p, m->payload, sizeof(p));
	ms = p.milliseconds > BH_LP_POLL_MAX ? BH_LP_POLL_MAX : p.milliseconds;
	poll_until[peer] = ms ? rdtsc() + time_from_ns(ms * 1000000) : 0;
	bh_lp_set_polling(&lp, peer, ms != 0);
}

static void handle(uint32_t peer, const struct bh_lp_message *m)
{
	switch (m->type) {
	case BH_LP_ECHO_REQUEST:
		STATS->echoes++;
		if (!bh_lp_send(&lp, peer, BH_LP_ECHO_REPLY, m->payload, m->length))
			ring(peer);
		break;
	case BH_LP_POLL:
		set_polling(peer, m);
		break;
	case BH_DEMO_SETPOINT:
		take_setpoint(peer, m);
		break;
	case BH_DEMO_COMMAND:
		obey(peer, m);
		break;
	}
}

/* Returns the number of messages handled. */
static int receive_from(uint32_t peer)
{
	struct bh_lp_message m;
	int n, result;

	for (n = 0; n < BATCH; n++) {
		result = bh_lp_receive(&lp, peer, &m);
		if (result == -ENODEV)
			link_attach(&link, &lp, peer);
		if (result <= 0)
			break;
		handle(peer, &m);
	}
	return n;
}

static int receive_all(void)
{
	uint32_t peer;
	int n = 0;

	for (peer = 0; peer < link.peers; peer++)
		if (peer != link.peer)
			n += receive_from(peer);
	return n;
}

static void send_telemetry(void)
{
	struct bh_demo_telemetry t;

	while (!queue_get(&telemetry, &t, 0)) {
		if (bh_lp_send(&lp, partner, BH_DEMO_TELEMETRY, &t, sizeof(t))) {
			STATS->telemetry_lost++;
			continue;
		}
		STATS->telemetry++;
		if (++unrung >= doorbell_every) {
			unrung = 0;
			ring(partner);
		}
	}
}

/* Whether any peer is being polled for; ends what is over. */
static int polling(void)
{
	uint32_t peer;
	int any = 0;

	for (peer = 0; peer < link.peers; peer++) {
		if (!poll_until[peer])
			continue;
		if ((int64_t)(poll_until[peer] - rdtsc()) > 0) {
			any = 1;
			continue;
		}
		poll_until[peer] = 0;
		bh_lp_set_polling(&lp, peer, 0);
	}
	return any;
}

void comm_wake(void)
{
	semaphore_post(&wake, 1);
}

void comm_task(void)
{
	for (;;) {
		if (!polling() && !receive_all())
			semaphore_wait(&wake, PATIENCE_TICKS);
		semaphore_clear(&wake);
		while (receive_all())
			;
		send_telemetry();
		platform_heartbeat((uint32_t)STATS->periods_run);
		if (platform_shutdown_requested())
			rtos_finish();
	}
}
