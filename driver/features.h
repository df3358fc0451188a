/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What Linux believes its CPUs can do. While the hypervisor has their virtualization there is none
 * for Linux: hiding it makes a KVM module that is loaded meanwhile fail at once, with its own
 * message. And a CPU that Linux starts anew meanwhile takes features away from the whole machine,
 * which have to come back at the end. Needs driver_lock and CPU hotplug disabled.
 */
#ifndef BULKHEAD_FEATURES_H
#define BULKHEAD_FEATURES_H

#include <linux/types.h>

/* -ENOMEM */
int features_prepare(void);

/* After features_prepare(); vendor is BH_VENDOR_*. */
void features_hide(u32 vendor);

/* Back to what they were at features_prepare(), and forgets it. */
void features_restore(void);

#endif
