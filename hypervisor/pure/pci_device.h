/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Configuration space of a real PCI function as the cell that owns it sees it: an image made of what
 * the function says, and a policy of what the cell may see and write. Nothing that it writes reaches the
 * function as it is; the caller reads from the image what the cell wants. PCI Local Bus 3.0,
 * chapter 6; PCI Express Base 3.0, 7.8.
 */
#ifndef PURE_PCI_DEVICE_H
#define PURE_PCI_DEVICE_H

#include "msi.h"
#include "pci.h"

#define PCI_DEVICE_VECTORS 32 /* as many MSI-X entries of a function are shown to a cell */

struct pci_device {
	struct pci_function fn;
	uint8_t msi_cap, pcie_cap; /* offsets, 0: none; MSI-X: fn.msix_cap */
	uint8_t msi_64bit;
	uint8_t has_flr;
	uint8_t sizing;	      /* BARs that were last written with ones */
	uint16_t vectors;     /* of MSI-X, as the cell sees it */
	uint16_t all_vectors; /* as the function has them */
	uint8_t table_bar;
	uint32_t table_offset;
};

/* raw: the first 256 bytes that the function itself shows. c: where its BARs are in the cell, and, for a virtual
 * function, which does not say it, what it is. -EINVAL: it is a bridge, or not what c says; or its
 * MSI-X table is not in a memory BAR of c, not aligned, or too long. */
int pci_device_make(struct pci_device *d, const uint8_t raw[256], const struct bh_config_pci *c);

/* To what the cell finds at its start. */
void pci_device_reset(struct pci_device *d, const struct bh_config_pci *c);

uint32_t pci_device_read(const struct pci_device *d, uint32_t offset, unsigned int width);

/* A write of the cell. Returns 1 if it may have changed what the function is to do. */
int pci_device_write(struct pci_device *d, uint32_t offset, unsigned int width, uint32_t value);

/* What the cell wants: command register bits that are up to it, and messages. */
uint16_t pci_device_command(const struct pci_device *d);
int pci_device_uses_msi(const struct pci_device *d);
enum msi_kind pci_device_msi(const struct pci_device *d, struct msi_interrupt *irq);
uint16_t pci_device_msix_control(const struct pci_device *d);

/* Size and place of the pages of a BAR that hold the MSI-X table; size 0: none there. The cell
 * does not get them. */
uint64_t pci_device_table_pages(const struct pci_device *d, unsigned int bar, uint64_t *offset);

#endif
