// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rules of a cell description but for those about links: CPUs and windows, then ports and
 * memory.
 */
#include "config_check.h"

/* ------------------------------------------------------------------------ guest regions */

struct range config_guest_region(const struct config_cell *cell, uint32_t n)
{
	const struct bh_cell_config *c = cell->c;

	switch (n) {
	case GUEST_APIC:
		return range_of(CONFIG_LOCAL_APIC, BH_PAGE_SIZE);
	case GUEST_INFO:
		return range_of(c->info_gpa, 3 * BH_PAGE_SIZE + (uint64_t)c->console_size);
	case GUEST_ECAM:
		return range_of(c->ecam_gpa, CONFIG_MIB);
	case GUEST_BAR:
		return range_of(c->bar_gpa, CONFIG_MIB);
	case GUEST_IOAPIC:
		return range_of(c->ioapic_gpa, BH_PAGE_SIZE);
	}
	n -= GUEST_LINKS;
	if (n < cell->link_count)
		return range_of(cell->links[n].gpa, bh_link_size(&cell->links[n]));
	n -= cell->link_count;
	return range_of(cell->memory[n].gpa, cell->memory[n].size);
}

int config_guest_clear(struct view *v, uint32_t n)
{
	struct range r = config_guest_region(v->cell, n);
	uint32_t j;

	for (j = 0; j < n; j++)
		if (overlap(r, config_guest_region(v->cell, j)))
			return judge(v, 0, r.start);
	return 1;
}

int config_guest_window(struct view *v, uint32_t n, uint64_t align, uint64_t limit)
{
	struct range r = config_guest_region(v->cell, n);

	return judge(v, aligned(r.start, align) && fits(r, limit), r.start);
}

/* ---------------------------------------------------------------------- CPUs and windows */

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

int rule_info_address(struct view *v)
{
	return config_guest_window(v, GUEST_INFO, BH_PAGE_SIZE, CONFIG_LIMIT);
}

int rule_info_overlap(struct view *v)
{
	return config_guest_clear(v, GUEST_INFO);
}

int rule_cell_ecam_address(struct view *v)
{
	return v->cell->c->ecam_gpa == BH_ADDR_NONE ||
	       config_guest_window(v, GUEST_ECAM, CONFIG_MIB, CONFIG_LIMIT);
}

int rule_cell_ecam_overlap(struct view *v)
{
	return config_guest_clear(v, GUEST_ECAM);
}

int rule_bar_address(struct view *v)
{
	return config_guest_window(v, GUEST_BAR, CONFIG_MIB, 4 * CONFIG_GIB);
}

int rule_bar_overlap(struct view *v)
{
	return config_guest_clear(v, GUEST_BAR);
}

int rule_cell_ioapic_address(struct view *v)
{
	return v->cell->c->ioapic_gpa == BH_ADDR_NONE ||
	       config_guest_window(v, GUEST_IOAPIC, BH_PAGE_SIZE, 4 * CONFIG_GIB);
}

int rule_cell_ioapic_overlap(struct view *v)
{
	return config_guest_clear(v, GUEST_IOAPIC);
}

/* -------------------------------------------------------------------------------- ports */

static struct range port_range(const struct view *v)
{
	const struct bh_config_port *p = &v->cell->ports[v->i];

	return range_of(p->first, p->last - p->first + 1u);
}

int rule_port_order(struct view *v)
{
	const struct bh_config_port *p = &v->cell->ports[v->i];

	return judge(v, p->first <= p->last, p->first);
}

int rule_port_pci(struct view *v)
{
	struct range r = port_range(v);

	return judge(v, !overlap(r, range_of(CONFIG_PCI_PORTS, 8)), r.start);
}

/* The keyboard controller's command port can pulse the reset line, port 92h is "fast reset";
 * the third way, CF9h, lies among the ports of PCI configuration. */
int rule_port_reset(struct view *v)
{
	struct range r = port_range(v);

	return judge(v, !overlap(r, range_of(0x64, 1)) && !overlap(r, range_of(0x92, 1)), r.start);
}

int rule_port_console(struct view *v)
{
	struct range r = port_range(v);

	return judge(v, !v->sys || !overlap(r, config_console_ports(v->sys)), r.start);
}

/* ------------------------------------------------------------------------------- memory */

int rule_memory_none(struct view *v)
{
	return judge(v, v->cell->memory_count, 0);
}

int rule_memory_flags(struct view *v)
{
	uint32_t flags = v->cell->memory[v->i].flags;

	return judge(v, (flags & BH_MEM_READ) && !(flags & ~BH_MEM_FLAGS), flags);
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

int rule_memory_limit(struct view *v)
{
	const struct bh_config_memory *m = &v->cell->memory[v->i];

	return judge(v, fits(range_of(m->gpa, m->size), CONFIG_LIMIT), m->gpa);
}

int rule_memory_overlap(struct view *v)
{
	return config_guest_clear(v, GUEST_LINKS + v->cell->link_count + v->i);
}

int rule_memory_host_open(struct view *v)
{
	const struct bh_config_memory *m = &v->cell->memory[v->i];

	return judge(v, v->stage == CONFIG_OPEN || m->hpa != BH_ADDR_NONE, m->gpa);
}

int rule_memory_host_limit(struct view *v)
{
	return config_backing_fits(v, v->i);
}

int rule_memory_host_reserved(struct view *v)
{
	return config_backing_reserved(v, v->i);
}

int rule_memory_host_overlap(struct view *v)
{
	return config_backing_clear(v, v->i);
}
