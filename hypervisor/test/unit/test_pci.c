/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Configuration space of virtual functions and the decoding of configuration accesses.
 */
#include <string.h>
#include <bulkhead/ivshmem.h>
#include "../../pure/pci.h"
#include "check.h"

static const struct bh_config_link msix_link = {
	.protocol = 0x4001,
	.vectors = 3,
	.gpa = UINT64_C(0x123456789000),
	.rw_size = UINT64_C(0x100002000),
	.output_size = 0x3000,
};
static const struct bh_config_link intx_link = {
	.protocol = IVSHMEM_PROTO_NET,
	.flags = BH_LINK_INTX,
	.vectors = 1,
	.gpa = 0xd0000000,
};

static unsigned int find_cap(const struct pci_function *fn, uint8_t id)
{
	unsigned int offset = pci_read(fn, 0x34, 1);

	for (int i = 0; offset && i < 16; i++) {
		if (pci_read(fn, offset, 1) == id)
			return offset;
		offset = pci_read(fn, offset + 1, 1);
	}
	return 0;
}

static void test_link_header(void)
{
	struct pci_function fn;

	pci_make_link(&fn, &msix_link, 0);
	CHECK_EQ(pci_read(&fn, 0x00, 4), 0x4106110a);
	CHECK_EQ(pci_read(&fn, 0x04, 2), 0);
	CHECK_EQ(pci_read(&fn, 0x06, 2), 0x0010);
	CHECK_EQ(pci_read(&fn, 0x08, 4), 0xff400100); /* class ff, protocol 4001, revision 0 */
	CHECK_EQ(pci_read(&fn, 0x0e, 1), 0);
	CHECK_EQ(pci_read(&fn, 0x2c, 4), IVSHMEM_SUBSYSTEM_ID << 16 | 0x110a);
	CHECK_EQ(pci_read(&fn, 0x3d, 1), 0); /* no pin beside MSI-X */
	pci_make_link(&fn, &intx_link, 17);
	CHECK_EQ(pci_read(&fn, 0x08, 4), 0xff000100);
	CHECK_EQ(pci_read(&fn, 0x3c, 2), 0x0111);
}

static void test_vendor_cap(void)
{
	struct pci_function fn;
	unsigned int cap;

	pci_make_link(&fn, &msix_link, 0);
	cap = find_cap(&fn, 0x09);
	CHECK(cap && cap == fn.vendor_cap);
	CHECK_EQ(pci_read(&fn, cap + IVSHMEM_CAP_LENGTH, 1), 0x20);
	CHECK_EQ(pci_read(&fn, cap + IVSHMEM_CAP_PRIV_CNTL, 1), 0);
	CHECK_EQ(pci_read(&fn, cap + IVSHMEM_CAP_STATE_TABLE_SIZE, 4), 0x1000);
	CHECK_EQ(pci_read(&fn, cap + IVSHMEM_CAP_RW_SIZE, 4), 0x2000);
	CHECK_EQ(pci_read(&fn, cap + IVSHMEM_CAP_RW_SIZE + 4, 4), 1);
	CHECK_EQ(pci_read(&fn, cap + IVSHMEM_CAP_OUTPUT_SIZE, 4), 0x3000);
	CHECK_EQ(pci_read(&fn, cap + IVSHMEM_CAP_BASE_ADDRESS, 4), 0x56789000);
	CHECK_EQ(pci_read(&fn, cap + IVSHMEM_CAP_BASE_ADDRESS + 4, 4), 0x1234);

	/* Of the whole capability one bit can be written. */
	for (unsigned int i = 0; i < 0x20; i += 4) {
		uint32_t before = pci_read(&fn, cap + i, 4);

		CHECK_EQ(pci_write(&fn, cap + i, 4, ~before), i == 0);
		CHECK_EQ(pci_read(&fn, cap + i, 4) ^ before, i == 0 ? 1u << 24 : 0);
	}
	CHECK_EQ(pci_write(&fn, cap + IVSHMEM_CAP_PRIV_CNTL, 1, 0xfe), 1);
	CHECK_EQ(pci_read(&fn, cap + IVSHMEM_CAP_PRIV_CNTL, 1), 0);
}

static void test_msix_cap(void)
{
	struct pci_function fn;
	unsigned int cap;

	pci_make_link(&fn, &msix_link, 0);
	cap = find_cap(&fn, 0x11);
	CHECK(cap && cap == fn.msix_cap);
	CHECK_EQ(pci_read(&fn, cap + PCI_MSIX_CONTROL, 2), 2);
	CHECK_EQ(pci_read(&fn, cap + 4, 4), 0x00000001);
	CHECK_EQ(pci_read(&fn, cap + 8, 4), 0x00000801);
	CHECK_EQ(pci_write(&fn, cap + PCI_MSIX_CONTROL, 2, 0xffff), 1);
	CHECK_EQ(pci_read(&fn, cap + PCI_MSIX_CONTROL, 2), 0xc002);
	CHECK_EQ(pci_write(&fn, cap + PCI_MSIX_CONTROL, 2, 0xffff), 0);
	pci_make_link(&fn, &intx_link, 17);
	CHECK_EQ(find_cap(&fn, 0x11), 0);
	CHECK_EQ(fn.msix_cap, 0);
	CHECK(find_cap(&fn, 0x09));
}

static void test_command(void)
{
	struct pci_function fn;

	pci_make_link(&fn, &msix_link, 0);
	CHECK_EQ(pci_write(&fn, PCI_COMMAND, 4, 0xffffffff), 1);
	CHECK_EQ(pci_read(&fn, PCI_COMMAND, 4), 0x00100006);
	pci_make_link(&fn, &intx_link, 17);
	pci_write(&fn, PCI_COMMAND, 2, 0xffff);
	CHECK_EQ(pci_read(&fn, PCI_COMMAND, 2), 0x0406);
	CHECK_EQ(pci_write(&fn, PCI_COMMAND + 1, 1, 0), 1);
	CHECK_EQ(pci_read(&fn, PCI_COMMAND, 2), 0x0006);
	/* The interrupt line is scratch: kept, and nobody's business. */
	CHECK_EQ(pci_write(&fn, 0x3c, 1, 0x55), 0);
	CHECK_EQ(pci_read(&fn, 0x3c, 1), 0x55);
}

static void test_bars(void)
{
	struct pci_function fn;

	pci_make_link(&fn, &msix_link, 0);
	CHECK_EQ(pci_bar_address(&fn, 0), BH_ADDR_NONE);
	pci_bar_set(&fn, 0, 0xf0000123);
	pci_bar_set(&fn, 2, 0xf0004000);
	CHECK_EQ(pci_read(&fn, 0x10, 4), 0xf0000000);
	CHECK_EQ(pci_read(&fn, 0x18, 4), 0);
	CHECK_EQ(pci_bar_address(&fn, 0), BH_ADDR_NONE);
	pci_write(&fn, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	CHECK_EQ(pci_bar_address(&fn, 0), 0xf0000000);
	CHECK_EQ(pci_bar_address(&fn, 1), 0);
	CHECK_EQ(pci_bar_address(&fn, 2), BH_ADDR_NONE);
	CHECK_EQ(pci_bar_address(&fn, 6), BH_ADDR_NONE);

	/* Sizing as PCI 3.0, 6.2.5.1 describes it, and bytewise relocation. */
	CHECK_EQ(pci_write(&fn, 0x14, 4, 0xffffffff), 1);
	CHECK_EQ(pci_read(&fn, 0x14, 4), 0xfffff000);
	CHECK_EQ(pci_write(&fn, 0x17, 1, 0xe0), 1);
	CHECK_EQ(pci_bar_address(&fn, 1), 0xe0fff000);
	pci_make_link(&fn, &intx_link, 17);
	pci_write(&fn, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
	CHECK_EQ(pci_write(&fn, 0x10, 4, 0xffffffff), 1);
	CHECK_EQ(pci_bar_address(&fn, 0), 0xfffff000);
	CHECK_EQ(pci_write(&fn, 0x14, 4, 0xffffffff), 0);
	CHECK_EQ(pci_bar_address(&fn, 1), BH_ADDR_NONE);
}

static void test_bad_accesses(void)
{
	struct pci_function fn;

	pci_make_link(&fn, &msix_link, 0);
	CHECK_EQ(pci_read(&fn, 2, 4), 0xffffffff);
	CHECK_EQ(pci_read(&fn, 3, 2), 0xffff);
	CHECK_EQ(pci_read(&fn, 0, 3), 0xffffffff);
	CHECK_EQ(pci_read(&fn, 0, 0), 0xffffffff);
	CHECK_EQ(pci_read(&fn, 4096, 1), 0xff);
	CHECK_EQ(pci_read(&fn, 256, 4), 0);
	CHECK_EQ(pci_read(&fn, 4092, 4), 0);
	CHECK_EQ(pci_write(&fn, 256, 4, 0), 0);
	CHECK_EQ(pci_write(&fn, 0xffffffff, 1, 0), 0);
	CHECK_EQ(pci_write(&fn, 3, 2, 0xffff), 0);
	CHECK_EQ(pci_write(&fn, PCI_COMMAND, 8, 0xffff), 0);
	CHECK_EQ(pci_read(&fn, PCI_COMMAND, 2), 0);
}

static void test_bridge(void)
{
	struct pci_function fn;

	pci_make_bridge(&fn);
	CHECK(pci_read(&fn, 0, 2) != 0xffff);
	CHECK_EQ(pci_read(&fn, 0x0a, 2), 0x0600);
	CHECK_EQ(pci_read(&fn, 0x0e, 1), 0);
	for (unsigned int i = 0; i < 256; i += 4)
		CHECK_EQ(pci_write(&fn, i, 4, 0xffffffff), 0);
	for (unsigned int bar = 0; bar < PCI_BARS; bar++)
		CHECK_EQ(pci_bar_address(&fn, bar), BH_ADDR_NONE);
}

static void test_cf8(void)
{
	struct pci_access a = { 0 };

	CHECK_EQ(pci_decode_cf8(0x80000000, 0xcfc, 4, &a), 0);
	CHECK(a.bdf == 0 && a.offset == 0 && a.width == 4);
	CHECK_EQ(pci_decode_cf8(0x8012fd3c, 0xcfe, 2, &a), 0);
	CHECK(a.bdf == 0x12fd && a.offset == 0x3e && a.width == 2);
	CHECK_EQ(pci_decode_cf8(0xff000043, 0xcff, 1, &a), 0); /* reserved bits do not count */
	CHECK(a.bdf == 0 && a.offset == 0x43 && a.width == 1);
	CHECK_EQ(pci_decode_cf8(0x7fffffff, 0xcfc, 4, &a), -EINVAL);
	CHECK_EQ(pci_decode_cf8(0x80000000, 0xcfd, 4, &a), -EINVAL);
	CHECK_EQ(pci_decode_cf8(0x80000000, 0xcff, 2, &a), -EINVAL);
	CHECK_EQ(pci_decode_cf8(0x80000000, 0xcfb, 1, &a), -EINVAL);
	CHECK_EQ(pci_decode_cf8(0x80000000, 0xd00, 1, &a), -EINVAL);
	CHECK_EQ(pci_decode_cf8(0x80000000, 0xcfc, 3, &a), -EINVAL);
	CHECK(a.bdf == 0 && a.offset == 0x43 && a.width == 1); /* untouched by errors */
}

static void test_ecam(void)
{
	struct pci_access a = { 0 };

	CHECK_EQ(pci_decode_ecam(0x1234567, 0, 1, &a), 0);
	CHECK(a.bdf == 0x1234 && a.offset == 0x567 && a.width == 1);
	CHECK_EQ(pci_decode_ecam(0x0008ffc, 0x40, 4, &a), 0);
	CHECK(a.bdf == 0x4008 && a.offset == 0xffc && a.width == 4);
	CHECK_EQ(pci_decode_ecam(0xbf00000, 0x40, 4, &a), 0);
	CHECK_EQ(a.bdf, 0xff00);
	CHECK_EQ(pci_decode_ecam(0xc000000, 0x40, 4, &a), -EINVAL);
	CHECK_EQ(pci_decode_ecam(~UINT64_C(0) << 2, 0, 4, &a), -EINVAL);
	CHECK_EQ(pci_decode_ecam(2, 0, 4, &a), -EINVAL);
	CHECK_EQ(pci_decode_ecam(0, 0, 8, &a), -EINVAL);
	CHECK_EQ(pci_decode_ecam(7, 0, 2, &a), -EINVAL);
}

int main(void)
{
	test_link_header();
	test_vendor_cap();
	test_msix_cap();
	test_command();
	test_bars();
	test_bad_accesses();
	test_bridge();
	test_cf8();
	test_ecam();
	return check_done();
}
