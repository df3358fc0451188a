/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One end of a link: registers, MSI-X table, masks, pending vectors, one-shot mode.
 */
#include <string.h>
#include "../../pure/ivshmem_regs.h"
#include "check.h"

#define REGS 0
#define TABLE 1
#define ONES (~UINT64_C(0))

static const struct bh_config_link msix_link = {
	.protocol = IVSHMEM_PROTO_USER,
	.vectors = 4,
	.peer = 1,
	.peers = 3,
	.gpa = 0xd0000000,
	.output_size = 0x1000,
};
static const struct bh_config_link intx_link = {
	.flags = BH_LINK_INTX,
	.vectors = 1,
	.peer = 1,
	.peers = 3,
	.gpa = 0xd0000000,
};

static struct ivshmem_end end;
static union ivshmem_vector message;

static uint32_t reg(uint32_t offset)
{
	return (uint32_t)ivshmem_read(&end, REGS, offset, 4);
}

static struct ivshmem_effect set(uint32_t offset, uint32_t value)
{
	return ivshmem_write(&end, REGS, offset, 4, value);
}

static struct ivshmem_effect table_set(unsigned int vector, uint32_t field, uint32_t value)
{
	return ivshmem_write(&end, TABLE, vector * 16 + field, 4, value);
}

static struct ivshmem_effect config_set(uint32_t offset, unsigned int width, uint32_t value)
{
	int changed;

	return ivshmem_config_write(&end, offset, width, value, &changed);
}

static void fresh(const struct bh_config_link *link)
{
	memset(&end, 0, sizeof(end));
	ivshmem_reset(&end, link, 16);
}

/* MSI-X on, vector n unmasked with address 0xfee0n000 and data 0x40 + n. */
static void fresh_msix(void)
{
	fresh(&msix_link);
	config_set(PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	config_set(end.fn.msix_cap + PCI_MSIX_CONTROL, 2, PCI_MSIX_ENABLE);
	for (unsigned int v = 0; v < 4; v++) {
		table_set(v, 0, 0xfee00000 + (v << 12));
		table_set(v, 8, 0x40 + v);
		table_set(v, 12, 0);
	}
	set(IVSHMEM_REG_INT_CONTROL, 1);
}

static void test_registers(void)
{
	struct ivshmem_effect e;

	fresh(&msix_link);
	CHECK_EQ(reg(IVSHMEM_REG_ID), 1);
	CHECK_EQ(reg(IVSHMEM_REG_MAX_PEERS), 3);
	CHECK_EQ(reg(IVSHMEM_REG_INT_CONTROL), 0);
	CHECK_EQ(reg(IVSHMEM_REG_DOORBELL), 0);
	CHECK_EQ(reg(IVSHMEM_REG_STATE), 0);
	e = set(IVSHMEM_REG_ID, 7);
	CHECK_EQ(e.what, IVSHMEM_NONE);
	set(IVSHMEM_REG_MAX_PEERS, 7);
	CHECK_EQ(reg(IVSHMEM_REG_ID), 1);
	CHECK_EQ(reg(IVSHMEM_REG_MAX_PEERS), 3);
	e = set(IVSHMEM_REG_INT_CONTROL, 0xffffffff);
	CHECK_EQ(e.what, IVSHMEM_NONE);
	CHECK_EQ(reg(IVSHMEM_REG_INT_CONTROL), 1);

	CHECK_EQ(reg(0x14), 0);
	CHECK_EQ(reg(0xffc), 0);
	CHECK_EQ(ivshmem_read(&end, REGS, 0, 8), ONES);
	CHECK_EQ(ivshmem_read(&end, REGS, 0, 2), ONES);
	CHECK_EQ(ivshmem_read(&end, REGS, 2, 4), ONES);
	CHECK_EQ(ivshmem_read(&end, 2, 0, 4), ONES);
	CHECK_EQ(ivshmem_write(&end, REGS, 0x14, 4, 1).what, IVSHMEM_NONE);
	CHECK_EQ(ivshmem_write(&end, REGS, IVSHMEM_REG_STATE, 8, 1).what, IVSHMEM_NONE);
	CHECK_EQ(ivshmem_write(&end, REGS, IVSHMEM_REG_STATE + 1, 4, 1).what, IVSHMEM_NONE);
	CHECK_EQ(ivshmem_write(&end, 5, IVSHMEM_REG_STATE, 4, 1).what, IVSHMEM_NONE);
	CHECK_EQ(reg(IVSHMEM_REG_STATE), 0);
}

static void test_state_and_doorbell(void)
{
	struct ivshmem_effect e;

	fresh(&msix_link);
	CHECK_EQ(set(IVSHMEM_REG_STATE, 0).what, IVSHMEM_NONE);
	CHECK_EQ(set(IVSHMEM_REG_STATE, 0x80000002).what, IVSHMEM_STATE);
	CHECK_EQ(set(IVSHMEM_REG_STATE, 0x80000002).what, IVSHMEM_NONE);
	CHECK_EQ(reg(IVSHMEM_REG_STATE), 0x80000002);
	CHECK_EQ(end.state, 0x80000002);
	CHECK_EQ(set(IVSHMEM_REG_STATE, 0).what, IVSHMEM_STATE);

	e = set(IVSHMEM_REG_DOORBELL, 0x00020003);
	CHECK(e.what == IVSHMEM_DOORBELL && e.target == 2 && e.vector == 3);
	e = set(IVSHMEM_REG_DOORBELL, 0x0000ffff); /* such a vector: the target's to ignore */
	CHECK(e.what == IVSHMEM_DOORBELL && e.target == 0 && e.vector == 0xffff);
	CHECK_EQ(set(IVSHMEM_REG_DOORBELL, 0x00030000).what, IVSHMEM_NONE);
	CHECK_EQ(set(IVSHMEM_REG_DOORBELL, 0xffff0000).what, IVSHMEM_NONE);
}

static void test_table(void)
{
	fresh(&msix_link);
	CHECK_EQ(ivshmem_read(&end, TABLE, 12, 4), 1); /* masked at reset */
	ivshmem_write(&end, TABLE, 16, 8, UINT64_C(0x12fee01007));
	ivshmem_write(&end, TABLE, 24, 8, UINT64_C(0xfffffffe00000041));
	CHECK_EQ(ivshmem_read(&end, TABLE, 16, 8), UINT64_C(0x12fee01004));
	CHECK_EQ(ivshmem_read(&end, TABLE, 16, 4), 0xfee01004);
	CHECK_EQ(ivshmem_read(&end, TABLE, 20, 4), 0x12);
	CHECK_EQ(ivshmem_read(&end, TABLE, 24, 8), 0x41);
	table_set(1, 4, 0);
	CHECK_EQ(ivshmem_read(&end, TABLE, 16, 8), 0xfee01004);
	table_set(1, 12, 0xffffffff);
	CHECK_EQ(ivshmem_read(&end, TABLE, 28, 4), 1);

	CHECK_EQ(ivshmem_read(&end, TABLE, 64, 4), 0); /* behind the last vector */
	CHECK_EQ(ivshmem_write(&end, TABLE, 64, 8, ONES).what, IVSHMEM_NONE);
	CHECK_EQ(end.vector[4].address, 0);
	CHECK_EQ(ivshmem_read(&end, TABLE, 0xffc, 4), 0);
	CHECK_EQ(ivshmem_read(&end, TABLE, 0, 2), ONES);
	CHECK_EQ(ivshmem_read(&end, TABLE, 4, 8), ONES);
	CHECK_EQ(ivshmem_write(&end, TABLE, 16, 1, 0).what, IVSHMEM_NONE);
	CHECK_EQ(ivshmem_write(&end, TABLE, 20, 8, 0).what, IVSHMEM_NONE);
	CHECK_EQ(ivshmem_read(&end, TABLE, 16, 4), 0xfee01004);
}

static void test_msix_delivery(void)
{
	fresh_msix();
	CHECK_EQ(ivshmem_signal(&end, 2, &message), IVSHMEM_SEND_MSI);
	CHECK(message.address == 0xfee02000 && message.data == 0x42);
	CHECK_EQ(ivshmem_signal(&end, 4, &message), IVSHMEM_DROP);
	CHECK_EQ(ivshmem_signal(&end, 0xffffffff, &message), IVSHMEM_DROP);
	CHECK_EQ(reg(IVSHMEM_REG_INT_CONTROL), 1); /* not one-shot */
	set(IVSHMEM_REG_INT_CONTROL, 0);
	CHECK_EQ(ivshmem_signal(&end, 2, &message), IVSHMEM_DROP);
	set(IVSHMEM_REG_INT_CONTROL, 1);
	config_set(end.fn.msix_cap + PCI_MSIX_CONTROL, 2, 0);
	CHECK_EQ(ivshmem_signal(&end, 2, &message), IVSHMEM_DROP);
	CHECK_EQ(end.pending, 0);
}

static void test_entry_mask(void)
{
	struct ivshmem_effect e;

	fresh_msix();
	table_set(1, 12, 1);
	CHECK_EQ(ivshmem_signal(&end, 1, &message), IVSHMEM_HELD);
	CHECK_EQ(ivshmem_signal(&end, 1, &message), IVSHMEM_HELD);
	CHECK_EQ(ivshmem_signal(&end, 0, &message), IVSHMEM_SEND_MSI);
	CHECK_EQ(ivshmem_read(&end, TABLE, 0x800, 8), 2);
	ivshmem_write(&end, TABLE, 0x800, 8, 0); /* read-only */
	CHECK_EQ(ivshmem_read(&end, TABLE, 0x800, 4), 2);
	CHECK_EQ(ivshmem_read(&end, TABLE, 0x804, 4), 0);
	CHECK_EQ(table_set(1, 0, 0xfee05000).what, IVSHMEM_NONE); /* still masked */
	e = table_set(1, 12, 0);
	CHECK(e.what == IVSHMEM_UNMASKED && e.mask == 2);
	CHECK_EQ(ivshmem_read(&end, TABLE, 0x800, 8), 0);
	CHECK_EQ(ivshmem_signal(&end, 1, &message), IVSHMEM_SEND_MSI);
	CHECK_EQ(message.address, 0xfee05000);
	CHECK_EQ(table_set(1, 12, 0).what, IVSHMEM_NONE);
}

static void test_function_mask(void)
{
	struct ivshmem_effect e;
	uint32_t control;

	fresh_msix();
	control = end.fn.msix_cap + PCI_MSIX_CONTROL;
	CHECK_EQ(config_set(control, 2, PCI_MSIX_ENABLE | PCI_MSIX_MASKALL).what, IVSHMEM_NONE);
	table_set(3, 12, 1);
	for (unsigned int v = 0; v < 4; v++)
		CHECK_EQ(ivshmem_signal(&end, v, &message), IVSHMEM_HELD);
	CHECK_EQ(end.pending, 0xf);
	e = config_set(control, 2, PCI_MSIX_ENABLE);
	CHECK(e.what == IVSHMEM_UNMASKED && e.mask == 7);
	CHECK_EQ(end.pending, 8);
	config_set(control, 2, 0); /* switching MSI-X off forgets */
	CHECK_EQ(end.pending, 0);
	config_set(control, 2, PCI_MSIX_ENABLE);
	CHECK_EQ(table_set(3, 12, 0).what, IVSHMEM_NONE);
}

static void test_bus_master(void)
{
	struct ivshmem_effect e;

	fresh_msix();
	config_set(PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	CHECK_EQ(ivshmem_signal(&end, 0, &message), IVSHMEM_HELD);
	e = config_set(PCI_COMMAND, 2, PCI_COMMAND_MASTER);
	CHECK(e.what == IVSHMEM_UNMASKED && e.mask == 1);
	CHECK_EQ(ivshmem_signal(&end, 0, &message), IVSHMEM_SEND_MSI);
}

static void test_one_shot(void)
{
	struct ivshmem_effect e;

	fresh_msix();
	config_set(end.fn.vendor_cap + IVSHMEM_CAP_PRIV_CNTL, 1, IVSHMEM_PRIV_ONESHOT);
	CHECK_EQ(ivshmem_signal(&end, 1, &message), IVSHMEM_SEND_MSI);
	CHECK_EQ(reg(IVSHMEM_REG_INT_CONTROL), 0);
	CHECK_EQ(ivshmem_signal(&end, 1, &message), IVSHMEM_DROP);
	set(IVSHMEM_REG_INT_CONTROL, 1);

	/* What is held is not delivered yet. */
	table_set(1, 12, 1);
	CHECK_EQ(ivshmem_signal(&end, 1, &message), IVSHMEM_HELD);
	CHECK_EQ(reg(IVSHMEM_REG_INT_CONTROL), 1);
	e = table_set(1, 12, 0);
	CHECK_EQ(e.what, IVSHMEM_UNMASKED);
	CHECK_EQ(ivshmem_signal(&end, 1, &message), IVSHMEM_SEND_MSI);
	CHECK_EQ(reg(IVSHMEM_REG_INT_CONTROL), 0);
}

static void test_intx(void)
{
	struct ivshmem_effect e;

	fresh(&intx_link);
	CHECK_EQ(ivshmem_signal(&end, 0, &message), IVSHMEM_DROP);
	set(IVSHMEM_REG_INT_CONTROL, 1);
	CHECK_EQ(ivshmem_signal(&end, 0, &message), IVSHMEM_SEND_INTX);
	CHECK_EQ(ivshmem_signal(&end, 1, &message), IVSHMEM_DROP);
	CHECK_EQ(ivshmem_read(&end, TABLE, 0, 4), ONES);
	CHECK_EQ(ivshmem_write(&end, TABLE, 12, 4, 0).what, IVSHMEM_NONE);
	config_set(PCI_COMMAND, 2, PCI_COMMAND_INTX_DISABLE);
	CHECK_EQ(ivshmem_signal(&end, 0, &message), IVSHMEM_HELD);
	e = config_set(PCI_COMMAND, 2, 0);
	CHECK(e.what == IVSHMEM_UNMASKED && e.mask == 1);
	config_set(end.fn.vendor_cap + IVSHMEM_CAP_PRIV_CNTL, 1, IVSHMEM_PRIV_ONESHOT);
	CHECK_EQ(ivshmem_signal(&end, 0, &message), IVSHMEM_SEND_INTX);
	CHECK_EQ(ivshmem_signal(&end, 0, &message), IVSHMEM_DROP);
}

static void test_config_write(void)
{
	int changed;

	fresh(&msix_link);
	ivshmem_config_write(&end, PCI_BAR0, 4, 0xf0000000, &changed);
	CHECK_EQ(changed, 1);
	ivshmem_config_write(&end, PCI_BAR0, 4, 0xf0000000, &changed);
	CHECK_EQ(changed, 0);
	ivshmem_config_write(&end, PCI_VENDOR_ID, 4, 0, &changed);
	CHECK_EQ(changed, 0);
}

static void test_state_ends_with_decoding(void)
{
	struct ivshmem_effect effect;

	fresh(&msix_link);
	config_set(PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
	set(IVSHMEM_REG_STATE, 5);
	CHECK_EQ(config_set(PCI_COMMAND, 2, PCI_COMMAND_MEMORY).what, IVSHMEM_NONE);
	CHECK_EQ(end.state, 5);
	effect = config_set(PCI_COMMAND, 2, 0);
	CHECK_EQ(effect.what, IVSHMEM_STATE);
	CHECK_EQ(end.state, 0);
	CHECK_EQ(config_set(PCI_COMMAND, 2, PCI_COMMAND_MASTER).what, IVSHMEM_NONE);
}

static void test_reset(void)
{
	struct bh_config_link wide = msix_link;

	fresh_msix();
	set(IVSHMEM_REG_STATE, 5);
	config_set(PCI_BAR0, 4, 0xf0000000);
	config_set(PCI_BAR0 + 4, 4, 0xf0001000);
	config_set(end.fn.vendor_cap + IVSHMEM_CAP_PRIV_CNTL, 1, IVSHMEM_PRIV_ONESHOT);
	table_set(0, 12, 1);
	ivshmem_signal(&end, 0, &message);
	ivshmem_reset(&end, &msix_link, 16);
	CHECK_EQ(reg(IVSHMEM_REG_STATE), 0);
	CHECK_EQ(reg(IVSHMEM_REG_INT_CONTROL), 0);
	CHECK_EQ(ivshmem_read(&end, TABLE, 0x800, 4), 0);
	CHECK_EQ(ivshmem_read(&end, TABLE, 16, 8), 0);
	CHECK_EQ(ivshmem_read(&end, TABLE, 24, 8), UINT64_C(1) << 32);
	CHECK_EQ(pci_read(&end.fn, PCI_COMMAND, 2), 0);
	CHECK_EQ(pci_read(&end.fn, end.fn.msix_cap + PCI_MSIX_CONTROL, 2), 3);
	CHECK_EQ(pci_read(&end.fn, end.fn.vendor_cap + IVSHMEM_CAP_PRIV_CNTL, 1), 0);
	CHECK_EQ(pci_read(&end.fn, PCI_BAR0, 4), 0);
	CHECK_EQ(pci_read(&end.fn, PCI_BAR0 + 4, 4), 0);
	CHECK_EQ(reg(IVSHMEM_REG_ID), 1);
	CHECK_EQ(reg(IVSHMEM_REG_MAX_PEERS), 3);

	wide.vectors = 2048;
	ivshmem_reset(&end, &wide, 16);
	CHECK_EQ(end.vectors, IVSHMEM_MAX_VECTORS);
	CHECK_EQ(pci_read(&end.fn, end.fn.msix_cap + PCI_MSIX_CONTROL, 2), 15);
}

int main(void)
{
	test_registers();
	test_state_and_doorbell();
	test_table();
	test_msix_delivery();
	test_entry_mask();
	test_function_mask();
	test_bus_master();
	test_one_shot();
	test_intx();
	test_config_write();
	test_state_ends_with_decoding();
	test_reset();
	return check_done();
}
