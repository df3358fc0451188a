// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs of memory, their guard pages and the accounting (see memory.h).
 */
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/kernel.h>
#include <linux/list_sort.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <bulkhead/config.h>
#include "mem_linux.h"
#include "memory.h"

/* Pieces whose guard page Linux does not give away are put aside; more than this many in one
 * request, and memory counts as exhausted. */
#define MEM_MAX_REFUSED 64

static LIST_HEAD(all_runs);
static u64 used_bytes[MEM_USES];
static u64 guard_bytes;

static const struct bh_config_range *pool;
static unsigned int pool_count;
static bool pool_is_leftovers;

u64 mem_bytes(enum mem_use use)
{
	return used_bytes[use];
}

u64 mem_guard_bytes(void)
{
	return guard_bytes;
}

static struct mem_run *run_add(struct list_head *runs, u64 hpa, u64 bytes, enum mem_source source,
			       enum mem_use use)
{
	struct mem_run *run = kzalloc(sizeof(*run), GFP_KERNEL);

	if (!run)
		return NULL;
	run->hpa = hpa;
	run->size = bytes;
	run->guard_hpa = BH_ADDR_NONE;
	run->source = source;
	run->use = use;
	list_add_tail(&run->list, runs);
	list_add_tail(&run->all, &all_runs);
	used_bytes[use] += bytes;
	return run;
}

void *mem_run_va(struct mem_run *run)
{
	if (run->source == MEM_LINUX)
		return __va(run->hpa);
	if (!run->va)
		run->va = memremap(run->hpa, run->size, MEMREMAP_WB);
	return run->va;
}

static void run_forget(struct mem_run *run)
{
	if (run->va)
		memunmap(run->va);
	used_bytes[run->use] -= run->size;
	list_del(&run->list);
	list_del(&run->all);
	kfree(run);
}

static struct mem_run *run_overlapping(u64 hpa, u64 bytes)
{
	struct mem_run *run;

	list_for_each_entry(run, &all_runs, all)
		if (hpa < run->hpa + run->size && run->hpa < hpa + bytes)
			return run;
	return NULL;
}

/* ------------------------------------------------------------------------ guard pages */

static int run_take_guard(struct mem_run *run)
{
	u64 guard = run->hpa - PAGE_SIZE;
	int err;

	if (!run->hpa || !mem_linux_owns(guard) || run_overlapping(guard, PAGE_SIZE))
		return 0;
	err = mem_linux_take_at(guard, PAGE_SIZE);
	if (err)
		return err;
	run->guard_hpa = guard;
	guard_bytes += PAGE_SIZE;
	return 0;
}

static void run_drop_guard(struct mem_run *run)
{
	if (run->guard_hpa == BH_ADDR_NONE)
		return;
	mem_linux_give_back(run->guard_hpa, PAGE_SIZE);
	run->guard_hpa = BH_ADDR_NONE;
	guard_bytes -= PAGE_SIZE;
}

/* The run that begins where this one ends needs a guard of its own once this one goes: it keeps
 * our last page. Returns the bytes that are left to give back. */
static u64 run_leave_guard(struct mem_run *run)
{
	struct mem_run *next = run_overlapping(run->hpa + run->size, PAGE_SIZE);

	if (!next || next->guard_hpa != BH_ADDR_NONE)
		return run->size;
	next->guard_hpa = run->hpa + run->size - PAGE_SIZE;
	guard_bytes += PAGE_SIZE;
	return run->size - PAGE_SIZE;
}

/* ---------------------------------------------------------------------------- release */

int mem_clear(struct list_head *runs)
{
	struct mem_run *run;
	void *va;

	list_for_each_entry(run, runs, list) {
		va = mem_run_va(run);
		if (!va)
			return -ENOMEM;
		mem_zero(va, run->size);
	}
	return 0;
}

enum run_contents { RUN_CLEARED, RUN_USED };

static void run_release(struct mem_run *run, enum run_contents contents)
{
	u64 bytes;

	if (run->source == MEM_LINUX) {
		if (contents == RUN_USED)
			mem_zero(__va(run->hpa), run->size);
		bytes = run_leave_guard(run);
		mem_linux_give_back(run->hpa, bytes);
	}
	run_drop_guard(run);
	run_forget(run);
}

static void runs_release(struct list_head *runs, enum run_contents contents)
{
	struct mem_run *run, *next;

	list_for_each_entry_safe(run, next, runs, list)
		run_release(run, contents);
}

void mem_release(struct list_head *runs)
{
	runs_release(runs, RUN_USED);
}

void mem_release_cleared(struct list_head *runs)
{
	runs_release(runs, RUN_CLEARED);
}

/* ------------------------------------------------------------------- from a named pool */

int mem_set_pool(const struct bh_config_range *ranges, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		if (region_intersects(ranges[i].hpa, ranges[i].size, IORESOURCE_SYSTEM_RAM,
				      IORES_DESC_NONE) == REGION_DISJOINT)
			continue;
		pr_err("pool range %#llx+%#llx is in use as Linux's memory; reserve it at boot (memmap=%lluM$%#llx) or leave \"pool\" out of the system description\n",
		       ranges[i].hpa, ranges[i].size, ranges[i].size >> 20, ranges[i].hpa);
		return -EBUSY;
	}
	pool = ranges;
	pool_count = count;
	pool_is_leftovers = false;
	return 0;
}

int mem_set_leftovers(const struct bh_config_range *ranges, unsigned int count)
{
	int err = mem_set_pool(ranges, count);

	pool_is_leftovers = !err;
	return err;
}

/* First fit, aligned to a piece. */
static int pool_take_contiguous(struct list_head *runs, u64 bytes, enum mem_use use)
{
	unsigned int i;

	for (i = 0; i < pool_count; i++) {
		u64 hpa = ALIGN(pool[i].hpa, (u64)BH_PIECE_SIZE);
		u64 end = pool[i].hpa + pool[i].size;

		while (hpa < end && bytes <= end - hpa) {
			struct mem_run *taken = run_overlapping(hpa, bytes);

			if (!taken)
				return run_add(runs, hpa, bytes, MEM_RESERVED, use) ? 0 : -ENOMEM;
			hpa = ALIGN(taken->hpa + taken->size, (u64)BH_PIECE_SIZE);
		}
	}
	return -ENOMEM;
}

/* ------------------------------------------------------------------------------ taking */

static int run_compare(void *priv, const struct list_head *a, const struct list_head *b)
{
	u64 x = list_entry(a, struct mem_run, list)->hpa;
	u64 y = list_entry(b, struct mem_run, list)->hpa;

	return x < y ? -1 : x > y;
}

/* Sorts and joins what is adjacent; a run with a guard page in front of it is not. */
static void runs_join(struct list_head *runs)
{
	struct mem_run *run, *next;

	list_sort(NULL, runs, run_compare);
	list_for_each_entry_safe(run, next, runs, list) {
		while (&next->list != runs && next->guard_hpa == BH_ADDR_NONE &&
		       run->source == next->source && run->hpa + run->size == next->hpa) {
			struct mem_run *joined = next;

			next = list_next_entry(next, list);
			run->size += joined->size;
			used_bytes[run->use] += joined->size;
			run_forget(joined);
		}
	}
}

static int pieces_from_pool(struct list_head *runs, u64 bytes, enum mem_use use)
{
	if (!pool_take_contiguous(runs, bytes, use))
		return 0;
	for (; bytes; bytes -= BH_PIECE_SIZE)
		if (pool_take_contiguous(runs, BH_PIECE_SIZE, use))
			return -ENOMEM;
	return 0;
}

static int pieces_from_linux(struct list_head *runs, u64 bytes, enum mem_use use)
{
	u64 hpa;
	int n;

	for (; bytes; bytes -= (u64)n * BH_PIECE_SIZE) {
		if (signal_pending(current))
			return -EINTR;
		n = mem_linux_take_pieces(&hpa, bytes / BH_PIECE_SIZE);
		if (n < 0)
			return n;
		if (!run_add(runs, hpa, (u64)n * BH_PIECE_SIZE, MEM_LINUX, use)) {
			mem_linux_give_back(hpa, (u64)n * BH_PIECE_SIZE);
			return -ENOMEM;
		}
	}
	return 0;
}

/* Splits off the first piece of a run which could not have its guard: as the driver's own it is
 * as good as a guard for the rest. */
static int run_refuse_first_piece(struct mem_run *run, struct list_head *refused)
{
	struct mem_run *rest;

	if (run->size > BH_PIECE_SIZE) {
		rest = run_add(&run->list, run->hpa + BH_PIECE_SIZE, run->size - BH_PIECE_SIZE,
			       run->source, run->use);
		if (!rest)
			return -ENOMEM;
		list_move(&rest->list, &run->list);
		used_bytes[run->use] -= rest->size;
		run->size = BH_PIECE_SIZE;
	}
	list_move_tail(&run->list, refused);
	return 0;
}

/* Returns how many pieces had to be refused, or -ENOMEM. */
static int runs_take_guards(struct list_head *runs, struct list_head *refused)
{
	struct mem_run *run, *next;
	int count = 0;

	list_for_each_entry_safe(run, next, runs, list) {
		if (run->source != MEM_LINUX || !run_take_guard(run))
			continue;
		if (run_refuse_first_piece(run, refused))
			return -ENOMEM;
		count++;
	}
	return count;
}

/* The quick way, for a machine whose memory is not fragmented: one piece more than needed, all in
 * one run, and what is too much goes back. */
static int take_one_run(struct list_head *runs, u64 bytes, enum mem_use use)
{
	LIST_HEAD(fresh);
	LIST_HEAD(refused);
	struct mem_run *run;
	int err;

	err = pieces_from_linux(&fresh, round_up(bytes + 1, 2ull * BH_PIECE_SIZE), use);
	if (err)
		goto release;
	runs_join(&fresh);
	err = -ENOMEM;
	run = list_first_entry(&fresh, struct mem_run, list);
	if (!list_is_singular(&fresh) || run_refuse_first_piece(run, &refused))
		goto release;
	run = list_first_entry(&fresh, struct mem_run, list);
	if (run->size > bytes)
		mem_linux_give_back(run->hpa + bytes, run->size - bytes);
	used_bytes[use] -= run->size - bytes;
	run->size = bytes;
	list_splice_tail_init(&fresh, runs);
	err = 0;
release:
	runs_release(&fresh, RUN_CLEARED);
	runs_release(&refused, RUN_CLEARED);
	return err;
}

/* The way that always works: pieces from anywhere, and for each run of them the page in front. */
static int take_pieces(struct list_head *runs, u64 bytes, enum mem_use use)
{
	LIST_HEAD(fresh);
	LIST_HEAD(done);
	LIST_HEAD(refused);
	unsigned int tries = 0;
	int n;

	for (;;) {
		n = pieces_from_linux(&fresh, bytes, use);
		if (n)
			break;
		runs_join(&fresh);
		n = runs_take_guards(&fresh, &refused);
		list_splice_tail_init(&fresh, &done);
		if (n <= 0)
			break;
		tries += n;
		if (tries > MEM_MAX_REFUSED) {
			n = -ENOMEM;
			break;
		}
		bytes = (u64)n * BH_PIECE_SIZE;
	}
	/* Refused pieces last of all: what follows one of them keeps its last page. */
	if (n) {
		runs_release(&fresh, RUN_CLEARED);
		runs_release(&done, RUN_CLEARED);
	}
	runs_release(&refused, RUN_CLEARED);
	runs_join(&done);
	list_splice_tail(&done, runs);
	return n;
}

static int take_from_linux(struct list_head *runs, u64 bytes, enum mem_use use)
{
	int err;

	if (!mem_linux_can_spare(bytes))
		return -ENOMEM;
	err = take_one_run(runs, bytes, use);
	return err == -ENOMEM ? take_pieces(runs, bytes, use) : err;
}

int mem_take(struct list_head *runs, u64 bytes, enum mem_use use)
{
	LIST_HEAD(taken);
	int err;

	if (use == MEM_HYPERVISOR || !pool_count)
		return take_from_linux(runs, bytes, use);
	err = pieces_from_pool(&taken, bytes, use);
	if (err)
		runs_release(&taken, RUN_CLEARED);
	runs_join(&taken);
	list_splice_tail(&taken, runs);
	return err && pool_is_leftovers ? take_from_linux(runs, bytes, use) : err;
}

int mem_take_contiguous(struct list_head *runs, u64 bytes, enum mem_use use)
{
	struct mem_run *run;
	u64 guard;
	int err;

	if (pool_count) {
		err = pool_take_contiguous(runs, bytes, use);
		if (!err || !pool_is_leftovers)
			return err;
	}
	if (!mem_linux_can_spare(bytes))
		return -ENOMEM;
	err = mem_linux_take_contiguous(&guard, PAGE_SIZE + bytes);
	if (err)
		return err;
	run = run_add(runs, guard + PAGE_SIZE, bytes, MEM_LINUX, use);
	if (!run) {
		mem_linux_give_back(guard, PAGE_SIZE + bytes);
		return -ENOMEM;
	}
	run->guard_hpa = guard;
	guard_bytes += PAGE_SIZE;
	return 0;
}

int mem_adopt(struct list_head *runs, u64 hpa, u64 bytes, enum mem_use use)
{
	if (run_overlapping(hpa, bytes))
		return -EBUSY;
	if (region_intersects(hpa, bytes, IORESOURCE_SYSTEM_RAM, IORES_DESC_NONE) !=
	    REGION_DISJOINT) {
		pr_err("memory %#llx+%#llx belongs to the hypervisor or a cell, and this kernel has it in its memory map: it was not started by the hypervisor\n",
		       hpa, bytes);
		return -EBUSY;
	}
	return run_add(runs, hpa, bytes, MEM_RESERVED, use) ? 0 : -ENOMEM;
}

int mem_take_at(struct list_head *runs, u64 hpa, u64 bytes, enum mem_use use)
{
	enum mem_source source = MEM_RESERVED;
	struct mem_run *run;
	int err;

	if (run_overlapping(hpa, bytes))
		return -EBUSY;
	if (region_intersects(hpa, bytes, IORESOURCE_SYSTEM_RAM, IORES_DESC_NONE) !=
	    REGION_DISJOINT) {
		source = MEM_LINUX;
		err = mem_linux_take_at(hpa, bytes);
		if (err)
			return err;
	}
	run = run_add(runs, hpa, bytes, source, use);
	if (!run) {
		err = -ENOMEM;
		goto give_back;
	}
	err = source == MEM_LINUX ? run_take_guard(run) : 0;
	if (!err)
		return 0;
	run_forget(run);
give_back:
	if (source == MEM_LINUX)
		mem_linux_give_back(hpa, bytes);
	return err;
}
