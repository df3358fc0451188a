/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * I/O ports of cells, as Linux sees them: taken in its table (/proc/ioports), so that no driver of Linux's has
 * them or gets them. That accesses do not reach them is the hypervisor's business. Needs driver_lock.
 */
#ifndef BULKHEAD_REGIONS_H
#define BULKHEAD_REGIONS_H

#include <linux/list.h>
#include "pure/config.h"

/* Of one cell; all zeros: none. */
struct regions {
	struct list_head list;
	const struct config_cell *config; /* NULL: none */
	unsigned long *taken;		  /* a bit for each of its ranges */
	char name[sizeof("bulkhead cell ") + BH_NAME_LEN];
};

/* All ports of the description, or none. -EBUSY, after saying on the log who has one; -ENOMEM. */
int regions_take(struct regions *regions, const struct config_cell *config);

/* Those of a cell that exists already: what a driver of this Linux has is said on the log, and stays with it. */
int regions_adopt(struct regions *regions, const struct config_cell *config);

/* Safe to repeat. */
void regions_give_back(struct regions *regions);

#endif
