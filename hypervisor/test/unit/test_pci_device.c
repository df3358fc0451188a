// SPDX-License-Identifier: GPL-2.0-only
/* A cell's view of a real function: what is kept, what is hidden, what writes mean. */
#include <string.h>
#include "check.h"
#include "pure/icr.h"
#include "pure/pci_device.h"

#define CAPS 0x34
#define STATUS 0x06

static uint8_t raw[256];
static struct bh_config_pci c;
static struct pci_device d;

static void put(unsigned int at, unsigned int width, uint32_t value)
{
	for (unsigned int i = 0; i < width; i++)
		raw[at + i] = (uint8_t)(value >> 8 * i);
}

static void capability(unsigned int at, uint8_t id, uint8_t next)
{
	raw[at] = id;
	raw[at + 1] = next;
}

/* A function with all kinds of capabilities: PM, vendor's own, MSI, PCIe, MSI-X. */
static void begin(void)
{
	memset(raw, 0, sizeof(raw));
	memset(&c, 0, sizeof(c));
	c.pf_bdf = BH_BDF_NONE;
	c.bar[0].gpa = 0xf1000000;
	c.bar[0].hpa = 0xfe000000;
	c.bar[0].size = 0x4000;
	put(0x00, 4, 0x10d38086);
	put(0x04, 2, 0x0107);
	put(STATUS, 2, 0x0010);
	put(0x08, 4, 0x02000011);
	put(0x0c, 4, 0x00000010);
	put(0x2c, 4, 0x12345678);
	raw[CAPS] = 0x40;
	capability(0x40, 0x01, 0x50);
	capability(0x50, 0x09, 0x60);
	capability(0x60, 0x05, 0x80);
	put(0x62, 2, 0x018a);
	capability(0x80, 0x10, 0xc0);
	put(0x82, 2, 2);
	put(0x84, 4, 1u << 28);
	capability(0xc0, 0x11, 0);
	put(0xc2, 2, 63);
	put(0xc4, 4, 0x2000);
	put(0xc8, 4, 0x3000);
}

static void test_kept(void)
{
	begin();
	CHECK(!pci_device_make(&d, raw, &c));
	CHECK(pci_device_read(&d, 0, 4) == 0x10d38086);
	CHECK(pci_device_read(&d, 8, 4) == 0x02000011);
	CHECK(pci_device_read(&d, 0x0c, 4) == 0);
	CHECK(pci_device_read(&d, 0x2c, 4) == 0x12345678);
	CHECK(pci_device_read(&d, CAPS, 1) == 0x40);
	CHECK(pci_device_read(&d, 0x41, 1) == 0x60); /* the vendor's own is hidden */
	CHECK(pci_device_read(&d, 0x50, 4) == 0);
	CHECK(pci_device_read(&d, 0x61, 1) == 0x80);
	CHECK(pci_device_read(&d, 0x62, 2) == 0x80); /* one message, no masks */
	CHECK(d.msi_cap == 0x60 && d.msi_64bit && d.pcie_cap == 0x80 && d.has_flr);
	CHECK(d.fn.msix_cap == 0xc0 && d.vectors == 32 && d.all_vectors == 64);
	CHECK(pci_device_read(&d, 0xc2, 2) == 31);
	CHECK(pci_device_read(&d, 0x3d, 1) == 0);
	CHECK(pci_device_read(&d, 0x100, 4) == 0);
}

static void test_pages_of_the_table(void)
{
	uint64_t offset = 0;

	begin();
	CHECK(!pci_device_make(&d, raw, &c));
	CHECK(pci_device_table_pages(&d, 0, &offset) == 0x1000 && offset == 0x2000);
	CHECK(pci_device_table_pages(&d, 1, &offset) == 0);
	put(0xc4, 4, 0x2c08); /* not aligned to an entry */
	CHECK(pci_device_make(&d, raw, &c) == -EINVAL);
	put(0xc4, 4, 0x2e00); /* across a page */
	CHECK(!pci_device_make(&d, raw, &c));
	CHECK(pci_device_table_pages(&d, 0, &offset) == 0x2000 && offset == 0x2000);
	put(0xc4, 4, 0x3e00); /* beyond the BAR */
	CHECK(pci_device_make(&d, raw, &c) == -EINVAL);
	put(0xc4, 4, 0x4010);
	CHECK(pci_device_make(&d, raw, &c) == -EINVAL);
	put(0xc4, 4, 0x2001); /* in a BAR that is not there, in none */
	CHECK(pci_device_make(&d, raw, &c) == -EINVAL);
	put(0xc4, 4, 0x2007);
	CHECK(pci_device_make(&d, raw, &c) == -EINVAL);
	raw[0xc0] = 0x09;
	CHECK(!pci_device_make(&d, raw, &c));
	CHECK(pci_device_table_pages(&d, 0, &offset) == 0 && !pci_device_msix_control(&d));
}

static void test_refused(void)
{
	begin();
	raw[0x0e] = 1;
	CHECK(pci_device_make(&d, raw, &c) == -EINVAL);
	raw[0x0e] = 0x80; /* one of several functions: the cell sees one */
	CHECK(!pci_device_make(&d, raw, &c) && !pci_device_read(&d, 0x0e, 1));
	c.vendor = 0x8087;
	CHECK(pci_device_make(&d, raw, &c) == -EINVAL);
	c.vendor = 0x8086;
	c.device = 0x10d4;
	CHECK(pci_device_make(&d, raw, &c) == -EINVAL);
	c.device = 0x10d3;
	CHECK(!pci_device_make(&d, raw, &c));
	memset(raw, 0xff, sizeof(raw));
	CHECK(pci_device_make(&d, raw, &c) == -EINVAL);
}

static void test_virtual_function(void)
{
	begin();
	put(0, 4, 0xffffffff);
	CHECK(pci_device_make(&d, raw, &c) == -EINVAL);
	c.pf_bdf = 0x200;
	c.vendor = 0xffff;
	CHECK(pci_device_make(&d, raw, &c) == -EINVAL);
	c.vendor = 0x8086;
	c.device = 0x10ca;
	CHECK(!pci_device_make(&d, raw, &c) && pci_device_read(&d, 0, 4) == 0x10ca8086);
}

/* Lists that loop, leave the space, or name a capability twice. */
static void test_hostile_lists(void)
{
	begin();
	raw[STATUS] = 0;
	CHECK(!pci_device_make(&d, raw, &c) && !pci_device_read(&d, CAPS, 1) && !d.has_flr);
	raw[STATUS] = 0x10;
	raw[0xc1] = 0x40;
	CHECK(!pci_device_make(&d, raw, &c));
	begin();
	raw[CAPS] = 0x20;
	CHECK(!pci_device_make(&d, raw, &c) && !pci_device_read(&d, CAPS, 1));
	for (unsigned int id = 0; id < 256; id++)
		for (unsigned int at = 0x40; at < 256; at += 4) {
			begin();
			raw[CAPS] = (uint8_t)at;
			capability(at, (uint8_t)id, (uint8_t)at);
			if (pci_device_make(&d, raw, &c))
				continue;
			CHECK(d.msi_cap <= 256 - 10 && d.fn.msix_cap <= 256 - 12);
		}
	begin();
	raw[CAPS] = 0xf8; /* half a capability of each kind that is long */
	capability(0xf8, 0x05, 0);
	CHECK(!pci_device_make(&d, raw, &c) && !d.msi_cap && !pci_device_read(&d, CAPS, 1));
	capability(0xf8, 0x11, 0);
	CHECK(!pci_device_make(&d, raw, &c) && !d.fn.msix_cap);
	capability(0xf8, 0x10, 0);
	CHECK(!pci_device_make(&d, raw, &c) && !d.pcie_cap);
	raw[CAPS] = 0xe0;
	capability(0xe0, 0x10, 0); /* an old one is shorter */
	put(0xe2, 2, 1);
	CHECK(!pci_device_make(&d, raw, &c) && d.pcie_cap == 0xe0);
}

static void test_bars_size_and_stay(void)
{
	begin();
	CHECK(!pci_device_make(&d, raw, &c));
	CHECK(pci_device_read(&d, 0x10, 4) == 0xf1000000 && pci_device_read(&d, 0x14, 4) == 0);
	CHECK(!pci_device_write(&d, 0x10, 4, 0xffffffff));
	CHECK(pci_device_read(&d, 0x10, 4) == 0xffffc000);
	CHECK(pci_device_read(&d, 0x10, 2) == 0);
	CHECK(!pci_device_write(&d, 0x10, 4, 0xfee00000));
	CHECK(pci_device_read(&d, 0x10, 4) == 0xf1000000);
	CHECK(!pci_device_write(&d, 0x10, 2, 0xffff));
	CHECK(pci_device_read(&d, 0x10, 4) == 0xf1000000);
	CHECK(!pci_device_write(&d, 0x14, 4, 0xffffffff) && pci_device_read(&d, 0x14, 4) == 0);
}

static void test_command_and_ids(void)
{
	begin();
	CHECK(!pci_device_make(&d, raw, &c));
	CHECK(pci_device_command(&d) == PCI_COMMAND_MEMORY);
	CHECK(pci_device_write(&d, PCI_COMMAND, 2, 0xffff));
	CHECK(pci_device_command(&d) == (0x1d8 | 0x406));
	CHECK(!pci_device_write(&d, 0, 4, 0) && pci_device_read(&d, 0, 4) == 0x10d38086);
	CHECK(!pci_device_write(&d, 0x44, 2, 3) && !pci_device_read(&d, 0x44, 2)); /* D3 */
	CHECK(!pci_device_write(&d, 0x88, 2, 0x8000));				   /* FLR */
	CHECK(pci_device_write(&d, 0xc2, 2, 0xffff));
	CHECK(pci_device_msix_control(&d) == (0xc000 | 31));
	pci_device_reset(&d, &c);
	CHECK(pci_device_command(&d) == PCI_COMMAND_MEMORY && pci_device_msix_control(&d) == 31);
	CHECK(pci_device_read(&d, 0x10, 4) == 0xf1000000);
}

static void test_msi(void)
{
	struct msi_interrupt irq;

	begin();
	CHECK(!pci_device_make(&d, raw, &c) && !pci_device_uses_msi(&d));
	pci_device_write(&d, 0x64, 4, 0xfee03000);
	pci_device_write(&d, 0x6c, 2, 0x0051);
	CHECK(pci_device_write(&d, 0x62, 2, 0x0071) && pci_device_uses_msi(&d));
	CHECK(pci_device_read(&d, 0x62, 2) == 0x81);
	CHECK(pci_device_msi(&d, &irq) == MSI_COMPATIBLE);
	CHECK(irq.destination == 3 && irq.vector == 0x51 && irq.mode == ICR_FIXED);
	pci_device_write(&d, 0x68, 4, 1);
	CHECK(pci_device_msi(&d, &irq) == MSI_NONE);
	begin();
	put(0x62, 2, 0); /* 32-bit addresses */
	CHECK(!pci_device_make(&d, raw, &c) && !d.msi_64bit);
	pci_device_write(&d, 0x64, 4, 0xfee01000);
	pci_device_write(&d, 0x68, 2, 0x0031);
	CHECK(pci_device_msi(&d, &irq) == MSI_COMPATIBLE && irq.vector == 0x31);
}

static void test_pin_instead(void)
{
	begin();
	c.flags = BH_PCI_INTX;
	c.intx_pin = 9;
	CHECK(!pci_device_make(&d, raw, &c) && !d.msi_cap && !d.fn.msix_cap);
	CHECK(pci_device_read(&d, 0x3c, 2) == 0x0109);
	pci_device_write(&d, 0x3c, 1, 0x77);
	CHECK(pci_device_read(&d, 0x3c, 1) == 0x77);
	pci_device_reset(&d, &c);
	CHECK(pci_device_read(&d, 0x3c, 1) == 9);
	CHECK(!pci_device_uses_msi(&d) && !pci_device_msix_control(&d));
}

int main(void)
{
	test_kept();
	test_pages_of_the_table();
	test_refused();
	test_virtual_function();
	test_hostile_lists();
	test_bars_size_and_stay();
	test_command_and_ids();
	test_msi();
	test_pin_instead();
	return check_done();
}
