/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Images to start the root from, with hostile sizes, runs and memory maps, while others own parts of
 * memory: whatever is accepted is placed in the root's own RAM, part beside part, and its map names
 * nothing as RAM that is not the root's.
 */
#include <stdlib.h>
#include <string.h>
#include "../../pure/restart.h"

#define REQUIRE(condition)        \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

#define MIB (UINT64_C(1) << 20)
#define LIMIT (UINT64_C(64) << 30)
#define FOREIGN 4

static struct bh_config_range foreign[FOREIGN];

static int owns(void *context, uint64_t at, uint64_t *same)
{
	uint64_t end = UINT64_MAX;

	for (unsigned int i = 0; i < FOREIGN; i++) {
		const struct bh_config_range *f = &foreign[i];

		if (at >= f->hpa && at - f->hpa < f->size) {
			*same = f->size - (at - f->hpa);
			return 0;
		}
		if (f->size && f->hpa > at && f->hpa < end)
			end = f->hpa;
	}
	*same = end - at;
	return 1;
}

static int overlaps(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
	return a_size && b_size && a < b + b_size && b < a + a_size;
}

static void check_map(const struct e820 *map)
{
	REQUIRE(map->count <= BH_MEMMAP_MAX);
	for (unsigned int i = 0; i < map->count; i++) {
		const struct bh_memmap_entry *e = &map->entry[i];

		REQUIRE(e->size);
		if (e->type != BH_MEMMAP_RAM)
			continue;
		REQUIRE(e->base < LIMIT && e->size <= LIMIT - e->base);
		for (unsigned int n = 0; n < FOREIGN; n++)
			REQUIRE(!overlaps(e->base, e->size, foreign[n].hpa, foreign[n].size));
	}
}

static void check_part(const struct e820 *map, uint64_t at, uint64_t size)
{
	int found = 0;

	REQUIRE(at + size - 1 <= UINT32_MAX);
	for (unsigned int i = 0; i < map->count; i++) {
		const struct bh_memmap_entry *e = &map->entry[i];

		found |= e->type == BH_MEMMAP_RAM && at >= e->base && size <= e->size &&
			 at - e->base <= e->size - size;
	}
	REQUIRE(found);
}

static void check_places(const struct bh_root_image *image, const struct restart_plan *plan)
{
	uint64_t own = BH_ROOT_PARAMS + BH_ROOT_CMDLINE;

	REQUIRE(plan->kernel % image->kernel_align == 0);
	check_part(&plan->map, plan->kernel, image->kernel_room);
	check_part(&plan->map, plan->params, own);
	REQUIRE(!overlaps(plan->kernel, image->kernel_room, plan->params, own));
	if (!image->initrd_size)
		return;
	check_part(&plan->map, plan->initrd, image->initrd_size);
	REQUIRE(!overlaps(plan->kernel, image->kernel_room, plan->initrd, image->initrd_size));
	REQUIRE(!overlaps(plan->params, own, plan->initrd, image->initrd_size));
}

/* Every byte that will be copied lies in a run. */
static void check_source(const struct bh_root_image *image)
{
	uint64_t bytes = bh_root_image_bytes(image);

	for (uint64_t at = 0; at < bytes; at += bytes / 16 + 1) {
		uint64_t from = restart_source(image, at);
		int found = 0;

		for (unsigned int i = 0; i < image->run_count; i++)
			found |= from - image->runs[i].hpa < image->runs[i].size;
		REQUIRE(found);
	}
	REQUIRE(restart_source(image, bytes - 1) != BH_ADDR_NONE);
}

static void begin(struct bh_root_image *image)
{
	static const uint8_t signature[] = { 0x55, 0xaa, 0, 0, 'H', 'd', 'r', 'S', 0x0f, 0x02 };

	memset(image, 0, sizeof(*image));
	memset(foreign, 0, sizeof(foreign));
	image->kernel_size = 8 * MIB;
	image->kernel_room = 40 * MIB;
	image->kernel_align = 2 * MIB;
	image->kernel_min = MIB;
	image->initrd_size = 20 * MIB;
	image->initrd_max = 0x7fffffff;
	image->memmap_count = 3;
	image->memmap[0] = (struct bh_memmap_entry){ 0, 0x9fc00, BH_MEMMAP_RAM, 0 };
	image->memmap[1] = (struct bh_memmap_entry){ MIB, 2047 * MIB, BH_MEMMAP_RAM, 0 };
	image->memmap[2] = (struct bh_memmap_entry){ 4096 * MIB, 1024 * MIB, BH_MEMMAP_RAM, 0 };
	image->run_count = 2;
	image->runs[0] = (struct bh_config_range){ 512 * MIB, 10 * MIB };
	image->runs[1] = (struct bh_config_range){ 256 * MIB, 18 * MIB };
	memcpy(image->params + PARAMS_BOOT_FLAG, signature, sizeof(signature));
}

/* What a step of the input changes: a word of the header, of the map, of the runs, or an owner. */
static void change(struct bh_root_image *image, const uint8_t step[10])
{
	uint64_t value;
	size_t n = step[1];

	memcpy(&value, step + 2, sizeof(value));
	value >>= value & 0x3f; /* all magnitudes */
	switch (step[0] % 4) {
	case 0:
		n %= offsetof(struct bh_root_image, memmap) / 8;
		memcpy((char *)image + 8 * n, &value, 8);
		break;
	case 1:
		n %= sizeof(image->memmap) / 8;
		memcpy((char *)image->memmap + 8 * n, &value, 8);
		break;
	case 2:
		n %= sizeof(image->runs) / 8;
		memcpy((char *)image->runs + 8 * n, &value, 8);
		break;
	default:
		n %= FOREIGN;
		foreign[n].hpa = value % LIMIT & ~UINT64_C(0xfff);
		foreign[n].size = (value >> 20) % (256 * MIB) & ~UINT64_C(0xfff);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct e820_owner owner = { owns, NULL };
	static struct bh_root_image image;
	static struct restart_plan plan;
	static uint8_t params[BH_ROOT_PARAMS];

	begin(&image);
	for (; size >= 10; data += 10, size -= 10) {
		change(&image, data);
		if (restart_check(&image))
			continue;
		check_source(&image);
		if (restart_place(&image, LIMIT, &owner, &plan))
			continue;
		check_map(&plan.map);
		check_places(&image, &plan);
		restart_fill(&image, &plan, params);
		REQUIRE(params[PARAMS_E820_COUNT] == plan.map.count);
	}
	return 0;
}
