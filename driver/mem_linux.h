/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Taking pages away from the running kernel and giving them back. Below memory.c; knows nothing
 * of runs and owners. Pages that were taken are marked PageOffline, so that /proc/kcore and
 * dumps leave them alone.
 */
#ifndef BULKHEAD_MEM_LINUX_H
#define BULKHEAD_MEM_LINUX_H

#include <linux/types.h>

/* Whether Linux would go on living without them. */
bool mem_linux_can_spare(u64 bytes);

/* One or, if more than one are wanted and it is cheap, two adjacent aligned pieces of 2 MiB.
 * Returns how many, or -ENOMEM. */
int mem_linux_take_pieces(u64 *hpa, unsigned int wanted);

/* Any number of pages. -ENOMEM: no such stretch can be freed. */
int mem_linux_take_contiguous(u64 *hpa, u64 bytes);

/* -EBUSY: cannot be freed. */
int mem_linux_take_at(u64 hpa, u64 bytes);

/* Whether a running kernel may hold data in this page, as opposed to a hole, a device or
 * memory that was reserved at boot. */
bool mem_linux_owns(u64 hpa);

/* Fills whole pages with zeroes; va is mapped write-back. */
void mem_zero(void *va, u64 bytes);
void mem_linux_give_back(u64 hpa, u64 bytes);

#endif
