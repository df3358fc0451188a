/* SPDX-License-Identifier: GPL-2.0-only */
/* Offsets that start.S needs; setup.c asserts that they are right. */
#ifndef X86_START_LAYOUT_H
#define X86_START_LAYOUT_H

#define ENTRY_SIZE 152
#define ENTRY_RSP 8
#define ENTRY_RBX 16
#define ENTRY_CR3 64
#define ENTRY_CR4 72
#define BOOT_LEAVE_VA 88
#define BOOT_ERROR 120

#define BOOT_CONFIG_SIZE 0x2000

#endif
