/* SPDX-License-Identifier: GPL-2.0-only */
/* The shared memory of links in page tables: who may read and write which section. */
#ifndef HV_LINK_MEMORY_H
#define HV_LINK_MEMORY_H

#include "ivshmem.h"

/* Map the link's memory for one peer at gpa. -ENOMEM, or as pt_map(). Tables that pt_prepare()
 * has seen need no memory. */
int link_map(struct pt *npt, const struct link *link, uint64_t gpa, uint16_t peer);

/* Take the memory from the root, or leave it what its peer id allows; and back. -EBUSY: not the
 * root's. Flushes the root's CPUs. */
int link_memory_take(struct cpu *self, struct link *link);
void link_memory_give_back(struct cpu *self, struct link *link);

/* Keep the root's traps where its function's BARs are. Called with machine_lock. */
void link_update_traps(struct cpu *self, struct link_end *end);
/* To be followed by a flush of the root's CPUs before anything is allocated. */
void link_remove_traps(struct link_end *end);

#endif
