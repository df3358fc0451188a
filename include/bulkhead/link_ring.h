/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The code of link_proto.h, for every end that speaks it: Linux user space and inmates include
 * this file. Touches shared memory only; registers and doorbells are the caller's:
 *
 *	write State = BH_LP_INIT; bh_lp_open(); write State = BH_LP_READY;
 *	bh_lp_attach() now, at each vector 0, and whenever a call returns -ENODEV;
 *	bh_lp_send(), then ring if bh_lp_wants_doorbell(); bh_lp_receive() until it returns 0.
 *
 * Not reentrant per peer and direction: one sender and one receiver per pair in each end.
 */
#ifndef BULKHEAD_LINK_RING_H
#define BULKHEAD_LINK_RING_H

#include <bulkhead/config.h>
#include <bulkhead/errno.h>
#include <bulkhead/link_proto.h>

struct bh_lp {
	const volatile uint32_t *state; /* state table */
	uint8_t *own;			/* this end's output section */
	const uint8_t *outputs;		/* output section of peer 0; the others follow */
	uint64_t output_size;
	uint32_t peers;
	uint32_t self;
	uint32_t slots;			 /* filled by bh_lp_open() */
	uint32_t expected[BH_MAX_PEERS]; /* next sequence number from each peer */
};

static inline struct bh_lp_header *bh_lp_own_header(const struct bh_lp *lp)
{
	return (struct bh_lp_header *)lp->own;
}

static inline struct bh_lp_peer *bh_lp_own_peer(const struct bh_lp *lp, uint32_t peer)
{
	return (struct bh_lp_peer *)(lp->own + sizeof(struct bh_lp_header)) + peer;
}

static inline const struct bh_lp_header *bh_lp_header(const struct bh_lp *lp, uint32_t peer)
{
	return (const struct bh_lp_header *)(lp->outputs + peer * lp->output_size);
}

/* What the peer says about the pair. */
static inline const struct bh_lp_peer *bh_lp_remote(const struct bh_lp *lp, uint32_t peer)
{
	return (const struct bh_lp_peer *)(bh_lp_header(lp, peer) + 1) + lp->self;
}

/* Second half of an output section: the application's. */
static inline uint64_t bh_lp_free_offset(const struct bh_lp *lp)
{
	return lp->output_size / 2;
}

#define BH_LP_LOAD(field) __atomic_load_n(&(field), __ATOMIC_ACQUIRE)
#define BH_LP_STORE(field, value) __atomic_store_n(&(field), value, __ATOMIC_RELEASE)

/*
 * Begins a life. The caller has filled the first six fields of lp and written BH_LP_INIT to the
 * State register. epoch: not 0, and not that of an earlier life. vector: the one to ring for
 * messages to this end. -EINVAL: more than BH_MAX_PEERS peers, or the section is too small.
 */
static inline int bh_lp_open(struct bh_lp *lp, uint64_t epoch, uint16_t vector)
{
	struct bh_lp_header *h = bh_lp_own_header(lp);
	uint32_t i;

	lp->slots = bh_lp_slots(lp->output_size, lp->peers);
	if (lp->peers < 2 || lp->peers > BH_MAX_PEERS || lp->self >= lp->peers || !lp->slots ||
	    !epoch)
		return -EINVAL;
	BH_LP_STORE(h->epoch, 0);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	for (i = 0; i < lp->peers; i++) {
		*bh_lp_own_peer(lp, i) = (struct bh_lp_peer){ 0 };
		lp->expected[i] = 0;
	}
	h->magic = BH_LP_MAGIC;
	h->version = BH_LP_VERSION;
	h->vector = vector;
	BH_LP_STORE(h->epoch, epoch);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return 0;
}

/* The peer is up and this end is attached to its present life. */
static inline int bh_lp_attached(const struct bh_lp *lp, uint32_t peer)
{
	uint64_t epoch = BH_LP_LOAD(bh_lp_header(lp, peer)->epoch);

	return lp->state[peer] == BH_LP_READY && epoch && bh_lp_own_peer(lp, peer)->epoch == epoch;
}

/* ... and the peer to ours: messages may flow. */
static inline int bh_lp_connected(const struct bh_lp *lp, uint32_t peer)
{
	return bh_lp_attached(lp, peer) &&
	       BH_LP_LOAD(bh_lp_remote(lp, peer)->epoch) == bh_lp_own_header(lp)->epoch;
}

/*
 * Attaches to the peer's present life if it has one. 1: newly attached (ring its doorbell, so
 * that it looks, too); 0: was attached already; -ENODEV: it is not up; -EOPNOTSUPP: it
 * does not speak this protocol.
 */
static inline int bh_lp_attach(struct bh_lp *lp, uint32_t peer)
{
	const struct bh_lp_header *h = bh_lp_header(lp, peer);
	struct bh_lp_peer *own = bh_lp_own_peer(lp, peer);
	uint64_t epoch = BH_LP_LOAD(h->epoch);
	uint32_t flags = own->flags;

	if (lp->state[peer] != BH_LP_READY || !epoch)
		return -ENODEV;
	if (h->magic != BH_LP_MAGIC || h->version != BH_LP_VERSION)
		return -EOPNOTSUPP;
	if (own->epoch == epoch)
		return 0;
	BH_LP_STORE(own->epoch, 0);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	*own = (struct bh_lp_peer){ .flags = flags };
	lp->expected[peer] = 0;
	BH_LP_STORE(own->epoch, epoch);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return 1;
}

/* Messages that can be sent now without a drop; 0 also when not connected. */
static inline uint32_t bh_lp_space(const struct bh_lp *lp, uint32_t peer)
{
	uint64_t used;

	if (!bh_lp_connected(lp, peer))
		return 0;
	used = bh_lp_own_peer(lp, peer)->head - BH_LP_LOAD(bh_lp_remote(lp, peer)->tail);
	return used < lp->slots ? lp->slots - (uint32_t)used : 0;
}

static inline void bh_lp_copy(void *to, const void *from, uint32_t bytes)
{
	const uint8_t *f = from;
	uint8_t *t = to;

	while (bytes--)
		*t++ = *f++;
}

/* 0; -ENODEV: not connected (attach); -ENOSPC: full, the message was dropped and counted;
 * -E2BIG: length. */
static inline int bh_lp_send(struct bh_lp *lp, uint32_t peer, uint16_t type, const void *payload,
			     uint16_t length)
{
	struct bh_lp_peer *own = bh_lp_own_peer(lp, peer);
	struct bh_lp_message *m;
	uint64_t used;

	if (length > BH_LP_PAYLOAD)
		return -E2BIG;
	if (!bh_lp_connected(lp, peer))
		return -ENODEV;
	used = own->head - BH_LP_LOAD(bh_lp_remote(lp, peer)->tail);
	if (used >= lp->slots) {
		own->dropped++;
		return -ENOSPC;
	}
	m = (struct bh_lp_message *)(lp->own + bh_lp_ring_offset(lp->peers, lp->slots, peer)) +
	    own->head % lp->slots;
	m->sequence = (uint32_t)(own->head + own->dropped);
	m->type = type;
	m->length = length;
	bh_lp_copy(m->payload, payload, length);
	BH_LP_STORE(own->head, own->head + 1);
	return 0;
}

/* After a send: whether the peer wants to be rung, and in *vector for which. */
static inline int bh_lp_wants_doorbell(const struct bh_lp *lp, uint32_t peer, uint16_t *vector)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	*vector = bh_lp_header(lp, peer)->vector;
	return !(BH_LP_LOAD(bh_lp_remote(lp, peer)->flags) & BH_LP_POLLING);
}

/* Polling on: spares doorbells. Off: receive until empty once more afterwards. */
static inline void bh_lp_set_polling(struct bh_lp *lp, uint32_t peer, int on)
{
	BH_LP_STORE(bh_lp_own_peer(lp, peer)->flags, on ? BH_LP_POLLING : 0);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/*
 * 1: *out is the next message, its length checked; 0: none; -ENODEV: not connected (attach);
 * -EIO: the peer's index or length made no sense: counted, and the ring skipped.
 */
static inline int bh_lp_receive(struct bh_lp *lp, uint32_t peer, struct bh_lp_message *out)
{
	struct bh_lp_peer *own = bh_lp_own_peer(lp, peer);
	const struct bh_lp_message *ring =
		(const void *)((const uint8_t *)bh_lp_header(lp, peer) +
			       bh_lp_ring_offset(lp->peers, lp->slots, lp->self));
	uint64_t head;

	if (!bh_lp_connected(lp, peer))
		return -ENODEV;
	head = BH_LP_LOAD(bh_lp_remote(lp, peer)->head);
	if (head == own->tail)
		return 0;
	bh_lp_copy(out, &ring[own->tail % lp->slots], sizeof(*out));
	if (!bh_lp_connected(lp, peer)) /* died meanwhile: what was read means nothing */
		return -ENODEV;
	if (head - own->tail > lp->slots || out->length > BH_LP_PAYLOAD) {
		own->broken++;
		BH_LP_STORE(own->tail, head);
		return -EIO;
	}
	own->gaps += (uint32_t)(out->sequence - lp->expected[peer]);
	lp->expected[peer] = out->sequence + 1;
	BH_LP_STORE(own->tail, own->tail + 1);
	return 1;
}

#endif
