// SPDX-License-Identifier: GPL-2.0-only
/* The rules of a cell description, but for those about its links and about places. */
#include "config_check.h"

int rule_cell_flags(struct view *v)
{
	return judge(v, !(v->cell->c->flags & ~BH_CELL_FLAGS), v->cell->c->flags);
}

int rule_cpu_unknown(struct view *v)
{
	uint32_t j;

	if (!v->sys)
		return 1;
	for (j = 0; j < v->sys->cpu_count; j++)
		if (v->sys->cpus[j].apic_id == v->cpus[v->i].apic_id)
			return 1;
	return judge(v, 0, v->cpus[v->i].apic_id);
}

int rule_cpu_boot(struct view *v)
{
	uint32_t id = v->cpus[v->i].apic_id;

	return judge(v, !v->sys || v->sys->cpus[0].apic_id != id, id);
}

int rule_cpu_xapic(struct view *v)
{
	uint32_t id = v->cpus[v->i].apic_id;

	return judge(v, !(v->cell->c->flags & BH_CELL_XAPIC_ONLY) || id < 255, id);
}

int rule_console_size(struct view *v)
{
	uint32_t size = v->cell->c->console_size;

	return judge(v, size >= 0x1000 && size <= 0x10000 && aligned(size, size), size);
}

int rule_port_order(struct view *v)
{
	const struct bh_config_port *p = &v->cell->ports[v->i];

	return judge(v, p->first <= p->last, p->first);
}

int rule_port_pci(struct view *v)
{
	return config_place_clear(v, PCI_PORTS, PCI_PORTS);
}

int rule_port_reset(struct view *v)
{
	return config_place_clear(v, STOP_PORTS, STOP);
}

int rule_port_console(struct view *v)
{
	return config_place_clear(v, CONSOLE_PORTS, CONSOLE_PORTS);
}

int rule_memory_none(struct view *v)
{
	return judge(v, v->cell->memory_count, 0);
}

int rule_memory_flags(struct view *v)
{
	uint32_t flags = v->cell->memory[v->i].flags;
	int registers = !(flags & BH_MEM_EXEC) && v->cell->memory[v->i].hpa != BH_ADDR_NONE;

	return judge(v,
		     (flags & BH_MEM_READ) && !(flags & ~(BH_MEM_FLAGS | BH_MEM_IO)) &&
			     (registers || !(flags & BH_MEM_IO)),
		     flags);
}

int rule_memory_align(struct view *v)
{
	const struct bh_config_memory *m = &v->cell->memory[v->i];

	return judge(v, aligned(m->gpa, BH_PAGE_SIZE), m->gpa) &&
	       judge(v, m->hpa == BH_ADDR_NONE || aligned(m->hpa, BH_PAGE_SIZE), m->hpa);
}

int rule_memory_size(struct view *v)
{
	const struct bh_config_memory *m = &v->cell->memory[v->i];
	uint32_t unit = m->hpa == BH_ADDR_NONE ? BH_PIECE_SIZE : BH_PAGE_SIZE;

	return judge(v, m->size && aligned(m->size, unit), m->size);
}

int rule_memory_host_open(struct view *v)
{
	const struct bh_config_memory *m = &v->cell->memory[v->i];

	return judge(v, v->stage == CONFIG_OPEN || m->hpa != BH_ADDR_NONE, m->gpa);
}
