/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Host test of bulkhead/link_ring.h: two ends over one buffer that stands for the shared
 * memory. Prints "N passed, M failed".
 */
#include <stdio.h>
#include <string.h>
#include <bulkhead/link_ring.h>

#define PEERS 3
#define OUTPUT 65536
#define SLOTS 128
#define MESSAGE BH_LP_APPLICATION

static uint8_t memory[BH_PAGE_SIZE + PEERS * OUTPUT] __attribute__((aligned(4096)));
static uint32_t *const state = (uint32_t *)memory;
static unsigned int passed, failed;

#define EXPECT(condition)                                                      \
	do {                                                                   \
		if (condition) {                                               \
			passed++;                                              \
		} else {                                                       \
			failed++;                                              \
			printf("%s:%d: %s\n", __FILE__, __LINE__, #condition); \
		}                                                              \
	} while (0)

static void up(struct bh_lp *lp, uint32_t self, uint64_t epoch)
{
	*lp = (struct bh_lp){
		.state = state,
		.own = memory + BH_PAGE_SIZE + self * OUTPUT,
		.outputs = memory + BH_PAGE_SIZE,
		.output_size = OUTPUT,
		.peers = PEERS,
		.self = self,
	};
	state[self] = BH_LP_INIT;
	EXPECT(bh_lp_open(lp, epoch, (uint16_t)(self + 1)) == 0);
	state[self] = BH_LP_READY;
}

static void connect(struct bh_lp *a, struct bh_lp *b)
{
	memset(memory, 0, sizeof(memory));
	up(a, 0, 77);
	EXPECT(bh_lp_attach(a, 2) == -ENODEV);
	up(b, 2, 88);
	EXPECT(bh_lp_attach(a, 2) == 1);
	EXPECT(bh_lp_attach(a, 2) == 0);
	EXPECT(bh_lp_send(a, 2, MESSAGE, "x", 1) == -ENODEV); /* not mutual yet */
	EXPECT(bh_lp_attach(b, 0) == 1);
}

static void test_order_and_overflow(void)
{
	struct bh_lp_message m;
	struct bh_lp a, b;
	uint32_t i;

	connect(&a, &b);
	EXPECT(a.slots == SLOTS);
	for (i = 0; i < SLOTS; i++)
		EXPECT(bh_lp_send(&a, 2, MESSAGE, &i, sizeof(i)) == 0);
	EXPECT(bh_lp_space(&a, 2) == 0);
	EXPECT(bh_lp_send(&a, 2, MESSAGE, &i, sizeof(i)) == -ENOSPC);
	EXPECT(bh_lp_own_peer(&a, 2)->dropped == 1);
	for (i = 0; i < SLOTS; i++) {
		EXPECT(bh_lp_receive(&b, 0, &m) == 1);
		EXPECT(m.sequence == i && m.type == MESSAGE && m.length == sizeof(i));
		EXPECT(!memcmp(m.payload, &i, sizeof(i)));
	}
	EXPECT(bh_lp_receive(&b, 0, &m) == 0);
	EXPECT(bh_lp_own_peer(&b, 0)->gaps == 0);

	/* The drop shows as a gap of one. */
	EXPECT(bh_lp_send(&a, 2, MESSAGE, &i, sizeof(i)) == 0);
	EXPECT(bh_lp_receive(&b, 0, &m) == 1 && m.sequence == SLOTS + 1);
	EXPECT(bh_lp_own_peer(&b, 0)->gaps == 1);
	EXPECT(bh_lp_send(&a, 2, MESSAGE, memory, BH_LP_PAYLOAD + 1) == -E2BIG);
}

static void test_doorbells(void)
{
	struct bh_lp a, b;
	uint16_t vector;

	connect(&a, &b);
	EXPECT(bh_lp_wants_doorbell(&a, 2, &vector) && vector == 3);
	bh_lp_set_polling(&b, 0, 1);
	EXPECT(!bh_lp_wants_doorbell(&a, 2, &vector));
	bh_lp_set_polling(&b, 0, 0);
	EXPECT(bh_lp_wants_doorbell(&a, 2, &vector));
}

static void test_restart(void)
{
	struct bh_lp_message m;
	struct bh_lp a, b;

	connect(&a, &b);
	EXPECT(bh_lp_send(&a, 2, MESSAGE, "old", 3) == 0);
	state[2] = BH_LP_DOWN;
	EXPECT(bh_lp_send(&a, 2, MESSAGE, "x", 1) == -ENODEV);
	up(&b, 2, 99);
	EXPECT(bh_lp_send(&a, 2, MESSAGE, "x", 1) == -ENODEV);
	EXPECT(bh_lp_attach(&b, 0) == 1);
	EXPECT(bh_lp_receive(&b, 0, &m) == -ENODEV); /* what was meant for the old life is gone */
	EXPECT(bh_lp_attach(&a, 2) == 1);
	EXPECT(bh_lp_receive(&b, 0, &m) == 0);
	EXPECT(bh_lp_send(&a, 2, MESSAGE, "new", 3) == 0);
	EXPECT(bh_lp_receive(&b, 0, &m) == 1 && m.sequence == 0);
}

static void test_hostile_peer(void)
{
	struct bh_lp_message m;
	struct bh_lp_message *slot;
	struct bh_lp a, b;

	connect(&a, &b);
	bh_lp_own_peer(&a, 2)->head = 1000000;
	EXPECT(bh_lp_receive(&b, 0, &m) == -EIO);
	EXPECT(bh_lp_receive(&b, 0, &m) == 0);
	EXPECT(bh_lp_own_peer(&b, 0)->broken == 1);

	connect(&a, &b);
	EXPECT(bh_lp_send(&a, 2, MESSAGE, "x", 1) == 0);
	slot = (struct bh_lp_message *)(a.own + bh_lp_ring_offset(PEERS, SLOTS, 2));
	slot->length = BH_LP_PAYLOAD + 1;
	EXPECT(bh_lp_receive(&b, 0, &m) == -EIO);

	/* A tail that makes no sense must not let the producer write. */
	connect(&a, &b);
	bh_lp_own_peer(&b, 0)->tail = 5;
	EXPECT(bh_lp_space(&a, 2) == 0);
	EXPECT(bh_lp_send(&a, 2, MESSAGE, "x", 1) == -ENOSPC);
}

static void test_sizes(void)
{
	struct bh_lp lp = { .state = state, .own = memory, .outputs = memory, .peers = 16 };

	EXPECT(bh_lp_slots(4096, 2) == 8);
	EXPECT(bh_lp_slots(4096, 16) == 0);
	EXPECT(bh_lp_slots(UINT64_C(1) << 20, 2) == 2048);
	lp.output_size = 4096;
	EXPECT(bh_lp_open(&lp, 1, 0) == -EINVAL);
	lp.output_size = OUTPUT;
	EXPECT(bh_lp_open(&lp, 0, 0) == -EINVAL);
	lp.peers = 1;
	EXPECT(bh_lp_open(&lp, 1, 0) == -EINVAL);
}

int main(void)
{
	test_order_and_overflow();
	test_doorbells();
	test_restart();
	test_hostile_peer();
	test_sizes();
	printf("%u passed, %u failed\n", passed, failed);
	return failed != 0;
}
