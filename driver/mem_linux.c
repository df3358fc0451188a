// SPDX-License-Identifier: GPL-2.0-only
/*
 * Taking pages away from the running kernel and giving them back (see mem_linux.h).
 *
 * Whole pieces come from the page allocator, which compacts memory when it has to. Where that
 * fails, and for longer stretches and single pages at a given place, the kernel is asked to move
 * its data out of the way (alloc_contig_range()). Either way each page ends with a reference
 * count of its own, so that giving back does not depend on how it was taken.
 */
#include <linux/gfp.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/sched/signal.h>
#include <asm/dma.h>
#include <bulkhead/types.h>
#include "mem_linux.h"

#define PIECE_ORDER 9
#define PIECE_PAGES (1ul << PIECE_ORDER)
#define PAIR_ORDER (PIECE_ORDER + 1) /* the largest block that all kernels hand out */

/* What stays with Linux, so that a cell which is too big is refused before programs are killed. */
#define HEADROOM_MIN (32ull << 20)
#define HEADROOM_SHARE 32 /* of all memory */

#define CLEAR_STEP 0x40000ull /* bytes between two chances for others to run */

#define TAKE_FLAGS (GFP_KERNEL | __GFP_NOWARN)

static void pages_mark_offline(unsigned long pfn, unsigned long count)
{
	page_offline_begin();
	while (count--)
		__SetPageOffline(pfn_to_page(pfn++));
	page_offline_end();
}

static void pages_mark_online(unsigned long pfn, unsigned long count)
{
	page_offline_begin();
	while (count--)
		__ClearPageOffline(pfn_to_page(pfn++));
	page_offline_end();
}

bool mem_linux_can_spare(u64 bytes)
{
	u64 headroom = max_t(u64, HEADROOM_MIN, PFN_PHYS(totalram_pages()) / HEADROOM_SHARE);

	return bytes + headroom <= PFN_PHYS((u64)max(si_mem_available(), 0l));
}

static int take_range(unsigned long pfn, unsigned long count)
{
	int err;

	err = alloc_contig_range(pfn, pfn + count, MIGRATE_MOVABLE,
				 TAKE_FLAGS | __GFP_RETRY_MAYFAIL);
	if (err)
		return err;
	pages_mark_offline(pfn, count);
	return 0;
}

static int take_block(u64 *hpa, unsigned int order, gfp_t extra)
{
	struct page *page = alloc_pages(TAKE_FLAGS | extra, order);

	if (!page)
		return -ENOMEM;
	split_page(page, order);
	pages_mark_offline(page_to_pfn(page), 1ul << order);
	*hpa = page_to_phys(page);
	return 0;
}

/* A cheap look before alloc_contig_range() goes to work: the first page that cannot be moved away
 * or lies in another zone; the end of the range if there is none. */
static unsigned long range_obstacle(unsigned long pfn, unsigned long count)
{
	unsigned long end = pfn + count;
	struct zone *zone = NULL;

	for (; pfn < end; pfn++) {
		struct page *page = pfn_to_online_page(pfn);

		if (!page || PageReserved(page) || PageOffline(page) || PageSlab(page))
			break;
		if (zone && page_zone(page) != zone)
			break;
		zone = page_zone(page);
	}
	return pfn;
}

static int take_contiguous_in_node(int node, u64 *hpa, unsigned long count)
{
	unsigned long pfn = max(NODE_DATA(node)->node_start_pfn, MAX_DMA_PFN);
	unsigned long end = pgdat_end_pfn(NODE_DATA(node));

	pfn = ALIGN(pfn, PIECE_PAGES);
	while (pfn + count <= end) {
		unsigned long obstacle = range_obstacle(pfn, count);

		cond_resched();
		if (signal_pending(current))
			return -EINTR;
		if (obstacle < pfn + count) {
			pfn = ALIGN(obstacle + 1, PIECE_PAGES);
			continue;
		}
		if (!take_range(pfn, count)) {
			*hpa = PFN_PHYS(pfn);
			return 0;
		}
		pfn += PIECE_PAGES;
	}
	return -ENOMEM;
}

/* Stretches begin at a multiple of 2 MiB. */
static int take_contiguous_anywhere(u64 *hpa, u64 bytes)
{
	int node, err;

	for_each_online_node(node)
	{
		err = take_contiguous_in_node(node, hpa, PHYS_PFN(bytes));
		if (err != -ENOMEM)
			return err;
	}
	return -ENOMEM;
}

int mem_linux_take_contiguous(u64 *hpa, u64 bytes)
{
	unsigned int order = get_order(bytes);

	if (order > PAIR_ORDER || take_block(hpa, order, __GFP_RETRY_MAYFAIL))
		return take_contiguous_anywhere(hpa, bytes);
	if (bytes < (PAGE_SIZE << order))
		mem_linux_give_back(*hpa + bytes, (PAGE_SIZE << order) - bytes);
	return 0;
}

int mem_linux_take_pieces(u64 *hpa, unsigned int wanted)
{
	int err;

	if (wanted > 1 && !take_block(hpa, PAIR_ORDER, __GFP_NORETRY))
		return 2;
	if (!take_block(hpa, PIECE_ORDER, __GFP_RETRY_MAYFAIL))
		return 1;
	err = take_contiguous_anywhere(hpa, BH_PIECE_SIZE);
	return err ? err : 1;
}

int mem_linux_take_at(u64 hpa, u64 bytes)
{
	unsigned long pfn = PHYS_PFN(hpa), count = PHYS_PFN(bytes);

	if (range_obstacle(pfn, count) < pfn + count)
		return -EBUSY;
	return take_range(pfn, count);
}

bool mem_linux_owns(u64 hpa)
{
	struct page *page = pfn_to_online_page(PHYS_PFN(hpa));

	return page && !PageReserved(page);
}

/* A cache line at a time, past the caches: what a real-time cell has in a shared one stays there,
 * however much memory changes hands. */
static void zero_past_caches(void *va, u64 bytes)
{
	void *end = va + bytes;

	for (; va < end; va += 64)
		asm volatile("movnti %1, 0(%0)\n\t"
			     "movnti %1, 8(%0)\n\t"
			     "movnti %1, 16(%0)\n\t"
			     "movnti %1, 24(%0)\n\t"
			     "movnti %1, 32(%0)\n\t"
			     "movnti %1, 40(%0)\n\t"
			     "movnti %1, 48(%0)\n\t"
			     "movnti %1, 56(%0)"
			     :
			     : "r"(va), "r"(0ul)
			     : "memory");
	wmb(); /* such stores are not ordered by others (APM vol. 2, 7.4) */
}

void mem_zero(void *va, u64 bytes)
{
	u64 done, step;

	for (done = 0; done < bytes; done += step) {
		step = min(bytes - done, CLEAR_STEP);
		zero_past_caches(va + done, step);
		cond_resched();
	}
}

void mem_linux_give_back(u64 hpa, u64 bytes)
{
	unsigned long pfn = PHYS_PFN(hpa), left = PHYS_PFN(bytes);

	while (left) {
		unsigned long count = min(left, PIECE_PAGES);

		pages_mark_online(pfn, count);
		free_contig_range(pfn, count);
		cond_resched();
		pfn += count;
		left -= count;
	}
}
