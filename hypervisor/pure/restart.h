/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Starting the root again by the kernel's x86 boot protocol: whether an image can be kept, where its
 * parts go, and what is filled into struct boot_params. Linux, Documentation/arch/x86/boot.rst.
 */
#ifndef PURE_RESTART_H
#define PURE_RESTART_H

#include "boot_params.h"
#include "e820.h"

struct restart_plan {
	struct e820 map;
	uint64_t params, cmdline, kernel, initrd; /* addresses */
};

/* What is wrong with an image, in words, or NULL: but for its runs, which are the driver's; and with them. Whose
 * memory these are is not looked at. */
const char *restart_check_parts(const struct bh_root_image *image);
const char *restart_check(const struct bh_root_image *image);

/* Map and places for an image that restart_check() has found good. -ENOMEM: the root has no room. */
int restart_place(const struct bh_root_image *image, uint64_t limit, const struct e820_owner *owner,
		  struct restart_plan *plan);

/* The image's parameters, completed. */
void restart_fill(const struct bh_root_image *image, const struct restart_plan *plan,
		  uint8_t params[BH_ROOT_PARAMS]);

/* Where byte at of the runs lies, and how many follow it in the same page; BH_ADDR_NONE beyond. */
uint64_t restart_source(const struct bh_root_image *image, uint64_t at);

#endif
