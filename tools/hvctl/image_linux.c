// SPDX-License-Identifier: GPL-2.0-only
/*
 * Linux kernels (bzImage), told by their boot header (the kernel's x86 boot protocol,
 * "HdrS" at 0x202). A Linux guest needs generated tables that a cell does not have yet, so
 * such an image is refused by its name rather than taken for raw bytes.
 */
#include <errno.h>
#include <string.h>
#include "image.h"

#define BOOT_FLAG 0x1fe
#define BOOT_FLAG_VALUE 0xaa55u
#define BOOT_HEADER 0x202

int image_plan_linux(struct load_plan *plan, const struct image *image)
{
	if (image->size < BOOT_HEADER + 4 ||
	    image_le16(image->bytes + BOOT_FLAG) != BOOT_FLAG_VALUE ||
	    memcmp(image->bytes + BOOT_HEADER, "HdrS", 4))
		return -ENOEXEC;
	plan->format = "Linux bzImage";
	return image_error(plan, "this is a Linux kernel; this version starts no Linux in a cell");
}
