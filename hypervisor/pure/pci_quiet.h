/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A function that an earlier Linux used, before another one finds it: without DMA and interrupts, and where it can
 * be reset alone, as after that, at the addresses that it had. PCI Local Bus 3.0, 6.2, 6.8; PCIe Base 3.0, 6.6.2.
 */
#ifndef PURE_PCI_QUIET_H
#define PURE_PCI_QUIET_H

#include "pci.h"

/* Configuration space to be written; width 0: nothing */
struct pci_write {
	uint8_t offset, width;
	uint32_t value;
};

#define PCI_QUIET_STOP 3 /* command, MSI, MSI-X */
#define PCI_QUIET_BACK \
	11 /* addresses, ROM, line, what PCIe has agreed on; the command register last */

struct pci_quiet {
	struct pci_write stop[PCI_QUIET_STOP];
	struct pci_write reset;		       /* begins a function level reset, if it has one */
	struct pci_write back[PCI_QUIET_BACK]; /* what that has made it forget */
};

/* raw: its first 256 bytes. Returns 0 for what does not master the bus for Linux, and is left alone: parts of the
 * system. A display is never reset: firmware has set it up. A bridge to another bus passes no DMA on: whoever
 * changed its bus numbers could have hidden a function behind it that is still at work. */
int pci_quiet_make(struct pci_quiet *q, const uint8_t raw[256]);

int pci_quiet_is_bridge(const uint8_t raw[256]);

#endif
