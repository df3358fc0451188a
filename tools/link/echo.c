// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Client of the echo protocol: round trips one by one, and throughput with as many messages in
 * flight as a ring holds. Each message carries a pattern made from its number; a reply must
 * carry the same.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "internal.h"

#define POLL_GRANTED_MS 1000 /* the peer has this long to begin polling */
#define POLL_STOPPED_MS 100  /* ... and this long to end */
#define POLL_RENEW_NS (BH_LP_POLL_MAX / 2 * UINT64_C(1000000))

struct echo {
	struct bh_link *link;
	const struct bh_echo_options *o;
	struct bh_echo_result *r;
	uint64_t renew_ns; /* when to ask the peer anew to poll */
};

static void fill(uint8_t *payload, uint32_t size, uint32_t number)
{
	uint64_t x = (number + 1) * UINT64_C(0x9e3779b97f4a7c15);

	for (uint32_t i = 0; i < size; i++) {
		if (i % 8 == 0)
			x ^= x >> 29, x *= UINT64_C(0xbf58476d1ce4e5b9);
		payload[i] = (uint8_t)(x >> (i % 8 * 8));
	}
}

static bool stopped(const struct echo *e)
{
	return e->o->stop && e->o->stop();
}

static int send_number(struct echo *e, uint32_t number)
{
	uint8_t payload[BH_LP_PAYLOAD];
	int error;

	fill(payload, e->o->size, number);
	error = bh_link_put(e->link, e->o->peer, BH_LP_ECHO_REQUEST, payload, (uint16_t)e->o->size);
	if (!error)
		e->r->sent++;
	return error;
}

static void flush(struct echo *e)
{
	e->r->doorbells += (uint32_t)bh_link_flush(e->link, e->o->peer);
}

/* 1: the reply to this number; 0: nothing yet; negative: see bh_echo_ping(). Other types are skipped. */
static int take_number(struct echo *e, uint32_t number)
{
	uint8_t want[BH_LP_PAYLOAD];
	struct bh_lp_message m;
	int result;

	do {
		result = bh_link_receive(e->link, e->o->peer, &m);
		if (result <= 0)
			return result;
	} while (m.type != BH_LP_ECHO_REPLY);
	fill(want, e->o->size, number);
	if (m.length != e->o->size || memcmp(m.payload, want, e->o->size)) {
		e->r->wrong++;
		return -EIO;
	}
	e->r->received++;
	return 1;
}

/* One step of waiting: an interrupt, or in polling mode nothing but a look at the clock. */
static int wait_step(struct echo *e, uint64_t end)
{
	uint64_t now = link_now_ns();
	int result;

	if (stopped(e))
		return -EINTR;
	if (now >= end)
		return -ETIMEDOUT;
	if (e->o->poll)
		return 0;
	result = bh_link_wait(e->link, (uint32_t)((end - now + 999999) / 1000000));
	if (result > 0)
		e->r->interrupts++;
	if (result == -EINTR && !stopped(e))
		return 0; /* a signal that did not mean us */
	return result < 0 ? result : 0;
}

static uint64_t limit(const struct echo *e)
{
	return link_now_ns() + e->o->timeout_ms * UINT64_C(1000000);
}

/* Asks the peer to poll, or (0 ms) to stop it, and waits for its flag. It may refuse to poll;
 * then it goes on by doorbells. */
static int ask_to_poll(struct echo *e, uint32_t milliseconds, uint32_t wait_ms)
{
	const struct bh_lp_poll ask = { .milliseconds = milliseconds };
	uint64_t end = link_now_ns() + wait_ms * UINT64_C(1000000);
	int error;

	e->renew_ns = link_now_ns() + POLL_RENEW_NS;
	error = bh_link_send(e->link, e->o->peer, BH_LP_POLL, &ask, sizeof(ask));
	while (!error && bh_link_peer_polls(e->link, e->o->peer) != (milliseconds != 0))
		if (link_now_ns() >= end)
			break;
	return error;
}

static int renew_polling(struct echo *e)
{
	if (!e->o->poll || link_now_ns() < e->renew_ns)
		return 0;
	return ask_to_poll(e, BH_LP_POLL_MAX, 0);
}

static int begin(struct echo *e)
{
	int error = 0;

	*e->r = (struct bh_echo_result){ 0 };
	if (!e->o->count || !e->o->size || e->o->size > BH_LP_PAYLOAD)
		return -EINVAL;
	bh_link_set_polling(e->link, e->o->peer, e->o->poll);
	if (e->o->poll)
		error = ask_to_poll(e, BH_LP_POLL_MAX, POLL_GRANTED_MS);
	else if (bh_link_peer_polls(e->link, e->o->peer)) /* for somebody before us */
		error = ask_to_poll(e, 0, POLL_GRANTED_MS);
	e->r->peer_polled = bh_link_peer_polls(e->link, e->o->peer);
	return error;
}

static void finish(struct echo *e, uint64_t start_ns)
{
	e->r->elapsed_ns = link_now_ns() - start_ns;
	e->r->gaps = bh_lp_own_peer(&e->link->lp, e->o->peer)->gaps;
	e->r->peer_gaps = BH_LP_LOAD(bh_lp_remote(&e->link->lp, e->o->peer)->gaps);
	if (e->o->poll) {
		bh_link_set_polling(e->link, e->o->peer, false);
		ask_to_poll(e, 0, POLL_STOPPED_MS);
	}
}

static int round_trip(struct echo *e, uint32_t number, uint64_t *spent_ns)
{
	uint64_t end = limit(e), start = link_now_ns();
	int result = send_number(e, number);

	if (result)
		return result;
	flush(e);
	while ((result = take_number(e, number)) == 0) {
		result = wait_step(e, end);
		if (result)
			return result;
	}
	*spent_ns = link_now_ns() - start;
	return result < 0 ? result : 0;
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void summarise(struct bh_echo_result *r, uint64_t *spent, uint32_t count)
{
	if (!count)
		return;
	qsort(spent, count, sizeof(*spent), by_size);
	r->min_ns = spent[0];
	r->p50_ns = spent[count / 2];
	r->p99_ns = spent[(uint64_t)count * 99 / 100];
	r->max_ns = spent[count - 1];
}

static void pause_us(uint32_t us)
{
	const struct timespec t = { us / 1000000, us % 1000000 * 1000 };

	if (us)
		nanosleep(&t, NULL);
}

int bh_echo_ping(struct bh_link *link, const struct bh_echo_options *o,
		 struct bh_echo_result *result)
{
	struct echo e = { .link = link, .o = o, .r = result };
	uint64_t start, *spent = calloc(o->count ? o->count : 1, sizeof(*spent));
	uint32_t done = 0;
	int error;

	if (!spent)
		return -ENOMEM;
	error = begin(&e);
	start = link_now_ns();
	while (!error && done < o->count) {
		error = renew_polling(&e);
		if (!error)
			error = round_trip(&e, done, &spent[done]);
		if (!error && ++done < o->count)
			pause_us(o->interval_us);
		if (!error && done < o->count && stopped(&e))
			error = -EINTR;
	}
	if (error != -EINVAL)
		finish(&e, start);
	summarise(result, spent, done);
	free(spent);
	return error;
}

/* Sends what fits: at most a ring full in flight, so that no reply can find the ring full. */
static int send_burst(struct echo *e)
{
	uint32_t slots = bh_link_messages_slots(e->link), before = e->r->sent;

	while (e->r->sent < e->o->count && e->r->sent - e->r->received < slots) {
		int error;

		if (!bh_link_space(e->link, e->o->peer))
			break;
		error = send_number(e, e->r->sent);
		if (error)
			return error;
	}
	if (e->r->sent != before)
		flush(e);
	return 0;
}

/* Takes all replies that are there: fewer, larger bursts mean fewer doorbells. */
static int take_burst(struct echo *e, uint64_t *end)
{
	int got;

	while (e->r->received < e->o->count) {
		got = take_number(e, e->r->received);
		if (got <= 0)
			return got;
		*end = limit(e);
	}
	return 0;
}

int bh_echo_bench(struct bh_link *link, const struct bh_echo_options *o,
		  struct bh_echo_result *result)
{
	struct echo e = { .link = link, .o = o, .r = result };
	int error = begin(&e);
	uint64_t start = link_now_ns(), end = limit(&e);
	uint32_t before;

	if (error == -EINVAL)
		return error;
	while (!error && result->received < o->count) {
		before = result->received;
		error = renew_polling(&e);
		if (!error)
			error = send_burst(&e);
		if (!error)
			error = take_burst(&e, &end);
		if (!error && result->received == before)
			error = wait_step(&e, end);
	}
	finish(&e, start);
	return error;
}
