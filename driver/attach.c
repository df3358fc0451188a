// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rebuilding what the driver knows from what the hypervisor knows (see attach.h). Memory that the
 * earlier Linux has taken is no memory of this one: when it comes back, new cells get it.
 */
#include <linux/cpu.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <asm/processor.h>
#include <bulkhead/ioctl.h>
#include "area.h"
#include "attach.h"
#include "cell.h"
#include "cpus.h"
#include "driver.h"
#include "enter.h"
#include "features.h"
#include "hypercall.h"
#include "image.h"
#include "machine.h"
#include "memory.h"
#include "report.h"
#include "root.h"
#include "stub.h"

/* 1: the root's Linux, in which there is a hypervisor already; 0: none; or it is of another build. */
static int find_hypervisor(void)
{
	u32 abi, cell, low, high;

	if (!hypervisor_cpuid_base("BulkheadBulk", 1))
		return 0;
	cpuid(BH_CPUID_INFO, &abi, &cell, &low, &high);
	if (cell)
		return 0; /* this is a cell's Linux */
	if (abi == BH_ABI)
		return 1;
	pr_err("the hypervisor below this Linux speaks interface %u, this driver %u: it cannot be managed\n",
	       abi, BH_ABI);
	return -EPROTO;
}

/* To hv.bounce; the number of bytes. */
static long read(u64 what, u32 id)
{
	return hypercall(BH_HC_ROOT_READ, what, __pa(hv.bounce), id);
}

static void *copy_of_bounce(size_t size)
{
	void *copy = kvmalloc(size, GFP_KERNEL);

	return copy ? memcpy(copy, hv.bounce, size) : NULL;
}

static struct bh_root_state *read_state(void)
{
	struct bh_root_state *state;
	long size = read(BH_ROOT_STATE, 0);

	if (size != sizeof(*state))
		return ERR_PTR(size < 0 ? size : -EPROTO);
	state = copy_of_bounce(size);
	return state ? state : ERR_PTR(-ENOMEM);
}

static int read_system(void)
{
	struct bh_ioc_config arg;
	long size = read(BH_ROOT_SYSTEM, 0);

	if (size < 0)
		return size;
	hv.system_blob = copy_of_bounce(size);
	if (!hv.system_blob)
		return -ENOMEM;
	return report_checked_system(&hv.system, hv.system_blob, size, &arg);
}

/* ------------------------------------------------------------------------------ memory */

static int adopt_memory(const struct bh_root_state *state)
{
	u64 at;
	int err;

	for (at = 0; at < state->memory_size; at += BH_PIECE_SIZE) {
		err = mem_adopt(&hv.runs, state->piece_hpa[at / BH_PIECE_SIZE], BH_PIECE_SIZE,
				MEM_HYPERVISOR);
		if (err)
			return err;
	}
	hv.first_piece = hv_va(state->piece_hpa[0], BH_PIECE_SIZE);
	if (!hv.first_piece)
		return -ENOMEM;
	hv.image_constant = state->image_constant;
	hv.entry = hv.first_piece + state->entry_offset;
	hv.public = hv.first_piece + state->public_offset;
	return 0;
}

static u32 count_leftovers(void)
{
	u32 n = hv.system.pool_count, id;

	for (id = 1; id < BH_MAX_CELLS; id++) {
		const struct cell *cell = cell_find(id);

		if (cell)
			n += cell->config.memory_count + cell->config.link_count;
	}
	return n;
}

static u32 note_leftovers(const struct cell *cell, struct bh_config_range *to)
{
	u32 n = 0, i;

	for (i = 0; i < cell->config.memory_count; i++) {
		const struct bh_config_memory *m = &cell->config.memory[i];

		if (!(m->flags & BH_MEM_IO))
			to[n++] = (struct bh_config_range){ m->hpa, m->size };
	}
	for (i = 0; i < cell->config.link_count; i++)
		to[n++] = (struct bh_config_range){ cell->config.links[i].hpa,
						    bh_link_size(&cell->config.links[i]) };
	return n;
}

/* What cells have now, new cells can have when it is free; and what the description names. */
static int set_leftovers(void)
{
	u32 n = hv.system.pool_count, id;

	hv.leftovers = kvcalloc(count_leftovers() + 1, sizeof(*hv.leftovers), GFP_KERNEL);
	if (!hv.leftovers)
		return -ENOMEM;
	memcpy(hv.leftovers, hv.system.pool, n * sizeof(*hv.leftovers));
	for (id = 1; id < BH_MAX_CELLS; id++) {
		const struct cell *cell = cell_find(id);

		if (cell)
			n += note_leftovers(cell, hv.leftovers + n);
	}
	return mem_set_leftovers(hv.leftovers, n);
}

/* ------------------------------------------------------------------------------- cells */

static int adopt_cells(void)
{
	unsigned int i;
	int err = 0;

	for (i = 1; i < BH_MAX_CELLS && !err; i++) {
		const struct bh_cell_public *public = &hv.public->cell[i];
		long size;

		if (public->state == BH_CELL_NONE)
			continue;
		size = read(BH_ROOT_CELL, i);
		err = size < 0 ? size : cell_adopt(i, hv.bounce, size);
	}
	return err;
}

/* From here on the hypervisor lets go of a CPU into this kernel. */
static int tell_way_out(void)
{
	struct bh_attach *attach = hv.bounce_args;
	unsigned long stub = (unsigned long)bulkhead_stub_begin & PAGE_MASK;

	attach->stub_va = stub;
	attach->stub_hpa = PFN_PHYS(vmalloc_to_pfn((void *)stub));
	attach->leave_va = (unsigned long)bulkhead_stub_leave;
	attach->entry_va = (u64)hv.entry;
	return hypercall(BH_HC_ROOT_ATTACH, __pa(attach), 0, 0);
}

static int adopt(const struct bh_root_state *state)
{
	int err = read_system();

	if (!err)
		err = adopt_memory(state);
	if (err)
		return err;
	cpus_guard_attach(&hv.system);
	err = root_adopt(state);
	if (!err)
		err = adopt_cells();
	if (!err)
		err = set_leftovers();
	if (!err)
		err = features_prepare();
	return err ? err : tell_way_out();
}

/* Nothing of it is this Linux's to give anybody. */
static void abandon(void)
{
	cpus_guard_end();
	cell_abandon_all();
	root_forget();
	mem_set_pool(NULL, 0);
	mem_release_cleared(&hv.runs);
	hv.public = NULL;
	kvfree(hv.leftovers);
	hv.leftovers = NULL;
	kvfree(hv.system_blob);
	hv.system_blob = NULL;
	enter_bounce_free();
}

void attach_hypervisor(void)
{
	struct bh_root_state *state;
	u64 start = ktime_get_ns();
	int err;

	if (find_hypervisor() <= 0 || machine_vendor() < 0)
		return;
	hv.vendor = machine_vendor();
	err = enter_bounce_alloc();
	state = err ? ERR_PTR(err) : read_state();
	err = IS_ERR(state) ? PTR_ERR(state) : adopt(state);
	if (!IS_ERR(state))
		kvfree(state);
	if (err) {
		abandon();
		pr_err("there is a hypervisor below this Linux, and it cannot be managed: error %d; its cells go on\n",
		       err);
		return;
	}
	area_show(hv.public);
	__module_get(THIS_MODULE);
	WRITE_ONCE(hv.enabled, true);
	hv.attached = true;
	cpus_start();
	cell_plug_all();
	hv.enable_ns = ktime_get_ns() - start;
	pr_info("attached to the hypervisor below this Linux: %u cells, %u CPUs online\n",
		cell_count(), num_online_cpus());
}
