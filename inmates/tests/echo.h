/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The far end for hvctl link ping and bench, and for tests of peers that come and go: answers
 * echo requests from every peer, swallows what is meant to be swallowed, polls when asked to.
 * MSI-X or INTx, as the description has it.
 */
#ifndef TESTS_ECHO_H
#define TESTS_ECHO_H

#include <inmate/apic.h>
#include <inmate/console.h>
#include <inmate/cpu.h>
#include <inmate/link.h>
#include <inmate/platform.h>
#include <inmate/string.h>
#include <inmate/time.h>

#define ECHO_LOOK_HZ 10 /* to see a shutdown request and lost peers without a doorbell */

static struct {
	struct link link;
	struct bh_lp lp;
	uint64_t doorbells, requests, swallowed, attached;
	uint64_t poll_until[BH_MAX_PEERS]; /* TSC; 0: not polling */
} echo;

static void echo_doorbell(struct irq_frame *frame, void *arg)
{
	(void)frame;
	(void)arg;
	echo.doorbells++;
}

static void echo_timer(struct irq_frame *frame, void *arg)
{
	(void)frame;
	(void)arg;
}

static void echo_answer(uint32_t peer, const struct bh_lp_message *m)
{
	uint16_t vector;

	echo.requests++;
	if (!bh_lp_send(&echo.lp, peer, BH_LP_ECHO_REPLY, m->payload, m->length) &&
	    bh_lp_wants_doorbell(&echo.lp, peer, &vector))
		link_ring(&echo.link, peer, vector);
}

static void echo_poll(uint32_t peer, const struct bh_lp_message *m)
{
	struct bh_lp_poll p;
	uint64_t ms;

	if (m->length != sizeof(p))
		return;
	memcpy(&p, m->payload, sizeof(p));
	ms = p.milliseconds > BH_LP_POLL_MAX ? BH_LP_POLL_MAX : p.milliseconds;
	echo.poll_until[peer] = ms ? rdtsc() + time_from_ns(ms * 1000000) : 0;
	bh_lp_set_polling(&echo.lp, peer, ms != 0);
}

static int echo_serve(uint32_t peer)
{
	struct bh_lp_message m;
	int result = bh_lp_receive(&echo.lp, peer, &m);

	if (result == -ENODEV && link_attach(&echo.link, &echo.lp, peer) == 1)
		echo.attached++;
	if (result <= 0)
		return 0;
	if (m.type == BH_LP_ECHO_REQUEST)
		echo_answer(peer, &m);
	else if (m.type == BH_LP_POLL)
		echo_poll(peer, &m);
	else
		echo.swallowed++;
	return 1;
}

/* Messages handled, or polling that is not over, summed up: 0 means that it may sleep. */
static int echo_serve_all(void)
{
	uint32_t peer;
	int busy = 0;

	for (peer = 0; peer < echo.link.peers; peer++) {
		if (peer == echo.link.peer)
			continue;
		busy += echo_serve(peer);
		if (!echo.poll_until[peer])
			continue;
		busy++;
		if ((int64_t)(echo.poll_until[peer] - rdtsc()) > 0)
			continue;
		echo.poll_until[peer] = 0;
		bh_lp_set_polling(&echo.lp, peer, 0);
	}
	return busy;
}

enum echo_mode { ECHO_PLAIN, ECHO_ONESHOT };

static void echo_setup(enum echo_mode mode)
{
	uint32_t vector;
	int err;

	apic_init(apic_best_mode());
	time_init();
	err = link_open(&echo.link, NULL);
	if (err)
		inmate_fail(-err, "no usable link");
	for (vector = 0; vector < 2 && vector < echo.link.vectors; vector++)
		if (link_handle(&echo.link, vector, echo_doorbell, NULL))
			inmate_fail(EIO, "no interrupt for vector %u", vector);
	link_oneshot(&echo.link, mode == ECHO_ONESHOT);
	link_enable(&echo.link);
	err = link_messages(&echo.link, &echo.lp, vector - 1);
	if (err)
		inmate_fail(-err, "output sections are too small");
	irq_set(IRQ_TIMER, echo_timer, NULL);
	timer_periodic(ECHO_LOOK_HZ);
	printf("echo: peer %u of %u, %s%s\n", echo.link.peer, echo.link.peers,
	       echo.link.intx ? "INTx" : "MSI-X", mode == ECHO_ONESHOT ? ", one-shot" : "");
}

static int echo_run(enum echo_mode mode)
{
	echo_setup(mode);
	while (!platform_shutdown_requested()) {
		irq_disable();
		if (!echo_serve_all()) {
			if (mode == ECHO_ONESHOT)
				link_enable(&echo.link);
			if (!echo_serve_all())
				cpu_sleep();
		}
		irq_enable();
		platform_heartbeat((uint32_t)echo.requests);
	}
	link_set_state(&echo.link, BH_LP_DOWN);
	printf("echo: requests=%lu swallowed=%lu doorbells=%lu attached=%lu\n", echo.requests,
	       echo.swallowed, echo.doorbells, echo.attached);
	return 0;
}

#endif
