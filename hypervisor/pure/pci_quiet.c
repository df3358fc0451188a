// SPDX-License-Identifier: GPL-2.0-only
/* Bringing a function to a standstill. See pci_quiet.h. */
#include "pci_quiet.h"

#define STATUS 0x06
#define STATUS_CAPABILITIES 0x10
#define SUBCLASS 0x0a
#define CACHE_LINE 0x0c
#define ROM 0x30
#define CAPABILITIES 0x34
#define INTERRUPT_LINE 0x3c
#define MAX_CAPS 48

#define CLASS_DISPLAY 0x03
#define CLASS_BRIDGE 0x06
#define CLASS_SYSTEM 0x08
#define SUBCLASS_SD_HOST 0x05 /* these master the bus; of the others none does for Linux */
#define SUBCLASS_OTHER 0x80   /* engines that copy memory, such as I/OAT and DSA */
#define HEADER_BRIDGE 1

#define CAP_MSI 0x05
#define CAP_PCIE 0x10
#define CAP_MSIX 0x11
#define MSI_CONTROL 2
#define MSI_ENABLE 0x0001u
#define PCIE_DEVCAP 4
#define PCIE_DEVCAP_FLR (1u << 28)
#define PCIE_DEVCTL 8
#define PCIE_DEVCTL_FLR 0x8000u

static uint32_t get(const uint8_t *raw, unsigned int offset, unsigned int width)
{
	uint32_t value = 0;

	while (width--)
		value = value << 8 | raw[offset + width];
	return value;
}

static struct pci_write as_it_was(const uint8_t *raw, unsigned int offset, uint8_t width)
{
	return (struct pci_write){ (uint8_t)offset, width, get(raw, offset, width) };
}

static struct pci_write without(const uint8_t *raw, unsigned int offset, uint32_t bits)
{
	return (struct pci_write){ (uint8_t)offset, 2, get(raw, offset, 2) & ~bits };
}

int pci_quiet_is_bridge(const uint8_t raw[256])
{
	return (raw[PCI_HEADER_TYPE] & 0x7f) == HEADER_BRIDGE;
}

static int is_left_alone(const uint8_t *raw)
{
	uint8_t class = raw[PCI_CLASS_BASE];

	return raw[PCI_HEADER_TYPE] & 0x7f || class == CLASS_BRIDGE ||
	       (class == CLASS_SYSTEM && raw[SUBCLASS] != SUBCLASS_SD_HOST &&
		raw[SUBCLASS] != SUBCLASS_OTHER);
}

static void look_at(struct pci_quiet *q, const uint8_t *raw, unsigned int at)
{
	unsigned int control = at + PCIE_DEVCTL;

	switch (raw[at]) {
	case CAP_MSI:
		q->stop[1] = without(raw, at + MSI_CONTROL, MSI_ENABLE);
		break;
	case CAP_MSIX:
		q->stop[2] = without(raw, at + PCI_MSIX_CONTROL, PCI_MSIX_ENABLE);
		break;
	case CAP_PCIE:
		if (control + 2 > 256 || !(get(raw, at + PCIE_DEVCAP, 4) & PCIE_DEVCAP_FLR) ||
		    raw[PCI_CLASS_BASE] == CLASS_DISPLAY)
			break;
		q->back[0] = without(raw, control, PCIE_DEVCTL_FLR);
		q->reset = q->back[0];
		q->reset.value |= PCIE_DEVCTL_FLR;
		break;
	}
}

int pci_quiet_make(struct pci_quiet *q, const uint8_t raw[256])
{
	unsigned int at = raw[CAPABILITIES] & 0xfc, n;

	*q = (struct pci_quiet){ 0 };
	if (pci_quiet_is_bridge(raw)) {
		q->stop[0] = without(raw, PCI_COMMAND, PCI_COMMAND_MASTER);
		return 1;
	}
	if (is_left_alone(raw))
		return 0;
	q->stop[0] = without(raw, PCI_COMMAND, PCI_COMMAND_MASTER);
	q->stop[0].value |= PCI_COMMAND_INTX_DISABLE;
	if (!(raw[STATUS] & STATUS_CAPABILITIES))
		at = 0;
	for (n = 0; at >= 0x40 && n < MAX_CAPS; n++) {
		look_at(q, raw, at);
		at = raw[at + 1] & 0xfc;
	}
	for (n = 0; n < PCI_BARS; n++)
		q->back[1 + n] = as_it_was(raw, PCI_BAR0 + 4 * n, 4);
	q->back[7] = as_it_was(raw, ROM, 4);
	q->back[8] = as_it_was(raw, CACHE_LINE, 2);
	q->back[9] = as_it_was(raw, INTERRUPT_LINE, 1);
	q->back[10] = q->stop[0];
	return 1;
}
