// SPDX-License-Identifier: GPL-2.0-only
/*
 * The places that records take, and the rules about them, which are the same for all: each is
 * where it may be, and nobody else's.
 */
#include <bulkhead/comm.h>
#include "config_check.h"

#define MIB UINT64_C(0x100000)
#define LOCAL_APIC UINT64_C(0xfee00000)

static struct place required(uint64_t start, uint64_t size)
{
	return (struct place){ start, size };
}

static struct place optional(uint64_t start, uint64_t size)
{
	return (struct place){ start, start == BH_ADDR_NONE ? 0 : size };
}

/*
 * The keyboard controller's command port can pulse the reset line, port 92h is "fast reset";
 * the third way, CF9h, lies among the ports of PCI configuration.
 */
struct place config_place(const struct view *v, enum subject subject, uint32_t i)
{
	const struct config_system *sys = v->sys;
	const struct config_cell *cell = v->cell;

	switch (subject) {
	case CPU:
		return required(v->cpus[i].apic_id, 1);
	case SLOT:
		return required(sys->slots[i].bdf, 1);
	case LINK_BDF:
		return required(cell->links[i].bdf, 1);
	case DEVICE_BDF:
		return required(cell->devices[i].bdf, 1);
	case DEVICE_HOST:
		return required(cell->devices[i].host_bdf,
				cell->devices[i].host_bdf != BH_BDF_NONE);
	case PIN:
		return required(cell->pins[i].pin, 1);
	case PIN_GSI:
		return required(cell->pins[i].gsi, 1);
	case GSI:
		return required(sys->ioapics[i].gsi_base, sys->ioapics[i].pins);
	case PCI_PORTS:
		return required(0xcf8, 8);
	case STOP_PORTS:
		return required(i ? 0x92 : 0x64, 1);
	case STOP:
		return required(sys->stops[i].port, 1);
	case CONSOLE_PORTS:
		return required(sys->c->console_port,
				sys->c->console_type == BH_CONSOLE_16550 ?
					8 :
					sys->c->console_type == BH_CONSOLE_DEBUGCON);
	case PORT:
		return required(cell->ports[i].first,
				cell->ports[i].last - cell->ports[i].first + 1u);
	case HOST_APIC: /* all addresses that interrupt messages are written to */
		return required(LOCAL_APIC, MIB);
	case CELL_APIC:
		return required(LOCAL_APIC, BH_PAGE_SIZE);
	case HYPERVISOR:
		return optional(sys->c->memory_hpa, sys->c->memory_size);
	case ECAM:
		return optional(sys->c->ecam_hpa,
				(sys->c->ecam_bus_last - sys->c->ecam_bus_first + 1) * MIB);
	case IOAPIC:
		return required(sys->ioapics[i].base_hpa, BH_PAGE_SIZE);
	case IOMMU:
		return required(sys->iommus[i].base_hpa, sys->iommus[i].size);
	case POOL:
		return required(sys->pool[i].hpa, sys->pool[i].size);
	case MEMORY_HOST:
		return optional(cell->memory[i].hpa, cell->memory[i].size);
	case LINK_HOST:
		return optional(cell->links[i].hpa, bh_link_size(&cell->links[i]));
	case INFO:
		return required(cell->c->info_gpa, BH_COMM_SIZE((uint64_t)cell->c->console_size));
	case CELL_ECAM:
		return optional(cell->c->ecam_gpa, MIB);
	case BAR:
		return required(cell->c->bar_gpa, MIB);
	case CELL_IOAPIC:
		return optional(cell->c->ioapic_gpa, BH_PAGE_SIZE);
	case LINK:
		return required(cell->links[i].gpa, bh_link_size(&cell->links[i]));
	case DEVICE_BAR_HOST:
		return optional(cell->devices[i / CONFIG_BARS].bar[i % CONFIG_BARS].hpa,
				cell->devices[i / CONFIG_BARS].bar[i % CONFIG_BARS].size);
	case DEVICE_BAR:
		return optional(cell->devices[i / CONFIG_BARS].bar[i % CONFIG_BARS].gpa,
				cell->devices[i / CONFIG_BARS].bar[i % CONFIG_BARS].size);
	default:
		return required(cell->memory[i].gpa, cell->memory[i].size);
	}
}

static int overlap(struct place a, struct place b)
{
	if (!a.size || !b.size)
		return 0;
	return a.start < b.start ? b.start - a.start < a.size : a.start - b.start < b.size;
}

int config_place_clear(struct view *v, enum subject first, enum subject last)
{
	struct place own = config_place(v, v->subject, v->i);
	uint32_t j;

	for (; first <= last; first++)
		for (j = 0; j < (first == v->subject ? v->i : v->count[first]); j++)
			if (overlap(own, config_place(v, first, j)))
				return judge(v, 0, own.start);
	return 1;
}

/* How a place must be aligned, where it has to end (0: with the host's memory), and the first
 * of those it must be clear of (0: its own kind): the others stand between the two. */
static const struct {
	uint64_t align, limit;
	enum subject clear_of;
} terms[SUBJECTS] = {
	[DEVICE_BDF] = { 1, CONFIG_LIMIT, LINK_BDF },
	[HYPERVISOR] = { BH_PIECE_SIZE, 0, HOST_APIC },
	[ECAM] = { MIB, 0, HOST_APIC },
	[IOAPIC] = { BH_PAGE_SIZE, 0, HOST_APIC },
	[IOMMU] = { BH_PAGE_SIZE, 0, HOST_APIC },
	[POOL] = { BH_PIECE_SIZE, 0, HOST_APIC },
	[MEMORY_HOST] = { BH_PAGE_SIZE, 0, MEMORY_HOST },
	[LINK_HOST] = { BH_PAGE_SIZE, 0, MEMORY_HOST },
	[INFO] = { BH_PAGE_SIZE, CONFIG_LIMIT, CELL_APIC },
	[CELL_ECAM] = { MIB, CONFIG_LIMIT, CELL_APIC },
	[BAR] = { MIB, 4 * CONFIG_GIB, CELL_APIC },
	[CELL_IOAPIC] = { BH_PAGE_SIZE, 4 * CONFIG_GIB, CELL_APIC },
	[LINK] = { BH_PAGE_SIZE, CONFIG_LIMIT, CELL_APIC },
	[DEVICE_BAR] = { BH_PAGE_SIZE, 4 * CONFIG_GIB, CELL_APIC },
	[MEMORY] = { BH_PAGE_SIZE, CONFIG_LIMIT, CELL_APIC },
};

int place_fits(struct view *v)
{
	struct place own = config_place(v, v->subject, v->i);
	uint64_t host_limit = v->sys ? v->sys->c->address_limit : CONFIG_LIMIT;
	uint64_t limit = terms[v->subject].limit ? terms[v->subject].limit : host_limit;

	return judge(v,
		     !own.size || (aligned(own.start, terms[v->subject].align) && fits(own, limit)),
		     own.start);
}

int place_is_clear(struct view *v)
{
	enum subject first = terms[v->subject].clear_of;

	return config_place_clear(v, first ? first : v->subject, v->subject);
}

int place_is_unreserved(struct view *v)
{
	return config_place_clear(v, HOST_APIC, IOMMU);
}
