// SPDX-License-Identifier: GPL-2.0-only
/* Linux kernels for "hvctl root load". See kernel.h. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "kernel.h"

/* Offsets in the file, and in struct boot_params alike */
#define SETUP_SECTS 0x1f1
#define SETUP_BEGIN 0x1f1
#define BOOT_FLAG 0x1fe
#define SETUP_JUMP 0x201 /* the header ends 0x202 bytes and what is said here behind the start */
#define MAGIC 0x202
#define VERSION 0x206
#define TYPE_OF_LOADER 0x210
#define LOADFLAGS 0x211
#define INITRD_ADDR_MAX 0x22c
#define KERNEL_ALIGNMENT 0x230
#define RELOCATABLE 0x234
#define CMDLINE_SIZE 0x238
#define SETUP_DATA 0x250
#define PREF_ADDRESS 0x258
#define INIT_SIZE 0x260

#define LOADED_HIGH 0x01
#define VERSION_MIN 0x020c
#define SECTOR 512
#define LOADER_UNDEFINED 0xff

/* Of boot_params: what the machine's firmware or the first boot loader have found out */
#define SCREEN_INFO 0x000
#define SCREEN_INFO_SIZE 0x40
#define ACPI_RSDP 0x070
#define EDID_INFO 0x140
#define EDID_INFO_SIZE 0x80
#define EDD_COUNT 0x1e9
#define EDD_INFO 0xd00
#define EDD_INFO_SIZE 0x1ec

static int error(struct kernel *kernel, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int error(struct kernel *kernel, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(kernel->error, sizeof(kernel->error), format, ap);
	va_end(ap);
	return -EINVAL;
}

static uint64_t get(const uint8_t *at, unsigned int bytes)
{
	uint64_t value = 0;

	while (bytes--)
		value = value << 8 | at[bytes];
	return value;
}

static void put(uint8_t *at, unsigned int bytes, uint64_t value)
{
	for (unsigned int i = 0; i < bytes; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

static int check(struct kernel *kernel)
{
	const uint8_t *b = kernel->bytes;
	unsigned int version;

	if (kernel->size < 2 * SECTOR || get(b + BOOT_FLAG, 2) != 0xaa55 ||
	    memcmp(b + MAGIC, "HdrS", 4))
		return error(kernel, "this is no Linux kernel (bzImage)");
	version = (unsigned int)get(b + VERSION, 2);
	if (version < VERSION_MIN)
		return error(kernel, "its boot protocol is %u.%u; 2.12 (Linux 3.8) is needed",
			     version >> 8, version & 0xff);
	if (!(b[LOADFLAGS] & LOADED_HIGH) || !b[RELOCATABLE])
		return error(kernel, "it is not relocatable (CONFIG_RELOCATABLE)");
	return 0;
}

int kernel_read(struct kernel *kernel, struct bh_root_image *image)
{
	const uint8_t *b = kernel->bytes;
	size_t setup, end;
	int err = check(kernel);

	if (err)
		return err;
	setup = ((b[SETUP_SECTS] ? b[SETUP_SECTS] : 4u) + 1u) * SECTOR;
	if (setup >= kernel->size)
		return error(kernel, "it is truncated");
	kernel->code = b + setup;
	image->kernel_size = kernel->size - setup;
	image->kernel_room = get(b + INIT_SIZE, 4);
	image->kernel_align = get(b + KERNEL_ALIGNMENT, 4);
	image->kernel_min = get(b + PREF_ADDRESS, 8);
	image->initrd_max = get(b + INITRD_ADDR_MAX, 4);
	if (image->kernel_room < image->kernel_size)
		image->kernel_room = image->kernel_size;
	memset(image->params, 0, sizeof(image->params));
	end = MAGIC + b[SETUP_JUMP];
	memcpy(image->params + SETUP_BEGIN, b + SETUP_BEGIN, end - SETUP_BEGIN);
	image->params[TYPE_OF_LOADER] = LOADER_UNDEFINED;
	put(image->params + SETUP_DATA, 8, 0);
	return 0;
}

int kernel_set_cmdline(struct kernel *kernel, struct bh_root_image *image, const char *cmdline)
{
	size_t room = (size_t)get(image->params + CMDLINE_SIZE, 4) + 1;
	int length;

	if (room > sizeof(image->cmdline))
		room = sizeof(image->cmdline);
	length = snprintf(image->cmdline, room, "%s%smaxcpus=1", cmdline, *cmdline ? " " : "");
	if ((size_t)length < room)
		return 0;
	return error(kernel, "its arguments have %d bytes; %zu are possible", length, room - 1);
}

void kernel_inherit(struct bh_root_image *image, const uint8_t params[BH_ROOT_PARAMS],
		    uint64_t rsdp)
{
	uint8_t *to = image->params;

	memcpy(to + SCREEN_INFO, params + SCREEN_INFO, SCREEN_INFO_SIZE);
	memcpy(to + EDID_INFO, params + EDID_INFO, EDID_INFO_SIZE);
	memcpy(to + EDD_INFO, params + EDD_INFO, EDD_INFO_SIZE);
	to[EDD_COUNT] = params[EDD_COUNT];
	put(to + ACPI_RSDP, 8, rsdp ? rsdp : get(params + ACPI_RSDP, 8));
}

int kernel_add_memory(struct bh_root_image *image, uint64_t start, uint64_t end, const char *type)
{
	static const struct {
		const char *words;
		uint32_t type;
	} types[] = {
		{ "System RAM", BH_MEMMAP_RAM },    { "ACPI Tables", 3 },
		{ "ACPI Non-volatile Storage", 4 }, { "Unusable memory", 5 },
		{ "Persistent Memory", 7 },
	};
	struct bh_memmap_entry *e = &image->memmap[image->memmap_count];

	if (end < start)
		return -EINVAL;
	if (image->memmap_count == BH_MEMMAP_MAX)
		return -ENOSPC;
	*e = (struct bh_memmap_entry){ start, end - start + 1, BH_MEMMAP_RESERVED, 0 };
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(type, types[i].words))
			e->type = types[i].type;
	image->memmap_count++;
	return 0;
}
