/* SPDX-License-Identifier: GPL-2.0-only */
/* Offsets that start.S needs; setup.c asserts that they are right. */
#ifndef X86_START_LAYOUT_H
#define X86_START_LAYOUT_H

#define ENTRY_SIZE 416
#define BOOT_LEAVE_VA 88
#define BOOT_ENTRY_VA 96
#define BOOT_ERROR 128

#define BOOT_CONFIG_SIZE 0x2000

#endif
