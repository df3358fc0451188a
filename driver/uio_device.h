/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The UIO device of one link: its maps, its interrupts, its users. See bulkhead/uio.h for what
 * user space sees.
 */
#ifndef BULKHEAD_UIO_DEVICE_H
#define BULKHEAD_UIO_DEVICE_H

#include <linux/atomic.h>
#include <linux/mutex.h>
#include <linux/uio_driver.h>
#include <bulkhead/ivshmem.h>

struct inode;
struct pci_dev;

/* Sections of the shared memory as the device's capability tells them. */
struct uio_layout {
	phys_addr_t base;
	u64 state_size;
	u64 rw_size;
	u64 output_size;
	u32 peer;
	u32 peers;
	u16 protocol;
};

struct uio_link {
	struct uio_info info; /* first: callbacks find the link by it */
	struct pci_dev *pci;
	void __iomem *registers;
	phys_addr_t registers_hpa;
	void *memory; /* keeps the shared memory's type: write-back, even where it is not RAM */
	struct uio_layout layout;
	unsigned int vectors;
	int irq[IVSHMEM_MAX_VECTORS]; /* for the handler, which must not ask: that takes a mutex */
	atomic_t interrupts[IVSHMEM_MAX_VECTORS];
	bool read_only[MAX_UIO_MAPS];

	struct mutex lock; /* guards what follows */
	unsigned int users;
	struct inode *inode; /* by which it is open: to take the mappings away with the device */
};

/* registers, layout and vectors are set. */
int uio_device_register(struct uio_link *link);

/* No interrupt may come any more. After it no process has a mapping. */
void uio_device_unregister(struct uio_link *link);

/* From the interrupt handler of a vector. */
void uio_device_interrupt(struct uio_link *link, unsigned int vector);

#endif
