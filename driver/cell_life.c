// SPDX-License-Identifier: GPL-2.0-only
/*
 * From load to stop (see cell.h). What was loaded is kept, so that a cell can be started again
 * without its images.
 */
#include <linux/delay.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <bulkhead/ioctl.h>
#include "area.h"
#include "cell.h"
#include "hypercall.h"

/* The hypervisor clears megabytes at a step; a cell's whole memory takes seconds at worst. */
#define CLEAR_LIMIT_S 120

/* A call that clears memory takes longer. */
#define RESET_BUSY_US 50
#define RESET_POLL_US 1000

#define STOP_MAX_MS 600000
#define STOP_POLL_US 300

static_assert(BH_LOAD_MAX <= HV_BOUNCE_SIZE);

struct copy {
	struct list_head list;
	u64 gpa;
	u64 size;
	void *data; /* NULL: zeroes */
};

static u32 cell_state(const struct cell *cell)
{
	const struct bh_cell_public *public = area_cell(cell->id);

	return public ? READ_ONCE(public->state) : BH_CELL_NONE;
}

bool cell_runs(const struct cell *cell)
{
	return cell_state(cell) == BH_CELL_RUNNING;
}

/* ------------------------------------------------------------------------------ memory */

int cell_clear_memory(struct cell *cell)
{
	ktime_t limit = ktime_add_ms(ktime_get(), CLEAR_LIMIT_S * MSEC_PER_SEC);
	int err;

	do {
		ktime_t begin = ktime_get();

		err = hypercall(BH_HC_CELL_RESET, cell->id, 0, 0);
		if (err != -EAGAIN)
			return err;
		/* nothing left to clear: a PCI function recovers from its reset */
		if (ktime_us_delta(ktime_get(), begin) < RESET_BUSY_US)
			usleep_range(RESET_POLL_US, 2 * RESET_POLL_US);
		cond_resched();
		if (signal_pending(current))
			return -EINTR;
	} while (ktime_before(ktime_get(), limit));
	return -ETIMEDOUT;
}

static void copy_free(struct copy *copy)
{
	kvfree(copy->data);
	kfree(copy);
}

void cell_forget_copies(struct cell *cell)
{
	struct copy *copy, *next;

	list_for_each_entry_safe(copy, next, &cell->copies, list)
		copy_free(copy);
	INIT_LIST_HEAD(&cell->copies);
	cell->copied = 0;
}

/* Puts one copy into the cell's memory. */
static int copy_in(const struct cell *cell, const struct copy *copy)
{
	struct bh_load_args *args = hv.bounce_args;
	u64 done, size;
	int err;

	for (done = 0; done < copy->size; done += size) {
		size = min_t(u64, copy->size - done, BH_LOAD_MAX);
		if (copy->data)
			memcpy(hv.bounce, copy->data + done, size);
		else
			memset(hv.bounce, 0, size);
		args->src_gpa = __pa(hv.bounce);
		args->dst_gpa = copy->gpa + done;
		args->size = size;
		args->reserved = 0;
		err = hypercall(BH_HC_CELL_LOAD, cell->id, __pa(args), 0);
		if (err)
			return err;
		cond_resched();
		if (signal_pending(current))
			return -EINTR;
	}
	return 0;
}

/* Memory as it was when the last load had been made. */
static int replay(struct cell *cell)
{
	const struct copy *copy;
	int err;

	cell->stale = true;
	err = cell_clear_memory(cell);
	if (err)
		return err;
	list_for_each_entry(copy, &cell->copies, list) {
		err = copy_in(cell, copy);
		if (err)
			return err;
	}
	cell->stale = false;
	return 0;
}

int cell_reset(u32 id)
{
	struct cell *cell = cell_find(id);

	if (!cell)
		return -ENOENT;
	if (cell_runs(cell))
		return -EBUSY;
	cell_forget_copies(cell);
	return replay(cell);
}

/* -------------------------------------------------------------------------------- load */

static bool range_is_memory(const struct cell *cell, u64 gpa, u64 size)
{
	u32 i;

	/* Adjacent records count as one; each step goes on where a record ends. */
	while (size) {
		u64 here = 0;

		for (i = 0; i < cell->config.memory_count && !here; i++) {
			const struct bh_config_memory *m = &cell->config.memory[i];

			if (gpa >= m->gpa && gpa - m->gpa < m->size)
				here = min(size, m->size - (gpa - m->gpa));
		}
		if (!here)
			return false;
		gpa += here;
		size -= here;
	}
	return true;
}

static struct copy *copy_from_arg(const struct bh_ioc_load *arg)
{
	struct copy *copy = kzalloc(sizeof(*copy), GFP_KERNEL);
	int err = -ENOMEM;

	if (!copy)
		return ERR_PTR(-ENOMEM);
	copy->gpa = arg->gpa;
	copy->size = arg->size;
	if (!arg->data)
		return copy;
	copy->data = kvmalloc(arg->size, GFP_KERNEL | __GFP_NOWARN);
	if (!copy->data)
		goto free;
	err = -EFAULT;
	if (copy_from_user(copy->data, u64_to_user_ptr(arg->data), arg->size))
		goto free;
	return copy;
free:
	copy_free(copy);
	return ERR_PTR(err);
}

/* Brings the cell to where a load may be added to those before. */
static int prepare_load(struct cell *cell)
{
	switch (cell_state(cell)) {
	case BH_CELL_RUNNING:
		return -EBUSY;
	case BH_CELL_RESET:
		return cell->stale ? replay(cell) : 0;
	default:
		cell_forget_copies(cell);
		return replay(cell);
	}
}

/* Of an earlier Linux's loads nothing is left to be added to. */
static int forget_run(struct cell *cell)
{
	int err = cell_state(cell) == BH_CELL_RUNNING ? -EBUSY : replay(cell);

	cell->forgotten = err != 0;
	return err;
}

int cell_load(const struct bh_ioc_load *arg)
{
	struct cell *cell = cell_find(arg->id);
	struct copy *copy;
	int err;

	if (!cell)
		return -ENOENT;
	if (!arg->size)
		return -EINVAL;
	if (!range_is_memory(cell, arg->gpa, arg->size))
		return -ERANGE;
	err = cell->forgotten ? forget_run(cell) : prepare_load(cell);
	if (err)
		return err;
	if (arg->size > cell->memory - cell->copied)
		return -ENOSPC;
	copy = copy_from_arg(arg);
	if (IS_ERR(copy))
		return PTR_ERR(copy);
	err = copy_in(cell, copy);
	if (err) {
		cell->stale = true;
		copy_free(copy);
		return err;
	}
	list_add_tail(&copy->list, &cell->copies);
	cell->copied += copy->size;
	return 0;
}

/* ----------------------------------------------------------------------- start and stop */

int cell_start(const struct bh_ioc_start *arg)
{
	struct cell *cell = cell_find(arg->id);
	u32 state;
	int err;

	if (!cell)
		return -ENOENT;
	state = cell_state(cell);
	if (state == BH_CELL_RUNNING)
		return -EBUSY;
	if (cell->forgotten)
		return -ENODATA;
	if (state != BH_CELL_RESET || cell->stale) {
		err = replay(cell);
		if (err)
			return err;
	}
	return hypercall(BH_HC_CELL_START, arg->id, arg->entry, arg->mode);
}

/* Whether the run of this epoch is still going on. */
static bool run_goes_on(u32 id, u32 epoch)
{
	const struct bh_cell_public *public = area_cell(id);

	return public && READ_ONCE(public->state) == BH_CELL_RUNNING &&
	       READ_ONCE(public->epoch) == epoch;
}

static int wait_for_end(u32 id, u32 epoch, u32 timeout_ms)
{
	ktime_t limit = ktime_add_ms(ktime_get(), timeout_ms);

	while (run_goes_on(id, epoch)) {
		if (signal_pending(current))
			return -EINTR;
		if (ktime_after(ktime_get(), limit))
			return -ETIMEDOUT;
		mutex_unlock(&driver_lock);
		usleep_range(STOP_POLL_US / 2, STOP_POLL_US);
		mutex_lock(&driver_lock);
	}
	return 0;
}

int cell_stop(const struct bh_ioc_stop *arg)
{
	struct cell *cell = cell_find(arg->id);
	u32 epoch;
	int err;

	if (!cell)
		return -ENOENT;
	if (!arg->force && (!arg->timeout_ms || arg->timeout_ms > STOP_MAX_MS))
		return -EINVAL;
	if (!cell_runs(cell))
		return 0;
	if (arg->force)
		return hypercall(BH_HC_CELL_STOP, arg->id, BH_STOP_FORCE, 0);
	epoch = READ_ONCE(area_cell(arg->id)->epoch);
	err = hypercall(BH_HC_CELL_STOP, arg->id, BH_STOP_ASK, 0);
	return err ? err : wait_for_end(arg->id, epoch, arg->timeout_ms);
}
