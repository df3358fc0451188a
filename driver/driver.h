/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * State of the driver as a whole. driver_lock serialises every call that changes something and
 * guards all that is not marked otherwise; it is taken before the kernel's own hotplug locks.
 */
#ifndef BULKHEAD_DRIVER_H
#define BULKHEAD_DRIVER_H

#include <linux/cpumask.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <bulkhead/image.h>
#include <bulkhead/ioctl.h>
#include "pure/config.h"

extern struct mutex driver_lock;

/* A physically contiguous buffer for what the hypervisor reads. */
#define HV_BOUNCE_SIZE BH_CONFIG_MAX_SIZE

struct hv {
	bool enabled; /* also read without the lock, by those who only want to refuse early */
	u32 vendor;   /* BH_VENDOR_* */
	struct config_system system; /* points into system_blob */
	void *system_blob;
	struct bh_config_range *leftovers; /* memory that an earlier Linux had taken for cells */
	struct list_head runs;		   /* its memory */
	void *first_piece;		   /* address of the image in Linux */
	u64 image_constant;		   /* bytes at its start that nobody writes */
	struct bh_boot *boot;
	struct bh_cpu_entry *entry;
	const struct bh_public *public;
	void *bounce;	       /* HV_BOUNCE_SIZE bytes */
	void *bounce_args;     /* one page */
	bool attached;	       /* an earlier Linux has enabled the hypervisor */
	u64 root_kernel_bytes; /* of the image to start Linux from again; 0: none */
	u64 root_initrd_bytes;
	u64 enable_ns;
	u64 disable_ns;
};

extern struct hv hv;

static inline bool hv_is_enabled(void)
{
	return READ_ONCE(hv.enabled);
}

/* Where Linux sees a range of the hypervisor's memory; NULL if it is not all in one run. */
void *hv_va(u64 hpa, u64 bytes);

#endif
