/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The image from which the hypervisor starts Linux again. It lies in memory of its own, which is the
 * hypervisor's while it is loaded. Needs driver_lock and, but for root_forget(), an enabled hypervisor.
 */
#ifndef BULKHEAD_DRIVER_ROOT_H
#define BULKHEAD_DRIVER_ROOT_H

struct bh_ioc_root_load;
struct bh_root_state;

/* -EEXIST: one is loaded; -EINVAL: it cannot be; -ENOMEM; -E2BIG: memory in too many fragments. */
int root_load(const struct bh_ioc_root_load *arg);

/* -ENOENT: none is loaded. */
int root_unload(void);

/* An earlier Linux has loaded it. -EBUSY, -ENOMEM */
int root_adopt(const struct bh_root_state *state);

/* The hypervisor is no more, or goes on without us: gives the memory back. */
void root_forget(void);

#endif
