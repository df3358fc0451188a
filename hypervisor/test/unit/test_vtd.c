/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Formats of VT-d: what we write is as the manual has it, and what others wrote is judged.
 */
#include <pthread.h>
#include <string.h>
#include <bulkhead/config.h>
#include "../../pure/icr.h"
#include "../../pure/vtd.h"
#include "check.h"

#define CAP(sagaw, mgaw, large) \
	((uint64_t)(sagaw) << 8 | (uint64_t)((mgaw)-1) << 16 | (uint64_t)(large) << 34)

static void test_tables_are_what_all_units_can_walk(void)
{
	CHECK(!vtd_pt_format(CAP(0, 48, 3)));
	CHECK_EQ(vtd_pt_format(CAP(2, 39, 0))->levels, 3);
	CHECK_EQ(vtd_pt_format(CAP(4, 48, 0))->levels, 4);
	CHECK_EQ(vtd_pt_format(CAP(6, 39, 0))->levels, 3);
	CHECK(!vtd_pt_format(CAP(4, 39, 0)));
	CHECK_EQ(vtd_pt_format(CAP(6, 48, 0))->max_leaf_level, 0);
	CHECK_EQ(vtd_pt_format(CAP(6, 48, 2))->max_leaf_level, 0);
	CHECK_EQ(vtd_pt_format(CAP(6, 48, 1))->max_leaf_level, 1);
	CHECK_EQ(vtd_pt_format(CAP(6, 48, 3))->max_leaf_level, 2);
}

static void test_table_entries(void)
{
	struct pt pt = { .format = vtd_pt_format(CAP(2, 39, 0)), .root_hpa = 0x12345000 };
	struct vtd_entry entry = vtd_context_entry(&pt, 5);

	CHECK(entry.low == 0x12345001 && entry.high == 0x501);
	pt.format = vtd_pt_format(CAP(4, 48, 0));
	CHECK_EQ(vtd_context_entry(&pt, 1).high, 0x102);
	entry = vtd_root_entry(0x7000);
	CHECK(entry.low == 0x7001 && entry.high == 0);
}

static void test_identity_is_pass_through_or_nothing(void)
{
	static const uint64_t identity[] = { 0, 0x9, 0xfffffffe, 0xb }, other[] = { 1, 5, 0xd, 3 };

	for (size_t i = 0; i < 4; i++) {
		CHECK(vtd_context_is_identity(&(struct vtd_entry){ identity[i], 0x101 }));
		CHECK(!vtd_context_is_identity(&(struct vtd_entry){ other[i], 0x101 }));
	}
}

static void test_interrupt_entries_mean_what_they_were_made_of(void)
{
	static const struct msi_interrupt irqs[] = {
		{ 0x12345, 0x41, ICR_FIXED, 1, 0 },
		{ 3, 0xfe, ICR_LOWEST, 0, 1 },
		{ 0xff, 0, ICR_NMI, 0, 0 },
	};

	for (int extended = 0; extended < 2; extended++) {
		for (size_t i = 0; i < sizeof(irqs) / sizeof(irqs[0]); i++) {
			struct msi_interrupt in = irqs[i], back;
			struct vtd_entry entry;

			in.destination &= extended ? 0xffffffff : 0xff;
			entry = vtd_irte(&in, 0x1234, extended);
			CHECK_EQ(msi_vtd_entry(entry.low, entry.high, extended, 0x1234, &back), 0);
			CHECK(back.destination == in.destination && back.vector == in.vector);
			CHECK(back.mode == in.mode && back.logical == in.logical);
			CHECK_EQ(back.level, in.level);
			CHECK(msi_vtd_entry(entry.low, entry.high, extended, 0x1235, &back));
			CHECK_EQ(vtd_irte_check(&entry, extended, &back), VTD_IRTE_ASK);
		}
	}
}

static void test_messages_lead_to_their_entry(void)
{
	static const uint32_t indices[] = { 0, 1, 0xf00, 0x7fff, 0x8000, 0xffff };

	for (size_t i = 0; i < sizeof(indices) / sizeof(indices[0]); i++) {
		struct msi_interrupt irq;
		uint64_t address;
		uint32_t data, index;

		vtd_message(indices[i], &address, &data);
		CHECK_EQ(msi_decode(address, data, &irq, &index), MSI_REMAPPABLE);
		CHECK_EQ(index, indices[i]);
	}
}

static enum vtd_irte_kind judge(uint64_t low, uint64_t high)
{
	struct msi_interrupt irq;

	return vtd_irte_check(&(struct vtd_entry){ low, high }, 1, &irq);
}

static void test_entries_of_the_root(void)
{
	uint64_t low = UINT64_C(3) << 32 | 0x410001;

	CHECK_EQ(judge(low & ~UINT64_C(1), 0), VTD_IRTE_ABSENT);
	CHECK_EQ(judge(low, 0x40008), VTD_IRTE_ASK);
	CHECK_EQ(judge(low, 0x80008), VTD_IRTE_ASK); /* a range of buses: behind a bridge */
	CHECK_EQ(judge(low, 0xc0008), VTD_IRTE_DENY);
	CHECK_EQ(judge(low, 0x100008), VTD_IRTE_DENY);
	CHECK_EQ(judge(low | 0x8000, 0x40008), VTD_IRTE_DENY); /* posted */
	CHECK_EQ(judge(low | ICR_SMI << 5, 0x40008), VTD_IRTE_DENY);
	CHECK_EQ(judge(low | ICR_INIT << 5, 0x40008), VTD_IRTE_DENY);
	CHECK_EQ(judge(low | ICR_NMI << 5, 0x40008), VTD_IRTE_ASK);
	CHECK_EQ(judge(low | MSI_MODE_EXTINT << 5, 0x40008), VTD_IRTE_ASK);
	CHECK_EQ(judge(UINT64_C(3) << 32 | 0x0f0001, 0x40008), VTD_IRTE_DENY);
}

static struct vtd_request request(uint64_t low, uint64_t high)
{
	struct vtd_request r;

	vtd_request(&(struct vtd_entry){ low, high }, &r);
	return r;
}

static struct vtd_request request_of(struct vtd_entry entry)
{
	return request(entry.low, entry.high);
}

static void test_requests_of_ours(void)
{
	struct vtd_request r;

	CHECK_EQ(request_of(vtd_flush_contexts()).kind, VTD_REQUEST_TRANSLATION);
	CHECK_EQ(request_of(vtd_flush_iotlb()).kind, VTD_REQUEST_TRANSLATION);
	r = request_of(vtd_flush_irtes());
	CHECK(r.kind == VTD_REQUEST_IRTES && r.first == 0 && r.count == 0x10000);
	r = request_of(vtd_flush_irte(0xabcd));
	CHECK(r.kind == VTD_REQUEST_IRTES && r.first == 0xabcd && r.count == 1);
	r = request_of(vtd_wait(0x123456789000, 77));
	CHECK(r.kind == VTD_REQUEST_WAIT && r.status_hpa == 0x123456789000 && r.data == 77);
}

static void test_requests_of_the_root(void)
{
	struct vtd_request r = request(UINT64_C(0x1237) << 32 | 4 << 27 | 0x14, 0);

	CHECK(r.kind == VTD_REQUEST_IRTES && r.first == 0x1230 && r.count == 16);
	r = request(UINT64_C(0x1237) << 32 | 16u << 27 | 0x14, 0);
	CHECK(r.kind == VTD_REQUEST_IRTES && r.first == 0 && r.count == 0x10000);
	CHECK_EQ(request(17u << 27 | 0x14, 0).kind, VTD_REQUEST_INVALID);
	CHECK_EQ(request(0x45, 0).kind, VTD_REQUEST_WAIT);
	CHECK_EQ(request(0x45, 0x1000).status_hpa, BH_ADDR_NONE);
	CHECK_EQ(request(0x1, 0).kind, VTD_REQUEST_INVALID); /* granularity 0 is reserved */
	CHECK_EQ(request(0x2, 0).kind, VTD_REQUEST_INVALID);
	CHECK_EQ(request(0, 0).kind, VTD_REQUEST_INVALID);
	CHECK_EQ(request(0x3, 0).kind, VTD_REQUEST_INVALID);   /* device TLB */
	CHECK_EQ(request(0x212, 0).kind, VTD_REQUEST_INVALID); /* a type of scalable mode */
}

static void test_fault_records(void)
{
	struct vtd_entry record = { 0x123456789fff, VTD_FAULT_PRESENT | UINT64_C(5) << 32 | 0x30 };
	struct vtd_fault f;

	CHECK(vtd_fault(&record, &f));
	CHECK(f.address == 0x123456789000 && f.bdf == 0x30 && f.reason == 5);
	CHECK(f.write && !f.interrupt);
	record.high |= UINT64_C(1) << 62;
	CHECK(vtd_fault(&record, &f));
	CHECK(!f.write);
	record = (struct vtd_entry){ UINT64_C(0xf01) << 48, VTD_FAULT_PRESENT | UINT64_C(0x22)
											<< 32 };
	CHECK(vtd_fault(&record, &f));
	CHECK(f.interrupt && !f.write && f.address == 0xf01);
	record.high &= ~VTD_FAULT_PRESENT;
	CHECK(!vtd_fault(&record, &f));
}

static void test_every_reason_has_words(void)
{
	for (unsigned int reason = 0; reason < 256; reason++)
		CHECK(strlen(vtd_fault_words((uint8_t)reason)) > 3);
	CHECK(!strcmp(vtd_fault_words(5), "not writable"));
	CHECK(!strcmp(vtd_fault_words(0xd), "request type"));
	CHECK(!strcmp(vtd_fault_words(0xe), "another reason"));
	CHECK(!strcmp(vtd_fault_words(0x26), "not a message of this function"));
	CHECK(!strcmp(vtd_fault_words(0x27), "another reason"));
}

#define LOOKS 1000000
#define CHANGES 1000 /* to be seen at least: a busy host may let the other thread run late */

static _Alignas(16) struct vtd_entry moving;
static int looking;

static void *move(void *places)
{
	const struct vtd_entry *place = places;

	for (int i = 0; __atomic_load_n(&looking, __ATOMIC_SEQ_CST); i++)
		vtd_store(&moving, place[i & 1]);
	return NULL;
}

/* What a unit reads, all of it at once, while an entry is changed from one to the other and back. */
static void look(struct vtd_entry places[2], unsigned int *absent, unsigned int *mixed)
{
	unsigned int changes = 0;
	uint64_t before = 0;
	pthread_t thread;

	*absent = *mixed = 0;
	moving = places[0];
	looking = 1;
	CHECK_EQ(pthread_create(&thread, NULL, move, places), 0);
	for (long i = 0; i < LOOKS || changes < CHANGES; i++) {
		unsigned __int128 seen =
			__sync_val_compare_and_swap((unsigned __int128 *)&moving, 0, 0);
		uint64_t low = (uint64_t)seen, high = (uint64_t)(seen >> 64);

		changes += low != before;
		before = low;
		*absent += !low;
		*mixed += low && !(low == places[0].low && high == places[0].high) &&
			  !(low == places[1].low && high == places[1].high);
	}
	__atomic_store_n(&looking, 0, __ATOMIC_SEQ_CST);
	CHECK_EQ(pthread_join(thread, NULL), 0);
}

/* One function's interrupt goes to another CPU: none is lost, whenever it comes. */
static void test_an_entry_changes_at_once(void)
{
	struct msi_interrupt irq = { .destination = 1, .vector = 0x41 };
	struct vtd_entry places[2] = { vtd_irte(&irq, 0x100, 1) };
	unsigned int absent, mixed;

	irq.destination = 2;
	irq.vector = 0x42;
	places[1] = vtd_irte(&irq, 0x100, 1);
	look(places, &absent, &mixed);
	CHECK_EQ(absent, 0);
	CHECK_EQ(mixed, 0);
}

/* The entry becomes another function's: neither ever has the other's interrupt. */
static void test_an_entry_that_changes_its_source_is_never_both(void)
{
	struct msi_interrupt irq = { .destination = 1, .vector = 0x41 };
	struct vtd_entry places[2] = { vtd_irte(&irq, 0x100, 1) };
	unsigned int absent, mixed;

	irq.vector = 0x42;
	places[1] = vtd_irte(&irq, 0x200, 1);
	CHECK(places[0].high != places[1].high);
	look(places, &absent, &mixed);
	CHECK_EQ(mixed, 0);
	moving = places[0];
	vtd_store(&moving, places[1]);
	CHECK(!memcmp(&moving, &places[1], sizeof(moving)));
}

int main(void)
{
	test_an_entry_changes_at_once();
	test_an_entry_that_changes_its_source_is_never_both();
	test_tables_are_what_all_units_can_walk();
	test_table_entries();
	test_identity_is_pass_through_or_nothing();
	test_interrupt_entries_mean_what_they_were_made_of();
	test_messages_lead_to_their_entry();
	test_entries_of_the_root();
	test_requests_of_ours();
	test_requests_of_the_root();
	test_fault_records();
	test_every_reason_has_words();
	return check_done();
}
