/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A description as JSON.
 */
#ifndef HVCTL_DESCRIBE_JSON_H
#define HVCTL_DESCRIBE_JSON_H

#include "describe_dt.h"
#include "json.h"

/* An object with all that a valid description says or leaves to its defaults. Absent addresses
 * and numbers are left out. */
void describe_put_json(struct json *j, const char *key, const struct description *d);

#endif
