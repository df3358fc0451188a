// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the hypervisor shows to Linux (see area.h).
 */
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <bulkhead/hypercall.h>
#include "area.h"
#include "cell.h"
#include "driver.h"
#include "link.h"
#include "memory.h"

/* The event counter is read by those who poll, without driver_lock. */
static DEFINE_SPINLOCK(shown_lock);
static const struct bh_public *shown;

void area_show(const struct bh_public *public)
{
	spin_lock(&shown_lock);
	shown = public;
	spin_unlock(&shown_lock);
}

u64 area_event_head(void)
{
	u64 head;

	spin_lock(&shown_lock);
	head = shown ? READ_ONCE(shown->event_head) : 0;
	spin_unlock(&shown_lock);
	return head;
}

const struct bh_cell_public *area_cell(u32 id)
{
	unsigned int i;

	if (!hv.enabled)
		return NULL;
	for (i = 0; i < BH_MAX_CELLS; i++) {
		const struct bh_cell_public *cell = &hv.public->cell[i];

		if (cell->id == id && cell->state != BH_CELL_NONE)
			return cell;
	}
	return NULL;
}

static int copy_part(const struct bh_ioc_read *arg, const void *area, u64 size)
{
	if (arg->offset > size || arg->size > size - arg->offset)
		return -EINVAL;
	if (copy_to_user(u64_to_user_ptr(arg->data), area + arg->offset, arg->size))
		return -EFAULT;
	return 0;
}

static int read_public(const struct bh_ioc_read *arg)
{
	return hv.enabled ? copy_part(arg, hv.public, sizeof(*hv.public)) : -ENODEV;
}

static int read_comm(const struct bh_ioc_read *arg)
{
	const struct bh_cell_public *cell;
	const void *comm;

	if (!hv.enabled)
		return -ENODEV;
	cell = area_cell(arg->id);
	if (!cell)
		return -ENOENT;
	comm = hv_va(cell->comm_hpa, cell->comm_size);
	return comm ? copy_part(arg, comm, cell->comm_size) : -EINVAL;
}

static int read_driver(const struct bh_ioc_read *arg)
{
	struct bh_driver_info info = {
		.abi = BH_ABI,
		.enabled = hv.enabled,
		.hv_bytes = mem_bytes(MEM_HYPERVISOR),
		.cell_bytes = mem_bytes(MEM_CELL),
		.guard_bytes = mem_guard_bytes(),
		.enable_ns = hv.enable_ns,
		.disable_ns = hv.disable_ns,
		.root_kernel_bytes = hv.root_kernel_bytes,
		.root_initrd_bytes = hv.root_initrd_bytes,
		.attached = hv.attached,
		.cells = cell_count(),
	};

	info.links = link_list(info.link, BH_MAX_LINKS);
	return copy_part(arg, &info, sizeof(info));
}

int area_read(const struct bh_ioc_read *arg)
{
	switch (arg->area) {
	case BH_READ_PUBLIC:
		return read_public(arg);
	case BH_READ_COMM:
		return read_comm(arg);
	case BH_READ_DRIVER:
		return read_driver(arg);
	default:
		return -EINVAL;
	}
}
