// SPDX-License-Identifier: GPL-2.0-only
/*
 * The message layer and the echo client, against a peer in a thread: the sections are memory,
 * a doorbell is an eventfd. The peer is written with link_ring.h alone, as an inmate is, and
 * can be told to misbehave.
 */
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <bulkhead/ivshmem.h>
#include "check.h"
#include "internal.h"

#define PEERS 2u
#define OUTPUT 0x4000u

enum fault { FAULT_NONE, FAULT_CORRUPT, FAULT_SILENT, FAULT_DIE, FAULT_HEAD };

static struct {
	volatile uint32_t state[PEERS];
	_Alignas(64) uint8_t output[PEERS][OUTPUT];
	int doorbell[PEERS]; /* eventfd of each end */
} wire;

static struct {
	enum fault fault;
	bool refuses_to_poll;
	atomic_int stop;
	uint32_t echoed;
} peer;

static void ring(uint32_t end)
{
	uint64_t one = 1;

	if (write(wire.doorbell[end], &one, sizeof(one)) != sizeof(one))
		abort();
}

static void write_register(struct bh_link *link, uint32_t offset, uint32_t value)
{
	if (offset == IVSHMEM_REG_STATE) {
		wire.state[link->info.self] = value;
		ring(1 - link->info.self);
	} else {
		CHECK_EQ(offset, IVSHMEM_REG_DOORBELL);
		ring(value >> 16);
	}
}

static int wait_doorbell(uint32_t end, uint32_t timeout_ms)
{
	struct pollfd p = { .fd = wire.doorbell[end], .events = POLLIN };
	uint64_t count;

	if (poll(&p, 1, (int)timeout_ms) <= 0)
		return 0;
	return read(p.fd, &count, sizeof(count)) == sizeof(count);
}

static int wait_end0(struct bh_link *link, uint32_t timeout_ms)
{
	(void)link;
	return wait_doorbell(0, timeout_ms);
}

static void answer(struct bh_lp *lp, struct bh_lp_message *m)
{
	uint16_t vector;
	int error;

	if (m->type == BH_LP_POLL && !peer.refuses_to_poll) {
		struct bh_lp_poll poll_request;

		memcpy(&poll_request, m->payload, sizeof(poll_request));
		bh_lp_set_polling(lp, 0, poll_request.milliseconds != 0);
	}
	if (m->type != BH_LP_ECHO_REQUEST || peer.fault == FAULT_SILENT)
		return;
	if (++peer.echoed == 20 && peer.fault == FAULT_CORRUPT)
		m->payload[3] ^= 1;
	if (peer.echoed == 20 && peer.fault == FAULT_DIE) {
		wire.state[1] = BH_LP_DOWN;
		atomic_store(&peer.stop, 1);
	}
	if (peer.echoed == 20 && peer.fault == FAULT_HEAD)
		bh_lp_own_peer(lp, 0)->head += 100000;
	error = bh_lp_send(lp, 0, BH_LP_ECHO_REPLY, m->payload, m->length);
	CHECK(!error || peer.fault == FAULT_HEAD);
	if (bh_lp_wants_doorbell(lp, 0, &vector))
		ring(0);
}

static void *peer_main(void *unused)
{
	struct bh_lp lp = { .state = wire.state,
			    .own = wire.output[1],
			    .outputs = wire.output[0],
			    .output_size = OUTPUT,
			    .peers = PEERS,
			    .self = 1 };
	struct bh_lp_message m;

	(void)unused;
	wire.state[1] = BH_LP_INIT;
	CHECK_EQ(bh_lp_open(&lp, 77, 0), 0);
	wire.state[1] = BH_LP_READY;
	while (!atomic_load(&peer.stop)) {
		int result = bh_lp_receive(&lp, 0, &m);

		if (result == 1)
			answer(&lp, &m);
		else if (result == -ENODEV && bh_lp_attach(&lp, 0) == 1)
			ring(0);
		else if (!(bh_lp_own_peer(&lp, 0)->flags & BH_LP_POLLING))
			wait_doorbell(1, 5);
	}
	return NULL;
}

static struct bh_link *make_link(void)
{
	struct bh_link *l = calloc(1, sizeof(*l));

	l->info = (struct bh_link_info){
		.name = "test", .self = 0, .peers = PEERS, .output_size = OUTPUT
	};
	l->write_register = write_register;
	l->wait = wait_end0;
	l->states = wire.state;
	l->output = wire.output[0];
	l->outputs = wire.output[0];
	return l;
}

static pthread_t thread;

static struct bh_link *begin(enum fault fault, bool refuses_to_poll)
{
	struct bh_link *l;

	memset(&wire, 0, sizeof(wire));
	for (unsigned int i = 0; i < PEERS; i++)
		wire.doorbell[i] = eventfd(0, 0);
	peer.fault = fault;
	peer.refuses_to_poll = refuses_to_poll;
	peer.echoed = 0;
	atomic_store(&peer.stop, 0);
	l = make_link();
	CHECK_EQ(bh_link_messages_open(l), 0);
	CHECK_EQ(bh_link_connect(l, 1, 20), -ETIMEDOUT);
	CHECK_EQ(bh_link_find_peer(l), -ENODEV);
	pthread_create(&thread, NULL, peer_main, NULL);
	CHECK_EQ(bh_link_connect(l, 1, 2000), 0);
	CHECK_EQ(bh_link_find_peer(l), 1);
	return l;
}

static void end(struct bh_link *l)
{
	atomic_store(&peer.stop, 1);
	pthread_join(thread, NULL);
	for (unsigned int i = 0; i < PEERS; i++)
		close(wire.doorbell[i]);
	free(l);
}

static const struct bh_echo_options usual = { .peer = 1,
					      .count = 500,
					      .size = 56,
					      .timeout_ms = 2000 };

static void test_ping(bool poll, bool refuses)
{
	struct bh_link *l = begin(FAULT_NONE, refuses);
	struct bh_echo_options o = usual;
	struct bh_echo_result r;

	o.poll = poll;
	CHECK_EQ(bh_echo_ping(l, &o, &r), 0);
	CHECK_EQ(r.sent, 500);
	CHECK_EQ(r.received, 500);
	CHECK_EQ(r.gaps + r.peer_gaps, 0);
	CHECK_EQ(r.wrong, 0);
	CHECK(r.min_ns && r.min_ns <= r.p50_ns && r.p50_ns <= r.p99_ns && r.p99_ns <= r.max_ns);
	CHECK_EQ(r.peer_polled, poll && !refuses);
	CHECK_EQ(r.doorbells, poll && !refuses ? 0 : 500);
	end(l);
}

static void test_bench(void)
{
	struct bh_link *l = begin(FAULT_NONE, false);
	struct bh_echo_options o = usual;
	struct bh_echo_result r;

	o.count = 20000;
	o.size = 13;
	CHECK_EQ(bh_echo_bench(l, &o, &r), 0);
	CHECK_EQ(r.sent, 20000);
	CHECK_EQ(r.received, 20000);
	CHECK_EQ(r.gaps + r.peer_gaps, 0);
	CHECK_EQ(bh_lp_own_peer(&l->lp, 1)->dropped, 0);
	end(l);
}

static void test_faults(void)
{
	static const struct {
		enum fault fault;
		int error;
	} cases[] = { { FAULT_CORRUPT, -EIO },
		      { FAULT_SILENT, -ETIMEDOUT },
		      { FAULT_DIE, -ENODEV },
		      { FAULT_HEAD, -EIO } };
	struct bh_echo_options o = usual;
	struct bh_echo_result r;

	o.timeout_ms = 100;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bh_link *l = begin(cases[i].fault, false);

		CHECK_EQ(bh_echo_ping(l, &o, &r), cases[i].error);
		CHECK_EQ(r.received, cases[i].fault == FAULT_SILENT ? 0 : 19);
		end(l);
		l = begin(cases[i].fault, false);
		CHECK_EQ(bh_echo_bench(l, &o, &r), cases[i].error);
		end(l);
	}
}

static bool stop_now(void)
{
	return true;
}

static void test_arguments(void)
{
	struct bh_link *l = begin(FAULT_NONE, false);
	struct bh_echo_options o = usual;
	struct bh_echo_result r;
	uint8_t big[64] = { 0 };

	o.size = BH_LP_PAYLOAD + 1;
	CHECK_EQ(bh_echo_ping(l, &o, &r), -EINVAL);
	o.size = 0;
	CHECK_EQ(bh_echo_bench(l, &o, &r), -EINVAL);
	o = usual;
	o.stop = stop_now;
	CHECK_EQ(bh_echo_ping(l, &o, &r), -EINTR);
	CHECK_EQ(bh_link_send(l, 0, 1, big, 1), -EINVAL);
	CHECK_EQ(bh_link_send(l, 7, 1, big, 1), -EINVAL);
	CHECK_EQ(bh_link_send(l, 1, 1, big, BH_LP_PAYLOAD + 1), -E2BIG);
	CHECK_EQ(bh_link_state(l, 99), BH_LP_DOWN);
	l->info.output_size = 0x400;
	CHECK_EQ(bh_link_messages_open(l), -EINVAL);
	end(l);
}

int main(void)
{
	test_ping(false, false);
	test_ping(true, false);
	test_ping(true, true);
	test_bench();
	test_faults();
	test_arguments();
	return check_done();
}
