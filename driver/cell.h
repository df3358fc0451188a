/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cells as the driver keeps them: what was taken from Linux for each, and what was loaded into it.
 * Whether a cell runs is not kept here: the hypervisor's public area says so. All functions
 * need driver_lock and an enabled hypervisor, but for cell_count().
 *
 * Errors that all share: -ENOENT there is no such cell; -EINTR a signal came; otherwise what the
 * hypervisor says.
 */
#ifndef BULKHEAD_CELL_H
#define BULKHEAD_CELL_H

#include <linux/list.h>
#include "cpus.h"
#include "regions.h"
#include "pure/config.h"

struct bh_ioc_config;
struct bh_ioc_load;
struct bh_ioc_start;
struct bh_ioc_stop;
struct claim;
struct link;

struct cell {
	struct list_head list;
	u32 id;
	void *blob;		   /* description as it came, addresses open */
	struct config_cell config; /* view of blob */
	u64 memory;		   /* bytes of RAM */
	struct list_head runs;	   /* memory chosen by the driver */
	struct list_head pinned;   /* memory named by the description */
	struct cpus_set cpus;
	struct regions regions; /* of I/O ports */
	struct link *links[BH_MAX_CELL_LINKS];
	unsigned int link_count;
	struct claim *claims[BH_MAX_DEVICES]; /* as many as there are, from the front */
	struct list_head copies;	      /* of what was loaded, to start again */
	u64 copied;			      /* bytes of them */
	bool forgotten; /* an earlier Linux has loaded it: what, is not known */
	bool stale;	/* memory does not hold what was loaded: reset and replay before a start */
};

unsigned int cell_count(void);
struct cell *cell_find(u32 id);
bool cell_runs(const struct cell *cell);

/* Takes over *blob, leaves NULL there and sets arg->id if there is a cell afterwards: also where
 * creating failed at last and the hypervisor does not give it back. -EINVAL: a rule is broken, see
 * *arg; -EEXIST: the name is taken; -EBUSY: CPU or memory is in use; -ENOMEM. */
int cell_create(void **blob, size_t size, struct bh_ioc_config *arg);

/* The cell exists already, and this is its final description, which is copied: -EBUSY: memory that this
 * Linux uses. Its links appear with cell_plug_all(). */
int cell_adopt(u32 id, const void *blob, size_t size);
void cell_plug_all(void);

/* Forgets all cells, which go on. */
void cell_abandon_all(void);

/* -EBUSY: it runs. */
int cell_destroy(u32 id);

/* -EBUSY: it runs; -ERANGE: not memory of the cell; -ENOSPC: more than the cell can hold. The
 * first load after a run clears the memory and forgets what was loaded before. */
int cell_load(const struct bh_ioc_load *arg);

/* Clears the memory and forgets what was loaded. -EBUSY: it runs. */
int cell_reset(u32 id);

/* -EBUSY: it runs; -ENODATA: an earlier Linux has loaded it, and this one does not know what. */
int cell_start(const struct bh_ioc_start *arg);

/* 0 also when the cell does not run. -ETIMEDOUT: it does not answer, and runs on. Lets go of
 * driver_lock while it waits. */
int cell_stop(const struct bh_ioc_stop *arg);

/* cell_life.c, for cell.c: the hypervisor clears the cell's memory. */
int cell_clear_memory(struct cell *cell);
void cell_forget_copies(struct cell *cell);

#endif
