/* SPDX-License-Identifier: GPL-2.0-only */
/* PCI configuration space: which function an access means, and who may see it. */
#ifndef HV_PCI_CONFIG_H
#define HV_PCI_CONFIG_H

#include "cell.h"
#include "mmio.h"
#include "pure/pci.h"

uint32_t pci_config_read(struct cpu *self, const struct pci_access *access);
void pci_config_write(struct cpu *self, const struct pci_access *access, uint32_t value);

/* 1 if gpa lies in the cell's ECAM window. */
int pci_config_owns(struct cpu *self, uint64_t gpa);
void pci_config_mmio(struct cpu *self, struct mmio_access *access, uint64_t *value);

/* Host bridges hold the memory controller's windows: where configuration space is in memory, what of memory
 * CPUs see. The root reads them only. */
void pci_find_host_bridges(void);
int pci_is_host_bridge(uint16_t bdf);

/* Of the hardware, whoever owns the function; the first 256 bytes. */
void pci_hardware_image(uint16_t bdf, uint8_t raw[256]);
uint32_t pci_hardware_read(uint16_t bdf, uint16_t offset, unsigned int width);
void pci_hardware_write(uint16_t bdf, uint16_t offset, unsigned int width, uint32_t value);

/* The page of a function in the host's window, BH_ADDR_NONE: there is none; and accesses by that way, for
 * extended configuration space. Ones without a window. */
uint64_t pci_ecam_page(uint16_t bdf);
uint32_t pci_ecam_read(struct cpu *self, uint16_t bdf, uint16_t offset, unsigned int width);

#endif
