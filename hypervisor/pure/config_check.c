// SPDX-License-Identifier: GPL-2.0-only
/*
 * Applying the rules to a parsed description: every rule to every record of its table, until
 * one does not hold. The rules that both kinds share are here, the others in
 * config_check_system.c, config_check_cell.c and config_check_link.c.
 */
#include "config_check.h"

int rule_cpu_none(struct view *v)
{
	return judge(v, v->cpu_count, 0);
}

int rule_cpu_id(struct view *v)
{
	return judge(v, v->cpus[v->i].apic_id != 0xffffffff, v->cpus[v->i].apic_id);
}

int rule_cpu_duplicate(struct view *v)
{
	uint32_t j;

	for (j = 0; j < v->i; j++)
		if (v->cpus[j].apic_id == v->cpus[v->i].apic_id)
			return judge(v, 0, v->cpus[j].apic_id);
	return 1;
}

struct rule {
	enum config_rule rule;
	enum subject subject;
	int (*holds)(struct view *v);
};

#define X(id, name, subject, function) { RULE_##id, subject, function },
static const struct rule system_rules[] = { CONFIG_RULES_CPUS(X) CONFIG_RULES_SYSTEM(X) };
static const struct rule cell_rules[] = { CONFIG_RULES_CPUS(X) CONFIG_RULES_CELL(X) };
#undef X

static int apply(const struct rule *rules, size_t rule_count, const uint32_t count[SUBJECTS],
		 struct view *v, struct config_error *err)
{
	const struct rule *r;

	for (r = rules; r < rules + rule_count; r++) {
		for (v->i = 0; v->i < count[r->subject]; v->i++) {
			if (r->holds(v))
				continue;
			err->rule = r->rule;
			err->record = v->i;
			err->value = v->value;
			return -EINVAL;
		}
	}
	return 0;
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

int config_check_system(const struct config_system *sys, enum config_stage stage,
			struct config_error *err)
{
	struct view v = { .sys = sys, .stage = stage };
	const uint32_t count[SUBJECTS] = {
		[WHOLE] = 1,
		[CPU] = sys->cpu_count,
		[IOAPIC] = sys->ioapic_count,
		[IOMMU] = sys->iommu_count,
		[SLOT] = sys->slot_count,
		[POOL] = sys->pool_count,
	};

	v.cpus = sys->cpus;
	v.cpu_count = sys->cpu_count;
	return apply(system_rules, COUNT(system_rules), count, &v, err);
}

int config_check_cell(const struct config_cell *cell, const struct config_system *sys,
		      enum config_stage stage, struct config_error *err)
{
	struct view v = { .sys = sys, .cell = cell, .stage = stage };
	const uint32_t count[SUBJECTS] = {
		[WHOLE] = 1,
		[CPU] = cell->cpu_count,
		[LINK] = cell->link_count,
		[PORT] = cell->port_count,
		[MEMORY] = cell->memory_count,
	};

	v.cpus = cell->cpus;
	v.cpu_count = cell->cpu_count;
	return apply(cell_rules, COUNT(cell_rules), count, &v, err);
}
