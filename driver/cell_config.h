/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Choosing host memory for a cell, and writing it into its description.
 */
#ifndef BULKHEAD_CELL_CONFIG_H
#define BULKHEAD_CELL_CONFIG_H

#include <linux/types.h>

struct cell;

/* Takes memory for all of the cell's records into cell->runs and cell->pinned. -ENOMEM, -EBUSY. */
int cell_memory_take(struct cell *cell);
void cell_memory_release(struct cell *cell);

/* Writes the description with every address final to out (BH_CONFIG_MAX_SIZE bytes). Returns its
 * size, or -E2BIG: memory is in so many fragments that they cannot be described. */
int cell_config_write(const struct cell *cell, void *out);

#endif
