/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Configuration space of virtual functions, and where a configuration access goes. The image
 * is little-endian bytes throughout, so no access width needs special care.
 */
#include <bulkhead/ivshmem.h>
#include "pci.h"

#define PCI_DEVICE_ID 0x02
#define PCI_STATUS 0x06
#define PCI_STATUS_CAPABILITIES 0x10
#define PCI_CLASS_INTERFACE 0x09
#define PCI_CLASS_SUB 0x0a
#define PCI_SUBSYSTEM_VENDOR_ID 0x2c
#define PCI_SUBSYSTEM_ID 0x2e
#define PCI_CAPABILITIES 0x34
#define PCI_INTERRUPT_LINE 0x3c
#define PCI_INTERRUPT_PIN 0x3d

#define PCI_CAP_NEXT 1
#define PCI_CAP_VENDOR 0x09
#define PCI_CAP_MSIX 0x11
#define PCI_MSIX_TABLE 4
#define PCI_MSIX_PBA 8

#define PCI_ECAM_BUS_SHIFT 20

/* The generic PCIe host bridge of the public ID list: no driver binds and no quirk applies. */
#define BRIDGE_VENDOR_ID 0x1b36
#define BRIDGE_DEVICE_ID 0x0008
#define BRIDGE_CLASS 0x06
#define BRIDGE_SUBCLASS 0x00

/* The vendor capability comes first so that it lies at the same place with and without MSI-X. */
#define LINK_VENDOR_CAP 0x40
#define LINK_VENDOR_LENGTH 0x20
#define LINK_MSIX_CAP 0x60
#define LINK_MSIX_BAR 1
#define LINK_PBA_OFFSET 0x800

static void put(uint8_t *image, unsigned int offset, unsigned int width, uint64_t value)
{
	for (unsigned int i = 0; i < width; i++)
		image[offset + i] = (uint8_t)(value >> (8 * i));
}

static uint32_t get(const uint8_t *image, unsigned int offset, unsigned int width)
{
	uint32_t value = 0;

	while (width--)
		value = value << 8 | image[offset + width];
	return value;
}

static int width_is_valid(uint32_t offset, unsigned int width)
{
	if (width != 1 && width != 2 && width != 4)
		return 0;
	return (offset & 3) + width <= 4;
}

uint32_t pci_read(const struct pci_function *fn, uint32_t offset, unsigned int width)
{
	if (!width_is_valid(offset, width) || offset >= 4096)
		return pci_ones(width == 1 || width == 2 ? width : 4);
	if (offset >= sizeof(fn->config))
		return 0;
	return get(fn->config, offset, width);
}

int pci_write(struct pci_function *fn, uint32_t offset, unsigned int width, uint32_t value)
{
	int changed = 0;

	if (!width_is_valid(offset, width) || offset >= sizeof(fn->config))
		return 0;
	for (unsigned int i = 0; i < width; i++) {
		uint8_t mask = fn->writable[offset + i];
		uint8_t old = fn->config[offset + i];
		uint8_t new = (old & ~mask) | ((uint8_t)(value >> (8 * i)) & mask);

		fn->config[offset + i] = new;
		/* The interrupt line is the one writable register that decides nothing. */
		if (new != old && offset + i != PCI_INTERRUPT_LINE)
			changed = 1;
	}
	return changed;
}

/* Writable bits of a BAR; 0: no such BAR. There are none but for memory below 4 GiB, whose flags
 * are all zero. */
static uint32_t bar_mask(const struct pci_function *fn, unsigned int bar)
{
	return bar < PCI_BARS ? get(fn->writable, PCI_BAR0 + 4 * bar, 4) : 0;
}

uint64_t pci_bar_address(const struct pci_function *fn, unsigned int bar)
{
	if (!bar_mask(fn, bar) || !(fn->config[PCI_COMMAND] & PCI_COMMAND_MEMORY))
		return BH_ADDR_NONE;
	return get(fn->config, PCI_BAR0 + 4 * bar, 4);
}

void pci_bar_set(struct pci_function *fn, unsigned int bar, uint64_t address)
{
	uint32_t mask = bar_mask(fn, bar);

	if (mask)
		put(fn->config, PCI_BAR0 + 4 * bar, 4, address & mask);
}

void pci_make_bridge(struct pci_function *fn)
{
	*fn = (struct pci_function){ 0 };
	put(fn->config, PCI_VENDOR_ID, 2, BRIDGE_VENDOR_ID);
	put(fn->config, PCI_DEVICE_ID, 2, BRIDGE_DEVICE_ID);
	fn->config[PCI_CLASS_BASE] = BRIDGE_CLASS;
	fn->config[PCI_CLASS_SUB] = BRIDGE_SUBCLASS;
}

static void link_add_vendor_cap(struct pci_function *fn, const struct bh_config_link *link)
{
	uint8_t *cap = fn->config + LINK_VENDOR_CAP;

	fn->vendor_cap = LINK_VENDOR_CAP;
	cap[0] = PCI_CAP_VENDOR;
	cap[IVSHMEM_CAP_LENGTH] = LINK_VENDOR_LENGTH;
	put(cap, IVSHMEM_CAP_STATE_TABLE_SIZE, 4, BH_PAGE_SIZE);
	put(cap, IVSHMEM_CAP_RW_SIZE, 8, link->rw_size);
	put(cap, IVSHMEM_CAP_OUTPUT_SIZE, 8, link->output_size);
	put(cap, IVSHMEM_CAP_BASE_ADDRESS, 8, link->gpa);
	fn->writable[LINK_VENDOR_CAP + IVSHMEM_CAP_PRIV_CNTL] = IVSHMEM_PRIV_ONESHOT;
}

static void link_add_msix_cap(struct pci_function *fn, uint16_t vectors)
{
	uint8_t *cap = fn->config + LINK_MSIX_CAP;

	fn->msix_cap = LINK_MSIX_CAP;
	fn->config[LINK_VENDOR_CAP + PCI_CAP_NEXT] = LINK_MSIX_CAP;
	cap[0] = PCI_CAP_MSIX;
	put(cap, PCI_MSIX_CONTROL, 2, vectors - 1u);
	put(cap, PCI_MSIX_TABLE, 4, LINK_MSIX_BAR);
	put(cap, PCI_MSIX_PBA, 4, LINK_PBA_OFFSET | LINK_MSIX_BAR);
	put(fn->writable, LINK_MSIX_CAP + PCI_MSIX_CONTROL, 2, PCI_MSIX_ENABLE | PCI_MSIX_MASKALL);
	put(fn->writable, PCI_BAR0 + 4 * LINK_MSIX_BAR, 4, ~(BH_PAGE_SIZE - 1));
}

void pci_make_link(struct pci_function *fn, const struct bh_config_link *link, uint8_t intx_line)
{
	unsigned int command = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;

	*fn = (struct pci_function){ 0 };
	put(fn->config, PCI_VENDOR_ID, 2, IVSHMEM_VENDOR_ID);
	put(fn->config, PCI_DEVICE_ID, 2, IVSHMEM_DEVICE_ID);
	put(fn->config, PCI_STATUS, 2, PCI_STATUS_CAPABILITIES);
	put(fn->config, PCI_CLASS_INTERFACE, 2, link->protocol); /* and sub-class */
	fn->config[PCI_CLASS_BASE] = IVSHMEM_CLASS;
	put(fn->config, PCI_SUBSYSTEM_VENDOR_ID, 2, IVSHMEM_VENDOR_ID);
	put(fn->config, PCI_SUBSYSTEM_ID, 2, IVSHMEM_SUBSYSTEM_ID);
	fn->config[PCI_CAPABILITIES] = LINK_VENDOR_CAP;
	fn->config[PCI_INTERRUPT_LINE] = intx_line;
	fn->writable[PCI_INTERRUPT_LINE] = 0xff;
	put(fn->writable, PCI_BAR0, 4, ~(BH_PAGE_SIZE - 1));
	link_add_vendor_cap(fn, link);
	if (link->flags & BH_LINK_INTX) {
		fn->config[PCI_INTERRUPT_PIN] = 1;
		command |= PCI_COMMAND_INTX_DISABLE;
	} else if (link->vectors) {
		link_add_msix_cap(fn, link->vectors);
	}
	put(fn->writable, PCI_COMMAND, 2, command);
}

int pci_decode_cf8(uint32_t address, uint16_t port, unsigned int width, struct pci_access *out)
{
	uint32_t byte = (uint32_t)port - PCI_DATA_PORT;

	if (!(address & PCI_CF8_ENABLE) || byte > 3 || !width_is_valid(byte, width))
		return -EINVAL;
	/* Bits 30..24 and 1..0 are reserved: without meaning to the mechanism. */
	out->bdf = (uint16_t)(address >> 8);
	out->offset = (uint16_t)((address & 0xfc) + byte);
	out->width = (uint8_t)width;
	return 0;
}

int pci_decode_ecam(uint64_t offset, uint8_t bus_first, unsigned int width, struct pci_access *out)
{
	uint64_t bus = offset >> PCI_ECAM_BUS_SHIFT;

	if (!width_is_valid(offset & 3, width) || bus > 0xffu - bus_first)
		return -EINVAL;
	out->bdf = (uint16_t)((bus + bus_first) << 8 | (offset >> 12 & 0xff));
	out->offset = (uint16_t)(offset & 0xfff);
	out->width = (uint8_t)width;
	return 0;
}
