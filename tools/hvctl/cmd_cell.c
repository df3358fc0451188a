// SPDX-License-Identifier: GPL-2.0-only
/*
 * hvctl cell create, load, start, shutdown, restart, destroy.
 */
#include <stdlib.h>
#include <string.h>
#include "cell.h"
#include "json.h"
#include "watch.h"

/* The device, and the cell of that name as it is now. */
struct found {
	int fd;
	struct cell_ref ref;
	struct bh_cell_public public;
};

static int find(const char *name, struct found *f)
{
	struct bh_public *p = xmalloc(sizeof(*p));
	const struct bh_cell_public *cell = NULL;
	int code = device_open_public(&f->fd, p);

	if (!code)
		code = device_cell(p, name, &cell);
	if (!code && cell->id == 0)
		code = fail(EXIT_FAILED, "%s is the root cell, this Linux itself", name);
	if (!code) {
		f->public = *cell;
		f->ref.id = cell->id;
		memcpy(f->ref.name, cell->name, BH_NAME_LEN);
	}
	free(p);
	return code;
}

static int done(const struct options *o, const char *name, int code)
{
	if (!code)
		device_put_spent(o, name);
	return code;
}

int cmd_cell_create(const struct options *o, int argc, char **argv)
{
	struct cell_ref cell = { 0 };
	struct json j;
	int fd, code = device_open(&fd);

	(void)argc;
	if (!code)
		code = cell_create(fd, argv[0], &cell);
	if (!code && o->json) {
		json_begin(&j, stdout);
		json_object(&j, NULL);
		json_string(&j, "name", cell.name);
		json_number(&j, "id", cell.id);
		json_real(&j, "driver_ms", device_spent_ms());
		json_object_end(&j);
	}
	return code;
}

int cmd_cell_load(const struct options *o, int argc, char **argv)
{
	struct found f;
	int code = find(argv[0], &f);

	(void)argc;
	if (!code && f.public.state == BH_CELL_RUNNING)
		code = fail(EXIT_BUSY, "cell %s runs (hvctl cell shutdown first)", f.ref.name);
	if (!code)
		code = cell_load(f.fd, &f.public, argv[1], o);
	return done(o, argv[0], code);
}

int cmd_cell_start(const struct options *o, int argc, char **argv)
{
	struct found f;
	int code = find(argv[0], &f);

	(void)argc;
	if (!code)
		code = cell_start(f.fd, &f.ref, o);
	return done(o, argv[0], code);
}

int cmd_cell_shutdown(const struct options *o, int argc, char **argv)
{
	struct found f;
	int code = find(argv[0], &f);

	(void)argc;
	if (code || f.public.state != BH_CELL_RUNNING)
		return done(o, argv[0], code); /* it does not run: that is what was asked for */
	watch_signals();
	return done(o, argv[0], cell_stop(f.fd, &f.ref, o->force, o->timeout_ms));
}

int cmd_cell_restart(const struct options *o, int argc, char **argv)
{
	struct found f;
	int code = find(argv[0], &f);

	(void)argc;
	watch_signals();
	if (!code && f.public.state == BH_CELL_RUNNING)
		code = cell_stop(f.fd, &f.ref, o->force, o->timeout_ms);
	if (!code)
		code = cell_start(f.fd, &f.ref, o);
	return done(o, argv[0], code);
}

int cmd_cell_destroy(const struct options *o, int argc, char **argv)
{
	struct found f;
	int code = find(argv[0], &f);

	(void)argc;
	if (!code && f.public.state == BH_CELL_RUNNING) {
		if (!o->force)
			return fail(EXIT_BUSY,
				    "cell %s runs: shut it down first (hvctl cell "
				    "shutdown %s), or use --force",
				    f.ref.name, f.ref.name);
		code = cell_stop(f.fd, &f.ref, true, o->timeout_ms);
	}
	if (!code)
		code = cell_destroy(f.fd, &f.ref);
	return done(o, argv[0], code);
}
