/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page tables on which a CPU goes from Linux into the hypervisor. They exist only while the
 * hypervisor is being entered: afterwards it runs on its own.
 */
#ifndef BULKHEAD_TABLES_H
#define BULKHEAD_TABLES_H

#include <linux/types.h>

#define TABLES_MAX_PAGES 16

struct tables {
	u64 *page[TABLES_MAX_PAGES]; /* the first one is the root */
	unsigned int count;
	unsigned int levels;
};

/* As many levels as the running kernel uses. -ENOMEM. */
int tables_init(struct tables *t);

/* Maps one page of 4 KiB, or a 2 MiB page, writable and executable. -ENOMEM, or -EEXIST if the
 * address is mapped already. */
int tables_map_4k(struct tables *t, u64 va, u64 hpa);
int tables_map_2m(struct tables *t, u64 va, u64 hpa);

/* Value for CR3. */
u64 tables_root(const struct tables *t);

void tables_free(struct tables *t);

#endif
