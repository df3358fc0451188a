// SPDX-License-Identifier: GPL-2.0-only
/*
 * Images from which the root is started again, as a hostile root may hand them over. What is accepted
 * goes to places that are apart, in memory that the root has.
 */
#include <stdlib.h>
#include <string.h>
#include "pure/restart.h"

#define STRIPE UINT64_C(0x400000) /* of memory that is the root's, and then is not */
#define LIMIT UINT64_C(0x10000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int owns(void *context, uint64_t at, uint64_t *same)
{
	*same = STRIPE - at % STRIPE;
	return !(at / STRIPE % 4 == 3);
}

static void require(int condition)
{
	if (!condition)
		abort();
}

static void check_place(uint64_t at, uint64_t size)
{
	uint64_t same;

	for (uint64_t end = at + size; at < end; at += same)
		require(owns(NULL, at, &same));
}

static void check_apart(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
	require(a + a_size <= b || b + b_size <= a);
}

/* The head of the structure is the fuzzer's, byte by byte; then entries of map and runs in turn. */
static void fill(struct bh_root_image *image, const uint8_t *data, size_t size)
{
	size_t head = offsetof(struct bh_root_image, memmap);

	memset(image, 0, sizeof(*image));
	memcpy(image->params + PARAMS_BOOT_FLAG, "\x55\xaa\xeb\x6aHdrS\x0f\x02", 10);
	memcpy(image, data, size < head ? size : head);
	if (size <= head)
		return;
	data += head;
	size -= head;
	memcpy(image->memmap, data, size < sizeof(image->memmap) ? size : sizeof(image->memmap));
	memcpy(image->runs, data, size < sizeof(image->runs) ? size : sizeof(image->runs));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct bh_root_image image;
	static struct restart_plan plan;
	static uint8_t params[BH_ROOT_PARAMS];
	const struct e820_owner owner = { owns, NULL };

	fill(&image, data, size);
	if (restart_check(&image)) {
		/* the map alone, then */
		if (image.memmap_count <= BH_MEMMAP_MAX)
			e820_make(&plan.map, image.memmap, image.memmap_count, LIMIT, &owner);
		return 0;
	}
	if (restart_place(&image, LIMIT, &owner, &plan))
		return 0;
	check_place(plan.kernel, image.kernel_room);
	check_place(plan.params, BH_ROOT_PARAMS + BH_ROOT_CMDLINE);
	check_place(plan.initrd, image.initrd_size);
	check_apart(plan.kernel, image.kernel_room, plan.params, BH_ROOT_PARAMS + BH_ROOT_CMDLINE);
	check_apart(plan.initrd, image.initrd_size, plan.kernel, image.kernel_room);
	restart_fill(&image, &plan, params);
	require(restart_source(&image, bh_root_image_bytes(&image) - 1) != BH_ADDR_NONE);
	return 0;
}
