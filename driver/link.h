/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Links by name: their shared memory, which lives from the first cell that names the link to the
 * last, and their PCI functions in this Linux. Needs driver_lock.
 */
#ifndef BULKHEAD_LINK_H
#define BULKHEAD_LINK_H

#include <linux/types.h>
#include <bulkhead/config.h>

struct bh_driver_link;
struct link;

/* One more user of the link that this end belongs to; takes and clears its memory if it is the
 * first. ERR_PTR: -EINVAL the ends do not agree; -ENOMEM, -EBUSY, -ENOSPC. */
struct link *link_get(const struct bh_config_link *end);
void link_put(struct link *link);

/* The same for a link that exists already, in memory that an earlier Linux has taken. */
struct link *link_adopt(const struct bh_config_link *end);
bool link_is_last_user(const struct link *link);

u64 link_hpa(const struct link *link);

/* Makes the function appear in Linux, if this Linux is a peer, and vanish (see pci_unplug() for
 * the lock). The hypervisor must have the link. -ENODEV: there is no such function in any slot. */
int link_plug(struct link *link);
void link_unplug(struct link *link);

/* The links that end in this Linux; returns how many. */
unsigned int link_list(struct bh_driver_link *list, unsigned int limit);

#endif
