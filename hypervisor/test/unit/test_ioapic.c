/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The virtual IO-APIC and the moderation of redirection entries.
 */
#include "../../pure/icr.h"
#include "../../pure/ioapic.h"
#include "check.h"

static struct ioapic io;
static struct msi_interrupt irq;

static uint32_t get(uint8_t reg)
{
	ioapic_write(&io, IOAPIC_REGSEL, reg);
	return ioapic_read(&io, IOAPIC_WIN);
}

static void set(uint8_t reg, uint32_t value)
{
	ioapic_write(&io, IOAPIC_REGSEL, reg);
	ioapic_write(&io, IOAPIC_WIN, value);
}

static void set_pin(unsigned int pin, uint64_t entry)
{
	set((uint8_t)(IOAPIC_REDTBL + 2 * pin + 1), (uint32_t)(entry >> 32));
	set((uint8_t)(IOAPIC_REDTBL + 2 * pin), (uint32_t)entry);
}

static void test_identity(void)
{
	ioapic_reset(&io);
	CHECK_EQ(get(IOAPIC_ID), 0);
	CHECK_EQ(get(IOAPIC_ARB), 0);
	CHECK_EQ(get(IOAPIC_VER), 0x00170020);
	set(IOAPIC_ID, 0xffffffff);
	CHECK_EQ(get(IOAPIC_ID), 0x0f000000);
	set(IOAPIC_VER, 0);
	set(IOAPIC_ARB, 0);
	CHECK_EQ(get(IOAPIC_VER), 0x00170020);
	CHECK_EQ(get(IOAPIC_ARB), 0x0f000000);
	ioapic_reset(&io);
	CHECK_EQ(get(IOAPIC_ID), 0);
}

static void test_unknown_registers(void)
{
	ioapic_reset(&io);
	CHECK_EQ(get(3), 0xffffffff);
	CHECK_EQ(get(0x0f), 0xffffffff);
	CHECK_EQ(get(IOAPIC_REDTBL + 2 * 23), 0x00010000);
	CHECK_EQ(get(IOAPIC_REDTBL + 2 * 24), 0xffffffff);
	CHECK_EQ(get(0xff), 0xffffffff);
	set(0xff, 0);
	set(IOAPIC_REDTBL + 2 * 24, 0);
	CHECK_EQ(ioapic_read(&io, IOAPIC_EOI), 0xffffffff);
	CHECK_EQ(ioapic_read(&io, 4), 0xffffffff);
	CHECK_EQ(ioapic_read(&io, 0xffc), 0xffffffff);
	ioapic_write(&io, IOAPIC_REGSEL, 0x112);
	CHECK_EQ(ioapic_read(&io, IOAPIC_REGSEL), 0x12);
	ioapic_write(&io, IOAPIC_EOI, 0x41);
	ioapic_write(&io, 8, 7);
	CHECK_EQ(ioapic_read(&io, IOAPIC_REGSEL), 0x12);
}

static void test_entries(void)
{
	ioapic_reset(&io);
	set_pin(16, ~UINT64_C(0));
	CHECK_EQ(io.entry[16], UINT64_C(0xff0000000001afff));
	CHECK_EQ(get(IOAPIC_REDTBL + 32), 0x0001afff);
	CHECK_EQ(get(IOAPIC_REDTBL + 33), 0xff000000);
	set_pin(16, UINT64_C(0x0300000000008841));
	CHECK_EQ(ioapic_deliver(&io, 16, &irq), 1);
	CHECK(irq.destination == 3 && irq.vector == 0x41 && irq.mode == ICR_FIXED);
	CHECK(irq.logical && irq.level);
	set_pin(16, UINT64_C(0x0300000000000141));
	CHECK_EQ(ioapic_deliver(&io, 16, &irq), 1);
	CHECK(irq.mode == ICR_LOWEST && !irq.logical && !irq.level);
	set_pin(16, UINT64_C(0x0300000000010041));
	CHECK_EQ(ioapic_deliver(&io, 16, &irq), 0);
	for (unsigned int mode = 2; mode < 8; mode++) {
		set_pin(16, 0x41 | mode << 8);
		CHECK_EQ(ioapic_deliver(&io, 16, &irq), 0);
	}
	set_pin(16, 0x0f);
	CHECK_EQ(ioapic_deliver(&io, 16, &irq), 0);
	set_pin(16, 0x10);
	CHECK_EQ(ioapic_deliver(&io, 16, &irq), 1);
	CHECK_EQ(ioapic_deliver(&io, 17, &irq), 0); /* masked since reset */
	CHECK_EQ(ioapic_deliver(&io, 24, &irq), 0);
	CHECK_EQ(ioapic_deliver(&io, ~0u, &irq), 0);
}

static void test_moderate(void)
{
	CHECK_EQ(ioapic_moderate(UINT64_C(0xffffffffffffffff), &irq), IOAPIC_ENTRY_MASKED);
	CHECK_EQ(ioapic_moderate(UINT64_C(0x0200000000000041), &irq), IOAPIC_ENTRY_IRQ);
	CHECK(irq.destination == 2 && irq.vector == 0x41 && !irq.logical && !irq.level);
	CHECK_EQ(ioapic_moderate(UINT64_C(0x030000000000e941), &irq), IOAPIC_ENTRY_IRQ);
	CHECK(irq.logical && irq.level && irq.mode == ICR_LOWEST);
	CHECK_EQ(ioapic_moderate(0x0f, &irq), IOAPIC_ENTRY_DENY);
	CHECK_EQ(ioapic_moderate(0x241, &irq), IOAPIC_ENTRY_DENY); /* SMI */
	CHECK_EQ(ioapic_moderate(0x341, &irq), IOAPIC_ENTRY_DENY);
	CHECK_EQ(ioapic_moderate(0x541, &irq), IOAPIC_ENTRY_DENY); /* INIT */
	CHECK_EQ(ioapic_moderate(0x641, &irq), IOAPIC_ENTRY_DENY);
	CHECK_EQ(ioapic_moderate(UINT64_C(0x0100000000000400), &irq), IOAPIC_ENTRY_IRQ);
	CHECK(irq.mode == ICR_NMI && irq.destination == 1);
	CHECK_EQ(ioapic_moderate(0x700, &irq), IOAPIC_ENTRY_IRQ);
	CHECK_EQ(irq.mode, MSI_MODE_EXTINT);
	CHECK_EQ(ioapic_moderate(UINT64_C(0x0203000000000041), &irq), IOAPIC_ENTRY_REMAPPED);
	CHECK_EQ(ioapic_moderate(UINT64_C(0x0202000000000041), &irq), IOAPIC_ENTRY_DENY);
}

/* What a message says, in the form of an entry: compatible, VT-d's (vector left open), AMD's. */
static void test_make_entry(void)
{
	struct msi_interrupt irq = { .destination = 3, .vector = 0x51 };

	CHECK_EQ(ioapic_make_entry(0xfee03000, 0x51, &irq, IOAPIC_LEVEL | 1u << 13 | 0xff),
		 UINT64_C(3) << 56 | 0xa051);
	/* handle 0x8123: bits 14:0 above the format bit, bit 15 in bit 2 of the address */
	CHECK_EQ(ioapic_make_entry(0xfee00000 | 0x123 << 5 | 1 << 4 | 1 << 2, 0, &irq, 0),
		 (UINT64_C(0x123) << 1 | 1) << 48 | 1 << 11 | 0x51);
	CHECK_EQ(ioapic_make_entry(0xfee00000, 0x0742, &irq, 0), 0x742);
}

int main(void)
{
	test_make_entry();
	test_identity();
	test_unknown_registers();
	test_entries();
	test_moderate();
	return check_done();
}
