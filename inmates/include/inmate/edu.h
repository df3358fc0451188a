/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * QEMU's teaching device: computes factorials, interrupts by MSI or pin, and copies between its buffer
 * and any address of the bus. QEMU's docs/specs/edu.rst
 */
#ifndef INMATE_EDU_H
#define INMATE_EDU_H

#include <bulkhead/errno.h>
#include <bulkhead/types.h>

#define EDU_VENDOR 0x1234
#define EDU_DEVICE 0x11e8
#define EDU_BUFFER \
	2048u /* bytes to be copied at once: half of its buffer, all of which no QEMU 7 allows */

enum edu_interrupts { EDU_POLL, EDU_MSI, EDU_INTX };

struct edu {
	uint32_t bdf;
	uintptr_t registers;
	volatile uint64_t interrupts;
	volatile uint32_t causes; /* all that were signalled, ORed */
	void (*idle)(void);	  /* waits some ms for a copy; NULL: one, busily */
};

/* bdf PCI_NONE: the first on bus 0. After apic_init() and time_init(). -ENODEV; -EIO: it does not answer as
 * it should; others as pci_msi_handle() */
int edu_open(struct edu *edu, uint32_t bdf, enum edu_interrupts interrupts);

/* n!, modulo 2^32, with an interrupt at the end. -ETIMEDOUT */
int edu_factorial(struct edu *edu, uint32_t n, uint32_t *result);

/* Makes it interrupt. cause: any bits but 0x101 */
void edu_raise(struct edu *edu, uint32_t cause);

/* Copies to or from its buffer, and waits. An address that nothing answers at is no error: that shows
 * only in what was copied. -EINVAL: too long; -ETIMEDOUT */
int edu_read_memory(struct edu *edu, uint64_t address, uint32_t size);
int edu_write_memory(struct edu *edu, uint64_t address, uint32_t size);

#endif
