// SPDX-License-Identifier: GPL-2.0-only
/*
 * The image from which the root can be started again, sealed: its memory is the hypervisor's while it
 * is loaded. And what a driver asks that finds the hypervisor below it. See root_image.h.
 */
#include "root_image.h"
#include "arch/x86/entry.h"
#include "arch/x86/iommu/iommu.h"
#include "arch/x86/memory_type.h"
#include "cell.h"
#include "console.h"
#include "memory.h"
#include "string.h"

struct root_kept *root_kept;
int root_is_attached = 1;

extern char image_rodata_end[];

#define for_each_run(run, image)                                \
	for (const struct bh_config_range *run = (image)->runs; \
	     run < (image)->runs + (image)->run_count; run++)

/* --------------------------------------------------------------------------------- sealing */

/* Cached memory of the root, with room in its tables for taking it out. */
static int prepare_runs(const struct bh_root_image *image)
{
	uint64_t same;
	int err = 0;

	for_each_run(run, image)
	{
		if (!pt_is_identity(&root_cell->npt, run->hpa, run->size, PT_RWX) ||
		    memory_type_rights(run->hpa, &same) != PT_RWX || same < run->size) {
			console_print("root image: memory at %lx is not the root's to give\n",
				      run->hpa);
			return -EBUSY;
		}
		err = pt_split(&root_cell->npt, run->hpa, run->size);
		if (!err)
			err = iommu_root_split(run->hpa, run->size);
		if (err)
			return err;
	}
	return 0;
}

static void seal(const struct bh_root_image *image)
{
	for_each_run(run, image)
	{
		/* split by prepare_runs() */
		CHECK(!pt_unmap(&root_cell->npt, run->hpa, run->size));
		iommu_root_set(run->hpa, run->size, 0);
	}
}

static void merge(const struct bh_root_image *image)
{
	for_each_run(run, image)
	{
		pt_merge(&root_cell->npt, run->hpa, run->size);
		iommu_root_merge(run->hpa, run->size);
	}
}

static void unseal(struct cpu *self, const struct bh_root_image *image)
{
	for_each_run(run, image)
	{
		CHECK(!pt_map(&root_cell->npt, run->hpa, run->hpa, run->size, PT_RWX));
		iommu_root_set(run->hpa, run->size, PT_RWX);
	}
	merge(image);
	cell_memory_settle(self);
}

/* ------------------------------------------------------------------------- load and unload */

static int fill(struct cpu *self, struct bh_root_image *image, uint64_t gpa)
{
	const char *wrong;
	int err = cell_memory_copy_in(self, image, gpa, sizeof(*image));

	wrong = err ? "not all of it is in the root's memory" : restart_check(image);
	if (wrong) {
		console_print("root image: %s\n", wrong);
		image->run_count = 0; /* nothing to be undone, whatever it says */
		return -EINVAL;
	}
	return prepare_runs(image);
}

int root_image_load(struct cpu *self, uint64_t gpa)
{
	struct root_kept *kept;
	int err;

	if (root_kept)
		return -EEXIST;
	kept = memory_alloc(memory_pages(sizeof(*kept)));
	if (!kept)
		return -ENOMEM;
	err = fill(self, &kept->image, gpa);
	if (err)
		goto free;
	seal(&kept->image);
	err = cell_memory_flush(self);
	if (err) {
		unseal(self, &kept->image);
		goto free;
	}
	root_kept = kept;
	return 0;

free:
	merge(&kept->image);
	cell_memory_settle(self);
	memory_free(kept, memory_pages(sizeof(*kept)));
	return err;
}

int root_image_unload(struct cpu *self)
{
	struct root_kept *kept = root_kept;

	if (!kept)
		return -ENOENT;
	root_kept = NULL;
	unseal(self, &kept->image);
	memory_free(kept, memory_pages(sizeof(*kept)));
	return 0;
}

/* ------------------------------------------------------------------------------------ attach */

static int read_state(struct cpu *self, uint64_t gpa)
{
	/* guarded by machine_lock; too big for the stack */
	static struct bh_root_state state;

	memset(&state, 0, sizeof(state));
	state.memory_size = boot_info.memory_size;
	memcpy(state.piece_hpa, boot_info.piece_hpa, sizeof(state.piece_hpa));
	state.image_constant = (uint64_t)image_rodata_end - BH_IMAGE_VA;
	state.public_offset = (uint64_t)&public_area - BH_IMAGE_VA;
	state.entry_offset = (uint64_t)boot_entries - BH_IMAGE_VA;
	state.attached = (uint32_t)root_is_attached;
	if (root_kept) {
		state.kernel_size = root_kept->image.kernel_size;
		state.initrd_size = root_kept->image.initrd_size;
		state.run_count = root_kept->image.run_count;
		memcpy(state.runs, root_kept->image.runs, sizeof(state.runs));
	}
	return cell_memory_copy_out(self, gpa, &state, sizeof(state));
}

int root_image_read(struct cpu *self, uint64_t what, uint64_t gpa, uint64_t id)
{
	const struct cell *cell = id < BH_MAX_CELLS ? cell_table[id] : NULL;

	switch (what) {
	case BH_ROOT_SYSTEM:
		return cell_memory_copy_out(self, gpa, system_config.c,
					    system_config.c->header.size);
	case BH_ROOT_CELL:
		if (!cell || cell_is_root(cell))
			return -ENOENT;
		return cell_memory_copy_out(self, gpa, cell->blob, cell->config.c->header.size);
	case BH_ROOT_STATE:
		return read_state(self, gpa);
	default:
		return -EINVAL;
	}
}

int root_attach(struct cpu *self, uint64_t gpa)
{
	struct bh_attach attach;
	int err = cell_memory_copy_in(self, &attach, gpa, sizeof(attach));

	if (!err && !pt_is_identity(&root_cell->npt, attach.stub_hpa, BH_PAGE_SIZE, PT_RWX))
		err = -EINVAL;
	if (!err)
		err = memory_move_crossing(&attach);
	if (!err)
		root_is_attached = 1;
	return err;
}
