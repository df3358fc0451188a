/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Messages over a link: what the ends of a link (ivshmem.h) put into their output sections so
 * that they can talk to each other. Optional: a link is plain memory and doorbells, and an end
 * that wants something else may ignore this. hvctl link ping/bench, the C library for Linux
 * and the inmate library speak it; link_ring.h has the code that both share.
 *
 * The output section of end W, its first half (the second half is free for the application):
 *
 *	struct bh_lp_header		64 bytes
 *	struct bh_lp_peer [peers]	128 bytes each; entry [p] is about the pair W, p
 *	ring for peer 0: slots * 64 bytes, ring for peer 1, ...  (the one for W itself is unused)
 *
 * slots is the largest power of two with which all this fits into half the output section
 * (bh_lp_slots()); both ends compute it, nobody reads it from memory. A pair needs at least 8.
 *
 * Rings. One producer, one consumer: messages from W to R lie in W's ring for R; W counts what
 * it has written in W.peer[R].head, R counts what it has read in R.peer[W].tail, in its own
 * output section. Message n is in slot n % slots. Nobody ever writes to the section of another.
 *
 * Overflow. A full ring (head - tail == slots) drops the newest message: it is not written,
 * and peer[].dropped goes up. The sequence number counts messages offered, dropped ones
 * included, so a gap at the receiver is a drop at the sender and nothing else.
 *
 * Lives. Each end has an epoch, another one in each of its lives, never 0 (bh_lp_open() callers
 * use the time stamp counter). An end comes up so:
 *	State register = BH_LP_INIT; header.epoch = 0; clear header and peer[];
 *	header.magic, ...; header.epoch = mine; State register = BH_LP_READY.
 * It attaches to peer p when p's entry in the state table is BH_LP_READY and p's header.epoch
 * is neither 0 nor the one it is attached to: peer[p] is cleared (head = tail = 0), then
 * peer[p].epoch = p's header.epoch. The pair is connected while the state table says
 * BH_LP_READY and both hold each other's current epoch; only then may anything be sent, and
 * only then does an index of the other end mean anything. What was in flight when an end died
 * is lost, and that is an event (attach returns 1), never a hang.
 *
 * Doorbells. After the new head the producer rings the consumer's header.vector, unless the
 * consumer has set BH_LP_POLLING in its peer[producer].flags. A full memory barrier stands
 * between the store to head and the load of the flags, and between clearing BH_LP_POLLING and
 * the last look at head. A producer may ring less often than it sends (one doorbell per N
 * messages): how often is between the two applications. State changes raise vector 0.
 *
 * Everything read from a peer's section is untrusted: indices are checked against slots,
 * lengths against BH_LP_PAYLOAD, and a message is copied before it is looked at.
 */
#ifndef BULKHEAD_LINK_PROTO_H
#define BULKHEAD_LINK_PROTO_H

#include <bulkhead/types.h>

/* Values of the State register. The hypervisor writes 0 when an end dies or is reset. */
#define BH_LP_DOWN 0
#define BH_LP_INIT 1
#define BH_LP_READY 2

#define BH_LP_MAGIC 0x504c4842u /* "BHLP" */
#define BH_LP_VERSION 1

#define BH_LP_SLOT 64u	  /* bytes of a message with its header */
#define BH_LP_PAYLOAD 56u /* bytes */
#define BH_LP_MIN_SLOTS 8u

struct bh_lp_header {
	uint32_t magic;
	uint16_t version;
	uint16_t vector; /* to ring for messages to this end */
	uint64_t epoch;	 /* of this end's life; 0: not up */
	uint64_t reserved[6];
};
static_assert(sizeof(struct bh_lp_header) == 64, "wire");

#define BH_LP_POLLING 0x1 /* this end polls: spare it doorbells */

/* Two cache lines: as the producer of messages to the peer, as the consumer of its messages. */
struct bh_lp_peer {
	uint64_t epoch;	    /* life of the peer that this entry belongs to; 0: not attached */
	uint64_t head;	    /* messages ever written to the ring for this peer */
	uint64_t dropped;   /* messages that found the ring full */
	uint64_t doorbells; /* rung for this peer, if the end counts them */
	uint64_t reserved0[4];
	uint64_t tail;	 /* messages ever read from the peer's ring */
	uint32_t flags;	 /* BH_LP_POLLING */
	uint32_t broken; /* times the peer's index made no sense */
	uint64_t gaps;	 /* messages missing by sequence number */
	uint64_t reserved1[5];
};
static_assert(sizeof(struct bh_lp_peer) == 128, "wire");

/* Types below 0x100 belong to this protocol; the rest to the application. What a receiver does
 * not know it reads and ignores. */
#define BH_LP_ECHO_REQUEST 1 /* send the payload back as ... */
#define BH_LP_ECHO_REPLY 2   /* ... this */
#define BH_LP_SINK 3	     /* read and forget: for measuring throughput */
#define BH_LP_POLL 4	     /* struct bh_lp_poll */
#define BH_LP_APPLICATION 0x100

struct bh_lp_message {
	uint32_t sequence; /* messages offered before this one, modulo 2^32 */
	uint16_t type;
	uint16_t length; /* bytes of payload, <= BH_LP_PAYLOAD */
	uint8_t payload[BH_LP_PAYLOAD];
};
static_assert(sizeof(struct bh_lp_message) == BH_LP_SLOT, "wire");

/* Please set BH_LP_POLLING and poll for this long, then go back to doorbells. An end may
 * refuse by doing nothing; its flag tells. */
struct bh_lp_poll {
	uint32_t milliseconds; /* 0: stop polling now; at most BH_LP_POLL_MAX */
};
#define BH_LP_POLL_MAX 10000u

/* Slots of each ring, or 0: the section is too small for this protocol. */
static inline uint32_t bh_lp_slots(uint64_t output_size, uint32_t peers)
{
	uint64_t control = sizeof(struct bh_lp_header) + peers * sizeof(struct bh_lp_peer);
	uint64_t slots = 1u << 20;

	while (slots >= BH_LP_MIN_SLOTS && control + peers * slots * BH_LP_SLOT > output_size / 2)
		slots /= 2;
	return slots >= BH_LP_MIN_SLOTS ? (uint32_t)slots : 0;
}

/* Offset, in the writer's output section, of its ring for a peer. */
static inline uint64_t bh_lp_ring_offset(uint32_t peers, uint32_t slots, uint32_t peer)
{
	return sizeof(struct bh_lp_header) + peers * sizeof(struct bh_lp_peer) +
	       (uint64_t)peer * slots * BH_LP_SLOT;
}

#endif
