/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Functions that stay the root's while a cell's function depends on them: the bridges above it, and the physical
 * function of a virtual one. The root goes on using them, but for the registers that would take the
 * cell's away: these are frozen. PCI-to-PCI Bridge 1.2, 3.2.5; PCIe Base 3.0, 7.8; SR-IOV 1.1, 3.3
 */
#ifndef PURE_PCI_GUARD_H
#define PURE_PCI_GUARD_H

#include "pci.h"

struct pci_guard {
	uint8_t is_bridge;
	uint8_t secondary, subordinate; /* buses below a bridge */
	uint8_t pm_cap, pcie_cap;	/* offsets, 0: none */
	uint16_t sriov_cap;		/* of a physical function; 0: none */
};

/* raw: the first 256 bytes of its configuration space. */
void pci_guard_make(struct pci_guard *g, const uint8_t raw[256], uint16_t sriov_cap);

/* What may be written where the root wants to write value: frozen bits stay as in old. */
uint32_t pci_guard_filter(const struct pci_guard *g, uint32_t offset, unsigned int width,
			  uint32_t old, uint32_t value);

#endif
