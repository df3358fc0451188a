/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A Linux that the hypervisor has started again finds it, and the cells that went on meanwhile.
 */
#ifndef BULKHEAD_ATTACH_H
#define BULKHEAD_ATTACH_H

/* When the module is loaded, with driver_lock: if this is the root of a hypervisor, it is enabled from
 * here on as if this Linux had done it. What goes wrong is said on the log, and the cells go on
 * unmanaged. */
void attach_hypervisor(void);

#endif
