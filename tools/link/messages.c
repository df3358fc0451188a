// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Messages over a link: what link_ring.h leaves to its caller, registers and waiting.
 */
#include <time.h>
#include <unistd.h>
#include <bulkhead/ivshmem.h>
#include "internal.h"

#define LOOK_EVERY_MS 5 /* a peer that comes up interrupts us; this is for a lost first doorbell */

uint64_t link_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void bh_link_set_state(struct bh_link *link, uint32_t state)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	link->write_register(link, IVSHMEM_REG_STATE, state);
}

uint32_t bh_link_state(struct bh_link *link, uint32_t peer)
{
	return peer < link->info.peers ? link->states[peer] : BH_LP_DOWN;
}

void bh_link_ring(struct bh_link *link, uint32_t peer, uint16_t vector)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	link->write_register(link, IVSHMEM_REG_DOORBELL, peer << 16 | vector);
}

int bh_link_wait(struct bh_link *link, uint32_t timeout_ms)
{
	return link->wait(link, timeout_ms);
}

int bh_link_messages_open(struct bh_link *link)
{
	uint16_t vector = link->info.vectors > 1; /* 0 is for states, where there is a choice */
	/* Another life, another epoch: the clock does not stand still between two opens. */
	uint64_t epoch = link_now_ns() ^ (uint64_t)getpid() << 48;

	link->lp = (struct bh_lp){
		.state = (const volatile uint32_t *)link->states,
		.own = (uint8_t *)link->output,
		.outputs = (const uint8_t *)link->outputs,
		.output_size = link->info.output_size,
		.peers = link->info.peers,
		.self = link->info.self,
	};
	bh_link_set_state(link, BH_LP_INIT);
	if (bh_lp_open(&link->lp, epoch ? epoch : 1, vector))
		return -EINVAL;
	bh_link_set_state(link, BH_LP_READY);
	return 0;
}

uint32_t bh_link_messages_slots(const struct bh_link *link)
{
	return link->lp.slots;
}

static bool is_other(const struct bh_link *link, uint32_t peer)
{
	return peer < link->info.peers && peer != link->info.self;
}

int bh_link_connect(struct bh_link *link, uint32_t peer, uint32_t timeout_ms)
{
	uint64_t end = link_now_ns() + timeout_ms * UINT64_C(1000000);
	int result;

	if (!is_other(link, peer))
		return -EINVAL;
	for (;;) {
		result = bh_lp_attach(&link->lp, peer);
		if (result == 1)
			bh_link_ring(link, peer, bh_lp_header(&link->lp, peer)->vector);
		if (result >= 0 && bh_lp_connected(&link->lp, peer))
			return 0;
		if (link_now_ns() >= end)
			return result == -EOPNOTSUPP ? result : -ETIMEDOUT;
		result = bh_link_wait(link, LOOK_EVERY_MS);
		if (result < 0)
			return result;
	}
}

int bh_link_find_peer(struct bh_link *link)
{
	for (uint32_t p = 0; p < link->info.peers; p++)
		if (is_other(link, p) && bh_link_state(link, p) == BH_LP_READY &&
		    bh_lp_header(&link->lp, p)->magic == BH_LP_MAGIC)
			return (int)p;
	return -ENODEV;
}

int bh_link_put(struct bh_link *link, uint32_t peer, uint16_t type, const void *payload,
		uint16_t length)
{
	return is_other(link, peer) ? bh_lp_send(&link->lp, peer, type, payload, length) : -EINVAL;
}

int bh_link_flush(struct bh_link *link, uint32_t peer)
{
	uint16_t vector;

	if (!is_other(link, peer) || !bh_lp_wants_doorbell(&link->lp, peer, &vector))
		return 0;
	bh_lp_own_peer(&link->lp, peer)->doorbells++;
	bh_link_ring(link, peer, vector);
	return 1;
}

int bh_link_send(struct bh_link *link, uint32_t peer, uint16_t type, const void *payload,
		 uint16_t length)
{
	int result = bh_link_put(link, peer, type, payload, length);

	if (!result)
		bh_link_flush(link, peer);
	return result;
}

int bh_link_receive(struct bh_link *link, uint32_t peer, struct bh_lp_message *out)
{
	return is_other(link, peer) ? bh_lp_receive(&link->lp, peer, out) : -EINVAL;
}

int bh_link_receive_wait(struct bh_link *link, uint32_t peer, struct bh_lp_message *out,
			 uint32_t timeout_ms)
{
	uint64_t end = link_now_ns() + timeout_ms * UINT64_C(1000000);

	for (;;) {
		int result = bh_link_receive(link, peer, out);
		uint64_t now = link_now_ns();

		if (result)
			return result;
		if (now >= end)
			return 0;
		result = bh_link_wait(link, (uint32_t)((end - now + 999999) / 1000000));
		if (result < 0)
			return result;
	}
}

void bh_link_set_polling(struct bh_link *link, uint32_t peer, bool on)
{
	if (is_other(link, peer))
		bh_lp_set_polling(&link->lp, peer, on);
}

bool bh_link_peer_polls(struct bh_link *link, uint32_t peer)
{
	uint16_t vector;

	return is_other(link, peer) && !bh_lp_wants_doorbell(&link->lp, peer, &vector);
}

uint32_t bh_link_space(struct bh_link *link, uint32_t peer)
{
	return is_other(link, peer) ? bh_lp_space(&link->lp, peer) : 0;
}
