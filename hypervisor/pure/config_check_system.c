// SPDX-License-Identifier: GPL-2.0-only
/* The rules of a system description, but for those about the places that its records take. */
#include <bulkhead/image.h>
#include "config_check.h"

#define MAX_PINS 240 /* IO-APIC version register: 8 bits for the highest pin */

int rule_system_flags(struct view *v)
{
	return judge(v, !(v->sys->c->flags & ~BH_SYSTEM_FLAGS), v->sys->c->flags);
}

int rule_address_limit(struct view *v)
{
	uint64_t limit = v->sys->c->address_limit;

	return judge(v, limit && limit <= CONFIG_LIMIT && aligned(limit, CONFIG_GIB), limit);
}

int rule_hypervisor_size(struct view *v)
{
	uint64_t size = v->sys->c->memory_size;

	return judge(
		v, size && aligned(size, BH_PIECE_SIZE) && size / BH_PIECE_SIZE <= BH_MAX_HV_PIECES,
		size);
}

int rule_ecam_buses(struct view *v)
{
	const struct bh_system_config *c = v->sys->c;

	return judge(v, c->ecam_bus_first <= c->ecam_bus_last, c->ecam_bus_last);
}

int rule_ioapic_pins(struct view *v)
{
	uint32_t pins = v->sys->ioapics[v->i].pins;

	return judge(v, pins && pins <= MAX_PINS, pins);
}

int rule_iommu_type(struct view *v)
{
	uint32_t type = v->sys->iommus[v->i].type;

	return judge(v, type == BH_IOMMU_VTD || type == BH_IOMMU_AMDVI, type);
}

int rule_iommu_flags(struct view *v)
{
	uint32_t flags = v->sys->iommus[v->i].flags;

	return judge(v, !(flags & ~BH_IOMMU_LEFT_TO_ROOT), flags);
}

int rule_iommu_address(struct view *v)
{
	const struct bh_config_iommu *u = &v->sys->iommus[v->i];

	return judge(v, u->base_hpa != BH_ADDR_NONE && u->size && aligned(u->size, BH_PAGE_SIZE),
		     u->size) &&
	       place_fits(v);
}

int rule_iommu_control(struct view *v)
{
	const struct bh_config_iommu *u = &v->sys->iommus[v->i];

	return judge(v, u->flags == v->sys->iommus[0].flags, u->base_hpa);
}

/* Whether the hypervisor drives the machine's units, which are all treated alike. */
static int has_units(const struct view *v)
{
	return v->sys->iommu_count && !(v->sys->iommus[0].flags & BH_IOMMU_LEFT_TO_ROOT);
}

int rule_accept_msi(struct view *v)
{
	uint32_t flags = v->sys->c->flags;

	return judge(v, flags & BH_SYSTEM_ACCEPT_UNMODERATED_MSI || has_units(v), flags);
}

int rule_accept_dma(struct view *v)
{
	uint32_t flags = v->sys->c->flags;

	return judge(v, flags & BH_SYSTEM_ACCEPT_UNPROTECTED_DMA || has_units(v), flags);
}

int rule_slot_function(struct view *v)
{
	return judge(v, !(v->sys->slots[v->i].bdf & 7), v->sys->slots[v->i].bdf);
}

int rule_slot_bus(struct view *v)
{
	const struct bh_system_config *c = v->sys->c;
	uint32_t bdf = v->sys->slots[v->i].bdf;

	return judge(v,
		     c->ecam_hpa == BH_ADDR_NONE ||
			     (bdf >> 8 >= c->ecam_bus_first && bdf >> 8 <= c->ecam_bus_last),
		     bdf);
}

int rule_console_type(struct view *v)
{
	return judge(v, v->sys->c->console_type <= BH_CONSOLE_DEBUGCON, v->sys->c->console_type);
}

int rule_console_port(struct view *v)
{
	struct place p = config_place(v, CONSOLE_PORTS, 0);

	return judge(v, !p.size || (p.start && fits(p, 0x10000)), p.start) &&
	       config_place_clear(v, PCI_PORTS, PCI_PORTS);
}

int rule_pool_align(struct view *v)
{
	const struct bh_config_range *r = &v->sys->pool[v->i];

	return judge(v, r->size && aligned(r->hpa | r->size, BH_PIECE_SIZE), r->hpa);
}

int rule_root_end_policy(struct view *v)
{
	return judge(v, v->sys->c->root_end <= BH_ROOT_END_RESTART, v->sys->c->root_end);
}

int rule_root_end_limit(struct view *v)
{
	return judge(v, v->sys->c->root_end_limit <= BH_ROOT_END_LIMIT, v->sys->c->root_end_limit);
}

int rule_stop_value(struct view *v)
{
	const struct bh_config_stop *s = &v->sys->stops[v->i];

	return judge(v, s->mask && !(s->value & ~s->mask), s->value);
}

/* Every PC's own reset register lies among the ports of PCI configuration. */
int rule_stop_port(struct view *v)
{
	const struct bh_config_stop *s = &v->sys->stops[v->i];

	return config_place_clear(v, CONSOLE_PORTS, CONSOLE_PORTS) &&
	       (s->port == 0xcf9 || config_place_clear(v, PCI_PORTS, PCI_PORTS));
}
