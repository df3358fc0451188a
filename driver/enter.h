/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Putting the hypervisor under Linux and taking it away again. Needs driver_lock.
 */
#ifndef BULKHEAD_ENTER_H
#define BULKHEAD_ENTER_H

#include <linux/types.h>

struct bh_ioc_config;

/* Takes over *blob, and leaves NULL there (kvmalloc'ed, size bytes) if it succeeds. On a broken rule -EINVAL and the rule
 * in *arg. Otherwise as the system finds: -EBUSY enabled already or KVM in use, -ENODEV and
 * -EINVAL wrong CPUs, -ENOENT and -ENOEXEC image, -ENOMEM, or what the hypervisor says. Whatever
 * fails leaves everything as it was. */
int enter_hypervisor(void **blob, size_t size, struct bh_ioc_config *arg);

/* hv.bounce and hv.bounce_args. -ENOMEM, and then free() is next. */
int enter_bounce_alloc(void);
void enter_bounce_free(void);

/* There must be no cell. -EBUSY: a CPU cannot be brought online to leave. */
int leave_hypervisor(void);

#endif
