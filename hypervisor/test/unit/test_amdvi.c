// SPDX-License-Identifier: GPL-2.0-only
/* AMD IOMMU: tables, device-table entries, commands, events, bit by bit as in the specification. */
#include <pthread.h>
#include <string.h>
#include "check.h"
#include "pure/amdvi.h"
#include "test/pages.h"

#define READABLE (UINT64_C(1) << 61)
#define WRITABLE (UINT64_C(1) << 62)
#define BOTH (READABLE | WRITABLE)
#define COHERENT (UINT64_C(1) << 60)
#define GIB UINT64_C(0x40000000)
#define MIB2 UINT64_C(0x200000)

static uint64_t entry_at(const struct pt *pt, uint64_t table_hpa, unsigned int n)
{
	return pt->ops->at(pt->context, table_hpa)[n];
}

/* 2.2.3: an entry says which level it points to; 0 is memory. */
static void test_tables_name_the_level_below(void)
{
	struct pages pages = { .allowed = 64 };
	struct pt pt;
	uint64_t level3, level2, level1;

	REQUIRE(!pt_init(&pt, &amdvi_pt_format, &pages_ops, &pages));
	CHECK_EQ(pt_map(&pt, 0, 0, GIB, PT_READ | PT_WRITE), 0);
	CHECK_EQ(pt_map(&pt, GIB, 5 * GIB, MIB2, PT_READ), 0);
	CHECK_EQ(pt_map(&pt, GIB + MIB2, 0x1000, 0x1000, PT_READ | PT_WRITE), 0);
	level3 = entry_at(&pt, pt.root_hpa, 0);
	CHECK_EQ(level3 & ~AMDVI_ADDRESS, 1 | BOTH | 3 << 9);
	CHECK_EQ(entry_at(&pt, level3 & AMDVI_ADDRESS, 0), 1 | BOTH | COHERENT);
	level2 = entry_at(&pt, level3 & AMDVI_ADDRESS, 1);
	CHECK_EQ(level2 & ~AMDVI_ADDRESS, 1 | BOTH | 2 << 9);
	CHECK_EQ(entry_at(&pt, level2 & AMDVI_ADDRESS, 0), 5 * GIB | 1 | READABLE | COHERENT);
	level1 = entry_at(&pt, level2 & AMDVI_ADDRESS, 1);
	CHECK_EQ(level1 & ~AMDVI_ADDRESS, 1 | BOTH | 1 << 9);
	CHECK_EQ(entry_at(&pt, level1 & AMDVI_ADDRESS, 0), 0x1000 | 1 | BOTH | COHERENT);
	CHECK_EQ(entry_at(&pt, level1 & AMDVI_ADDRESS, 1), 0);
	pt_destroy(&pt);
}

static void test_large_leaves_are_split_and_merged(void)
{
	struct pages pages = { .allowed = 64 };
	struct pt_leaf leaf;
	struct pt pt;

	REQUIRE(!pt_init(&pt, &amdvi_pt_format, &pages_ops, &pages));
	CHECK_EQ(pt_map(&pt, 0, 0, 4 * GIB, PT_READ | PT_WRITE), 0);
	CHECK_EQ(pt_unmap(&pt, GIB + 0x3000, 0x1000), 0);
	CHECK(pt_lookup(&pt, GIB + 0x3000, &leaf) != 0);
	CHECK(pt_is_identity(&pt, GIB + 0x4000, GIB - 0x4000, PT_READ | PT_WRITE));
	CHECK_EQ(pt_map(&pt, GIB + 0x3000, GIB + 0x3000, 0x1000, PT_READ | PT_WRITE), 0);
	pt_merge(&pt, GIB + 0x3000, 0x1000);
	CHECK_EQ(pt_lookup(&pt, GIB + 0x3000, &leaf), 0);
	CHECK_EQ(leaf.size, GIB);
	pt_destroy(&pt);
}

static void test_entries_of_the_device_table(void)
{
	struct pt pt = { .format = &amdvi_pt_format, .root_hpa = 0x123456000 };
	struct amdvi_dte dte = amdvi_dte(&pt, 7, 0);

	CHECK_EQ(dte.q[0], 0x123456000 | 3 | 4 << 9 | BOTH);
	CHECK_EQ(dte.q[1], 7);
	CHECK_EQ(dte.q[2] | dte.q[3], 0);
	dte = amdvi_dte(NULL, 0, 1);
	CHECK_EQ(dte.q[0], 3); /* valid, and neither readable nor writable */
	CHECK_EQ(dte.q[1], UINT64_C(1) << 34);
}

static const struct {
	uint64_t first, third;
	int identity, remaps;
} wanted[] = {
	{ 0, 0, 1, 0 },
	{ BOTH | 4 << 9, 0, 1, 0 },	/* not valid */
	{ 1 | BOTH | 4 << 9, 0, 1, 0 }, /* translation not valid */
	{ 3, 0, 1, 0 },			/* nothing goes through */
	{ 3 | BOTH, 0, 1, 0 },
	{ 3 | BOTH | 3 << 9, 0, 0, 0 },
	{ 3 | READABLE | 1 << 9, 0, 0, 0 },
	{ 3 | BOTH | UINT64_C(1) << 55, 0, 0, 0 }, /* guest tables */
	{ 3 | BOTH, 1, 1, 0 },			   /* interrupts: aborted */
	{ 3 | BOTH, 1 | UINT64_C(2) << 60, 1, 1 },
	{ 3 | BOTH, UINT64_C(2) << 60, 1, 0 },
	{ 2 | BOTH, 1 | UINT64_C(2) << 60, 1, 0 },
};

static void test_what_linux_wants_of_a_function(void)
{
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		struct amdvi_dte dte = { { wanted[i].first, 0, wanted[i].third, 0 } };

		CHECK_EQ(amdvi_dte_is_identity(&dte), wanted[i].identity);
		CHECK_EQ(amdvi_dte_remaps(&dte), wanted[i].remaps);
	}
}

static void test_interrupt_words_of_the_device_table(void)
{
	struct amdvi_dte dte = { { 0, 0, 0xdead0000 | 9 << 1 | 1 | UINT64_C(0xff) << 56, 0 } };
	unsigned int order;

	CHECK_EQ(amdvi_dte_interrupts(0x12345680, 8), 0x12345680 | UINT64_C(2) << 60 | 8 << 1 | 1);
	CHECK_EQ(amdvi_dte_no_interrupts(), 1);
	CHECK_EQ(amdvi_dte_table(&dte, &order), 0xdead0000);
	CHECK_EQ(order, 9);
	dte.q[2] = 15 << 1;
	amdvi_dte_table(&dte, &order);
	CHECK_EQ(order, AMDVI_MAX_ORDER);
}

static void test_interrupt_entries_both_ways(void)
{
	static const struct msi_interrupt irqs[] = {
		{ 0, 16, 0, 0, 0 },
		{ 3, 0xef, 1, 1, 0 },
		{ 255, 0x31, 0, 1, 0 },
	};
	static const struct msi_interrupt far = { 0x12345678, 0x40, 0, 0, 0 };
	struct msi_interrupt back;
	uint64_t q[2];

	for (size_t i = 0; i < 2 * sizeof(irqs) / sizeof(irqs[0]); i++) {
		const struct msi_interrupt *irq = &irqs[i / 2];

		amdvi_make_irte(irq, i & 1, q);
		CHECK_EQ(amdvi_irte(q, i & 1, &back), 0);
		CHECK_EQ(back.destination, irq->destination);
		CHECK_EQ(back.vector, irq->vector);
		CHECK_EQ(back.mode, irq->mode);
		CHECK_EQ(back.logical, irq->logical);
	}
	amdvi_make_irte(&irqs[1], 0, q);
	CHECK_EQ(q[0], 1 | 1 << 2 | 1 << 6 | 3 << 8 | 0xef << 16);
	amdvi_make_irte(&irqs[1], 1, q);
	CHECK_EQ(q[0], 1 | 1 << 2 | 1 << 6 | 3 << 8);
	CHECK_EQ(q[1], 0xef);
	amdvi_make_irte(&far, 1, q);
	CHECK_EQ(amdvi_irte(q, 1, &back), 0);
	CHECK_EQ(back.destination, far.destination);
}

/* One word of 32 bits each */
static const struct {
	uint32_t word;
	int result;
} entries[] = {
	{ 0x00400000, -ENOENT }, /* not enabled */
	{ 0x00000001, -ENOENT }, /* no vector yet */
	{ 0x000f0001, -ENOENT },	  { 0x00100001, 0 },
	{ 0x00400001 | 2 << 2, -EINVAL }, /* SMI */
	{ 0x00400001 | 3 << 2, -EINVAL }, /* NMI */
	{ 0x00400001 | 4 << 2, -EINVAL }, /* INIT */
	{ 0x00400001 | 7 << 2, -EINVAL }, /* ExtINT */
	{ 0x00400001 | 1 << 7, -EINVAL }, /* virtual */
};

static void test_interrupt_entries_that_nobody_may_have(void)
{
	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		uint64_t q[2] = { entries[i].word, 0 };
		struct msi_interrupt irq;

		CHECK_EQ(amdvi_irte(q, 0, &irq), entries[i].result);
	}
}

static void test_messages_name_the_entry(void)
{
	uint64_t address;
	uint32_t data;

	amdvi_message(0x55, &address, &data);
	CHECK_EQ(address, 0xfee00000);
	CHECK_EQ(data, 0x55);
}

static struct amdvi_command meaning(struct amdvi_entry entry)
{
	struct amdvi_command command;

	amdvi_command(&entry, &command);
	return command;
}

static struct amdvi_entry coded(uint64_t code, uint64_t low)
{
	return (struct amdvi_entry){ code << 60 | low, 0x55 };
}

static void test_commands(void)
{
	struct amdvi_command command = meaning(amdvi_wait(0x12345678, 99));

	CHECK_EQ(command.kind, AMDVI_COMMAND_WAIT);
	CHECK_EQ(command.status_hpa, 0x12345678);
	CHECK_EQ(command.data, 99);
	command = meaning(coded(1, 0x1234 << 3));
	CHECK_EQ(command.kind, AMDVI_COMMAND_WAIT);
	CHECK_EQ(command.status_hpa, BH_ADDR_NONE); /* no store */
	command = meaning(amdvi_flush_device(0x3f8));
	CHECK_EQ(command.kind, AMDVI_COMMAND_DEVICE);
	CHECK_EQ(command.bdf, 0x3f8);
	CHECK_EQ(meaning(amdvi_flush_all()).kind, AMDVI_COMMAND_ALL);
	command = meaning(amdvi_flush_interrupts(0x28));
	CHECK_EQ(command.kind, AMDVI_COMMAND_INTERRUPTS);
	CHECK_EQ(command.bdf, 0x28);
	for (uint64_t code = 0; code < 16; code++) {
		int known = code >= 1 && code <= 8 && code != 4 && code != 7;

		CHECK_EQ(meaning(coded(code, 0)).kind != AMDVI_COMMAND_INVALID, known);
	}
	CHECK_EQ(meaning(coded(3, 0)).kind, AMDVI_COMMAND_NOTHING);
}

static void test_events(void)
{
	struct amdvi_entry entry = { UINT64_C(2) << 60 | UINT64_C(1) << 53 | 0x30, 0xdeadb000 };
	struct amdvi_event event;

	CHECK(amdvi_event(&entry, &event));
	CHECK_EQ(event.bdf, 0x30);
	CHECK_EQ(event.address, 0xdeadb000);
	CHECK_EQ(event.code, 2);
	CHECK_EQ(event.write, 1);
	CHECK_EQ(event.interrupt, 0);
	CHECK(strstr(amdvi_event_words(event.code), "owner's memory"));
	entry.low = UINT64_C(2) << 60 | UINT64_C(1) << 51 | 0x30;
	CHECK(amdvi_event(&entry, &event));
	CHECK_EQ(event.write, 0);
	CHECK_EQ(event.interrupt, 1);
	for (uint64_t code = 0; code < 16; code++) {
		int about_function = (code >= 1 && code <= 4) || code == 7 || code == 8;

		entry.low = code << 60;
		CHECK_EQ(amdvi_event(&entry, &event), about_function);
	}
	CHECK(!strcmp(amdvi_event_words(5), "unknown"));
	CHECK(!strcmp(amdvi_event_words(200), "unknown"));
}

static void test_entries_are_stored_as_units_read_them(void)
{
	static const uint64_t q[2] = { UINT64_C(0x1111222233334444), UINT64_C(0x5555666677778888) };
	struct amdvi_dte to = { { 9, 9, 9, 9 } }, from = { { 1, 2, 3, 4 } };
	uint64_t table[4] = { 0 };

	amdvi_store_irte(table, 1, 0, q);
	CHECK_EQ(table[0], UINT64_C(0x3333444400000000));
	CHECK_EQ(table[1], 0);
	amdvi_store_irte(table, 1, 1, q);
	CHECK_EQ(table[1], 0);
	CHECK_EQ(table[2], q[0]);
	CHECK_EQ(table[3], q[1]);
	amdvi_store_dte(&to, from);
	CHECK(!memcmp(&to, &from, sizeof(to)));
}

#define LOOKS 1000000
#define CHANGES 1000 /* to be seen at least: a busy host may let the other thread run late */

static _Alignas(16) uint64_t moving[2];
static int looking = 1;

static void *move(void *unused)
{
	static const uint64_t places[2][2] = { { 0x101, 0x41 }, { 0x201, 0x42 } };

	for (int i = 0; __atomic_load_n(&looking, __ATOMIC_SEQ_CST); i++)
		amdvi_store_irte(moving, 0, 1, places[i & 1]);
	return NULL;
}

/* An interrupt that comes while its entry goes elsewhere arrives at the one place or the other. */
static void test_an_entry_changes_at_once(void)
{
	unsigned int others = 0, changes = 0;
	uint64_t before = 0;
	pthread_t thread;

	amdvi_store_irte(moving, 0, 1, (const uint64_t[]){ 0x101, 0x41 });
	CHECK_EQ(pthread_create(&thread, NULL, move, NULL), 0);
	for (long i = 0; i < LOOKS || changes < CHANGES; i++) {
		unsigned __int128 seen =
			__sync_val_compare_and_swap((unsigned __int128 *)moving, 0, 0);
		uint64_t low = (uint64_t)seen, high = (uint64_t)(seen >> 64);

		changes += low != before;
		before = low;
		others += !(low == 0x101 && high == 0x41) && !(low == 0x201 && high == 0x42);
	}
	__atomic_store_n(&looking, 0, __ATOMIC_SEQ_CST);
	CHECK_EQ(pthread_join(thread, NULL), 0);
	CHECK_EQ(others, 0);
}

int main(void)
{
	test_entries_are_stored_as_units_read_them();
	test_an_entry_changes_at_once();
	test_tables_name_the_level_below();
	test_large_leaves_are_split_and_merged();
	test_entries_of_the_device_table();
	test_what_linux_wants_of_a_function();
	test_interrupt_words_of_the_device_table();
	test_interrupt_entries_both_ways();
	test_interrupt_entries_that_nobody_may_have();
	test_messages_name_the_entry();
	test_commands();
	test_events();
	return check_done();
}
