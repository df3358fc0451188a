// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a cell may touch without an exit: pure/msr.h and pure/ports.h, in the maps that CPUs look at.
 *
 * No CPU may be in a guest with a map that is being written (SDM vol. 3, 25.11.4). So where a cell with ports comes or
 * goes the root gets another map, in memory that the cell brings with it; the one before is free when the
 * root's CPUs have answered a flush.
 */
#include "arch/x86/permissions.h"
#include "arch/x86/vmm.h"
#include "console.h"
#include "memory.h"
#include "pure/msr.h"
#include "pure/ports.h"
#include "string.h"

static uint8_t *ports_of(void *maps)
{
	return (uint8_t *)maps + vmm.ports_at;
}

static void fill_ports(const struct cell *cell)
{
	size_t size = vmm.cell_pages * BH_PAGE_SIZE - vmm.ports_at;

	if (cell_is_root(cell))
		ports_fill_root(ports_of(cell->vmm), size, &system_config);
	else
		ports_fill_cell(ports_of(cell->vmm), size, &cell->config);
}

static int claim_ports(const struct cell *cell)
{
	for (unsigned int i = 0; i < cell->config.port_count; i++)
		for (unsigned int id = 1; id < BH_MAX_CELLS; id++) {
			const struct cell *other = cell_table[id];

			if (!other || !ports_overlap(&other->config, &cell->config.ports[i]))
				continue;
			console_print("cell %s: ports from %x on are those of cell %s\n",
				      cell->config.c->header.name, cell->config.ports[i].first,
				      other->public->name);
			return -EBUSY;
		}
	return 0;
}

int permissions_prepare(struct cell *cell)
{
	int err = claim_ports(cell);

	if (err)
		return err;
	cell->vmm = memory_alloc(vmm.cell_pages);
	if (!cell->vmm)
		return -ENOMEM;
	vmm_fill_msrs(cell);
	fill_ports(cell);
	if (!cell->config.port_count)
		return 0;
	cell->root_vmm = memory_alloc(vmm.cell_pages);
	return cell->root_vmm ? 0 : -ENOMEM;
}

void permissions_destroy(struct cell *cell)
{
	if (cell->vmm)
		memory_free(cell->vmm, vmm.cell_pages);
	if (cell->root_vmm)
		memory_free(cell->root_vmm, vmm.cell_pages);
}

/* CPUs of the root that begin anew meanwhile take the one or the other; all of them the new one before
 * they answer the flush. */
static void change_root(struct cell *cell,
			void (*change)(uint8_t *map, const struct config_cell *cell))
{
	void *next = cell->root_vmm;

	if (!next)
		return;
	memcpy(next, root_cell->vmm, vmm.cell_pages * BH_PAGE_SIZE);
	change(ports_of(next), &cell->config);
	cell->root_vmm = root_cell->vmm;
	__atomic_store_n(&root_cell->vmm, next, __ATOMIC_SEQ_CST);
}

void permissions_take(struct cell *cell)
{
	change_root(cell, ports_take);
}

void permissions_give_back(struct cell *cell)
{
	change_root(cell, ports_give_back);
}

int permissions_are_taken(uint16_t port, unsigned int width)
{
	void *maps = __atomic_load_n(&root_cell->vmm, __ATOMIC_SEQ_CST);

	return ports_are_taken(ports_of(maps), &system_config, port, width);
}

void permissions_fill_msrs(const struct cell *cell, uint8_t *bitmap, size_t size,
			   void (*set)(uint8_t *bitmap, uint32_t msr, int trap_read,
				       int trap_write))
{
	enum msr_owner owner = cell_is_root(cell) ? MSR_ROOT : MSR_CELL;
	unsigned int count;
	const struct msr_range *ranges = msr_ranges(owner, &count);

	memset(bitmap, msr_default(owner) == MSR_PASS ? 0 : 0xff, size);
	for (unsigned int i = 0; i < count; i++)
		for (uint32_t msr = ranges[i].first; msr <= ranges[i].last; msr++)
			set(bitmap, msr, ranges[i].read != MSR_PASS, ranges[i].write != MSR_PASS);
}
