/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI configuration space of functions that do not exist: an image of 256 bytes and a mask of
 * the bits that a guest may write. BAR sizing works by the mask. Also the decoding of
 * configuration accesses (CF8/CFC mechanism and ECAM) and the search for the BAR that an
 * address lies in. PCI Local Bus 3.0, chapter 6; PCI Firmware Specification 3.x for ECAM.
 */
#ifndef PURE_PCI_H
#define PURE_PCI_H

#include <bulkhead/config.h>
#include <bulkhead/errno.h>

#define PCI_CF8_PORT 0xcf8 /* the address register; the data register follows */
#define PCI_CF8_ENABLE 0x80000000u
#define PCI_DATA_PORT 0xcfc

/* What a read gives that nobody answers. */
static inline uint32_t pci_ones(unsigned int width)
{
	return UINT32_MAX >> (32 - 8 * width);
}

#define PCI_VENDOR_ID 0x00
#define PCI_COMMAND 0x04
#define PCI_COMMAND_MEMORY 0x2
#define PCI_COMMAND_MASTER 0x4
#define PCI_COMMAND_INTX_DISABLE 0x400
#define PCI_CLASS_BASE 0x0b
#define PCI_HEADER_TYPE 0x0e
#define PCI_BAR0 0x10
#define PCI_BARS 6

#define PCI_MSIX_CONTROL 2 /* offset in the capability */
#define PCI_MSIX_ENABLE 0x8000
#define PCI_MSIX_MASKALL 0x4000

struct pci_function {
	uint8_t config[256];
	uint8_t writable[256]; /* mask */
	uint8_t msix_cap;      /* offset, 0: none */
	uint8_t vendor_cap;    /* offset, 0: none */
};

/* offset < 4096, width 1, 2 or 4, not crossing a 4-byte boundary; beyond 256, and whatever
 * breaks this, reads as ones (zero beyond 256: an empty extended capability list). */
uint32_t pci_read(const struct pci_function *fn, uint32_t offset, unsigned int width);

/* Returns 1 if anything that decides about interrupts or decoding changed (command register,
 * BARs, MSI-X control, vendor capability), else 0. */
int pci_write(struct pci_function *fn, uint32_t offset, unsigned int width, uint32_t value);

/* Memory BAR n's address now, BH_ADDR_NONE if memory decoding is off or there is no such BAR. All
 * are of 32 bits and 4 KiB long. */
uint64_t pci_bar_address(const struct pci_function *fn, unsigned int bar);
void pci_bar_set(struct pci_function *fn, unsigned int bar, uint64_t address);

/* A host bridge (class 0600), so that scanners which stop at an empty 00:00.0 go on. */
void pci_make_bridge(struct pci_function *fn);

/* An ivshmem function (include/bulkhead/ivshmem.h): BAR0 registers (4 KiB, 32 bit), BAR1 MSI-X
 * table and PBA (4 KiB, 32 bit; table at 0, PBA at 0x800), capabilities. intx_line: interrupt line
 * register, the virtual IO-APIC's pin. */
void pci_make_link(struct pci_function *fn, const struct bh_config_link *link, uint8_t intx_line);

struct pci_access {
	uint16_t bdf;
	uint16_t offset; /* < 4096 */
	uint8_t width;
};

/* Access of width bytes to port (0xcfc..0xcff) with CF8 = address. 0, or -EINVAL: enable bit
 * clear, or the access crosses the register. */
int pci_decode_cf8(uint32_t address, uint16_t port, unsigned int width, struct pci_access *out);

/* Offset into the ECAM window, whose first byte belongs to bus_first. 0 or -EINVAL (crosses a
 * 4-byte boundary, or width is not 1, 2, 4). */
int pci_decode_ecam(uint64_t offset, uint8_t bus_first, unsigned int width, struct pci_access *out);

#endif
