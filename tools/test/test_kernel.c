// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kernels for "hvctl root load": what is taken from a bzImage, what is refused, the command line, what is
 * inherited from the running Linux, the memory map. And a few thousand damaged headers.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "check.h"
#include "kernel.h"

#define SIZE 0x3000
#define SETUP (5 * 512)

static uint8_t file[SIZE];
static struct bh_root_image image;
static struct kernel kernel;

static void put(size_t at, unsigned int bytes, uint64_t value)
{
	memcpy(file + at, &value, bytes);
}

static void make(void)
{
	memset(file, 0x5a, sizeof(file));
	memset(&image, 0, sizeof(image));
	memset(file, 0, SETUP);
	file[0x1f1] = SETUP / 512 - 1;
	put(0x1fe, 2, 0xaa55);
	file[0x201] = 0x6a;
	memcpy(file + 0x202, "HdrS", 4);
	put(0x206, 2, 0x020f);
	file[0x211] = 1;
	put(0x22c, 4, 0x7fffffff);
	put(0x230, 4, 0x200000);
	file[0x234] = 1;
	put(0x238, 4, 2047);
	put(0x250, 8, 0x1234);
	put(0x258, 8, 0x1000000);
	put(0x260, 4, 0x3000000);
	file[0x26c] = 0x77; /* behind the header */
	kernel = (struct kernel){ .bytes = file, .size = SIZE };
}

static uint64_t param(size_t at, unsigned int bytes)
{
	uint64_t value = 0;

	memcpy(&value, image.params + at, bytes);
	return value;
}

static void test_read(void)
{
	make();
	CHECK_EQ(kernel_read(&kernel, &image), 0);
	CHECK(kernel.code == file + SETUP);
	CHECK_EQ(image.kernel_size, SIZE - SETUP);
	CHECK_EQ(image.kernel_room, 0x3000000);
	CHECK_EQ(image.kernel_align, 0x200000);
	CHECK_EQ(image.kernel_min, 0x1000000);
	CHECK_EQ(image.initrd_max, 0x7fffffff);
	CHECK_EQ(param(0x202, 4), 0x53726448);
	CHECK_EQ(param(0x210, 1), 0xff);
	CHECK_EQ(param(0x250, 8), 0);
	CHECK_EQ(param(0x258, 8), 0x1000000);
	CHECK_EQ(param(0x26c, 1), 0);
	/* 0 sectors are 4; room is at least what is there */
	make();
	file[0x1f1] = 0;
	put(0x260, 4, 1);
	CHECK_EQ(kernel_read(&kernel, &image), 0);
	CHECK(kernel.code == file + 5 * 512);
	CHECK_EQ(image.kernel_room, image.kernel_size);
}

#define REFUSED(change, why) \
	(make(), change, kernel_read(&kernel, &image) == -EINVAL && strstr(kernel.error, why))

static void test_refused(void)
{
	CHECK(REFUSED(kernel.size = 1000, "no Linux kernel"));
	CHECK(REFUSED(file[0x1fe] = 0, "no Linux kernel"));
	CHECK(REFUSED(file[0x202] = 'h', "no Linux kernel"));
	CHECK(REFUSED(put(0x206, 2, 0x020b), "2.11"));
	CHECK(REFUSED(file[0x211] = 0, "relocatable"));
	CHECK(REFUSED(file[0x234] = 0, "relocatable"));
	CHECK(REFUSED(kernel.size = SETUP, "truncated"));
	CHECK(REFUSED(file[0x1f1] = 255, "truncated"));
}

static void test_cmdline(void)
{
	char longer[3000];

	make();
	CHECK_EQ(kernel_read(&kernel, &image), 0);
	CHECK_EQ(kernel_set_cmdline(&kernel, &image, "console=ttyS0"), 0);
	CHECK(!strcmp(image.cmdline, "console=ttyS0 maxcpus=1"));
	CHECK_EQ(kernel_set_cmdline(&kernel, &image, ""), 0);
	CHECK(!strcmp(image.cmdline, "maxcpus=1"));
	memset(longer, 'x', sizeof(longer));
	longer[2047 - 10] = 0;
	CHECK_EQ(kernel_set_cmdline(&kernel, &image, longer), 0);
	CHECK_EQ(strlen(image.cmdline), 2047);
	longer[2047 - 10] = 'x';
	longer[2048 - 10] = 0;
	CHECK_EQ(kernel_set_cmdline(&kernel, &image, longer), -EINVAL);
	/* a kernel that takes less, and one that says it takes everything */
	put(0x238, 4, 100);
	CHECK_EQ(kernel_read(&kernel, &image), 0);
	CHECK_EQ(kernel_set_cmdline(&kernel, &image, longer), -EINVAL);
	CHECK(strstr(kernel.error, "100 are possible"));
	put(0x238, 4, UINT32_MAX);
	CHECK_EQ(kernel_read(&kernel, &image), 0);
	CHECK_EQ(kernel_set_cmdline(&kernel, &image, longer), -EINVAL);
}

static void test_inherit(void)
{
	uint8_t params[BH_ROOT_PARAMS];

	memset(params, 0x33, sizeof(params));
	make();
	CHECK_EQ(kernel_read(&kernel, &image), 0);
	kernel_inherit(&image, params, 0);
	CHECK_EQ(param(0x00, 8), 0x3333333333333333);
	CHECK_EQ(param(0x70, 8), 0x3333333333333333);
	CHECK_EQ(param(0x1c0, 8), 0); /* efi_info */
	CHECK_EQ(param(0x1e8, 1), 0); /* e820_entries */
	CHECK_EQ(param(0x202, 4), 0x53726448);
	kernel_inherit(&image, params, 0x7ff00014);
	CHECK_EQ(param(0x70, 8), 0x7ff00014);
}

static void test_memory(void)
{
	make();
	CHECK_EQ(kernel_add_memory(&image, 0, 0x9fbff, "System RAM"), 0);
	CHECK_EQ(kernel_add_memory(&image, 0xf0000, 0xfffff, "Reserved"), 0);
	CHECK_EQ(kernel_add_memory(&image, 0x7ff0000, 0x7ffffff, "ACPI Tables"), 0);
	CHECK_EQ(kernel_add_memory(&image, 0x8000000, 0x8000fff, "something new"), 0);
	CHECK_EQ(kernel_add_memory(&image, 2, 1, "System RAM"), -EINVAL);
	CHECK_EQ(image.memmap_count, 4);
	CHECK_EQ(image.memmap[0].size, 0x9fc00);
	CHECK_EQ(image.memmap[0].type, 1);
	CHECK_EQ(image.memmap[1].type, 2);
	CHECK_EQ(image.memmap[2].type, 3);
	CHECK_EQ(image.memmap[3].type, 2);
	while (image.memmap_count < BH_MEMMAP_MAX)
		CHECK_EQ(kernel_add_memory(&image, 0, 1, "Reserved"), 0);
	CHECK_EQ(kernel_add_memory(&image, 0, 1, "Reserved"), -ENOSPC);
}

/* Under the sanitizers: no byte outside of the file is read, and none outside of the image written. */
static void test_damaged(void)
{
	srand(1);
	for (int i = 0; i < 20000; i++) {
		size_t size = (size_t)rand() % (2 * SETUP);
		uint8_t *exact = malloc(size ? size : 1);

		make();
		for (int n = rand() % 4; n >= 0; n--)
			file[0x1f1 + rand() % 0x90] = (uint8_t)rand();
		memcpy(exact, file, size);
		kernel.bytes = exact;
		kernel.size = size;
		if (!kernel_read(&kernel, &image)) {
			CHECK_EQ(kernel.code + image.kernel_size - exact, size);
			kernel_set_cmdline(&kernel, &image, "quiet");
		}
		free(exact);
	}
}

int main(void)
{
	test_read();
	test_refused();
	test_cmdline();
	test_inherit();
	test_memory();
	test_damaged();
	return check_done();
}
