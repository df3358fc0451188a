/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What `cell load` learned from an image and `cell start` and `cell restart` need: the entry
 * and the mode, kept in a file per cell below /run/bulkhead. Everything else about a cell is
 * kept by the driver.
 */
#ifndef HVCTL_START_FILE_H
#define HVCTL_START_FILE_H

#include <stdint.h>

struct start {
	uint64_t entry; /* BH_ADDR_NONE: not known */
	uint32_t mode;	/* BH_START_* */
};

/* Entry BH_ADDR_NONE when there is no (usable) file. */
void start_read(const char *cell, struct start *s);
/* An exit code; writes the message. */
int start_write(const char *cell, const struct start *s);
void start_remove(const char *cell);

/* A directory for hvctl's own state, made if need be; and the path of a file in it. */
const char *run_path(const char *name, const char *suffix, char *buffer, unsigned long size);

#endif
