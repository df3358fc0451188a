// SPDX-License-Identifier: GPL-2.0-only
/* What a cell sees of a PCI function of its own, and what it may write there. */
#include "pci_device.h"

#define PCI_DEVICE_ID 0x02
#define PCI_STATUS 0x06
#define PCI_STATUS_CAPABILITIES 0x10
#define PCI_HEADER_LAYOUT 0x7f
#define PCI_CAPABILITIES 0x34
#define PCI_INTERRUPT_LINE 0x3c
#define PCI_INTERRUPT_PIN 0x3d
#define PCI_HEADER_END 0x40
#define PCI_MAX_CAPS 48
#define PCI_COMMAND_IGNORED 0x1d8 /* special cycles, MWI, snooping, parity, stepping, SERR */

#define CAP_NEXT 1
#define CAP_PM 0x01
#define CAP_MSI 0x05
#define CAP_PCIE 0x10
#define CAP_MSIX 0x11
#define PM_SIZE 8
#define PCIE_SIZE 0x3c
#define PCIE_SIZE_V1 0x14
#define PCIE_VERSION 2
#define PCIE_DEVCAP 4
#define PCIE_DEVCAP_FLR (1u << 28)
#define MSI_CONTROL 2
#define MSI_ENABLE 0x0001
#define MSI_64BIT 0x0080
#define MSI_ADDRESS 4
#define MSI_SIZE 10 /* to the end of the data; 4 more with 64-bit addresses */
#define MSIX_TABLE 4
#define MSIX_BIR 7u
#define MSIX_VECTORS 0x7ff
#define MSIX_ENTRY 16
#define MSIX_SIZE 12

static uint32_t get(const uint8_t *image, unsigned int offset, unsigned int width)
{
	uint32_t value = 0;

	while (width--)
		value = value << 8 | image[offset + width];
	return value;
}

static void put(uint8_t *image, unsigned int offset, unsigned int width, uint32_t value)
{
	for (unsigned int i = 0; i < width; i++)
		image[offset + i] = (uint8_t)(value >> (8 * i));
}

/* ------------------------------------------------------------------------- capabilities */

/* Power states and the express link are not the cell's: it may look. */
static int keep(struct pci_device *d, const uint8_t *raw, unsigned int at, unsigned int size)
{
	if (at + size > 256)
		return 0;
	for (unsigned int i = 0; i < size; i++)
		d->fn.config[at + i] = raw[at + i];
	return 1;
}

static int keep_pcie(struct pci_device *d, const uint8_t *raw, unsigned int at)
{
	int old = at + PCIE_SIZE_V1 <= 256 && (raw[at + PCIE_VERSION] & 0xf) < 2;

	if (!keep(d, raw, at, old ? PCIE_SIZE_V1 : PCIE_SIZE))
		return 0;
	d->pcie_cap = (uint8_t)at;
	d->has_flr = !!(get(raw, at + PCIE_DEVCAP, 4) & PCIE_DEVCAP_FLR);
	return 1;
}

/* One message, without a mask for it. */
static int keep_msi(struct pci_device *d, const uint8_t *raw, unsigned int at)
{
	d->msi_64bit = at + MSI_SIZE <= 256 && raw[at + MSI_CONTROL] & MSI_64BIT;
	if (!keep(d, raw, at, d->msi_64bit ? MSI_SIZE + 4 : MSI_SIZE))
		return 0;
	d->msi_cap = (uint8_t)at;
	for (unsigned int i = at + MSI_CONTROL; i < at + MSI_SIZE + (d->msi_64bit ? 4u : 0); i++)
		d->fn.config[i] = 0;
	put(d->fn.config, at + MSI_CONTROL, 2, d->msi_64bit ? MSI_64BIT : 0);
	put(d->fn.writable, at + MSI_CONTROL, 2, MSI_ENABLE);
	put(d->fn.writable, at + MSI_ADDRESS, 4, ~3u);
	if (d->msi_64bit)
		put(d->fn.writable, at + MSI_ADDRESS + 4, 4, ~0u);
	put(d->fn.writable, at + MSI_ADDRESS + (d->msi_64bit ? 8u : 4u), 2, 0xffff);
	return 1;
}

static int keep_msix(struct pci_device *d, const uint8_t *raw, unsigned int at)
{
	if (!keep(d, raw, at, MSIX_SIZE))
		return 0;
	d->fn.msix_cap = (uint8_t)at;
	d->all_vectors = (uint16_t)((get(raw, at + PCI_MSIX_CONTROL, 2) & MSIX_VECTORS) + 1);
	d->vectors = d->all_vectors < PCI_DEVICE_VECTORS ? d->all_vectors : PCI_DEVICE_VECTORS;
	d->table_bar = raw[at + MSIX_TABLE] & MSIX_BIR;
	d->table_offset = get(raw, at + MSIX_TABLE, 4) & ~MSIX_BIR;
	put(d->fn.config, at + PCI_MSIX_CONTROL, 2, d->vectors - 1u);
	put(d->fn.writable, at + PCI_MSIX_CONTROL, 2, PCI_MSIX_ENABLE | PCI_MSIX_MASKALL);
	return 1;
}

/* The policy: capabilities that are not here do not exist for cells. */
static int keep_capability(struct pci_device *d, const uint8_t *raw, unsigned int at, int intx)
{
	switch (raw[at]) {
	case CAP_PM:
		return keep(d, raw, at, PM_SIZE);
	case CAP_PCIE:
		return keep_pcie(d, raw, at);
	case CAP_MSI:
		return !intx && !d->msi_cap && keep_msi(d, raw, at);
	case CAP_MSIX:
		return !intx && !d->fn.msix_cap && keep_msix(d, raw, at);
	default:
		return 0;
	}
}

static void make_capabilities(struct pci_device *d, const uint8_t *raw, int intx)
{
	unsigned int at = raw[PCI_CAPABILITIES] & 0xfc, link = PCI_CAPABILITIES;

	if (!(raw[PCI_STATUS] & PCI_STATUS_CAPABILITIES))
		return;
	for (unsigned int n = 0; at >= PCI_HEADER_END && n < PCI_MAX_CAPS; n++) {
		if (keep_capability(d, raw, at, intx)) {
			d->fn.config[link] = (uint8_t)at;
			d->fn.config[at + CAP_NEXT] = 0;
			link = at + CAP_NEXT;
		}
		at = raw[at + CAP_NEXT] & 0xfc;
	}
	if (d->fn.config[PCI_CAPABILITIES])
		put(d->fn.config, PCI_STATUS, 2, PCI_STATUS_CAPABILITIES);
}

/* --------------------------------------------------------------------------- the header */

static int table_is_valid(const struct pci_device *d, const struct bh_config_pci *c)
{
	uint64_t size;

	if (!d->fn.msix_cap)
		return 1;
	if (d->table_bar >= PCI_BARS)
		return 0;
	size = c->bar[d->table_bar].size;
	return !(d->table_offset % MSIX_ENTRY) && d->table_offset <= size &&
	       (uint64_t)d->all_vectors * MSIX_ENTRY <= size - d->table_offset;
}

/* All BARs are shown as 32-bit ones, whatever they are: they lie below 4 GiB. */
static void make_bars(struct pci_device *d, const struct bh_config_pci *c)
{
	for (unsigned int i = 0; i < PCI_BARS; i++) {
		if (!c->bar[i].size)
			continue;
		put(d->fn.config, PCI_BAR0 + 4 * i, 4, (uint32_t)c->bar[i].gpa);
		put(d->fn.writable, PCI_BAR0 + 4 * i, 4, ~((uint32_t)c->bar[i].size - 1));
	}
}

static int make_ids(struct pci_device *d, const uint8_t *raw, const struct bh_config_pci *c)
{
	uint32_t vendor = get(raw, PCI_VENDOR_ID, 2), device = get(raw, PCI_DEVICE_ID, 2);

	if (c->pf_bdf != BH_BDF_NONE) { /* it reads as ones: PCIe SR-IOV 1.1, 3.4.1.1 */
		vendor = c->vendor;
		device = c->device;
	}
	if (vendor == 0xffff || (c->vendor && c->vendor != vendor) ||
	    (c->device && c->device != device))
		return -EINVAL;
	put(d->fn.config, PCI_VENDOR_ID, 2, vendor);
	put(d->fn.config, PCI_DEVICE_ID, 2, device);
	return 0;
}

int pci_device_make(struct pci_device *d, const uint8_t raw[256], const struct bh_config_pci *c)
{
	int intx = !!(c->flags & BH_PCI_INTX);

	*d = (struct pci_device){ 0 };
	if (raw[PCI_HEADER_TYPE] & PCI_HEADER_LAYOUT || make_ids(d, raw, c))
		return -EINVAL;
	for (unsigned int i = 0x08; i < PCI_HEADER_TYPE; i++) /* revision, class */
		d->fn.config[i] = i < 0x0c ? raw[i] : 0;
	for (unsigned int i = 0x2c; i < 0x30; i++) /* subsystem */
		d->fn.config[i] = raw[i];
	put(d->fn.writable, PCI_COMMAND, 2,
	    PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_INTX_DISABLE |
		    PCI_COMMAND_IGNORED);
	d->fn.config[PCI_COMMAND] = PCI_COMMAND_MEMORY;
	d->fn.writable[PCI_INTERRUPT_LINE] = 0xff;
	if (intx) {
		d->fn.config[PCI_INTERRUPT_LINE] = (uint8_t)c->intx_pin;
		d->fn.config[PCI_INTERRUPT_PIN] = 1;
	}
	make_bars(d, c);
	make_capabilities(d, raw, intx);
	return table_is_valid(d, c) ? 0 : -EINVAL;
}

/* ------------------------------------------------------------------------ what the cell does */

void pci_device_reset(struct pci_device *d, const struct bh_config_pci *c)
{
	for (unsigned int i = 0; i < sizeof(d->fn.config); i++)
		d->fn.config[i] &= (uint8_t)~d->fn.writable[i];
	d->fn.config[PCI_COMMAND] = PCI_COMMAND_MEMORY;
	d->fn.config[PCI_INTERRUPT_LINE] = c->flags & BH_PCI_INTX ? (uint8_t)c->intx_pin : 0;
	d->sizing = 0;
	make_bars(d, c);
}

static int is_bar(uint32_t offset)
{
	return offset >= PCI_BAR0 && offset < PCI_BAR0 + 4 * PCI_BARS;
}

/* BARs answer sizing, but stay where they were put. */
static int write_bar(struct pci_device *d, uint32_t offset, unsigned int width, uint32_t value)
{
	uint32_t mask = get(d->fn.writable, offset & ~3u, 4);
	uint8_t bit = (uint8_t)(1u << (offset - PCI_BAR0) / 4);

	if (width == 4 && (value & mask) == mask)
		d->sizing |= bit;
	else
		d->sizing &= (uint8_t)~bit;
	return 0;
}

uint32_t pci_device_read(const struct pci_device *d, uint32_t offset, unsigned int width)
{
	if (is_bar(offset) && width == 4 && d->sizing >> (offset - PCI_BAR0) / 4 & 1)
		return get(d->fn.writable, offset & ~3u, 4);
	return pci_read(&d->fn, offset, width);
}

int pci_device_write(struct pci_device *d, uint32_t offset, unsigned int width, uint32_t value)
{
	if (is_bar(offset))
		return write_bar(d, offset, width, value);
	return pci_write(&d->fn, offset, width, value);
}

uint16_t pci_device_command(const struct pci_device *d)
{
	return (uint16_t)get(d->fn.config, PCI_COMMAND, 2);
}

uint16_t pci_device_msix_control(const struct pci_device *d)
{
	if (!d->fn.msix_cap)
		return 0;
	return (uint16_t)get(d->fn.config, d->fn.msix_cap + PCI_MSIX_CONTROL, 2);
}

int pci_device_uses_msi(const struct pci_device *d)
{
	return d->msi_cap && d->fn.config[d->msi_cap + MSI_CONTROL] & MSI_ENABLE;
}

enum msi_kind pci_device_msi(const struct pci_device *d, struct msi_interrupt *irq)
{
	const uint8_t *cap = d->fn.config + d->msi_cap;
	uint64_t address = get(cap, MSI_ADDRESS, 4);
	uint32_t index;

	if (d->msi_64bit)
		address |= (uint64_t)get(cap, MSI_ADDRESS + 4, 4) << 32;
	return msi_decode(address, get(cap, MSI_ADDRESS + (d->msi_64bit ? 8u : 4u), 2), irq,
			  &index);
}

uint64_t pci_device_table_pages(const struct pci_device *d, unsigned int bar, uint64_t *offset)
{
	uint64_t end = d->table_offset + (uint64_t)d->all_vectors * MSIX_ENTRY;

	if (!d->fn.msix_cap || bar != d->table_bar)
		return 0;
	*offset = d->table_offset & ~(BH_PAGE_SIZE - 1);
	return (end + BH_PAGE_SIZE - 1 - *offset) & ~(BH_PAGE_SIZE - 1);
}
