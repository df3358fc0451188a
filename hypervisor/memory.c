// SPDX-License-Identifier: GPL-2.0-only
/* The hypervisor's memory: page pool, address space, windows. */
#include "memory.h"
#include <bulkhead/root.h>
#include "arch/x86/entry.h"
#include "arch/x86/x86.h"
#include "console.h"
#include "root_image.h"
#include "string.h"

#define MAX_PAGES (BH_MAX_HV_PIECES * BH_PIECE_SIZE / BH_PAGE_SIZE)
#define PIECE_PAGES (BH_PIECE_SIZE / BH_PAGE_SIZE)
#define KERNEL_HALF UINT64_C(0xff00000000000000) /* with five levels, and a part of it with four */
#define DEVICE_PAGES ((MEMORY_WINDOW_VA - MEMORY_DEVICE_VA) / BH_PAGE_SIZE)

uint64_t memory_host_cr3;

/* Set by the linker script */
extern char image_text_end[], image_rodata_end[], image_end[];

static uint64_t piece_hpa[BH_MAX_HV_PIECES];
static unsigned int piece_count, page_count, device_count;
static uint8_t page_used[MAX_PAGES];
static struct pt host_pt;
static uint64_t *window_entries; /* the page table that maps all windows */

/* First fit; a run does not cross the end of a piece. Returns page_count if there is none. */
static unsigned int find_run(unsigned int count)
{
	unsigned int run = 0;

	for (unsigned int n = 0; n < page_count; n++) {
		if (n % PIECE_PAGES == 0)
			run = 0;
		run = page_used[n] ? 0 : run + 1;
		if (run == count)
			return n + 1 - count;
	}
	return page_count;
}

void *memory_alloc(unsigned int pages)
{
	unsigned int first = find_run(pages);
	void *va;

	if (first == page_count)
		return NULL;
	memset(&page_used[first], 1, pages);
	public_area.pages_free -= pages;
	va = (void *)(BH_IMAGE_VA + (uint64_t)first * BH_PAGE_SIZE);
	memset(va, 0, pages * BH_PAGE_SIZE);
	return va;
}

void memory_free(void *va, unsigned int pages)
{
	unsigned int first = (unsigned int)(((uint64_t)va - BH_IMAGE_VA) / BH_PAGE_SIZE);

	memset(&page_used[first], 0, pages);
	public_area.pages_free += pages;
}

uint64_t memory_hpa(const void *va)
{
	uint64_t offset = (uint64_t)va - BH_IMAGE_VA;

	CHECK(offset < (uint64_t)page_count * BH_PAGE_SIZE);
	return piece_hpa[offset / BH_PIECE_SIZE] + offset % BH_PIECE_SIZE;
}

void *memory_va(uint64_t hpa)
{
	for (unsigned int i = 0; i < piece_count; i++)
		if (hpa - piece_hpa[i] < BH_PIECE_SIZE)
			return (void *)(BH_IMAGE_VA + (uint64_t)i * BH_PIECE_SIZE +
					(hpa - piece_hpa[i]));
	CHECK(!"an address of our own");
	return NULL;
}

static uint64_t *table_alloc(void *context, uint64_t *hpa)
{
	uint64_t *table = memory_alloc(1);

	if (table)
		*hpa = memory_hpa(table);
	return table;
}

static void table_free(void *context, uint64_t hpa)
{
	memory_free(memory_va(hpa), 1);
}

static uint64_t *table_at(void *context, uint64_t hpa)
{
	return memory_va(hpa);
}

const struct pt_ops memory_pt_ops = { table_alloc, table_free, table_at };

static int map_own(void)
{
	int err = 0;

	for (unsigned int n = 0; n < page_count && !err; n++) {
		char *va = (char *)BH_IMAGE_VA + (uint64_t)n * BH_PAGE_SIZE;
		uint32_t more = va < image_text_end   ? PT_EXEC :
				va < image_rodata_end ? 0 :
							PT_WRITE;

		err = pt_map(&host_pt, (uint64_t)va, memory_hpa(va), BH_PAGE_SIZE, PT_READ | more);
	}
	return err;
}

/* All windows share one page table, whose entries are then written directly. */
static int prepare_windows(void)
{
	int err;

	static_assert(BH_MAX_CPUS * CPU_WINDOWS <= 512, "one page table");
	err = pt_prepare(&host_pt, MEMORY_WINDOW_VA, BH_MAX_CPUS * CPU_WINDOWS * BH_PAGE_SIZE);
	if (!err)
		window_entries = pt_entry(&host_pt, MEMORY_WINDOW_VA);
	return err;
}

/* What a CPU needs to cross between Linux and us: the stub, and its entry. */
static int map_crossing(const struct bh_boot *boot)
{
	uint64_t va = boot->entry_va & ~(uint64_t)(BH_PAGE_SIZE - 1);
	uint64_t hpa = memory_hpa(boot_entries) & ~(uint64_t)(BH_PAGE_SIZE - 1);
	uint64_t end = boot->entry_va + sizeof(boot_entries);
	int err;

	err = pt_map(&host_pt, boot->stub_va, boot->stub_hpa, BH_PAGE_SIZE, PT_READ | PT_EXEC);
	if (!err)
		err = pt_map(&host_pt, va, hpa, memory_pages(end - va) * BH_PAGE_SIZE,
			     PT_READ | PT_WRITE);
	return err;
}

static uint64_t entries_va(uint64_t entry_va)
{
	return entry_va & ~(uint64_t)(BH_PAGE_SIZE - 1);
}

static uint64_t entries_size(uint64_t entry_va)
{
	return memory_pages(entry_va + sizeof(boot_entries) - entries_va(entry_va)) * BH_PAGE_SIZE;
}

/* Where the crossing is now, which may go. */
static int is_crossing(uint64_t va)
{
	return va - boot_info.stub_va < BH_PAGE_SIZE ||
	       va - entries_va(boot_info.entry_va) < entries_size(boot_info.entry_va);
}

/* In the upper half, and nothing of ours is there. */
static int is_free(uint64_t va, uint64_t size)
{
	struct pt_leaf leaf;

	if (va < KERNEL_HALF || va % BH_PAGE_SIZE || va + size < va)
		return 0;
	for (uint64_t at = va; at < va + size; at += BH_PAGE_SIZE)
		if (!pt_lookup(&host_pt, at, &leaf) && !is_crossing(at))
			return 0;
	return 1;
}

int memory_move_crossing(const struct bh_attach *attach)
{
	uint64_t entries = entries_va(attach->entry_va);

	if ((attach->entry_va ^ memory_hpa(boot_entries)) % BH_PAGE_SIZE ||
	    !is_free(attach->stub_va, BH_PAGE_SIZE) ||
	    !is_free(entries, entries_size(attach->entry_va)) ||
	    attach->leave_va - attach->stub_va >= BH_PAGE_SIZE ||
	    attach->stub_va - entries < entries_size(attach->entry_va))
		return -EINVAL;
	root_is_attached = 0;
	if (pt_unmap(&host_pt, boot_info.stub_va, BH_PAGE_SIZE) ||
	    pt_unmap(&host_pt, entries_va(boot_info.entry_va), entries_size(boot_info.entry_va)))
		return -ENOMEM;
	boot_info.stub_va = attach->stub_va;
	boot_info.stub_hpa = attach->stub_hpa;
	boot_info.leave_va = attach->leave_va;
	boot_info.entry_va = attach->entry_va;
	return map_crossing(&boot_info);
}

int memory_init(const struct bh_boot *boot)
{
	unsigned int image_pages = memory_pages((uint64_t)image_end - BH_IMAGE_VA);
	int err;

	piece_count = (unsigned int)(boot->memory_size / BH_PIECE_SIZE);
	if (piece_count < 1 || piece_count > BH_MAX_HV_PIECES)
		return -EINVAL;
	memcpy(piece_hpa, boot->piece_hpa, sizeof(piece_hpa));
	public_area.memory_size = boot->memory_size;
	page_count = piece_count * PIECE_PAGES;
	memset(page_used, 1, image_pages);
	public_area.pages_total = public_area.pages_free = page_count - image_pages;

	err = pt_init(&host_pt, read_cr4() & CR4_LA57 ? &pt_format_host_la57 : &pt_format_host,
		      &memory_pt_ops, NULL);
	if (!err)
		err = map_own();
	if (!err)
		err = pt_prepare(&host_pt, MEMORY_DEVICE_VA, DEVICE_PAGES * BH_PAGE_SIZE);
	if (!err)
		err = prepare_windows();
	if (!err)
		err = map_crossing(boot);
	memory_host_cr3 = host_pt.root_hpa;
	return err;
}

void *memory_map_device(uint64_t hpa, uint64_t size, uint32_t rights)
{
	unsigned int pages = memory_pages(size);
	uint64_t va = MEMORY_DEVICE_VA + (uint64_t)device_count * BH_PAGE_SIZE;

	if (pages > DEVICE_PAGES - device_count ||
	    pt_map(&host_pt, va, hpa, (uint64_t)pages * BH_PAGE_SIZE, rights))
		return NULL;
	device_count += pages;
	return (void *)va;
}

void memory_guard(void *va)
{
	pt_unmap(&host_pt, (uint64_t)va, BH_PAGE_SIZE);
}

void *memory_window(struct cpu *self, unsigned int window, uint64_t hpa)
{
	unsigned int n = self->index * CPU_WINDOWS + window;
	char *va = memory_window_va(self, window);
	uint64_t page = hpa & ~(uint64_t)(BH_PAGE_SIZE - 1);

	if (self->window_hpa[window] != page + 1) {
		window_entries[n] = page | pt_format_host.leaf_bits | pt_format_host.read |
				    pt_format_host.write | pt_format_host.noexec;
		invlpg(va);
		self->window_hpa[window] = page + 1;
	}
	return va + (hpa - page);
}
