/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory of cells: who has which pages, and copying in and out. Called with machine_lock held
 * unless said otherwise.
 */
#ifndef HV_CELL_MEMORY_H
#define HV_CELL_MEMORY_H

#include "cell.h"

int cell_memory_init_root(void);

/* Everything that can fail about giving the cell what its description says: its own tables, the
 * comm region, room in the root's tables. -EBUSY: memory that is not the root's. -ENOMEM */
int cell_memory_prepare(struct cell *cell);
void cell_memory_destroy(struct cell *cell);

/* Out of the root's map, into the cell's; and back. Cannot fail after prepare. */
void cell_memory_take(struct cpu *self, struct cell *cell);
void cell_memory_give_back(struct cpu *self, struct cell *cell);

/* Bytes of RAM in the description. */
uint64_t cell_memory_size(const struct cell *cell);

/* Clear up to step bytes from offset progress on (all records counted through). Returns the new
 * progress. */
uint64_t cell_memory_clear(struct cpu *self, struct cell *cell, uint64_t progress, uint64_t step);

/* From the root's memory to ours, once. -EINVAL: not plain memory of the root. */
int cell_memory_copy_in(struct cpu *self, void *to, uint64_t gpa, uint64_t size);

/* From the root's memory to the cell's RAM. -EINVAL: not all of it is. */
int cell_memory_load(struct cpu *self, struct cell *cell, uint64_t dst, uint64_t src,
		     uint64_t size);

#endif
