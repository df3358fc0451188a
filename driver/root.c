// SPDX-License-Identifier: GPL-2.0-only
/* The image from which the hypervisor starts Linux again (see root.h). */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <bulkhead/ioctl.h>
#include "driver.h"
#include "hypercall.h"
#include "memory.h"
#include "root.h"

#define PART_MAX (1ull << 30) /* more is refused by the hypervisor */

static LIST_HEAD(root_runs);

static_assert(sizeof(struct bh_root_image) <= HV_BOUNCE_SIZE);
static_assert(sizeof(struct bh_root_state) <= HV_BOUNCE_SIZE);

/* One place after the other, across runs. */
struct place {
	struct mem_run *run;
	u64 used; /* bytes of it */
};

static int place_copy(struct place *to, u64 from, u64 size)
{
	while (size) {
		u64 step;
		void *va;

		if (to->used == to->run->size) {
			to->run = list_next_entry(to->run, list);
			to->used = 0;
		}
		va = mem_run_va(to->run);
		step = min(size, to->run->size - to->used);
		if (!va)
			return -ENOMEM;
		if (copy_from_user(va + to->used, u64_to_user_ptr(from), step))
			return -EFAULT;
		to->used += step;
		from += step;
		size -= step;
	}
	return 0;
}

static int fill(const struct bh_ioc_root_load *arg, const struct bh_root_image *image)
{
	struct place place = { .run = list_first_entry(&root_runs, struct mem_run, list) };
	int err;

	err = place_copy(&place, arg->kernel, image->kernel_size);
	place.used = PAGE_ALIGN(place.used);
	return err ? err : place_copy(&place, arg->initrd, image->initrd_size);
}

static int note_runs(struct bh_root_image *image)
{
	struct mem_run *run;

	image->run_count = 0;
	list_for_each_entry(run, &root_runs, list) {
		if (image->run_count == BH_ROOT_RUNS) {
			pr_err("the image to start Linux from lies in more than %u fragments of memory\n",
			       BH_ROOT_RUNS);
			return -E2BIG;
		}
		image->runs[image->run_count].hpa = run->hpa;
		image->runs[image->run_count++].size = run->size;
	}
	return 0;
}

static int hand_over(const struct bh_ioc_root_load *arg, struct bh_root_image *image)
{
	u64 bytes = round_up(bh_root_image_bytes(image), BH_PIECE_SIZE);
	int err;

	err = mem_take(&root_runs, bytes, MEM_HYPERVISOR);
	if (err)
		return err;
	err = fill(arg, image);
	if (!err)
		err = note_runs(image);
	if (err)
		return err;
	memcpy(hv.bounce, image, sizeof(*image));
	err = hypercall(BH_HC_ROOT_LOAD, __pa(hv.bounce), 0, 0);
	if (err)
		pr_err("the hypervisor refused the image to start Linux from: error %d; its console says why\n",
		       err);
	return err;
}

int root_load(const struct bh_ioc_root_load *arg)
{
	struct bh_root_image *image;
	int err = -EINVAL;

	if (hv.root_kernel_bytes)
		return -EEXIST;
	image = vmemdup_user(u64_to_user_ptr(arg->image), sizeof(*image));
	if (IS_ERR(image))
		return PTR_ERR(image);
	if (image->kernel_size && image->kernel_size <= PART_MAX && image->initrd_size <= PART_MAX)
		err = hand_over(arg, image);
	if (err) {
		mem_release(&root_runs);
	} else {
		hv.root_kernel_bytes = image->kernel_size;
		hv.root_initrd_bytes = image->initrd_size;
	}
	kvfree(image);
	return err;
}

void root_forget(void)
{
	mem_release(&root_runs);
	hv.root_kernel_bytes = 0;
	hv.root_initrd_bytes = 0;
}

int root_unload(void)
{
	int err = hypercall(BH_HC_ROOT_UNLOAD, 0, 0, 0);

	if (!err)
		root_forget();
	return err;
}

int root_adopt(const struct bh_root_state *state)
{
	u32 i;
	int err;

	for (i = 0; i < state->run_count; i++) {
		err = mem_adopt(&root_runs, state->runs[i].hpa, state->runs[i].size,
				MEM_HYPERVISOR);
		if (err)
			return err;
	}
	hv.root_kernel_bytes = state->kernel_size;
	hv.root_initrd_bytes = state->initrd_size;
	return 0;
}
