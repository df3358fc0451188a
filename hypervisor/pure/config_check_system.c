// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rules of a system description.
 */
#include <bulkhead/image.h>
#include "config_check.h"

#define MAX_PINS 240 /* IO-APIC version register: 8 bits for the highest pin */
#define PORTS_16550 8

/* ------------------------------------------------------------------------- host regions */

uint32_t config_host_reserved(const struct config_system *sys)
{
	return HOST_IOAPICS + sys->ioapic_count + sys->iommu_count;
}

struct range config_host_region(const struct config_system *sys, uint32_t n)
{
	const struct bh_system_config *c = sys->c;

	if (n == HOST_APIC)
		return range_of(CONFIG_LOCAL_APIC, BH_PAGE_SIZE);
	if (n == HOST_HYPERVISOR)
		return range_of(c->memory_hpa, c->memory_size);
	if (n == HOST_ECAM)
		return range_of(c->ecam_hpa,
				(c->ecam_bus_last - c->ecam_bus_first + 1) * CONFIG_MIB);
	n -= HOST_IOAPICS;
	if (n < sys->ioapic_count)
		return range_of(sys->ioapics[n].base_hpa, BH_PAGE_SIZE);
	n -= sys->ioapic_count;
	if (n < sys->iommu_count)
		return range_of(sys->iommus[n].base_hpa, sys->iommus[n].size);
	n -= sys->iommu_count;
	return range_of(sys->pool[n].hpa, sys->pool[n].size);
}

static int host_fits(struct view *v, uint32_t n, uint64_t align)
{
	struct range r = config_host_region(v->sys, n);

	return judge(v, !r.size || (aligned(r.start, align) && fits(r, v->sys->c->address_limit)),
		     r.start);
}

static int host_clear(struct view *v, uint32_t n)
{
	struct range r = config_host_region(v->sys, n);
	uint32_t j;

	for (j = 0; j < n; j++)
		if (overlap(r, config_host_region(v->sys, j)))
			return judge(v, 0, r.start);
	return 1;
}

static uint32_t iommu_region(const struct view *v)
{
	return HOST_IOAPICS + v->sys->ioapic_count + v->i;
}

static uint32_t pool_region(const struct view *v)
{
	return config_host_reserved(v->sys) + v->i;
}

/* -------------------------------------------------------------------------------- rules */

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

int rule_hypervisor_address(struct view *v)
{
	return host_fits(v, HOST_HYPERVISOR, BH_PIECE_SIZE);
}

int rule_hypervisor_overlap(struct view *v)
{
	return host_clear(v, HOST_HYPERVISOR);
}

int rule_ecam_buses(struct view *v)
{
	const struct bh_system_config *c = v->sys->c;

	return judge(v, c->ecam_bus_first <= c->ecam_bus_last, c->ecam_bus_last);
}

int rule_ecam_address(struct view *v)
{
	return host_fits(v, HOST_ECAM, CONFIG_MIB);
}

int rule_ecam_overlap(struct view *v)
{
	return host_clear(v, HOST_ECAM);
}

int rule_ioapic_address(struct view *v)
{
	uint64_t base = v->sys->ioapics[v->i].base_hpa;

	return judge(v, base != BH_ADDR_NONE, base) &&
	       host_fits(v, HOST_IOAPICS + v->i, BH_PAGE_SIZE);
}

int rule_ioapic_pins(struct view *v)
{
	uint32_t pins = v->sys->ioapics[v->i].pins;

	return judge(v, pins && pins <= MAX_PINS, pins);
}

int rule_ioapic_gsi(struct view *v)
{
	const struct bh_config_ioapic *io = v->sys->ioapics;
	uint32_t j;

	for (j = 0; j < v->i; j++)
		if (overlap(range_of(io[j].gsi_base, io[j].pins),
			    range_of(io[v->i].gsi_base, io[v->i].pins)))
			return judge(v, 0, io[v->i].gsi_base);
	return 1;
}

int rule_ioapic_overlap(struct view *v)
{
	return host_clear(v, HOST_IOAPICS + v->i);
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
	       host_fits(v, iommu_region(v), BH_PAGE_SIZE);
}

int rule_iommu_overlap(struct view *v)
{
	return host_clear(v, iommu_region(v));
}

int rule_iommu_control(struct view *v)
{
	const struct bh_config_iommu *u = &v->sys->iommus[v->i];

	return judge(v, u->flags & BH_IOMMU_LEFT_TO_ROOT, u->base_hpa);
}

int rule_accept_msi(struct view *v)
{
	return judge(v, v->sys->c->flags & BH_SYSTEM_ACCEPT_UNMODERATED_MSI, v->sys->c->flags);
}

int rule_accept_dma(struct view *v)
{
	return judge(v, v->sys->c->flags & BH_SYSTEM_ACCEPT_UNPROTECTED_DMA, v->sys->c->flags);
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

int rule_slot_duplicate(struct view *v)
{
	const struct bh_config_slot *slot = v->sys->slots;
	uint32_t j;

	for (j = 0; j < v->i; j++)
		if (slot[j].bdf == slot[v->i].bdf)
			return judge(v, 0, slot[j].bdf);
	return 1;
}

int rule_console_type(struct view *v)
{
	return judge(v, v->sys->c->console_type <= BH_CONSOLE_DEBUGCON, v->sys->c->console_type);
}

struct range config_console_ports(const struct config_system *sys)
{
	uint64_t first = sys->c->console_port;

	switch (sys->c->console_type) {
	case BH_CONSOLE_16550:
		return range_of(first, PORTS_16550);
	case BH_CONSOLE_DEBUGCON:
		return range_of(first, 1);
	}
	return range_of(first, 0);
}

int rule_console_port(struct view *v)
{
	struct range r = config_console_ports(v->sys);

	return judge(v,
		     !r.size || (r.start && fits(r, 0x10000) &&
				 !overlap(r, range_of(CONFIG_PCI_PORTS, 8))),
		     r.start);
}

int rule_pool_align(struct view *v)
{
	const struct bh_config_range *r = &v->sys->pool[v->i];

	return judge(v, r->size && aligned(r->hpa | r->size, BH_PIECE_SIZE), r->hpa);
}

int rule_pool_limit(struct view *v)
{
	return host_fits(v, pool_region(v), BH_PIECE_SIZE);
}

int rule_pool_overlap(struct view *v)
{
	return host_clear(v, pool_region(v));
}
