// SPDX-License-Identifier: GPL-2.0-only
/*
 * Judging descriptions and saying what is wrong with them (see report.h).
 */
#include <linux/kernel.h>
#include <bulkhead/ioctl.h>
#include "driver.h"
#include "report.h"

void report_rule(const char *who, const char *what, u32 rule, u32 record, u64 value)
{
	pr_err("%s: the %s breaks the rule \"%s\" (record %u, value %#llx); hvctl check explains it\n",
	       who, what, config_rule_name(rule), record, value);
}

static int verdict(const char *what, int err, const struct config_error *found,
		   struct bh_ioc_config *arg)
{
	if (!err)
		return 0;
	report_rule("driver", what, found->rule, found->record, found->value);
	arg->rule = found->rule;
	arg->record = found->record;
	arg->value = found->value;
	return err;
}

int report_checked_system(struct config_system *sys, const void *blob, size_t size,
			  struct bh_ioc_config *arg)
{
	struct config_error found = {};
	int err = config_parse_system(sys, blob, size, &found);

	if (!err)
		err = config_check_system(sys, CONFIG_OPEN, &found);
	return verdict("system description", err, &found, arg);
}

int report_checked_cell(struct config_cell *cell, const void *blob, size_t size,
			struct bh_ioc_config *arg)
{
	struct config_error found = {};
	int err = config_parse_cell(cell, blob, size, &found);

	if (!err)
		err = config_check_cell(cell, &hv.system, CONFIG_OPEN, &found);
	return verdict("cell description", err, &found, arg);
}
