// SPDX-License-Identifier: GPL-2.0-only
/* Images to start the root again from: which can be kept, where they go, what Linux is told. */
#include <string.h>
#include "check.h"
#include "pure/restart.h"

#define KIB UINT64_C(0x400)
#define MIB UINT64_C(0x100000)
#define GIB UINT64_C(0x40000000)
#define PAGE BH_PAGE_SIZE

static struct bh_root_image image;
static struct restart_plan plan;

static void make_image(void)
{
	memset(&image, 0, sizeof(image));
	image.kernel_size = 7 * MIB + 5;
	image.kernel_room = 30 * MIB;
	image.kernel_align = 2 * MIB;
	image.kernel_min = 16 * MIB;
	image.initrd_size = 20 * MIB;
	image.initrd_max = 0x7fffffff;
	image.memmap_count = 2;
	image.memmap[0] = (struct bh_memmap_entry){ 0, 639 * KIB, BH_MEMMAP_RAM, 0 };
	image.memmap[1] = (struct bh_memmap_entry){ MIB, 127 * MIB, BH_MEMMAP_RAM, 0 };
	image.run_count = 2;
	image.runs[0] = (struct bh_config_range){ 512 * MIB, 2 * MIB };
	image.runs[1] = (struct bh_config_range){ 256 * MIB, 26 * MIB };
	memcpy(image.params + PARAMS_BOOT_FLAG, "\x55\xaa\xeb\x6aHdrS\x0f\x02", 10);
}

static int owns_all(void *context, uint64_t at, uint64_t *same)
{
	*same = UINT64_MAX - at;
	return 1;
}

static const struct e820_owner owner = { owns_all, NULL };

/* Whether it is refused after this change. */
#define REFUSED(change) (make_image(), change, restart_check(&image) != NULL)

static void test_check(void)
{
	make_image();
	CHECK(!restart_check(&image));
	CHECK(REFUSED(image.kernel_size = 0));
	CHECK(REFUSED(image.kernel_size = 2 * GIB));
	CHECK(REFUSED(image.kernel_room = MIB));
	CHECK(REFUSED(image.kernel_room = 2 * GIB));
	CHECK(REFUSED(image.kernel_align = 3 * MIB));
	CHECK(REFUSED(image.kernel_align = 2 * GIB));
	CHECK(REFUSED(image.kernel_align = 0));
	CHECK(REFUSED(image.kernel_min = 4 * GIB));
	CHECK(REFUSED(image.params[PARAMS_BOOT_FLAG] = 0));
	CHECK(REFUSED(image.params[PARAMS_MAGIC] = 'h'));
	CHECK(REFUSED(image.params[PARAMS_VERSION] = 0x0b));
	CHECK(REFUSED(image.initrd_size = 2 * GIB));
	CHECK(REFUSED(image.memmap_count = 0));
	CHECK(REFUSED(image.memmap_count = BH_MEMMAP_MAX + 1));
	CHECK(REFUSED(image.cmdline[BH_ROOT_CMDLINE - 1] = 'x'));
	CHECK(restart_check_parts(&image) != NULL);
	CHECK(REFUSED(image.run_count = BH_ROOT_RUNS + 1));
	CHECK(!restart_check_parts(&image));
	CHECK(REFUSED(image.run_count = 1));
	CHECK(REFUSED(image.runs[0].size = 0));
	CHECK(REFUSED(image.runs[0].hpa += 8));
	CHECK(REFUSED(image.runs[0].size += 8));
	CHECK(REFUSED(image.runs[0].hpa = UINT64_MAX - PAGE + 1));
	CHECK(REFUSED(image.runs[0].hpa = 256 * MIB));
}

static void test_place(void)
{
	make_image();
	CHECK_EQ(restart_place(&image, GIB, &owner, &plan), 0);
	CHECK_EQ(plan.kernel, 16 * MIB);
	CHECK_EQ(plan.params, 64 * KIB);
	CHECK_EQ(plan.cmdline, 64 * KIB + BH_ROOT_PARAMS);
	CHECK_EQ(plan.initrd, 46 * MIB);
	image.initrd_max = 66 * MIB - 2;
	CHECK_EQ(restart_place(&image, GIB, &owner, &plan), -ENOMEM);
	image.initrd_max = UINT64_MAX;
	CHECK_EQ(restart_place(&image, GIB, &owner, &plan), 0);
	image.initrd_size = 0;
	CHECK_EQ(restart_place(&image, GIB, &owner, &plan), 0);
	CHECK_EQ(plan.initrd, 0);
	image.kernel_room = GIB;
	CHECK_EQ(restart_place(&image, GIB, &owner, &plan), -ENOMEM);
	/* the kernel takes all there is */
	image.kernel_room = 112 * MIB;
	image.memmap[0].size = 60 * KIB;
	CHECK_EQ(restart_place(&image, GIB, &owner, &plan), 0);
	image.memmap[1] = (struct bh_memmap_entry){ 16 * MIB, 112 * MIB, BH_MEMMAP_RAM, 0 };
	CHECK_EQ(restart_place(&image, GIB, &owner, &plan), -ENOMEM);
}

static uint64_t get(const uint8_t *at, unsigned int bytes)
{
	uint64_t value = 0;

	memcpy(&value, at, bytes);
	return value;
}

static void test_fill(void)
{
	uint8_t params[BH_ROOT_PARAMS];

	make_image();
	image.params[0x210] = 0xff;
	CHECK_EQ(restart_place(&image, GIB, &owner, &plan), 0);
	restart_fill(&image, &plan, params);
	CHECK_EQ(params[0x210], 0xff);
	CHECK_EQ(get(params + 0x214, 4), 16 * MIB);
	CHECK_EQ(get(params + 0x218, 4), 46 * MIB);
	CHECK_EQ(get(params + 0x21c, 4), 20 * MIB);
	CHECK_EQ(get(params + 0x228, 4), 68 * KIB);
	CHECK_EQ(params[0x1e8], 2);
	CHECK_EQ(get(params + 0x2d0, 8), 0);
	CHECK_EQ(get(params + 0x2d8, 8), 639 * KIB);
	CHECK_EQ(get(params + 0x2e0, 4), 1);
	CHECK_EQ(get(params + 0x2e4, 8), MIB);
	CHECK_EQ(get(params + 0x2ec, 8), 127 * MIB);
}

static void test_source(void)
{
	make_image();
	CHECK_EQ(restart_source(&image, 0), 512 * MIB);
	CHECK_EQ(restart_source(&image, 2 * MIB - 1), 514 * MIB - 1);
	CHECK_EQ(restart_source(&image, 2 * MIB), 256 * MIB);
	CHECK_EQ(restart_source(&image, 28 * MIB), BH_ADDR_NONE);
}

int main(void)
{
	test_check();
	test_place();
	test_fill();
	test_source();
	return check_done();
}
