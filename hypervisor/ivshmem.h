/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Links: the ivshmem functions of all cells, the memory behind them, and the interrupts between
 * them. A link exists from the first cell that names it to the last.
 */
#ifndef HV_IVSHMEM_H
#define HV_IVSHMEM_H

#include "cell.h"
#include "lock.h"
#include "mmio.h"
#include "pure/ivshmem_regs.h"

struct link_end {
	struct ivshmem_end regs;
	struct bh_config_link c; /* as this end sees it: peer, vectors, gpa, bdf, flags */
	struct cell *cell;	 /* NULL: nobody has come for this end yet */
	struct link *link;
	unsigned int number; /* of the link in its cell's description */
	uint64_t trapped[2]; /* root: pages taken out of its map for BAR0 and BAR1 */
};

struct link {
	struct lock lock;	 /* guards the registers of all ends and the state table */
	struct bh_config_link c; /* what all ends agree on: name, peers, hpa, sizes ... */
	uint64_t size;
	unsigned int slot, pages;
	unsigned int cells; /* how many (root not counted) use it */
	struct link_end end[];
};

/* Attach a cell to the links of its description (prepare: may fail, undone by detach). */
int link_attach(struct cpu *self, struct cell *cell);
void link_detach(struct cpu *self, struct cell *cell);

/* Cell is reset: registers of its ends go to their initial values, peers are told. */
void link_reset(struct cpu *self, struct cell *cell);

/* Cell has ended: state of its ends becomes zero, peers are told. */
void link_down(struct cpu *self, struct cell *cell);

/* The same for the root. With machine_lock. */
void link_root_down(struct cpu *self);
/* The root is started again: its ends are as at first, and it has no traps. Followed by a flush. */
void link_reset_root(struct cpu *self);

/* Whether gpa lies in a BAR of one of the cell's functions; then link_mmio() does the access and
 * counts it. */
int link_owns(struct cpu *self, uint64_t gpa);
void link_mmio(struct cpu *self, struct mmio_access *access, uint64_t *value);

/* The function at bdf in the cell, or NULL; then config accesses by link_config_*(). */
struct link_end *link_find(const struct cell *cell, uint16_t bdf);
uint32_t link_config_read(struct link_end *end, const struct pci_access *access);
void link_config_write(struct cpu *self, struct link_end *end, const struct pci_access *access,
		       uint32_t value);

/* link_memory.c: the shared memory in page tables, who may read and write which section. */

/* Map the link's memory for one peer at gpa. -ENOMEM, or as pt_map(). Tables that pt_prepare()
 * has seen need no memory. */
int link_map(struct pt *npt, const struct link *link, uint64_t gpa, uint16_t peer);

/* Take the memory from the root, or leave it what its peer id allows; and back. -EBUSY: not the
 * root's. Flushes the root's CPUs. */
int link_memory_take(struct cpu *self, struct link *link);
void link_memory_give_back(struct cpu *self, struct link *link);

/* Keep the root's traps where its function's BARs are. Called with machine_lock. */
void link_update_traps(struct cpu *self, struct link_end *end);

/* The traps go where the BARs are; bars NULL: nowhere. Returns 1 if one moved: to be followed by a
 * flush of the root's CPUs, before anybody can have the tables that were freed. */
int link_move_traps(struct link_end *end, const uint64_t *bars);

#endif
