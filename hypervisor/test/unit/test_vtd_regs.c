/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The registers of a VT-d unit as the root sees them.
 */
#include <string.h>
#include "../../pure/icr.h"
#include "../../pure/vtd_regs.h"
#include "check.h"

#define FRO 0x220

static struct vtd_regs regs;

static void start(void)
{
	memset(&regs, 0, sizeof(regs));
	regs.version = 0x10;
	regs.cap = UINT64_C(0xd2008c22000606) | (uint64_t)(FRO / 16) << 24;
	regs.ecap = 0xf00f5a;
}

static uint32_t write64(uint32_t offset, uint64_t value)
{
	return vtd_regs_write(&regs, offset, (uint32_t)value) |
	       vtd_regs_write(&regs, offset + 4, (uint32_t)(value >> 32));
}

static void test_reset(void)
{
	struct vtd_regs fresh;

	start();
	fresh = regs;
	fresh.fectl = VTD_FECTL_IM;
	write64(VTD_RTADDR, 0x1000);
	write64(VTD_IQA, 0x2000);
	vtd_regs_write(&regs, VTD_GCMD, VTD_QIE | VTD_TE);
	vtd_regs_write(&regs, VTD_IQT, 0x40);
	regs.fault.high = VTD_FAULT_PRESENT;
	regs.fsts = VTD_FSTS_IQE;
	vtd_regs_reset(&regs);
	CHECK(!memcmp(&regs, &fresh, sizeof(regs)));
}

static void test_what_is_written_is_read(void)
{
	static const uint32_t wide[] = { VTD_RTADDR, VTD_IQA, VTD_IRTA };

	start();
	for (size_t i = 0; i < 3; i++) {
		CHECK_EQ(write64(wide[i], UINT64_C(0x1234567087654000)), 0);
		CHECK_EQ(vtd_regs_read(&regs, wide[i]), UINT64_C(0x1234567087654000));
	}
	CHECK_EQ(write64(VTD_FECTL, UINT64_C(0x41) << 32 | VTD_FECTL_IM), VTD_DO_MESSAGE);
	CHECK_EQ(vtd_regs_read(&regs, VTD_FECTL), UINT64_C(0x41) << 32 | VTD_FECTL_IM);
	CHECK_EQ(write64(VTD_FEADDR, UINT64_C(0x100) << 32 | 0xfee01000), VTD_DO_MESSAGE);
	CHECK_EQ(vtd_regs_read(&regs, VTD_FEADDR), UINT64_C(0x100) << 32 | 0xfee01000);
	CHECK_EQ(write64(VTD_IQT, 0xfffffffff), VTD_DO_QUEUE);
	CHECK_EQ(vtd_regs_read(&regs, VTD_IQT), 0x7fff0);
	CHECK_EQ(vtd_regs_read(&regs, 0), 0x10);
	CHECK_EQ(vtd_regs_read(&regs, 0x58), 0);
	CHECK_EQ(vtd_regs_write(&regs, 0x58, 5), 0);
}

static void test_capabilities_that_we_do_not_have(void)
{
	start();
	regs.cap |= VTD_CAP_HIDDEN;
	regs.ecap = UINT64_MAX;
	CHECK(!(vtd_regs_read(&regs, VTD_CAP) & VTD_CAP_HIDDEN));
	CHECK_EQ(vtd_regs_read(&regs, VTD_CAP), regs.cap & ~VTD_CAP_HIDDEN);
	CHECK_EQ(vtd_regs_read(&regs, VTD_ECAP), 0x1fffffb);
}

static void test_commands(void)
{
	start();
	CHECK_EQ(vtd_regs_write(&regs, VTD_GCMD, VTD_SRTP), VTD_DO_QUEUE | VTD_DO_CONTEXTS);
	CHECK_EQ(vtd_regs_read(&regs, VTD_GCMD) >> 32, VTD_SRTP);
	CHECK_EQ(vtd_regs_write(&regs, VTD_GCMD, VTD_TE), VTD_DO_QUEUE | VTD_DO_CONTEXTS);
	CHECK_EQ(vtd_regs_write(&regs, VTD_GCMD, VTD_TE), VTD_DO_QUEUE);
	CHECK_EQ(vtd_regs_read(&regs, VTD_GCMD) >> 32, VTD_SRTP | VTD_TE);
	CHECK_EQ(vtd_regs_write(&regs, VTD_GCMD, VTD_SIRTP), VTD_DO_QUEUE | VTD_DO_IRTES);
	CHECK_EQ(vtd_regs_read(&regs, VTD_GCMD) >> 32, VTD_SRTP | VTD_SIRTP);
	CHECK_EQ(vtd_regs_write(&regs, VTD_GCMD, VTD_IRE), VTD_DO_QUEUE | VTD_DO_IRTES);
	CHECK_EQ(vtd_regs_write(&regs, VTD_GCMD, VTD_IRE | VTD_CFI), VTD_DO_QUEUE);
	CHECK(!(vtd_regs_read(&regs, VTD_GCMD) >> 32 & VTD_CFI));
}

static void test_queue(void)
{
	start();
	write64(VTD_IQA, 0x5000);
	write64(VTD_IQT, 32);
	CHECK(!vtd_regs_has_request(&regs));
	vtd_regs_write(&regs, VTD_GCMD, VTD_QIE);
	CHECK(vtd_regs_has_request(&regs));
	vtd_regs_next(&regs);
	CHECK_EQ(vtd_regs_read(&regs, VTD_IQH), 16);
	vtd_regs_next(&regs);
	CHECK(!vtd_regs_has_request(&regs));
	write64(VTD_IQT, 0);
	regs.iqh = 0xff0;
	CHECK(vtd_regs_has_request(&regs));
	vtd_regs_next(&regs);
	CHECK_EQ(regs.iqh, 0);
	write64(VTD_IQT, 0x1000); /* the queue has one page */
	CHECK(!vtd_regs_has_request(&regs));
	CHECK_EQ(vtd_regs_read(&regs, VTD_FSTS - 4) >> 32, VTD_FSTS_IQE);
	write64(VTD_IQT, 16);
	CHECK(!vtd_regs_has_request(&regs));
	CHECK_EQ(vtd_regs_write(&regs, VTD_FSTS, VTD_FSTS_IQE), VTD_DO_QUEUE);
	CHECK(vtd_regs_has_request(&regs));
	write64(VTD_IQA, 0x6801);
	CHECK_EQ(regs.iqh, 0);
	CHECK(!(vtd_regs_read(&regs, VTD_IQA) & VTD_IQA_WIDE));
	write64(VTD_IQT, 0x1000); /* now it has two */
	CHECK(vtd_regs_has_request(&regs));
	regs.iqh = 0x1ff0;
	vtd_regs_write(&regs, VTD_GCMD, 0);
	vtd_regs_write(&regs, VTD_GCMD, VTD_QIE);
	CHECK_EQ(regs.iqh, 0);
}

static void test_faults(void)
{
	start();
	CHECK_EQ(vtd_regs_read(&regs, VTD_FSTS - 4), 0);
	regs.fault = (struct vtd_entry){ 0x7000, VTD_FAULT_PRESENT | 0x30 };
	regs.fsts = VTD_FSTS_PFO;
	CHECK_EQ(vtd_regs_read(&regs, VTD_FSTS - 4) >> 32, VTD_FSTS_PFO | VTD_FSTS_PPF);
	CHECK_EQ(vtd_regs_read(&regs, FRO), 0x7000);
	CHECK_EQ(vtd_regs_read(&regs, FRO + 8), VTD_FAULT_PRESENT | 0x30);
	vtd_regs_write(&regs, FRO + 12, 0);
	CHECK(regs.fault.high != 0);
	vtd_regs_write(&regs, FRO + 12, 0x80000000);
	vtd_regs_write(&regs, VTD_FSTS, UINT32_MAX);
	CHECK_EQ(vtd_regs_read(&regs, VTD_FSTS - 4), 0);
}

static void test_own_interrupt(void)
{
	struct msi_interrupt irq;

	start();
	CHECK_EQ(vtd_regs_message(&regs, &irq), -EINVAL);
	write64(VTD_FEADDR, UINT64_C(0x12300) << 32 | 0xfee05000);
	vtd_regs_write(&regs, VTD_FEDATA, 0x41);
	CHECK_EQ(vtd_regs_message(&regs, &irq), 0);
	CHECK(irq.destination == 0x12305 && irq.vector == 0x41 && irq.mode == ICR_FIXED);
	vtd_regs_write(&regs, VTD_FEDATA, 0x141);
	CHECK_EQ(vtd_regs_message(&regs, &irq), 0);
	vtd_regs_write(&regs, VTD_FEDATA, 0x400);
	CHECK_EQ(vtd_regs_message(&regs, &irq), -EINVAL);
	vtd_regs_write(&regs, VTD_FEDATA, 0x10);
	vtd_regs_write(&regs, VTD_FEADDR, 0xfed05000);
	CHECK_EQ(vtd_regs_message(&regs, &irq), -EINVAL);
}

int main(void)
{
	test_reset();
	test_what_is_written_is_read();
	test_capabilities_that_we_do_not_have();
	test_commands();
	test_queue();
	test_faults();
	test_own_interrupt();
	return check_done();
}
