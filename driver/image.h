/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor's image and memory: found, checked, laid out as bulkhead/image.h says, and given
 * back. Needs driver_lock.
 */
#ifndef BULKHEAD_DRIVER_IMAGE_H
#define BULKHEAD_DRIVER_IMAGE_H

#include <linux/types.h>

/* Takes memory as hv.system says, loads the image for hv.vendor into it, and sets hv.runs, boot,
 * entry and public, and *start_va. -ENOENT: no image installed; -ENOEXEC: it does not fit
 * this driver; -ENOMEM. Undone by image_unload(). */
int image_load(u32 config_bytes, u64 *start_va);
void image_unload(void);

#endif
