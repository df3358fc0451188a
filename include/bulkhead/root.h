/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Linux started again alone: the kernel that is loaded beforehand (BH_HC_ROOT_LOAD), and what a
 * driver has to know of a hypervisor that another Linux has enabled (BH_HC_ROOT_READ and _ATTACH).
 *
 * The image is a bzImage's protected-mode part, which the kernel's x86 boot protocol (2.12 or
 * later) starts at its 32-bit entry, and an initramfs. Their bytes lie in the runs, one after the
 * other: the kernel, then the initramfs from the next multiple of 4 KiB on.
 */
#ifndef BULKHEAD_ROOT_H
#define BULKHEAD_ROOT_H

#include <bulkhead/image.h>

#define BH_MEMMAP_MAX 128 /* what struct boot_params holds */
#define BH_MEMMAP_RAM 1	  /* ACPI address range types */
#define BH_MEMMAP_RESERVED 2

struct bh_memmap_entry {
	uint64_t base;
	uint64_t size;
	uint32_t type;
	uint32_t reserved;
};

#define BH_ROOT_RUNS 256
#define BH_ROOT_PARAMS 4096  /* struct boot_params */
#define BH_ROOT_CMDLINE 2048 /* with its NUL */

struct bh_root_image {
	uint64_t kernel_size;
	uint64_t kernel_room;  /* bytes from its place on that it needs before it reads its map */
	uint64_t kernel_align; /* of its place; a power of 2 */
	uint64_t kernel_min;   /* lowest address */
	uint64_t initrd_size;  /* 0: none */
	uint64_t initrd_max;   /* the last byte's highest address */
	uint32_t memmap_count;
	uint32_t run_count;			      /* the driver's to fill in, as runs */
	struct bh_memmap_entry memmap[BH_MEMMAP_MAX]; /* as the firmware says */
	struct bh_config_range runs[BH_ROOT_RUNS];    /* multiples of 4 KiB */
	/* Complete but for memory map, addresses of command line and initramfs */
	uint8_t params[BH_ROOT_PARAMS];
	char cmdline[BH_ROOT_CMDLINE];
};
static_assert(sizeof(struct bh_root_image) == 13368, "wire");

/* Bytes in all runs together. */
static inline uint64_t bh_root_image_bytes(const struct bh_root_image *image)
{
	uint64_t mask = BH_PAGE_SIZE - 1;

	return ((image->kernel_size + mask) & ~mask) + ((image->initrd_size + mask) & ~mask);
}

/* What BH_HC_ROOT_READ gives. */
#define BH_ROOT_SYSTEM 0 /* the system description */
#define BH_ROOT_CELL 1	 /* a cell's description, with all addresses */
#define BH_ROOT_STATE 2	 /* struct bh_root_state */

struct bh_root_state {
	uint64_t memory_size; /* of the hypervisor, as in struct bh_boot */
	uint64_t piece_hpa[BH_MAX_HV_PIECES];
	uint64_t image_constant; /* bytes at its start that nobody writes */
	uint64_t public_offset;	 /* in that memory; all in the first piece */
	uint64_t entry_offset;
	uint64_t kernel_size; /* of the image that is loaded; 0: none */
	uint64_t initrd_size;
	uint32_t attached; /* 1: somebody has told where the way out leads */
	uint32_t run_count;
	struct bh_config_range runs[BH_ROOT_RUNS];
};

/* Where this Linux has what a CPU needs to leave; see struct bh_boot. */
struct bh_attach {
	uint64_t stub_va;
	uint64_t stub_hpa;
	uint64_t leave_va;
	uint64_t entry_va;
};

#endif
