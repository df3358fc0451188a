// SPDX-License-Identifier: GPL-2.0-only
/*
 * Applying the rules to a parsed description: every rule to every record of its table, until
 * one does not hold. The rules that both kinds share are here, the others in
 * config_check_system.c, config_check_cell.c and config_check_link.c.
 */
#include "config_check.h"

static int cpu_none(struct view *v)
{
	return judge(v, v->cpu_count, 0);
}

static int cpu_id(struct view *v)
{
	return judge(v, v->cpus[v->i].apic_id != 0xffffffff, v->cpus[v->i].apic_id);
}

static int cpu_duplicate(struct view *v)
{
	uint32_t j;

	for (j = 0; j < v->i; j++)
		if (v->cpus[j].apic_id == v->cpus[v->i].apic_id)
			return judge(v, 0, v->cpus[j].apic_id);
	return 1;
}

static const struct rule cpu_rule[] = {
	{ RULE_CPU_NONE, WHOLE, cpu_none },
	{ RULE_CPU_ID, CPU, cpu_id },
	{ RULE_CPU_DUPLICATE, CPU, cpu_duplicate },
};

static const struct rules cpu_rules = { cpu_rule, sizeof(cpu_rule) / sizeof(cpu_rule[0]) };

static int apply(const struct rules *rules, const uint32_t count[SUBJECTS], struct view *v,
		 struct config_error *err)
{
	const struct rule *r;
	uint32_t k;

	for (k = 0; k < rules->count; k++) {
		r = &rules->rule[k];
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

int config_check_system(const struct config_system *sys, enum config_stage stage,
			struct config_error *err)
{
	struct view v = {
		.sys = sys, .stage = stage, .cpus = sys->cpus, .cpu_count = sys->cpu_count
	};
	const uint32_t count[SUBJECTS] = {
		[WHOLE] = 1,
		[CPU] = sys->cpu_count,
		[IOAPIC] = sys->ioapic_count,
		[IOMMU] = sys->iommu_count,
		[SLOT] = sys->slot_count,
		[POOL] = sys->pool_count,
	};
	int ret = apply(&cpu_rules, count, &v, err);

	return ret ? ret : apply(&config_system_rules, count, &v, err);
}

int config_check_cell(const struct config_cell *cell, const struct config_system *sys,
		      enum config_stage stage, struct config_error *err)
{
	struct view v = { .sys = sys,
			  .cell = cell,
			  .stage = stage,
			  .cpus = cell->cpus,
			  .cpu_count = cell->cpu_count };
	const uint32_t count[SUBJECTS] = {
		[WHOLE] = 1,
		[CPU] = cell->cpu_count,
		[LINK] = cell->link_count,
		[PORT] = cell->port_count,
		[MEMORY] = cell->memory_count,
	};
	int ret = apply(&cpu_rules, count, &v, err);

	if (!ret)
		ret = apply(&config_cell_rules, count, &v, err);
	if (!ret)
		ret = apply(&config_link_rules, count, &v, err);
	if (!ret)
		ret = apply(&config_memory_rules, count, &v, err);
	if (!ret)
		ret = apply(&config_link_host_rules, count, &v, err);
	return ret;
}
