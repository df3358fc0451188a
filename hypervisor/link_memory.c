// SPDX-License-Identifier: GPL-2.0-only
/* Sections of a link in the peers' page tables, and the root's trapped BARs. */
#include "link_memory.h"
#include "cell.h"
#include "console.h"
#include "memory.h"
#include "string.h"

uint64_t link_size(const struct link *link)
{
	return BH_PAGE_SIZE + link->rw_size + link->peers * link->output_size;
}

int link_map(struct pt *npt, const struct link *link, uint64_t gpa, uint16_t peer)
{
	uint64_t at = BH_PAGE_SIZE + link->rw_size;
	int err;

	err = pt_map(npt, gpa, link->hpa, BH_PAGE_SIZE, PT_READ);
	if (!err)
		err = pt_map(npt, gpa + BH_PAGE_SIZE, link->hpa + BH_PAGE_SIZE, link->rw_size,
			     PT_READ | PT_WRITE);
	for (unsigned int n = 0; n < link->peers && !err; n++) {
		err = pt_map(npt, gpa + at, link->hpa + at, link->output_size,
			     n == peer ? PT_READ | PT_WRITE : PT_READ);
		at += link->output_size;
	}
	return err;
}

/* Room in the root's tables for link_map() and pt_unmap(): leaves that end where sections do. */
static int split_sections(const struct link *link)
{
	struct pt *npt = &root_cell->npt;
	uint64_t at = link->hpa;
	int err;

	err = pt_split(npt, at, BH_PAGE_SIZE);
	at += BH_PAGE_SIZE;
	if (!err)
		err = pt_split(npt, at, link->rw_size);
	at += link->rw_size;
	for (unsigned int peer = 0; peer < link->peers && !err; peer++) {
		err = pt_split(npt, at, link->output_size);
		at += link->output_size;
	}
	return err;
}

int link_memory_take(struct cpu *self, struct link *link)
{
	struct pt *npt = &root_cell->npt;
	uint64_t size = link_size(link);
	int err;

	if (!pt_is_identity(npt, link->hpa, size, PT_RWX)) {
		console_print("link %s: memory at %lx is not the root's to give\n", link->name,
			      link->hpa);
		return -EBUSY;
	}
	err = split_sections(link);
	if (err)
		return err;
	memset(memory_window(self, WINDOW_DST, link->hpa), 0, BH_PAGE_SIZE);
	if (link->root_peer == BH_ID_NONE)
		CHECK(!pt_unmap(npt, link->hpa, size));
	else
		CHECK(!link_map(npt, link, link->hpa, link->root_peer));
	err = cpu_flush_cell(self, root_cell);
	if (err)
		link_memory_give_back(self, link);
	return err;
}

void link_memory_give_back(struct cpu *self, struct link *link)
{
	CHECK(!pt_map(&root_cell->npt, link->hpa, link->hpa, link_size(link), PT_RWX));
	pt_merge(&root_cell->npt, link->hpa, link_size(link));
	/* also before anybody can have the tables that were freed */
	cpu_flush_cell(self, root_cell);
}

static void remove_trap(struct link_end *end, unsigned int bar)
{
	uint64_t at = end->trapped[bar];

	/* it was the root's when it was trapped, and could not be given away since */
	if (at != BH_ADDR_NONE)
		CHECK(!pt_map(&root_cell->npt, at, at, BH_PAGE_SIZE, PT_RWX));
	end->trapped[bar] = BH_ADDR_NONE;
}

void link_remove_traps(struct link_end *end)
{
	for (unsigned int bar = 0; bar < 2; bar++) {
		uint64_t at = end->trapped[bar];

		remove_trap(end, bar);
		if (at != BH_ADDR_NONE)
			pt_merge(&root_cell->npt, at, BH_PAGE_SIZE);
	}
}

static void set_trap(struct link_end *end, unsigned int bar, uint64_t at)
{
	struct pt *npt = &root_cell->npt;

	if (at == BH_ADDR_NONE || !pt_is_identity(npt, at, BH_PAGE_SIZE, PT_RWX))
		return;
	if (pt_prepare(npt, at, BH_PAGE_SIZE)) {
		console_print("no page left to trap a BAR at %lx: raise \"memory-size\"\n", at);
		return;
	}
	CHECK(!pt_unmap(npt, at, BH_PAGE_SIZE));
	end->trapped[bar] = at;
}

void link_update_traps(struct cpu *self, struct link_end *end)
{
	int moved = 0;

	for (unsigned int bar = 0; bar < 2; bar++) {
		uint64_t at = pci_bar_address(&end->regs.fn, bar);

		if (at == end->trapped[bar])
			continue;
		remove_trap(end, bar);
		set_trap(end, bar, at);
		moved = 1;
	}
	if (moved)
		cpu_flush_cell(self, root_cell);
}
