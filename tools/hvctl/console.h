/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The console of a cell or of the hypervisor, as a stream.
 */
#ifndef HVCTL_CONSOLE_H
#define HVCTL_CONSOLE_H

#include <stdio.h>
#include "hvctl.h"
#include "ring.h"

struct console {
	int fd;
	uint32_t cell; /* id; BH_ID_NONE: the hypervisor's */
	uint64_t size; /* of the ring's data */
	const char *name;
	bool json;
	bool escape;   /* the output is a terminal */
	uint64_t told; /* of reader.lost: reported already */
	FILE *to;
	struct ring_reader reader;
	uint8_t *bytes;
};

struct bh_cell_public;

/* cell NULL: the hypervisor's. Text goes to stdout, if nothing else is set. console_close() afterwards. */
void console_open(struct console *c, int fd, const struct bh_cell_public *cell, bool json);
void console_close(struct console *c);

/* Prints what is new. Returns an exit code; EXIT_NOT_ENABLED without a message when the ring
 * is gone (the cell was destroyed). */
int console_copy(struct console *c);

/* What is there now is never printed. */
void console_skip(struct console *c);

#endif
