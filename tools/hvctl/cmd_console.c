// SPDX-License-Identifier: GPL-2.0-only
/*
 * hvctl console.
 */
#include <stdlib.h>
#include <string.h>
#include "console.h"
#include "device.h"
#include "watch.h"

#define LOOK_EVERY_MS 20

static int follow(struct console *c, const struct options *o)
{
	uint64_t deadline = watch_deadline(o->timeout_ms);
	int code;

	watch_signals();
	do {
		code = console_copy(c);
	} while (!code && watch_pause(-1, LOOK_EVERY_MS, deadline));
	/* A cell that is destroyed ends its console. */
	return code == EXIT_NOT_ENABLED ? EXIT_OK : code;
}

int cmd_console(const struct options *o, int argc, char **argv)
{
	const char *name = argc ? argv[0] : "hypervisor";
	struct bh_public *p = xmalloc(sizeof(*p));
	const struct bh_cell_public *cell = NULL;
	struct console c;
	int fd, code = device_open_public(&fd, p);

	if (!code && strcmp(name, "hypervisor"))
		code = device_cell(p, name, &cell);
	if (!code && cell && !cell->console_size)
		code = fail(EXIT_FAILED, "%s has no console", name);
	if (!code) {
		console_open(&c, fd, cell, o->json);
		code = o->follow ? follow(&c, o) : console_copy(&c);
		console_close(&c);
	}
	free(p);
	return code;
}
