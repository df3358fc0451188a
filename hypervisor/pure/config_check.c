// SPDX-License-Identifier: GPL-2.0-only
/*
 * Applying the rules to a parsed description: every rule to every record that it is about, until
 * one does not hold. The rules about CPUs, which both kinds have, are here, those about what lies
 * where in config_check_place.c, the others in config_check_system.c, config_check_cell.c,
 * config_check_link.c and config_check_device.c.
 */
#include "config_check.h"

int rule_cpu_none(struct view *v)
{
	return judge(v, v->count[CPU], 0);
}

int rule_cpu_id(struct view *v)
{
	return judge(v, v->cpus[v->i].apic_id != 0xffffffff, v->cpus[v->i].apic_id);
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

static int apply(const struct rule *rules, size_t rule_count, struct view *v,
		 struct config_error *err)
{
	const struct rule *r;

	for (r = rules; r < rules + rule_count; r++) {
		v->subject = r->subject;
		for (v->i = 0; v->i < v->count[r->subject]; v->i++) {
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

/* How much there is of what both kinds of description are about. */
static struct view view_of(const struct config_system *sys, enum config_stage stage)
{
	struct view v = { .sys = sys, .stage = stage };

	v.count[WHOLE] = v.count[PCI_PORTS] = 1;
	v.count[STOP_PORTS] = 2;
	if (sys) {
		v.count[CONSOLE_PORTS] = 1;
		v.count[HOST_APIC] = v.count[HYPERVISOR] = v.count[ECAM] = 1;
		v.count[IOAPIC] = sys->ioapic_count;
		v.count[IOMMU] = sys->iommu_count;
		v.count[STOP] = sys->stop_count;
	}
	return v;
}

int config_check_system(const struct config_system *sys, enum config_stage stage,
			struct config_error *err)
{
	struct view v = view_of(sys, stage);

	v.cpus = sys->cpus;
	v.count[CPU] = sys->cpu_count;
	v.count[GSI] = sys->ioapic_count;
	v.count[SLOT] = sys->slot_count;
	v.count[POOL] = sys->pool_count;
	return apply(system_rules, COUNT(system_rules), &v, err);
}

int config_check_cell(const struct config_cell *cell, const struct config_system *sys,
		      enum config_stage stage, struct config_error *err)
{
	struct view v = view_of(sys, stage);

	v.cell = cell;
	v.cpus = cell->cpus;
	v.count[CPU] = cell->cpu_count;
	v.count[PORT] = cell->port_count;
	v.count[CELL_APIC] = v.count[INFO] = 1;
	v.count[CELL_ECAM] = v.count[BAR] = v.count[CELL_IOAPIC] = 1;
	v.count[LINK] = v.count[LINK_BDF] = v.count[LINK_HOST] = cell->link_count;
	v.count[DEVICE] = v.count[DEVICE_BDF] = v.count[DEVICE_HOST] = cell->device_count;
	v.count[DEVICE_BAR] = v.count[DEVICE_BAR_HOST] = cell->device_count * CONFIG_BARS;
	v.count[PIN] = v.count[PIN_GSI] = cell->pin_count;
	v.count[MEMORY] = v.count[MEMORY_HOST] = cell->memory_count;
	return apply(cell_rules, COUNT(cell_rules), &v, err);
}
