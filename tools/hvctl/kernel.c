// SPDX-License-Identifier: GPL-2.0-only
/* Linux kernels for "hvctl root load". See kernel.h. */
#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "boot_params.h"
#include "kernel.h"

#define SECTOR 512

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

static int check(struct kernel *kernel)
{
	const uint8_t *b = kernel->bytes;
	unsigned int version = kernel->size < 2 * SECTOR ? 0 : boot_version(b);

	static_assert(PARAMS_HEADER_MIN <= 2 * SECTOR);
	if (!version)
		return error(kernel, "this is no Linux kernel (bzImage)");
	if (version < BOOT_VERSION_MIN)
		return error(kernel, "its boot protocol is %u.%u; 2.12 (Linux 3.8) is needed",
			     version >> 8, version & 0xff);
	if (!(b[PARAMS_LOADFLAGS] & BOOT_LOADED_HIGH) || !b[PARAMS_RELOCATABLE])
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
	setup = ((b[PARAMS_SETUP_SECTS] ? b[PARAMS_SETUP_SECTS] : 4u) + 1u) * SECTOR;
	if (setup >= kernel->size)
		return error(kernel, "it is truncated");
	kernel->code = b + setup;
	image->kernel_size = kernel->size - setup;
	image->kernel_room = boot_get(b, PARAMS_INIT_SIZE, 4);
	image->kernel_align = boot_get(b, PARAMS_KERNEL_ALIGNMENT, 4);
	image->kernel_min = boot_get(b, PARAMS_PREF_ADDRESS, 8);
	image->initrd_max = boot_get(b, PARAMS_INITRD_ADDR_MAX, 4);
	if (image->kernel_room < image->kernel_size)
		image->kernel_room = image->kernel_size;
	memset(image->params, 0, sizeof(image->params));
	end = PARAMS_MAGIC + b[PARAMS_JUMP];
	memcpy(image->params + PARAMS_SETUP_SECTS, b + PARAMS_SETUP_SECTS,
	       end - PARAMS_SETUP_SECTS);
	image->params[PARAMS_TYPE_OF_LOADER] = BOOT_LOADER_UNDEFINED;
	boot_put(image->params, PARAMS_SETUP_DATA, 8, 0);
	return 0;
}

int kernel_set_cmdline(struct kernel *kernel, struct bh_root_image *image, const char *cmdline)
{
	size_t room = (size_t)boot_get(image->params, PARAMS_CMDLINE_SIZE, 4) + 1;
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

	memcpy(to + PARAMS_SCREEN_INFO, params + PARAMS_SCREEN_INFO, PARAMS_SCREEN_INFO_SIZE);
	memcpy(to + PARAMS_EDID_INFO, params + PARAMS_EDID_INFO, PARAMS_EDID_INFO_SIZE);
	memcpy(to + PARAMS_EDD_INFO, params + PARAMS_EDD_INFO, PARAMS_EDD_INFO_SIZE);
	to[PARAMS_EDD_COUNT] = params[PARAMS_EDD_COUNT];
	boot_put(to, PARAMS_ACPI_RSDP, 8, rsdp ? rsdp : boot_get(params, PARAMS_ACPI_RSDP, 8));
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
