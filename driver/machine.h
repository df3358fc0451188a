/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether this machine, as it is now, can take the hypervisor.
 */
#ifndef BULKHEAD_MACHINE_H
#define BULKHEAD_MACHINE_H

#include <linux/types.h>
#include "pure/config.h"

/* BH_VENDOR_*, or -ENODEV: neither AMD nor Intel. */
int machine_vendor(void);

/* Virtualization there, allowed by the firmware and not used by KVM (a KVM module that is
 * loaded and idle is unloaded); no memory encryption. Says on the log what is in the way.
 * -EOPNOTSUPP, -EBUSY. CPU hotplug must be disabled. */
int machine_check(u32 vendor);

/* Linux's number of the CPU with this APIC ID, or -ENODEV. */
int machine_cpu(u32 apic_id);

/* The CPUs that are online must be those of the description. -ENODEV: it names one that is
 * missing or offline; -EINVAL: one that is online is not in it. CPU hotplug must be disabled. */
int machine_check_cpus(const struct config_system *sys);

#endif
