/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * PCI configuration space: by ECAM where the information page names a window, else by ports
 * CF8/CFC. bdf = bus << 8 | device << 3 | function.
 */
#ifndef INMATE_PCI_H
#define INMATE_PCI_H

#include <bulkhead/errno.h>
#include <bulkhead/types.h>
#include <inmate/irq.h>

#define PCI_VENDOR 0x00
#define PCI_DEVICE 0x02
#define PCI_COMMAND 0x04
#define PCI_COMMAND_MEMORY 0x2
#define PCI_COMMAND_MASTER 0x4
#define PCI_COMMAND_NO_INTX 0x400
#define PCI_STATUS 0x06
#define PCI_STATUS_CAPS 0x10
#define PCI_CLASS 0x08 /* with revision in the low byte */
#define PCI_HEADER 0x0e
#define PCI_BAR0 0x10
#define PCI_CAPS 0x34
#define PCI_INTERRUPT_LINE 0x3c
#define PCI_INTERRUPT_PIN 0x3d

#define PCI_CAP_MSI 0x05
#define PCI_CAP_VENDOR 0x09
#define PCI_CAP_MSIX 0x11

#define PCI_NONE 0xffffffffu

enum pci_how { PCI_BY_PORTS, PCI_BY_ECAM };

/* How accesses are made; the default is ECAM where there is one. Returns -ENODEV if there is
 * no ECAM window. */
int pci_use(enum pci_how how);

/* width: 1, 2, 4 */
uint32_t pci_read(uint32_t bdf, unsigned int offset, unsigned int width);
void pci_write(uint32_t bdf, unsigned int offset, unsigned int width, uint32_t value);

/* First function of bus 0 from bdf on with these ids (PCI_NONE: any); PCI_NONE if none. */
uint32_t pci_find(uint32_t bdf, uint32_t vendor, uint32_t device);

/* Offset of a capability, 0 if absent. */
unsigned int pci_capability(uint32_t bdf, uint8_t id);

/* Address in memory BAR n (32 or 64 bit), as it was assigned. */
uint64_t pci_bar(uint32_t bdf, unsigned int n);

/* Turns on memory decoding and bus mastering. -ENODEV: nothing is there */
int pci_enable(uint32_t bdf);

/*
 * Interrupts of a function (pci_irq.c). handler gets called on the CPU that calls this, by a vector that is
 * allocated here. -ENODEV: the function has no such capability (INTx: no pin); -EINVAL: no such entry;
 * -ENOSPC: no vector is free.
 */
int pci_msix_handle(uint32_t bdf, unsigned int entry, irq_handler *handler, void *arg);
int pci_msi_handle(uint32_t bdf, irq_handler *handler, void *arg);

/* The pin is the one that Interrupt Line names, as it is in a cell, or else the option pin= (on a bare
 * machine Interrupt Line counts the inputs of the 8259). */
int pci_intx_handle(uint32_t bdf, irq_handler *handler, void *arg);

/* MSI-X entry, address and data as they are, whatever the function will say to them: for attacks. */
int pci_msix_write(uint32_t bdf, unsigned int entry, uint64_t address, uint32_t data);

#endif
