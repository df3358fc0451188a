// SPDX-License-Identifier: GPL-2.0-only
/*
 * Judging descriptions and saying what is wrong with them (see report.h).
 */
#include <linux/kernel.h>
#include <bulkhead/ioctl.h>
#include <bulkhead/public.h>
#include "driver.h"
#include "report.h"

void report_rule(const char *who, const char *what, u32 rule, u32 record, u64 value)
{
	pr_err("%s: the %s breaks the rule \"%s\" (record %u, value %#llx); hvctl check explains it\n",
	       who, what, config_rule_name(rule), record, value);
}

void report_console(const struct bh_public *public)
{
	u64 head = public->console_head;
	u64 at = head > BH_HV_CONSOLE_SIZE ? head - BH_HV_CONSOLE_SIZE : 0;
	char line[160];
	unsigned int n = 0;

	for (; at < head; at++) {
		char c = public->console[at % BH_HV_CONSOLE_SIZE];

		if (c != '\n')
			line[n++] = c;
		if (c != '\n' && n < sizeof(line))
			continue;
		pr_err("hypervisor: %.*s\n", n, line);
		n = 0;
	}
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
