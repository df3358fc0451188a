// SPDX-License-Identifier: GPL-2.0-only
/* Starting the root again: first nothing of the old one moves any more, then the new one begins. */
#include "arch/x86/ioapic_access.h"
#include "arch/x86/iommu/iommu.h"
#include "arch/x86/memory_type.h"
#include "cell.h"
#include "console.h"
#include "ivshmem.h"
#include "memory.h"
#include "root_image.h"
#include "setup.h"
#include "string.h"

/* ----------------------------------------------------------------------------------- image */

static int root_owns(void *context, uint64_t at, uint64_t *same)
{
	struct pt_leaf leaf;

	if (pt_lookup(&root_cell->npt, at, &leaf)) {
		*same = BH_PAGE_SIZE - at % BH_PAGE_SIZE;
		return 0;
	}
	*same = leaf.size - at % leaf.size;
	return leaf.hpa == at && (leaf.rights & PT_RWX) == PT_RWX;
}

static void copy_page(struct cpu *self, uint64_t to, uint64_t from, uint64_t size)
{
	memcpy(memory_window(self, WINDOW_DST, to), memory_window(self, WINDOW_SRC, from), size);
}

static void copy_runs(struct cpu *self, uint64_t to, uint64_t at, uint64_t size)
{
	for (uint64_t done = 0; done < size; done += BH_PAGE_SIZE) {
		uint64_t left = size - done;

		copy_page(self, to + done, restart_source(&root_kept->image, at + done),
			  left < BH_PAGE_SIZE ? left : BH_PAGE_SIZE);
	}
}

static void copy_image(struct cpu *self)
{
	const struct bh_root_image *image = &root_kept->image;
	const struct restart_plan *plan = &root_kept->plan;
	uint64_t behind = memory_pages(image->kernel_size) * BH_PAGE_SIZE;

	cell_forget_views(self); /* one of the windows is theirs */
	restart_fill(image, plan, root_kept->params);
	memcpy(memory_window(self, WINDOW_DST, plan->params), root_kept->params, BH_ROOT_PARAMS);
	memcpy(memory_window(self, WINDOW_DST, plan->cmdline), image->cmdline, BH_ROOT_CMDLINE);
	copy_runs(self, plan->kernel, 0, image->kernel_size);
	copy_runs(self, plan->initrd, behind, image->initrd_size);
}

/* ----------------------------------------------------------------------------------- start */

/* All wait for a start-up IPI, as after a reset, each with its APIC and registers clean. */
static int reset_cpus(struct cpu *self)
{
	int err = 0;

	for (uint64_t rest = root_cell->cpus; rest; rest &= rest - 1)
		cpu_table[__builtin_ctzll(rest)]->next_cell = root_cell;
	for (uint64_t rest = root_cell->cpus; rest; rest &= rest - 1)
		if (cpu_request_wait(self, cpu_table[__builtin_ctzll(rest)], CPU_MOVE))
			err = -ETIMEDOUT;
	return err;
}

static int start(struct cpu *self)
{
	struct cpu *first = cpu_table[__builtin_ctzll(root_cell->cpus)];

	first->start_entry = root_kept->plan.kernel;
	first->start_mode = BH_START_FLAT32;
	first->start_argument = root_kept->plan.params;
	root_is_attached = 0;
	cell_root_begins();
	return cpu_request_wait(self, first, CPU_START);
}

int root_restart(struct cpu *self)
{
	const struct e820_owner owner = { root_owns, NULL };
	int err;

	if (!root_kept)
		return -ENOENT;
	if (setup_leaving)
		return -EBUSY;
	/* what the old Linux had of links is no hole in the new one's map */
	link_reset_root(self);
	cpu_wait_lookers();
	err = restart_place(&root_kept->image, system_config.c->address_limit, &owner,
			    &root_kept->plan);
	if (err) {
		console_print("root image: the root's memory has no place for it\n");
		return err;
	}
	ioapic_reset_root();
	root_devices_stop(&root_kept->devices);
	err = iommu_reset_root(self);
	if (!err)
		err = reset_cpus(self);
	if (err)
		return err;
	root_devices_reset(&root_kept->devices);
	copy_image(self);
	root_devices_wait(&root_kept->devices);
	console_print("the root starts again: kernel at %lx, initramfs at %lx\n",
		      root_kept->plan.kernel, root_kept->plan.initrd);
	return start(self);
}
