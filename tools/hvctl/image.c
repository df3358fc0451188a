// SPDX-License-Identifier: GPL-2.0-only
/*
 * Load plans: choosing the loader, adding segments, and the check against the cell's memory.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <bulkhead/hypercall.h>
#include "image.h"

int image_error(struct load_plan *plan, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(plan->error, sizeof(plan->error), format, ap);
	va_end(ap);
	return -EINVAL;
}

static uint64_t end_of(const struct image_segment *s)
{
	return s->gpa + s->size + s->zero;
}

static int check_overlap(struct load_plan *plan, const struct image_segment *new)
{
	for (unsigned int i = 0; i < plan->count; i++) {
		const struct image_segment *s = &plan->segment[i];

		if (new->gpa < end_of(s) && s->gpa < end_of(new))
			return image_error(plan,
					   "the segments at 0x%" PRIx64 " and 0x%" PRIx64
					   " overlap (their physical addresses count)",
					   s->gpa, new->gpa);
	}
	return 0;
}

int image_add(struct load_plan *plan, const struct image *image, uint64_t gpa, uint64_t offset,
	      uint64_t size, uint64_t zero)
{
	struct image_segment s = { .gpa = gpa, .size = size, .zero = zero };

	if (!size)
		return 0;
	if (offset > image->size || size > image->size - offset)
		return image_error(plan,
				   "the segment for 0x%" PRIx64 " ends behind the end of the file "
				   "(truncated?)",
				   gpa);
	if (zero > UINT64_MAX - size || gpa > UINT64_MAX - size - zero)
		return image_error(
			plan, "the segment at 0x%" PRIx64 " ends behind the last address", gpa);
	if (plan->count == IMAGE_MAX_SEGMENTS)
		return image_error(plan, "more than %d segments", IMAGE_MAX_SEGMENTS);
	if (check_overlap(plan, &s))
		return -EINVAL;
	s.data = image->bytes + offset;
	plan->segment[plan->count++] = s;
	return 0;
}

int image_plan_raw(struct load_plan *plan, const struct image *image, uint64_t gpa)
{
	plan->format = "raw";
	return image_add(plan, image, gpa, 0, image->size, 0);
}

static void plan_init(struct load_plan *plan)
{
	plan->format = "unknown";
	plan->count = 0;
	plan->entry = BH_ADDR_NONE;
	plan->mode = BH_START_FLAT32;
	plan->error[0] = 0;
}

int image_plan(struct load_plan *plan, const struct image *image, uint64_t gpa)
{
	static int (*const loaders[])(struct load_plan *, const struct image *) = {
		image_plan_elf,
		image_plan_linux,
		image_plan_multiboot,
	};

	plan_init(plan);
	if (!image->size)
		return image_error(plan, "the file is empty");
	if (gpa != BH_ADDR_NONE)
		return image_plan_raw(plan, image, gpa);
	for (size_t i = 0; i < sizeof(loaders) / sizeof(loaders[0]); i++) {
		int error = loaders[i](plan, image);

		if (error != -ENOEXEC)
			return error;
	}
	return image_error(plan, "neither ELF, multiboot nor a Linux kernel; if it is a raw image, "
				 "say where it goes with --address");
}

/* How far the memory reaches without a hole from gpa on; gpa itself if it is no memory. */
static uint64_t reach(const struct image_memory *memory, unsigned int count, uint64_t gpa)
{
	unsigned int again = count;

	while (again--) {
		for (unsigned int i = 0; i < count; i++)
			if (gpa >= memory[i].gpa && gpa - memory[i].gpa < memory[i].size)
				gpa = memory[i].gpa + memory[i].size;
	}
	return gpa;
}

int image_fits(struct load_plan *plan, const struct image_memory *memory, unsigned int count)
{
	for (unsigned int i = 0; i < plan->count; i++) {
		const struct image_segment *s = &plan->segment[i];

		if (reach(memory, count, s->gpa) >= end_of(s))
			continue;
		image_error(plan,
			    "its segment 0x%" PRIx64 "-0x%" PRIx64
			    " does not lie in the cell's memory; enlarge a memory node of the "
			    "description or link the image to another address",
			    s->gpa, end_of(s) - 1);
		return -ERANGE;
	}
	if (plan->entry == BH_ADDR_NONE || reach(memory, count, plan->entry) > plan->entry)
		return 0;
	image_error(plan, "its entry 0x%" PRIx64 " does not lie in the cell's memory", plan->entry);
	return -ERANGE;
}
