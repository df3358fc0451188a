/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hypervisor's own memory: page pool, address space, and windows onto foreign memory.
 *
 *   BH_IMAGE_VA              image, then the page pool: all of the hypervisor's memory
 *   MEMORY_DEVICE_VA         device registers
 *   MEMORY_WINDOW_VA         CPU_WINDOWS pages for each CPU, remapped at will
 *   stub_va, entry_va        the driver's stub, executable, and boot_entries, where Linux has
 *                            them: for the way out
 * Nothing else is mapped.
 */
#ifndef HV_MEMORY_H
#define HV_MEMORY_H

#include <bulkhead/image.h>
#include "cpu.h"
#include "pure/pt.h"

#define MEMORY_DEVICE_VA (BH_IMAGE_VA + 0x10000000)
#define MEMORY_WINDOW_VA (BH_IMAGE_VA + 0x10200000)

extern const struct pt_ops memory_pt_ops;
extern uint64_t memory_host_cr3;

/* Page pool and page tables from what the driver handed over. -EINVAL, -ENOMEM */
int memory_init(const struct bh_boot *boot);

/* Zeroed pages, contiguous in both address spaces; NULL when there are none. */
void *memory_alloc(unsigned int pages);
void memory_free(void *va, unsigned int pages);
static inline unsigned int memory_pages(uint64_t bytes)
{
	return (unsigned int)((bytes + BH_PAGE_SIZE - 1) / BH_PAGE_SIZE);
}

uint64_t memory_hpa(const void *va);
void *memory_va(uint64_t hpa);

/* Another Linux has its stub and its entries elsewhere. -EINVAL: that is not the kernel's half, or ours,
 * and nothing has changed; -ENOMEM: the way out leads nowhere, and root_is_attached says so. Each CPU has
 * to load memory_host_cr3 before it takes it. */
struct bh_attach;
int memory_move_crossing(const struct bh_attach *attach);

/* Map a device's registers for good. NULL: no room. */
void *memory_map_device(uint64_t hpa, uint64_t size, uint32_t rights);

/* Remove access to a page of our own (stack guards). */
void memory_guard(void *va);

/* Show the page at hpa in one of this CPU's windows; the caller has checked whose it is. The
 * pointer is good until the same window is used again. */
void *memory_window(struct cpu *self, unsigned int window, uint64_t hpa);

/* Where the window is, whatever it shows. */
static inline char *memory_window_va(const struct cpu *self, unsigned int window)
{
	return (char *)MEMORY_WINDOW_VA + (self->index * CPU_WINDOWS + window) * BH_PAGE_SIZE;
}

#endif
