/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The steps of a cell's life, as `cell ...` and `cell run` use them. All return an exit code
 * and have written the message when it is not EXIT_OK.
 */
#ifndef HVCTL_CELL_H
#define HVCTL_CELL_H

#include "device.h"
#include "hvctl.h"

#define CELL_STOP_MS 10000 /* to answer a shutdown request, without --timeout */

struct cell_ref {
	uint32_t id;
	char name[BH_NAME_LEN];
};

int cell_create(int fd, const char *file, struct cell_ref *cell);
int cell_load(int fd, const struct bh_cell_public *cell, const char *image,
	      const struct options *o);
int cell_start(int fd, const struct cell_ref *cell, const struct options *o);
int cell_stop(int fd, const struct cell_ref *cell, bool force, uint32_t timeout_ms);
/* Asks, and parks the cell when it has not ended within ask_ms; says so. */
int cell_end(int fd, const struct cell_ref *cell, uint32_t ask_ms);
int cell_destroy(int fd, const struct cell_ref *cell);

#endif
