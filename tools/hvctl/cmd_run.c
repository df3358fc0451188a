// SPDX-License-Identifier: GPL-2.0-only
/*
 * hvctl cell run: create, load, start, follow the console until the cell ends, destroy.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "cell.h"
#include "console.h"
#include "names.h"
#include "watch.h"

#define LOOK_EVERY_MS 20
#define ASK_MS 2000 /* how long a cell may take to answer ^C before it is parked */

struct run {
	int fd;
	const struct options *o;
	struct cell_ref cell;
	struct bh_public *p;
};

/* The cell as it is now; an error when someone destroyed it meanwhile. */
static int look(struct run *r, const struct bh_cell_public **cell)
{
	int code = device_public(r->fd, r->p);

	return code ? code : device_cell(r->p, r->cell.name, cell);
}

static int verdict(const struct bh_cell_public *c)
{
	char text[160];

	switch (c->state) {
	case BH_CELL_DONE:
		fprintf(stderr, "hvctl: cell %s is done, exit code %d\n", c->name, c->exit_code);
		return EXIT_OK;
	case BH_CELL_FAILED:
		return fail(EXIT_CELL, "cell %s failed, exit code %d", c->name, c->exit_code);
	case BH_CELL_CRASHED:
		return fail(EXIT_CELL, "cell %s crashed: %s; %s", c->name,
			    report_text(&c->report, text, sizeof(text)), report_remedy(&c->report));
	default:
		return fail(EXIT_FAILED, "cell %s was stopped from elsewhere", c->name);
	}
}

/* ^C and --timeout: with --keep the cell runs on, otherwise it is asked, then parked. */
static int end_running(struct run *r)
{
	int code = watch_interrupted() ? EXIT_OK : EXIT_TIMEOUT;

	watch_clear();
	if (code)
		fail(code, "cell %s has not ended within %g s", r->cell.name,
		     r->o->timeout_ms / 1000.0);
	if (r->o->keep)
		return code;
	cell_end(r->fd, &r->cell, ASK_MS);
	return code;
}

static int follow(struct run *r, struct console *console)
{
	uint64_t deadline = watch_deadline(r->o->timeout_ms);
	const struct bh_cell_public *cell;
	int code;

	for (;;) {
		bool goes_on = watch_pause(r->fd, LOOK_EVERY_MS, deadline);

		/* State first, console second: what a cell printed before its end is printed. */
		code = look(r, &cell);
		if (!code)
			code = console_copy(console);
		if (code)
			return code;
		if (cell->state != BH_CELL_RUNNING)
			return verdict(cell);
		if (!goes_on) {
			code = end_running(r);
			console_copy(console);
			return code;
		}
	}
}

static int run(struct run *r, const char *image)
{
	const struct bh_cell_public *cell;
	struct console console;
	int code = look(r, &cell);

	if (!code)
		code = cell_load(r->fd, cell, image, r->o);
	if (code)
		return code;
	console_open(&console, r->fd, cell, r->o->json);
	console.name = r->cell.name;
	code = cell_start(r->fd, &r->cell, r->o);
	if (!code)
		code = follow(r, &console);
	console_close(&console);
	return code;
}

int cmd_cell_run(const struct options *o, int argc, char **argv)
{
	struct run r = { .o = o, .p = xmalloc(sizeof(*r.p)) };
	int code = device_open(&r.fd), undo;

	(void)argc;
	watch_signals();
	if (!code)
		code = cell_create(r.fd, argv[0], &r.cell);
	if (!code) {
		code = run(&r, argv[1]);
		/* A second ^C must not leave a cell behind. */
		watch_clear();
		undo = o->keep ? EXIT_OK : cell_destroy(r.fd, &r.cell);
		code = code ? code : undo;
	}
	free(r.p);
	return code;
}
