/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Linux started again alone: the image that is kept for it, and the start. Called with machine_lock.
 */
#ifndef HV_ROOT_IMAGE_H
#define HV_ROOT_IMAGE_H

#include <bulkhead/root.h>
#include "cpu.h"
#include "pure/restart.h"
#include "root_devices.h"

struct root_kept {
	struct bh_root_image image;
	/* room for a restart, which is no time to look for some */
	struct restart_plan plan;
	uint8_t params[BH_ROOT_PARAMS];
	struct root_devices devices;
};

extern struct root_kept *root_kept; /* NULL: nothing is loaded */
extern int root_is_attached;	    /* the way out leads into the Linux that runs */

/* BH_HC_ROOT_*, with their results. */
int root_image_load(struct cpu *self, uint64_t gpa);
int root_image_unload(struct cpu *self);
int root_image_read(struct cpu *self, uint64_t what, uint64_t gpa, uint64_t id);
int root_attach(struct cpu *self, uint64_t gpa);

/*
 * The root has ended, all its CPUs are parked, and self is one of them or any other: what it had is
 * brought to a standstill, the image copied to its place, and the root's first CPU sent there. -ENOENT:
 * nothing is loaded; -ENOMEM: the root has no room for it; -EBUSY: it is on its way out of the
 * hypervisor; -ETIMEDOUT: a CPU or a remapping unit does not answer. Then the root stays as it is.
 */
int root_restart(struct cpu *self);

#endif
