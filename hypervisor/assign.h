/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI functions that cells own: configuration space and MSI-X tables by moderation, BARs by the cell's map, DMA
 * by a remapping unit. A function works only while its cell runs: otherwise it may not master the bus.
 * Called with machine_lock unless said otherwise.
 */
#ifndef HV_ASSIGN_H
#define HV_ASSIGN_H

#include "cell.h"
#include "lock.h"
#include "mmio.h"
#include "pure/pci_device.h"

#define ASSIGN_BAR_DWORDS 6
#define ASSIGN_GUARDS 8 /* bridges above a function, and its physical function */

struct assigned {
	struct lock lock; /* guards what the cell programs: d, table */
	struct cell *cell;
	const struct bh_config_pci *c;
	struct pci_device d;
	uint32_t bars[ASSIGN_BAR_DWORDS];   /* of the function itself; FLR forgets them */
	uint32_t rights[ASSIGN_BAR_DWORDS]; /* with which the root had them */
	uint32_t ecam_rights;
	int first_entry; /* of remapping, -1: none */
	unsigned int entries;
	uint16_t guards[ASSIGN_GUARDS];
	unsigned int guard_count;
	int taken; /* out of the root's map */
	struct {
		uint64_t address;
		uint32_t data, control;
	} table[PCI_DEVICE_VECTORS];
};

/* All that can fail about giving a cell its functions: they are there, are nobody's, and have what the
 * description says; their BARs in the cell's map, and room for taking them out of the root's.
 * -EBUSY, -EINVAL, -ENOMEM, -ENOSPC */
int assign_prepare(struct cpu *self, struct cell *cell);

/* Takes them from the root: registers and DMA. -ETIMEDOUT, -ENOMEM; then assign_give_back() is next. */
int assign_take(struct cell *cell);
/* What cannot be sure before the root's CPUs have flushed. -EBUSY: likewise. */
int assign_check(struct cell *cell);
void assign_give_back(struct cell *cell);

/* After the root's CPUs can have flushed; undoes assign_prepare(), also if only a part was done. */
void assign_destroy(struct cell *cell);

/* The cell has ended: no DMA, no interrupts. */
void assign_stop(struct cell *cell);

/* Function level resets begin; assign_reset_done() says 1 when they are over and all is as at first. */
void assign_reset(struct cell *cell);
int assign_reset_done(struct cell *cell);

/* Whose function of the root's numbering this is: not the root's, or NULL. Without the lock: what is
 * found may have gone already. */
int assign_is_taken(uint16_t bdf);

/* The cell's own accesses, without machine_lock. */
struct assigned *assign_find(const struct cell *cell, uint16_t bdf);
uint32_t assign_config_read(struct assigned *a, const struct pci_access *access);
void assign_config_write(struct cpu *self, struct assigned *a, const struct pci_access *access,
			 uint32_t value);
int assign_owns(struct cpu *self, uint64_t gpa);
void assign_mmio(struct cpu *self, struct mmio_access *access, uint64_t *value);

#endif
