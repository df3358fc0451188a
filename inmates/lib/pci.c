/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* PCI configuration space, two ways. */
#include <inmate/cpu.h>
#include <inmate/pci.h>
#include <inmate/platform.h>

#define CF8 0xcf8
#define CFC 0xcfc
#define CF8_ENABLE 0x80000000u
#define BAR_64BIT 0x4
#define BAR_FLAGS 0xfu
#define CAPS_MAX 48 /* as many as fit into 256 bytes */

static enum { CHOOSE, BY_PORTS, BY_ECAM } how;

int pci_use(enum pci_how wanted)
{
	const struct bh_info *info = platform_info();

	if (wanted == PCI_BY_ECAM && (!info || info->ecam_gpa == BH_ADDR_NONE))
		return -ENODEV;
	how = wanted == PCI_BY_ECAM ? BY_ECAM : BY_PORTS;
	return 0;
}

static int by_ecam(void)
{
	if (how == CHOOSE && pci_use(PCI_BY_ECAM))
		pci_use(PCI_BY_PORTS);
	return how == BY_ECAM;
}

static uintptr_t ecam(uint32_t bdf, unsigned int offset)
{
	return (uintptr_t)platform_info()->ecam_gpa + (bdf << 12) + offset;
}

static uint16_t ports(uint32_t bdf, unsigned int offset)
{
	outl(CF8, CF8_ENABLE | bdf << 8 | (offset & 0xfc));
	return (uint16_t)(CFC + (offset & 3));
}

uint32_t pci_read(uint32_t bdf, unsigned int offset, unsigned int width)
{
	if (by_ecam()) {
		if (width == 1)
			return mmio_read8(ecam(bdf, offset));
		return width == 2 ? mmio_read16(ecam(bdf, offset)) : mmio_read32(ecam(bdf, offset));
	}
	if (width == 1)
		return inb(ports(bdf, offset));
	return width == 2 ? inw(ports(bdf, offset)) : inl(ports(bdf, offset));
}

void pci_write(uint32_t bdf, unsigned int offset, unsigned int width, uint32_t value)
{
	if (by_ecam()) {
		if (width == 1)
			mmio_write8(ecam(bdf, offset), (uint8_t)value);
		else if (width == 2)
			mmio_write16(ecam(bdf, offset), (uint16_t)value);
		else
			mmio_write32(ecam(bdf, offset), value);
		return;
	}
	if (width == 1)
		outb(ports(bdf, offset), (uint8_t)value);
	else if (width == 2)
		outw(ports(bdf, offset), (uint16_t)value);
	else
		outl(ports(bdf, offset), value);
}

uint32_t pci_find(uint32_t bdf, uint32_t vendor, uint32_t device)
{
	uint32_t v;

	for (; bdf < 0x100; bdf++) {
		v = pci_read(bdf, PCI_VENDOR, 2);
		if (v == 0xffff || (vendor != PCI_NONE && v != vendor))
			continue;
		if (device == PCI_NONE || pci_read(bdf, PCI_DEVICE, 2) == device)
			return bdf;
	}
	return PCI_NONE;
}

unsigned int pci_capability(uint32_t bdf, uint8_t id)
{
	unsigned int at, n;

	if (!(pci_read(bdf, PCI_STATUS, 2) & PCI_STATUS_CAPS))
		return 0;
	at = pci_read(bdf, PCI_CAPS, 1) & 0xfc;
	for (n = 0; at && n < CAPS_MAX; n++) {
		if (pci_read(bdf, at, 1) == id)
			return at;
		at = pci_read(bdf, at + 1, 1) & 0xfc;
	}
	return 0;
}

uint64_t pci_bar(uint32_t bdf, unsigned int n)
{
	uint64_t low = pci_read(bdf, PCI_BAR0 + 4 * n, 4);

	if (low & BAR_64BIT)
		low |= (uint64_t)pci_read(bdf, PCI_BAR0 + 4 * n + 4, 4) << 32;
	return low & ~(uint64_t)BAR_FLAGS;
}

int pci_enable(uint32_t bdf)
{
	uint32_t command;

	if (bdf == PCI_NONE || pci_read(bdf, PCI_VENDOR, 2) == 0xffff)
		return -ENODEV;
	command = pci_read(bdf, PCI_COMMAND, 2) | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
	pci_write(bdf, PCI_COMMAND, 2, command);
	return 0;
}
