/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * libbulkhead-link: links from Linux user space, over the UIO device that bulkhead.ko makes for
 * each. Two layers:
 *   - the link itself: sections, states, doorbells, interrupts;
 *   - messages after bulkhead/link_proto.h, with one call to come up and one to wait.
 *
 * Functions return 0 (or what they say) or a negative errno. A link is used by one thread at a
 * time; doorbells and states may be used from any. A process that ends, however it ends, takes
 * its end of the link down.
 */
#ifndef BULKHEAD_LINK_H
#define BULKHEAD_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <bulkhead/link_proto.h>

struct bh_link; /* opaque */

struct bh_link_info {
	char name[BH_NAME_LEN];
	char device[32]; /* "/dev/uio0" */
	char pci[16];	 /* "0000:00:1e.0" */
	uint32_t self;	 /* this end's peer number */
	uint32_t peers;
	uint32_t vectors; /* interrupts of this end */
	uint64_t rw_size;
	uint64_t output_size; /* of each peer */
};

/* ------------------------------------------------------------------------------- the link */

/* -ENOENT: no such link; -EBUSY: another program has it open; -EACCES; -ENOMEM; -EPROTO: the
 * device does not look as it should. */
int bh_link_open(const char *name, struct bh_link **link);

/* To look only, at states and sections, also while another program has it open. Nothing of it may
 * be written. Errors as bh_link_open(), without -EBUSY. */
int bh_link_peek(const char *name, struct bh_link **link);

/* Takes this end down (State 0) and frees everything. NULL is allowed. */
void bh_link_close(struct bh_link *link);

/* What links this Linux has, without opening them: fills up to max, returns how many there are,
 * sorted by name. */
int bh_link_list(struct bh_link_info *info, unsigned int max);

const struct bh_link_info *bh_link_info(const struct bh_link *link);

/* The sections. Everything that others can write is untrusted. */
volatile void *bh_link_rw(struct bh_link *link);     /* NULL when it has no size */
volatile void *bh_link_output(struct bh_link *link); /* this end's; writable */
const volatile void *bh_link_peer_output(struct bh_link *link, uint32_t peer); /* readable */

/* The state table. Setting this end's state interrupts all peers. */
uint32_t bh_link_state(struct bh_link *link, uint32_t peer);
void bh_link_set_state(struct bh_link *link, uint32_t state);

/* Interrupts a peer. Stores before the call are visible to it. No-op if the peer is down. */
void bh_link_ring(struct bh_link *link, uint32_t peer, uint16_t vector);

/* Waits for an interrupt (doorbell or state change) that came since the last wait. 1: there was
 * one; 0: none within timeout_ms (0: only look); -EINTR; -ENODEV: the link is gone. */
int bh_link_wait(struct bh_link *link, uint32_t timeout_ms);

/* For poll(): readable when bh_link_wait() would not wait. */
int bh_link_fd(const struct bh_link *link);

/* --------------------------------------------------------------------------------- messages */

/* Begins a life of this end: State INIT, rings cleared, State READY. -EINVAL: the output sections
 * are too small. */
int bh_link_messages_open(struct bh_link *link);

/* Depth of each ring. */
uint32_t bh_link_messages_slots(const struct bh_link *link);

/* Waits until this end and the peer are attached to each other. -ETIMEDOUT: the peer did not come
 * up (or does not speak the protocol: -EOPNOTSUPP); -EINTR. */
int bh_link_connect(struct bh_link *link, uint32_t peer, uint32_t timeout_ms);

/* The first other peer that is ready and speaks the protocol; -ENODEV: none. */
int bh_link_find_peer(struct bh_link *link);

/* Puts a message into the ring for the peer, without ringing. -ENOSPC: full, dropped and counted;
 * -ENODEV: the peer has gone (connect again); -E2BIG. */
int bh_link_put(struct bh_link *link, uint32_t peer, uint16_t type, const void *payload,
		uint16_t length);

/* Rings if the peer wants it. Returns 1 if it did. */
int bh_link_flush(struct bh_link *link, uint32_t peer);

/* put and flush. */
int bh_link_send(struct bh_link *link, uint32_t peer, uint16_t type, const void *payload,
		 uint16_t length);

/* 1: *out is the next message; 0: none; -ENODEV: the peer has gone; -EIO: it wrote nonsense. */
int bh_link_receive(struct bh_link *link, uint32_t peer, struct bh_lp_message *out);

/* As bh_link_receive(), but waits. 0 after timeout_ms. */
int bh_link_receive_wait(struct bh_link *link, uint32_t peer, struct bh_lp_message *out,
			 uint32_t timeout_ms);

/* This end polls: the peer need not ring. */
void bh_link_set_polling(struct bh_link *link, uint32_t peer, bool on);
bool bh_link_peer_polls(struct bh_link *link, uint32_t peer);

/* Free messages in the ring for the peer; 0 also when it is not connected. */
uint32_t bh_link_space(struct bh_link *link, uint32_t peer);

/* -------------------------------------------------------------------------------- echo client */

struct bh_echo_options {
	uint32_t peer;
	uint32_t count;	      /* messages, > 0 */
	uint32_t size;	      /* bytes of payload, 1 .. BH_LP_PAYLOAD */
	uint32_t timeout_ms;  /* without progress */
	uint32_t interval_us; /* pause between two pings */
	bool poll;	      /* memory only, no doorbells */
	bool (*stop)(void);   /* NULL, or asked while waiting: end early? */
};

struct bh_echo_result {
	uint32_t sent;
	uint32_t received;   /* with the right content, in order */
	uint32_t wrong;	     /* replies with another content */
	uint32_t doorbells;  /* that this end rang */
	uint32_t interrupts; /* that it waited for and got */
	bool peer_polled;
	uint64_t gaps;	    /* lost on the way back, by sequence number */
	uint64_t peer_gaps; /* lost on the way there, as the peer counted */
	uint64_t elapsed_ns;
	uint64_t min_ns, p50_ns, p99_ns, max_ns; /* ping: round trips */
};

/* Both need bh_link_connect() and fill *result also on errors. -ETIMEDOUT; -ENODEV: the peer
 * went away; -EIO: a reply with wrong content; -EINTR: stop(). */
int bh_echo_ping(struct bh_link *link, const struct bh_echo_options *o,
		 struct bh_echo_result *result);
int bh_echo_bench(struct bh_link *link, const struct bh_echo_options *o,
		  struct bh_echo_result *result);

#endif
