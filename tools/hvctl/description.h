/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between describe.h and the commands: errors become messages and exit codes.
 */
#ifndef HVCTL_DESCRIPTION_H
#define HVCTL_DESCRIPTION_H

#include "describe.h"
#include "device.h"

/* Loads a description and insists on its kind, BH_CONFIG_*. EXIT_OK: the caller ends with
 * describe_free(). */
int description_load(const char *path, uint32_t kind, struct description *out);

/* Message and exit code for enable and create: names the rule that the driver or the
 * hypervisor found broken, or says what errno means. */
int description_refused(const struct description *d, enum device_call call, int error,
			const struct bh_ioc_config *c);

const char *description_kind(uint32_t kind);

#endif
