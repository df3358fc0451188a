/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the hypervisor shows to Linux: the public area and the cells' comm regions. They lie in
 * the hypervisor's own memory, which Linux may read there.
 */
#ifndef BULKHEAD_AREA_H
#define BULKHEAD_AREA_H

#include <linux/types.h>
#include <bulkhead/public.h>

struct bh_ioc_read;

/* Copies to user space. Needs driver_lock. -ENODEV: not enabled; -ENOENT: no such cell;
 * -EINVAL: no such area, or not all within it. */
int area_read(const struct bh_ioc_read *arg);

/* NULL: no such cell, or not enabled. Needs driver_lock. */
const struct bh_cell_public *area_cell(u32 id);

/* 0 while not enabled. Needs no lock. */
u64 area_event_head(void);

/* Tells area_event_head() where to look; NULL before the memory goes away. Needs driver_lock. */
void area_show(const struct bh_public *public);

#endif
