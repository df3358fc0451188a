// SPDX-License-Identifier: GPL-2.0-only
/*
 * hvctl check: judges descriptions by the rules that driver and hypervisor apply.
 */
#include <errno.h>
#include <string.h>
#include "describe_json.h"
#include "description.h"
#include "json.h"

static void put_json(struct json *j, const char *path, int error, const struct description *d,
		     const struct describe_error *err)
{
	json_object(j, NULL);
	json_string(j, "file", path);
	json_bool(j, "valid", !error);
	if (!error) {
		json_string(j, "kind", description_kind(d->kind));
		json_string(j, "name", d->name);
		json_number(j, "wire_bytes", d->size);
		describe_put_json(j, "description", d);
	} else {
		json_string(j, "node", err->node);
		json_string(j, "property", err->property);
		json_string(j, "rule", err->rule);
		json_string(j, "text", err->text);
	}
	json_object_end(j);
}

static int code_of(int error)
{
	if (!error)
		return EXIT_OK;
	return error == -EINVAL ? EXIT_DESCRIPTION : EXIT_FAILED;
}

/* *system is the last system description seen; cells are judged against it. */
static int check_file(const char *path, struct description *system, struct json *j)
{
	const struct description *against = system->blob ? system : NULL;
	struct describe_error err = { 0 };
	struct description d = { 0 };
	int error = describe_load_for(path, against, &d, &err);

	if (j)
		put_json(j, path, error, &d, &err);
	else if (error)
		fail(code_of(error), "%s", err.text);
	else
		printf("%s: a valid description of the %s \"%s\"\n", path, description_kind(d.kind),
		       d.name);
	if (error)
		return code_of(error);
	if (d.kind != BH_CONFIG_SYSTEM) {
		describe_free(&d);
		return EXIT_OK;
	}
	if (system->blob)
		describe_free(system);
	*system = d;
	return EXIT_OK;
}

int cmd_check(const struct options *o, int argc, char **argv)
{
	struct description system = { 0 };
	int worst = EXIT_OK;
	struct json j;

	if (o->system)
		worst = description_load(o->system, BH_CONFIG_SYSTEM, &system);
	if (worst)
		return worst;
	json_begin(&j, stdout);
	if (o->json)
		json_array(&j, NULL);
	for (int i = 0; i < argc; i++) {
		int code = check_file(argv[i], &system, o->json ? &j : NULL);

		if (code > worst)
			worst = code;
	}
	if (o->json)
		json_array_end(&j);
	if (system.blob)
		describe_free(&system);
	return worst;
}
