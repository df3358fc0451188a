// SPDX-License-Identifier: GPL-2.0-only
/* Starting the root again. See restart.h. */
#include "restart.h"

#define SIZE_MAX_BYTES UINT64_C(0x40000000)
#define BELOW_4G UINT64_C(0xffffffff)
#define PARAMS_MIN UINT64_C(0x10000) /* firmware may have its own in the first pages */

static int is_page_multiple(uint64_t value)
{
	return !(value % BH_PAGE_SIZE);
}

static int run_is_good(const struct bh_root_image *image, unsigned int n)
{
	const struct bh_config_range *run = &image->runs[n];

	if (!run->size || !is_page_multiple(run->hpa) || !is_page_multiple(run->size) ||
	    run->size > UINT64_MAX - run->hpa)
		return 0;
	for (unsigned int i = 0; i < n; i++)
		if (run->hpa < image->runs[i].hpa + image->runs[i].size &&
		    image->runs[i].hpa < run->hpa + run->size)
			return 0;
	return 1;
}

static const char *check_runs(const struct bh_root_image *image)
{
	uint64_t sum = 0;

	if (image->run_count > BH_ROOT_RUNS)
		return "it lies in too many pieces";
	for (unsigned int i = 0; i < image->run_count; i++) {
		if (!run_is_good(image, i))
			return "its memory is not in whole pages, or overlaps";
		sum += image->runs[i].size; /* they are disjoint: it cannot wrap around */
	}
	return sum < bh_root_image_bytes(image) ? "it does not lie in the memory given" : NULL;
}

static const char *check_kernel(const struct bh_root_image *image)
{
	uint64_t align = image->kernel_align;

	if (!image->kernel_size || image->kernel_size > SIZE_MAX_BYTES ||
	    image->kernel_room < image->kernel_size || image->kernel_room > SIZE_MAX_BYTES)
		return "the kernel has no size that can be";
	if (align < BH_PAGE_SIZE || align > SIZE_MAX_BYTES || align & (align - 1) ||
	    image->kernel_min > BELOW_4G)
		return "the kernel wants a place that cannot be";
	if (boot_version(image->params) < BOOT_VERSION_MIN)
		return "the boot parameters are not those of protocol 2.12 or later";
	return NULL;
}

const char *restart_check_parts(const struct bh_root_image *image)
{
	const char *wrong = check_kernel(image);

	if (!wrong && image->initrd_size > SIZE_MAX_BYTES)
		wrong = "the initramfs has no size that can be";
	if (!wrong && (!image->memmap_count || image->memmap_count > BH_MEMMAP_MAX))
		wrong = "the memory map is empty or too long";
	if (!wrong && image->cmdline[BH_ROOT_CMDLINE - 1])
		wrong = "the command line does not end";
	return wrong;
}

const char *restart_check(const struct bh_root_image *image)
{
	const char *wrong = restart_check_parts(image);

	return wrong ? wrong : check_runs(image);
}

/* Three parts, none of which overlaps the others. */
static uint64_t place(struct restart_plan *plan, struct e820_wish *wish,
		      struct bh_config_range *taken)
{
	uint64_t at;

	wish->taken = taken;
	at = e820_place(&plan->map, wish);
	taken[wish->taken_count++] = (struct bh_config_range){ at, wish->size };
	return at;
}

int restart_place(const struct bh_root_image *image, uint64_t limit, const struct e820_owner *owner,
		  struct restart_plan *plan)
{
	struct bh_config_range taken[3];
	struct e820_wish wish = { .last = BELOW_4G };

	e820_make(&plan->map, image->memmap, image->memmap_count, limit, owner);
	wish.size = image->kernel_room;
	wish.align = image->kernel_align;
	wish.min = image->kernel_min;
	plan->kernel = place(plan, &wish, taken);
	if (plan->kernel == BH_ADDR_NONE)
		return -ENOMEM;
	wish.size = BH_ROOT_PARAMS + BH_ROOT_CMDLINE;
	wish.align = BH_PAGE_SIZE;
	wish.min = PARAMS_MIN;
	plan->params = place(plan, &wish, taken);
	if (plan->params == BH_ADDR_NONE)
		return -ENOMEM;
	plan->cmdline = plan->params + BH_ROOT_PARAMS;
	plan->initrd = 0;
	if (!image->initrd_size)
		return 0;
	wish.size = image->initrd_size;
	wish.min = image->kernel_min;
	wish.last = image->initrd_max < BELOW_4G ? image->initrd_max : BELOW_4G;
	plan->initrd = place(plan, &wish, taken);
	return plan->initrd == BH_ADDR_NONE ? -ENOMEM : 0;
}

void restart_fill(const struct bh_root_image *image, const struct restart_plan *plan,
		  uint8_t params[BH_ROOT_PARAMS])
{
	for (unsigned int i = 0; i < BH_ROOT_PARAMS; i++)
		params[i] = image->params[i];
	boot_put(params, PARAMS_CODE32_START, 4, plan->kernel);
	boot_put(params, PARAMS_INITRD, 4, plan->initrd);
	boot_put(params, PARAMS_INITRD_SIZE, 4, image->initrd_size);
	boot_put(params, PARAMS_CMDLINE, 4, plan->cmdline);
	boot_put(params, PARAMS_E820_COUNT, 1, plan->map.count);
	for (unsigned int i = 0; i < plan->map.count; i++) {
		unsigned int at = PARAMS_E820 + i * PARAMS_E820_ENTRY;

		boot_put(params, at, 8, plan->map.entry[i].base);
		boot_put(params, at + 8, 8, plan->map.entry[i].size);
		boot_put(params, at + 16, 4, plan->map.entry[i].type);
	}
}

uint64_t restart_source(const struct bh_root_image *image, uint64_t at)
{
	for (unsigned int i = 0; i < image->run_count; i++) {
		if (at < image->runs[i].size)
			return image->runs[i].hpa + at;
		at -= image->runs[i].size;
	}
	return BH_ADDR_NONE;
}
