/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory for the hypervisor, cells and links: taken from the running kernel in pieces of 2 MiB,
 * or from ranges that were kept away from Linux at boot. All of it is accounted and comes back.
 *
 *            guard   run: one or more pieces, a hole in Linux's memory below the hypervisor
 *   ... | ... 4 KiB | 2 MiB | 2 MiB | ...
 *
 * Linux reads words across page ends (load_unaligned_zeropad() in path lookup), so the page in
 * front of each run belongs to the driver, too, and nobody reads it.
 *
 * Every function needs driver_lock.
 */
#ifndef BULKHEAD_MEMORY_H
#define BULKHEAD_MEMORY_H

#include <linux/list.h>
#include <bulkhead/types.h>

enum mem_use { MEM_HYPERVISOR, MEM_CELL, MEM_USES };

enum mem_source {
	MEM_LINUX,    /* pages of the running kernel */
	MEM_RESERVED, /* never was Linux's */
};

/* Physically contiguous memory that the driver holds. */
struct mem_run {
	struct list_head list; /* of its owner */
	struct list_head all;  /* of all runs */
	u64 hpa;
	u64 size;
	u64 guard_hpa; /* of the page in front, or BH_ADDR_NONE when none had to be taken */
	enum mem_source source;
	enum mem_use use;
	void *va; /* of reserved memory, once it is mapped */
};

/* Where Linux sees the run, which is mapped until it is given back. NULL: it cannot be mapped. */
void *mem_run_va(struct mem_run *run);

/* Takes bytes (a multiple of BH_PIECE_SIZE) in as few runs as it comes, each aligned to
 * BH_PIECE_SIZE, and appends them to runs. -ENOMEM: nothing was taken. */
int mem_take(struct list_head *runs, u64 bytes, enum mem_use use);

/* The same as one run, and in pages: neither size nor address are those of pieces. */
int mem_take_contiguous(struct list_head *runs, u64 bytes, enum mem_use use);

/* Takes exactly this range, multiples of 4 KiB. -EBUSY: Linux uses part of it and cannot
 * move away, or the driver has given it out already. */
int mem_take_at(struct list_head *runs, u64 hpa, u64 bytes, enum mem_use use);

/* Clears what came from Linux and gives it back. Nothing below the kernel may use it any more. */
void mem_release(struct list_head *runs);

/* The same for runs without secrets: never used, or cleared already. */
void mem_release_cleared(struct list_head *runs);

/* A range that an earlier Linux has taken, and that this one has no pages for. -EBUSY, -ENOMEM */
int mem_adopt(struct list_head *runs, u64 hpa, u64 bytes, enum mem_use use);

/* Fills with zeroes. -ENOMEM: reserved memory could not be mapped for it. */
int mem_clear(struct list_head *runs);

/* Reserved ranges to take cell memory from in place of Linux's; NULL and 0: none. -EBUSY: Linux
 * uses one as its memory. The array must stay until it is replaced. */
struct bh_config_range;
int mem_set_pool(const struct bh_config_range *pool, unsigned int count);

/* A pool that is no more than what was left over: when it is exhausted, Linux's memory is next. */
int mem_set_leftovers(const struct bh_config_range *ranges, unsigned int count);

u64 mem_bytes(enum mem_use use);
u64 mem_guard_bytes(void);

#endif
