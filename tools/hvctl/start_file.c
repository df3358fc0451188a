// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files below /run/bulkhead; see start_file.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <bulkhead/hypercall.h>
#include "hvctl.h"
#include "start_file.h"

#define DIRECTORY "/run/bulkhead"

const char *run_path(const char *name, const char *suffix, char *buffer, unsigned long size)
{
	mkdir(DIRECTORY, 0755);
	snprintf(buffer, size, "%s/%s.%s", DIRECTORY, name, suffix);
	return buffer;
}

void start_read(const char *cell, struct start *s)
{
	char path[128];
	FILE *f = fopen(run_path(cell, "start", path, sizeof(path)), "r");

	*s = (struct start){ .entry = BH_ADDR_NONE };
	if (!f)
		return;
	if (fscanf(f, "%" SCNx64 " %" SCNu32, &s->entry, &s->mode) != 2 ||
	    s->mode > BH_START_RESET16)
		*s = (struct start){ .entry = BH_ADDR_NONE };
	fclose(f);
}

/* Written aside and renamed: a reader finds the old file or the new one, never a piece. */
int start_write(const char *cell, const struct start *s)
{
	char path[128], new_path[128];
	FILE *f;
	bool bad;

	run_path(cell, "start", path, sizeof(path));
	run_path(cell, "start-new", new_path, sizeof(new_path));
	f = fopen(new_path, "w");
	if (!f)
		return fail(EXIT_FAILED, "%s: %s", new_path, strerror(errno));
	bad = fprintf(f, "%" PRIx64 " %" PRIu32 "\n", s->entry, s->mode) < 0;
	bad |= fclose(f) != 0;
	if (bad || rename(new_path, path)) {
		unlink(new_path);
		return fail(EXIT_FAILED, "%s: %s", path, strerror(errno));
	}
	return EXIT_OK;
}

void start_remove(const char *cell)
{
	char path[128];

	unlink(run_path(cell, "start", path, sizeof(path)));
}
