/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Images of guests: from the bytes of a file to a load plan, a list of what goes where in the
 * cell and how the boot CPU starts. Files are untrusted. Nothing here does I/O; a plan is
 * checked against the cell's memory before anything is sent.
 *
 * The loaders return 0; -ENOEXEC: this is not the format; -EINVAL: it is, but wrong, and
 * plan->error says what.
 */
#ifndef HVCTL_IMAGE_H
#define HVCTL_IMAGE_H

#include <stddef.h>
#include <stdint.h>
#include <bulkhead/types.h>

#define IMAGE_MAX_SEGMENTS 64
#define IMAGE_ERROR_LEN 200

struct image {
	const uint8_t *bytes;
	size_t size;
};

struct image_segment {
	uint64_t gpa;
	uint64_t size;	     /* of data, not 0 */
	uint64_t zero;	     /* bytes behind it that must be zero, and are after a reset */
	const uint8_t *data; /* into the image */
};

struct load_plan {
	const char *format; /* for people: "ELF64", ... */
	struct image_segment segment[IMAGE_MAX_SEGMENTS];
	unsigned int count;
	uint64_t entry; /* BH_ADDR_NONE: the image does not say */
	uint32_t mode;	/* BH_START_* */
	char error[IMAGE_ERROR_LEN];
};

/* Of the cell: what config and information page agree upon. */
struct image_memory {
	uint64_t gpa;
	uint64_t size;
};

int image_plan_elf(struct load_plan *plan, const struct image *image);
int image_plan_linux(struct load_plan *plan, const struct image *image);
int image_plan_multiboot(struct load_plan *plan, const struct image *image);
int image_plan_raw(struct load_plan *plan, const struct image *image, uint64_t gpa);

/* Tries the loaders in turn; with gpa != BH_ADDR_NONE the image is raw. */
int image_plan(struct load_plan *plan, const struct image *image, uint64_t gpa);

/* Whether each segment, its zeroes included, and the entry lie in the memory. 0 or -ERANGE
 * with plan->error. The regions may come in any order and touch each other. */
int image_fits(struct load_plan *plan, const struct image_memory *memory, unsigned int count);

/* For the loaders: writes plan->error, returns -EINVAL. */
int image_error(struct load_plan *plan, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* For the loaders: adds a segment of the file, after checking that offset and size lie in it,
 * that it does not wrap, and that it does not overlap another one. */
int image_add(struct load_plan *plan, const struct image *image, uint64_t gpa, uint64_t offset,
	      uint64_t size, uint64_t zero);

static inline uint32_t image_le16(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8;
}

static inline uint32_t image_le32(const uint8_t *p)
{
	return image_le16(p) | image_le16(p + 2) << 16;
}

static inline uint64_t image_le64(const uint8_t *p)
{
	return image_le32(p) | (uint64_t)image_le32(p + 4) << 32;
}

#endif
