/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupt messages in both formats, and interrupt-remapping entries.
 */
#include "../../pure/icr.h"
#include "../../pure/msi.h"
#include "check.h"

static struct msi_interrupt irq;
static uint32_t index_;

static enum msi_kind decode(uint64_t address, uint32_t data)
{
	return msi_decode(address, data, &irq, &index_);
}

static void test_compatible(void)
{
	CHECK_EQ(decode(0xfee05000, 0x0041), MSI_COMPATIBLE);
	CHECK(irq.destination == 5 && irq.vector == 0x41 && irq.mode == ICR_FIXED);
	CHECK(!irq.logical && !irq.level);
	CHECK_EQ(decode(0xfeeff00c, 0xc1fe), MSI_COMPATIBLE);
	CHECK(irq.destination == 0xff && irq.vector == 0xfe && irq.mode == ICR_LOWEST);
	CHECK(irq.logical && irq.level);
	CHECK_EQ(decode(0xfee00000, 0x0400), MSI_COMPATIBLE); /* no vector with NMI */
	CHECK_EQ(irq.mode, ICR_NMI);
	CHECK_EQ(decode(0xfee00000, 0x0200), MSI_COMPATIBLE); /* SMI: for the caller to refuse */
	CHECK_EQ(irq.mode, ICR_SMI);
	CHECK_EQ(decode(0xfee00000, 0x0700), MSI_COMPATIBLE);
	CHECK_EQ(irq.mode, MSI_MODE_EXTINT);
	CHECK_EQ(decode(0xfee00000, 0x0010), MSI_COMPATIBLE);
}

static void test_not_messages(void)
{
	CHECK_EQ(decode(0, 0), MSI_NONE);
	CHECK_EQ(decode(0xfec00000, 0x41), MSI_NONE);
	CHECK_EQ(decode(0xfef00000, 0x41), MSI_NONE);
	CHECK_EQ(decode(UINT64_C(0x1fee00000), 0x41), MSI_NONE);
	CHECK_EQ(decode(UINT64_C(0x1fee00018), 0), MSI_NONE);
	for (uint32_t bit = 0x1; bit < 0x1000; bit <<= 1)
		CHECK_EQ(decode(0xfee00000 | bit, 0x41) == MSI_NONE,
			 bit < 0x4 || (bit > 0x10 && bit < 0x1000));
	for (unsigned int bit = 11; bit < 32; bit++)
		CHECK_EQ(decode(0xfee00000, 1u << bit | 0x41) == MSI_NONE, bit != 14);
	CHECK_EQ(decode(0xfee00000, 0x0f), MSI_NONE);
	CHECK_EQ(decode(0xfee00000, 0x10f), MSI_NONE);
	CHECK_EQ(decode(0xfee00000, 0x341), MSI_NONE);
	CHECK_EQ(decode(0xfee00000, 0x641), MSI_NONE);
}

static void test_remappable(void)
{
	CHECK_EQ(decode(0xfee00010 | 0x1234 << 5, 0), MSI_REMAPPABLE);
	CHECK_EQ(index_, 0x1234);
	CHECK_EQ(decode(0xfee00014, 0xffffffff), MSI_REMAPPABLE); /* no sub-handle, no data */
	CHECK_EQ(index_, 0x8000);
	CHECK_EQ(decode(0xfee00018 | 7 << 5, 3), MSI_REMAPPABLE);
	CHECK_EQ(index_, 10);
	CHECK_EQ(decode(0xfee0001c | 0x7fff << 5, 0), MSI_REMAPPABLE);
	CHECK_EQ(index_, 0xffff);
	CHECK_EQ(decode(0xfee0001c | 0x7fff << 5, 1), MSI_NONE);
	CHECK_EQ(decode(0xfee00018, 0x10000), MSI_NONE);
	CHECK_EQ(decode(0xfee00011, 0), MSI_NONE);
}

#define LOW(destination, vector, mode) \
	((uint64_t)(destination) << 32 | (vector) << 16 | (mode) << 5 | 1)
#define VALIDATE(type, qualifier, source) ((uint64_t)(type) << 18 | (qualifier) << 16 | (source))

static int entry(uint64_t low, uint64_t high, int extended, uint16_t requester)
{
	return msi_vtd_entry(low, high, extended, requester, &irq);
}

static void test_entry_fields(void)
{
	CHECK_EQ(entry(LOW(0x12345, 0x41, 1) | 0x14, 0, 1, 0), 0);
	CHECK(irq.destination == 0x12345 && irq.vector == 0x41 && irq.mode == ICR_LOWEST);
	CHECK(irq.logical && irq.level);
	CHECK_EQ(entry(LOW(0x1200, 0x41, 0), 0, 0, 0), 0);
	CHECK(irq.destination == 0x12 && irq.mode == ICR_FIXED && !irq.logical && !irq.level);
	CHECK_EQ(entry(LOW(0, 0x41, 0) | 0xf0a, 0, 0, 0), 0); /* FPD, RH, AVAIL */
	CHECK_EQ(entry(LOW(0, 0, 4), 0, 0, 0), 0);
	CHECK_EQ(irq.mode, ICR_NMI);

	CHECK_EQ(entry(LOW(0x1200, 0x41, 0) & ~UINT64_C(1), 0, 0, 0), -EINVAL);
	CHECK_EQ(entry(LOW(0x1200, 0x41, 0) | 0x8000, 0, 0, 0), -EINVAL);
	CHECK_EQ(entry(LOW(0x12, 0x41, 0), 0, 0, 0), -EINVAL);
	CHECK_EQ(entry(LOW(0x10000, 0x41, 0), 0, 0, 0), -EINVAL);
	CHECK_EQ(entry(LOW(0, 0x0f, 0), 0, 0, 0), -EINVAL);
	CHECK_EQ(entry(LOW(0, 0x41, 3), 0, 0, 0), -EINVAL);
	CHECK_EQ(entry(LOW(0, 0x41, 6), 0, 0, 0), -EINVAL);
	for (unsigned int bit = 12; bit < 15; bit++)
		CHECK_EQ(entry(LOW(0, 0x41, 0) | 1u << bit, 0, 0, 0), -EINVAL);
	for (unsigned int bit = 24; bit < 32; bit++)
		CHECK_EQ(entry(LOW(0, 0x41, 0) | UINT64_C(1) << bit, 0, 0, 0), -EINVAL);
	for (unsigned int bit = 20; bit < 64; bit++)
		CHECK_EQ(entry(LOW(0, 0x41, 0), UINT64_C(1) << bit, 0, 0), -EINVAL);
}

static void test_entry_source(void)
{
	uint64_t low = LOW(0, 0x41, 0);
	/* function bits that each qualifier ignores */
	static const uint16_t ignored[] = { 0, 4, 6, 7 };

	CHECK_EQ(entry(low, VALIDATE(0, 0, 0x1234), 0, 0xffff), 0);
	for (unsigned int q = 0; q < 4; q++) {
		for (unsigned int bit = 0; bit < 16; bit++) {
			uint16_t other = (uint16_t)(0x1238 ^ 1u << bit);
			int want = (1u << bit & ignored[q]) ? 0 : -EINVAL;

			CHECK_EQ(entry(low, VALIDATE(1, q, 0x1238), 0, other), want);
		}
		CHECK_EQ(entry(low, VALIDATE(1, q, 0x1238), 0, 0x1238), 0);
	}
	CHECK_EQ(entry(low, VALIDATE(2, 0, 0x0010), 0, 0x0008), -EINVAL); /* a bus range */
	CHECK_EQ(entry(low, VALIDATE(3, 0, 0x0008), 0, 0x0008), -EINVAL);
}

static void test_encoded_messages_mean_what_they_were_made_of(void)
{
	static const struct msi_interrupt irqs[] = {
		{ 0, 16, ICR_FIXED, 0, 0 },
		{ 254, 255, ICR_LOWEST, 1, 0 },
		{ 3, 0x40, ICR_NMI, 0, 1 },
	};

	for (size_t i = 0; i < sizeof(irqs) / sizeof(irqs[0]); i++) {
		struct msi_interrupt back = { 0 };
		uint64_t address;
		uint32_t data, index;

		CHECK_EQ(msi_encode(&irqs[i], &address, &data), 0);
		CHECK_EQ(msi_decode(address, data, &back, &index), MSI_COMPATIBLE);
		CHECK_EQ(back.destination, irqs[i].destination);
		CHECK_EQ(back.vector, irqs[i].vector);
		CHECK_EQ(back.mode, irqs[i].mode);
		CHECK_EQ(back.logical, irqs[i].logical);
		CHECK_EQ(back.level, irqs[i].level);
	}
}

static void test_messages_name_no_x2apic_destination(void)
{
	struct msi_interrupt irq = { 255, 0x40, ICR_FIXED, 0, 0 };
	uint64_t address;
	uint32_t data;

	CHECK(msi_encode(&irq, &address, &data) != 0);
}

int main(void)
{
	test_compatible();
	test_not_messages();
	test_remappable();
	test_entry_fields();
	test_entry_source();
	test_encoded_messages_mean_what_they_were_made_of();
	test_messages_name_no_x2apic_destination();
	return check_done();
}
