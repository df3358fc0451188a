/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Linux kernels (bzImage) from which the root can be started again: from the bytes of the file, the
 * command line and the firmware's memory map to what the hypervisor is given. Files are untrusted.
 * Nothing here does I/O. Linux, Documentation/arch/x86/boot.rst.
 */
#ifndef HVCTL_KERNEL_H
#define HVCTL_KERNEL_H

#include <stddef.h>
#include <stdint.h>
#include <bulkhead/root.h>

#define KERNEL_ERROR_LEN 200

struct kernel {
	const uint8_t *bytes; /* the file */
	size_t size;
	const uint8_t *code; /* OUT: its protected-mode part, kernel_size bytes */
	char error[KERNEL_ERROR_LEN];
};

/* Fills kernel_*, initrd_max and the setup header in image->params. -EINVAL, with kernel->error. */
int kernel_read(struct kernel *kernel, struct bh_root_image *image);

/* The command line and " maxcpus=1". -EINVAL: too long, with kernel->error. */
int kernel_set_cmdline(struct kernel *kernel, struct bh_root_image *image, const char *cmdline);

/* What of the running Linux's struct boot_params describes the machine: screen, disks, ACPI's root
 * pointer. Firmware services (EFI) are not handed on, since their addresses are the running
 * Linux's; rsdp: their table's ACPI pointer, or 0. */
void kernel_inherit(struct bh_root_image *image, const uint8_t params[BH_ROOT_PARAMS],
		    uint64_t rsdp);

/* One entry of /sys/firmware/memmap: inclusive end, and the type in words. Words that are not known are
 * taken for reserved. -ENOSPC, -EINVAL */
int kernel_add_memory(struct bh_root_image *image, uint64_t start, uint64_t end, const char *type);

#endif
