// SPDX-License-Identifier: GPL-2.0-only
/* Sections of a link in the peers' page tables, and the root's trapped BARs. */
#include "ivshmem.h"
#include "arch/x86/iommu/iommu.h"
#include "arch/x86/memory_type.h"
#include "console.h"
#include "memory.h"
#include "string.h"

/* Section n of the link in order of address, from 0 on: state table, read/write section, and the
 * peers' output sections. */
static void section(const struct link *link, unsigned int n, uint64_t *offset, uint64_t *size)
{
	*offset = n ? BH_PAGE_SIZE : 0;
	*size = n ? link->c.rw_size : BH_PAGE_SIZE;
	if (n < 2)
		return;
	*offset += link->c.rw_size + (n - 2) * link->c.output_size;
	*size = link->c.output_size;
}

/* The right of a peer to write section n */
static uint32_t rights(unsigned int n, uint16_t peer)
{
	return n == 1 || n == peer + 2u ? PT_READ | PT_WRITE : PT_READ;
}

int link_map(struct pt *npt, const struct link *link, uint64_t gpa, uint16_t peer)
{
	uint64_t at, size;
	int err = 0;

	for (unsigned int n = 0; n < link->c.peers + 2u && !err; n++) {
		section(link, n, &at, &size);
		err = pt_map(npt, gpa + at, link->c.hpa + at, size, rights(n, peer));
	}
	return err;
}

/* Room in the root's tables for link_map() and pt_unmap(): leaves that end where sections do. */
static int split_sections(const struct link *link)
{
	uint64_t at, size;
	int err = 0;

	for (unsigned int n = 0; n < link->c.peers + 2u && !err; n++) {
		section(link, n, &at, &size);
		err = pt_split(&root_cell->npt, link->c.hpa + at, size);
		if (!err)
			err = iommu_root_split(link->c.hpa + at, size);
	}
	return err;
}

/* What the root's CPUs may do with the sections, its devices may. */
static void follow_in_root_domain(const struct link *link)
{
	uint16_t peer = link->c.root_peer;
	uint64_t at, size;

	for (unsigned int n = 0; n < link->c.peers + 2u; n++) {
		section(link, n, &at, &size);
		iommu_root_set(link->c.hpa + at, size, peer == BH_ID_NONE ? 0 : rights(n, peer));
	}
}

int link_memory_take(struct cpu *self, struct link *link)
{
	struct pt *npt = &root_cell->npt;
	uint64_t same;
	int err;

	if (!pt_is_identity(npt, link->c.hpa, link->size, PT_RWX) ||
	    memory_type_rights(link->c.hpa, &same) != PT_RWX || same < link->size) {
		console_print("link %s: memory at %lx is not the root's to give\n", link->c.name,
			      link->c.hpa);
		return -EBUSY;
	}
	err = split_sections(link);
	if (err)
		return err;
	memset(memory_window(self, WINDOW_DST, link->c.hpa), 0, BH_PAGE_SIZE);
	if (link->c.root_peer == BH_ID_NONE)
		CHECK(!pt_unmap(npt, link->c.hpa, link->size));
	else
		CHECK(!link_map(npt, link, link->c.hpa, link->c.root_peer));
	follow_in_root_domain(link);
	err = cell_memory_flush(self);
	if (err)
		link_memory_give_back(self, link);
	return err;
}

void link_memory_give_back(struct cpu *self, struct link *link)
{
	CHECK(!pt_map(&root_cell->npt, link->c.hpa, link->c.hpa, link->size, PT_RWX));
	pt_merge(&root_cell->npt, link->c.hpa, link->size);
	iommu_root_set(link->c.hpa, link->size, PT_RWX);
	iommu_root_merge(link->c.hpa, link->size);
	cell_memory_settle(self);
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

int link_move_traps(struct link_end *end, const uint64_t *bars)
{
	uint64_t old[2] = { end->trapped[0], end->trapped[1] }, same;
	int moved = 0;

	for (unsigned int bar = 0; bar < 2; bar++) {
		if (old[bar] == (bars ? bars[bar] : BH_ADDR_NONE))
			continue;
		/* it was the root's when it was trapped, and could not be given away since */
		if (old[bar] != BH_ADDR_NONE)
			CHECK(!pt_map(&root_cell->npt, old[bar], old[bar], BH_PAGE_SIZE,
				      memory_type_rights(old[bar], &same)));
		end->trapped[bar] = BH_ADDR_NONE;
		if (bars)
			set_trap(end, bar, bars[bar]);
		moved = 1;
	}
	for (unsigned int bar = 0; bar < 2 && moved; bar++)
		if (old[bar] != BH_ADDR_NONE)
			pt_merge(&root_cell->npt, old[bar], BH_PAGE_SIZE);
	return moved;
}

void link_update_traps(struct cpu *self, struct link_end *end)
{
	uint64_t bars[2] = { pci_bar_address(&end->regs.fn, 0), pci_bar_address(&end->regs.fn, 1) };

	if (link_move_traps(end, bars)) {
		cpu_request_all(self, root_cell, CPU_FLUSH);
		cpu_wait_lookers();
	}
}
