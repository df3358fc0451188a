// SPDX-License-Identifier: GPL-2.0-only
/* PCI functions of cells: whether they can be given, who has their registers, reset. */
#include "assign.h"
#include "arch/x86/ioapic_access.h"
#include "arch/x86/iommu/iommu.h"
#include "arch/x86/x86.h"
#include "assign_guard.h"
#include "assign_interrupts.h"
#include "console.h"
#include "memory.h"
#include "pci_config.h"
#include "setup.h"
#include "string.h"

#define PCI_EXP_DEVCTL 8
#define PCI_EXP_DEVCTL_FLR 0x8000
#define FLR_MS 100 /* PCIe Base 3.0, 6.6.2 */

#define for_each_assigned(a, cell)                        \
	for (unsigned int n = 0; n < BH_MAX_DEVICES; n++) \
		for (struct assigned *a = (cell)->devices[n]; a; a = NULL)

#define for_each_bar(bar, a)                              \
	for (unsigned int bar = 0; bar < PCI_BARS; bar++) \
		if ((a)->c->bar[bar].size)

int assign_is_taken(uint16_t bdf)
{
	for (unsigned int id = 1; id < BH_MAX_CELLS; id++) {
		const struct cell *cell = cell_table[id];

		for (unsigned int i = 0; cell && i < cell->config.device_count; i++)
			if (cell->config.devices[i].host_bdf == bdf)
				return 1;
	}
	return 0;
}

struct assigned *assign_find(const struct cell *cell, uint16_t bdf)
{
	for_each_assigned(a, cell)
	{
		if (a->c->bdf == bdf)
			return a;
	}
	return NULL;
}

/* -------------------------------------------------------------------------------- prepare */

static int refuse(const struct assigned *a, const char *why)
{
	uint16_t bdf = a->c->host_bdf;

	console_print("cell %s: function %02x:%02x.%u %s\n", a->cell->config.c->header.name,
		      bdf >> 8, bdf >> 3 & 31u, bdf & 7u, why);
	return -EBUSY;
}

/* What the driver says of a BAR is what the function itself says; a virtual one has none of its own. */
static int bar_is_true(const struct assigned *a, unsigned int bar)
{
	uint64_t at = a->bars[bar] & ~0xfu;

	if (a->c->pf_bdf != BH_BDF_NONE)
		return 1;
	if (a->bars[bar] & 1)
		return 0;
	if ((a->bars[bar] & 6) == 4 && bar + 1 < PCI_BARS)
		at |= (uint64_t)a->bars[bar + 1] << 32;
	return at == a->c->bar[bar].hpa;
}

static int map_bar(struct assigned *a, unsigned int bar)
{
	uint64_t hpa = a->c->bar[bar].hpa, gpa = a->c->bar[bar].gpa, size = a->c->bar[bar].size;
	uint64_t hidden, offset = 0;
	struct pt_leaf leaf;
	int err;

	if (!bar_is_true(a, bar))
		return refuse(a, "has no such BAR as the description says");
	if (pt_lookup(&root_cell->npt, hpa, &leaf) ||
	    !pt_is_identity(&root_cell->npt, hpa, size, PT_READ | PT_WRITE))
		return refuse(a, "has a BAR that is not the root's to give");
	a->rights[bar] = leaf.rights;
	hidden = pci_device_table_pages(&a->d, bar, &offset);
	err = pt_split(&root_cell->npt, hpa, size);
	if (!err)
		err = iommu_root_split(hpa, size);
	if (!err && offset)
		err = pt_map(&a->cell->npt, gpa, hpa, offset, PT_READ | PT_WRITE | PT_UNCACHED);
	offset += hidden;
	if (!err && offset < size)
		err = pt_map(&a->cell->npt, gpa + offset, hpa + offset, size - offset,
			     PT_READ | PT_WRITE | PT_UNCACHED);
	return err;
}

static int prepare_one(struct cpu *self, struct assigned *a)
{
	uint64_t page = pci_ecam_page(a->c->host_bdf);
	struct pt_leaf leaf;
	uint8_t raw[256];
	int err;

	if (assign_is_taken(a->c->host_bdf))
		return refuse(a, "is another cell's");
	if (assign_guard_find(a->c->host_bdf))
		return refuse(a, "is what another cell's function depends on");
	if (iommu_remaps_interrupts() && ioapic_is_source(a->c->host_bdf))
		return refuse(a, "is what an IO-APIC sends as");
	pci_hardware_image(a->c->host_bdf, raw);
	memcpy(a->bars, raw + PCI_BAR0, sizeof(a->bars));
	if (pci_device_make(&a->d, raw, a->c))
		return refuse(
			a, "is not there, is not what the description says, or cannot be a cell's");
	if (!a->d.has_flr && !(a->c->flags & BH_PCI_ACCEPT_NO_RESET))
		return refuse(a, "cannot be reset (\"accept-no-reset\" would accept that)");
	err = assign_guard_take(self, a);
	if (!err)
		err = assign_prepare_interrupts(a);
	for_each_bar(bar, a)
	{
		if (!err)
			err = map_bar(a, bar);
	}
	if (err || page == BH_ADDR_NONE)
		return err;
	if (pt_lookup(&root_cell->npt, page, &leaf))
		return refuse(a, "is one of those where links appear");
	a->ecam_rights = leaf.rights;
	return pt_split(&root_cell->npt, page, BH_PAGE_SIZE);
}

/* Without a unit a function reaches what it asks for: only if that is the cell's own. */
static int check_dma(const struct cell *cell)
{
	if (iommu_is_on())
		return 0;
	for (unsigned int i = 0; i < cell->config.memory_count; i++)
		if (cell->config.memory[i].gpa != cell->config.memory[i].hpa) {
			console_print(
				"cell %s: its functions' DMA is not remapped, so that its memory has to be pinned: "
				"%lx is not at its own address\n",
				cell->config.c->header.name, cell->config.memory[i].gpa);
			return -EINVAL;
		}
	return 0;
}

int assign_prepare(struct cpu *self, struct cell *cell)
{
	int err = cell->config.device_count ? check_dma(cell) : 0;

	static_assert(sizeof(struct assigned) <= BH_PAGE_SIZE, "one page");
	for (unsigned int n = 0; n < cell->config.device_count && !err; n++) {
		struct assigned *a = memory_alloc(1);

		if (!a)
			return -ENOMEM;
		a->cell = cell;
		a->c = &cell->config.devices[n];
		a->first_entry = -1;
		cell->devices[n] = a;
		err = prepare_one(self, a);
	}
	return err;
}

void assign_destroy(struct cell *cell)
{
	for (unsigned int n = 0; n < BH_MAX_DEVICES; n++) {
		struct assigned *a = cell->devices[n];
		uint64_t page;

		if (!a)
			continue;
		page = pci_ecam_page(a->c->host_bdf);
		assign_guard_drop(a);
		for_each_bar(bar, a)
		{
			pt_merge(&root_cell->npt, a->c->bar[bar].hpa, a->c->bar[bar].size);
			iommu_root_merge(a->c->bar[bar].hpa, a->c->bar[bar].size);
		}
		if (page != BH_ADDR_NONE)
			pt_merge(&root_cell->npt, page, BH_PAGE_SIZE);
		if (a->first_entry >= 0)
			iommu_free_entries((unsigned int)a->first_entry, a->entries);
		memory_free(a, 1);
		cell->devices[n] = NULL;
	}
}

/* -------------------------------------------------------------------------------- hand over */

static void quiet(struct assigned *a)
{
	lock_take(&a->lock);
	assign_interrupts_off(a);
	pci_hardware_write(a->c->host_bdf, PCI_COMMAND, 2,
			   PCI_COMMAND_MEMORY | PCI_COMMAND_INTX_DISABLE);
	lock_drop(&a->lock);
}

static void take_registers(struct assigned *a)
{
	uint64_t page = pci_ecam_page(a->c->host_bdf);

	/* split by prepare_one() */
	for_each_bar(bar, a)
	{
		CHECK(!pt_unmap(&root_cell->npt, a->c->bar[bar].hpa, a->c->bar[bar].size));
		iommu_root_set(a->c->bar[bar].hpa, a->c->bar[bar].size, 0);
	}
	if (page != BH_ADDR_NONE)
		CHECK(!pt_unmap(&root_cell->npt, page, BH_PAGE_SIZE));
	a->taken = 1;
}

int assign_take(struct cell *cell)
{
	int err = 0;

	for_each_assigned(a, cell)
	{
		if (err)
			break;
		take_registers(a);
		quiet(a);
		err = iommu_assign(a->c->host_bdf, cell);
	}
	return err;
}

int assign_check(struct cell *cell)
{
	for_each_assigned(a, cell)
	{
		if (!assign_guard_holds(a))
			return refuse(a, "is behind other bridges than a moment ago");
	}
	return 0;
}

void assign_give_back(struct cell *cell)
{
	for_each_assigned(a, cell)
	{
		uint64_t page = pci_ecam_page(a->c->host_bdf);

		if (!a->taken)
			continue;
		quiet(a);
		if (iommu_assign(a->c->host_bdf, root_cell))
			console_print("the root may get no DMA of function %x\n", a->c->host_bdf);
		for_each_bar(bar, a)
		{
			uint64_t hpa = a->c->bar[bar].hpa, size = a->c->bar[bar].size;

			CHECK(!pt_map(&root_cell->npt, hpa, hpa, size, a->rights[bar]));
			iommu_root_set(hpa, size, PT_READ | PT_WRITE);
		}
		if (page != BH_ADDR_NONE)
			CHECK(!pt_map(&root_cell->npt, page, page, BH_PAGE_SIZE, a->ecam_rights));
		a->taken = 0;
	}
}

/* ------------------------------------------------------------------------------ stop, reset */

void assign_stop(struct cell *cell)
{
	for_each_assigned(a, cell)
	{
		quiet(a);
	}
}

void assign_reset(struct cell *cell)
{
	for_each_assigned(a, cell)
	{
		uint16_t control = (uint16_t)(a->d.pcie_cap + PCI_EXP_DEVCTL);

		quiet(a);
		if (!a->d.has_flr)
			continue;
		pci_hardware_write(a->c->host_bdf, control, 2,
				   pci_hardware_read(a->c->host_bdf, control, 2) |
					   PCI_EXP_DEVCTL_FLR);
		cell->reset_until = rdtsc() + setup_tsc_hz / 1000 * FLR_MS;
	}
}

static void start_again(struct assigned *a)
{
	for (unsigned int i = 0; i < ASSIGN_BAR_DWORDS; i++)
		pci_hardware_write(a->c->host_bdf, (uint16_t)(PCI_BAR0 + 4 * i), 4, a->bars[i]);
	quiet(a);
	lock_take(&a->lock);
	pci_device_reset(&a->d, a->c);
	assign_reset_interrupts(a);
	lock_drop(&a->lock);
}

int assign_reset_done(struct cell *cell)
{
	if ((int64_t)(cell->reset_until - rdtsc()) > 0 && cell->reset_until)
		return 0;
	cell->reset_until = 0;
	for_each_assigned(a, cell)
	{
		start_again(a);
	}
	return 1;
}

/* ------------------------------------------------------------------------ configuration space */

uint32_t assign_config_read(struct assigned *a, const struct pci_access *access)
{
	uint32_t value;

	lock_take(&a->lock);
	value = pci_device_read(&a->d, access->offset, access->width);
	lock_drop(&a->lock);
	return value;
}

void assign_config_write(struct cpu *self, struct assigned *a, const struct pci_access *access,
			 uint32_t value)
{
	int allowed = 1;

	lock_take(&a->lock);
	if (pci_device_write(&a->d, access->offset, access->width, value))
		allowed = assign_apply(a);
	lock_drop(&a->lock);
	if (!allowed)
		assign_forbidden(self, a, access->offset, value);
}
