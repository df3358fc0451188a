// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages about descriptions; see description.h.
 */
#include <errno.h>
#include "description.h"

const char *description_kind(uint32_t kind)
{
	return kind == BH_CONFIG_SYSTEM ? "system" : "cell";
}

int description_load(const char *path, uint32_t kind, struct description *out)
{
	struct describe_error err = { 0 };
	int error = describe_load(path, out, &err);

	if (error)
		return fail(error == -EINVAL ? EXIT_DESCRIPTION : EXIT_FAILED, "%s", err.text);
	if (out->kind == kind)
		return EXIT_OK;
	fail(EXIT_DESCRIPTION, "%s describes a %s, wanted is the description of a %s", path,
	     description_kind(out->kind), description_kind(kind));
	describe_free(out);
	return EXIT_DESCRIPTION;
}

int description_refused(const struct description *d, enum device_call call, int error,
			const struct bh_ioc_config *c)
{
	struct describe_error err = { 0 };

	if (error != EINVAL || c->rule == BH_ID_NONE)
		return device_fail(call, d->path, error);
	describe_explain_rule(d, c->rule, c->record, c->value, &err);
	return fail(EXIT_DESCRIPTION, "%s", err.text);
}
