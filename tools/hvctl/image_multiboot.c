// SPDX-License-Identifier: GPL-2.0-only
/*
 * Multiboot (version 1) images that carry their addresses in the header. (An ELF image with
 * such a header is loaded as ELF.) The names of fields are those of the Multiboot
 * Specification 0.6.96, section 3.1. The guest gets no multiboot information: EBX is 0.
 */
#include <errno.h>
#include <inttypes.h>
#include "image.h"

#define MB_MAGIC 0x1badb002u
#define MB_SEARCH 8192u /* the header lies whole in the first bytes of the file, 4-aligned */
#define MB_SHORT 12u
#define MB_LONG 32u

#define MB_PAGE_ALIGN 0x1u
#define MB_MEMORY_INFO 0x2u
#define MB_VIDEO 0x4u
#define MB_ADDRESSES 0x10000u
#define MB_REQUIRED 0xffffu /* a loader must refuse what it does not know among these */

static const uint8_t *find_header(const struct image *image)
{
	size_t end = image->size < MB_SEARCH ? image->size : MB_SEARCH;

	for (size_t at = 0; at + MB_SHORT <= end; at += 4) {
		const uint8_t *p = image->bytes + at;

		if (image_le32(p) == MB_MAGIC &&
		    (uint32_t)(image_le32(p) + image_le32(p + 4) + image_le32(p + 8)) == 0)
			return p;
	}
	return NULL;
}

int image_plan_multiboot(struct load_plan *plan, const struct image *image)
{
	uint64_t header, load, load_end, bss_end, entry, at, offset, size;
	const uint8_t *p = find_header(image);
	uint32_t flags;

	if (!p)
		return -ENOEXEC;
	plan->format = "multiboot";
	at = (uint64_t)(p - image->bytes);
	flags = image_le32(p + 4);
	if (flags & MB_REQUIRED & ~(MB_PAGE_ALIGN | MB_MEMORY_INFO))
		return image_error(plan,
				   "the multiboot header demands what a cell has not (flags "
				   "0x%x%s)",
				   flags, flags & MB_VIDEO ? ": video" : "");
	if (!(flags & MB_ADDRESSES))
		return image_error(plan, "the multiboot header has no addresses and the file is no "
					 "ELF");
	if (image->size - at < MB_LONG)
		return image_error(plan, "the multiboot header is truncated");
	header = image_le32(p + 12);
	load = image_le32(p + 16);
	load_end = image_le32(p + 20);
	bss_end = image_le32(p + 24);
	entry = image_le32(p + 28);
	if (load > header || header - load > at)
		return image_error(plan,
				   "the multiboot load_addr 0x%" PRIx64 " does not match "
				   "header_addr 0x%" PRIx64,
				   load, header);
	offset = at - (header - load);
	size = load_end ? load_end - load : image->size - offset;
	if (load_end && load_end <= load)
		return image_error(plan,
				   "the multiboot load_end_addr 0x%" PRIx64 " is not behind "
				   "load_addr 0x%" PRIx64,
				   load_end, load);
	if (bss_end && bss_end < load + size)
		return image_error(plan,
				   "the multiboot bss_end_addr 0x%" PRIx64 " lies before the "
				   "end of the data",
				   bss_end);
	if (entry < load || entry - load >= size)
		return image_error(plan,
				   "the multiboot entry_addr 0x%" PRIx64 " lies outside of what "
				   "is loaded",
				   entry);
	plan->entry = entry;
	return image_add(plan, image, load, offset, size, bss_end ? bss_end - load - size : 0);
}
