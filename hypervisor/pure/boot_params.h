/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * struct boot_params ("zero page") of the kernel's x86 boot protocol, and the setup header in it, which is at the same
 * place in the file of a kernel. Linux, Documentation/arch/x86/boot.rst and zero-page.rst.
 */
#ifndef PURE_BOOT_PARAMS_H
#define PURE_BOOT_PARAMS_H

#include <stdint.h>

/* What firmware or the boot loader have found out */
#define PARAMS_SCREEN_INFO 0x000
#define PARAMS_SCREEN_INFO_SIZE 0x40
#define PARAMS_ACPI_RSDP 0x070
#define PARAMS_EDID_INFO 0x140
#define PARAMS_EDID_INFO_SIZE 0x80
#define PARAMS_E820_COUNT 0x1e8
#define PARAMS_EDD_COUNT 0x1e9
#define PARAMS_E820 0x2d0
#define PARAMS_E820_ENTRY 20 /* bytes: base, size, type */
#define PARAMS_EDD_INFO 0xd00
#define PARAMS_EDD_INFO_SIZE 0x1ec

/* The setup header; its end is as many bytes behind PARAMS_MAGIC as PARAMS_JUMP says */
#define PARAMS_SETUP_SECTS 0x1f1
#define PARAMS_BOOT_FLAG 0x1fe
#define PARAMS_JUMP 0x201
#define PARAMS_MAGIC 0x202
#define PARAMS_VERSION 0x206
#define PARAMS_TYPE_OF_LOADER 0x210
#define PARAMS_LOADFLAGS 0x211
#define PARAMS_CODE32_START 0x214
#define PARAMS_INITRD 0x218
#define PARAMS_INITRD_SIZE 0x21c
#define PARAMS_CMDLINE 0x228
#define PARAMS_INITRD_ADDR_MAX 0x22c
#define PARAMS_KERNEL_ALIGNMENT 0x230
#define PARAMS_RELOCATABLE 0x234
#define PARAMS_CMDLINE_SIZE 0x238
#define PARAMS_SETUP_DATA 0x250
#define PARAMS_PREF_ADDRESS 0x258
#define PARAMS_INIT_SIZE 0x260
#define PARAMS_HEADER_MIN 0x264 /* with all of these */

#define BOOT_FLAG 0xaa55
#define BOOT_MAGIC 0x53726448u /* "HdrS" */
#define BOOT_VERSION_MIN 0x020c
#define BOOT_LOADED_HIGH 0x01
#define BOOT_LOADER_UNDEFINED 0xff

static inline uint64_t boot_get(const uint8_t *params, unsigned int at, unsigned int bytes)
{
	uint64_t value = 0;

	while (bytes--)
		value = value << 8 | params[at + bytes];
	return value;
}

static inline void boot_put(uint8_t *params, unsigned int at, unsigned int bytes, uint64_t value)
{
	for (unsigned int i = 0; i < bytes; i++)
		params[at + i] = (uint8_t)(value >> 8 * i);
}

/* The version of the protocol, of PARAMS_HEADER_MIN bytes; 0: this is no kernel. */
static inline unsigned int boot_version(const uint8_t *params)
{
	if (boot_get(params, PARAMS_BOOT_FLAG, 2) != BOOT_FLAG ||
	    boot_get(params, PARAMS_MAGIC, 4) != BOOT_MAGIC)
		return 0;
	return (unsigned int)boot_get(params, PARAMS_VERSION, 2);
}

#endif
