// SPDX-License-Identifier: GPL-2.0-only
/* Guarded functions of the root: finding them, and trapping their configuration space. */
#include "assign_guard.h"
#include "console.h"
#include "pci_config.h"

#define HEADER_TYPE 0x0e
#define HEADER_BRIDGE 1
#define BUSES 0x18 /* primary, secondary, subordinate, latency */
#define EXTENDED 0x100
#define EXTENDED_CAPS 48
#define EXTENDED_SRIOV 0x0010

static struct {
	uint16_t bdf;
	uint16_t users;	 /* 0: free */
	uint32_t rights; /* with which the root had its configuration space in memory */
	struct pci_guard guard;
} guards[BH_MAX_CELLS * ASSIGN_GUARDS];

static const unsigned int guard_count = sizeof(guards) / sizeof(guards[0]);

const struct pci_guard *assign_guard_find(uint16_t bdf)
{
	for (unsigned int i = 0; i < guard_count; i++)
		if (guards[i].users && guards[i].bdf == bdf)
			return &guards[i].guard;
	return NULL;
}

static uint16_t find_sriov(struct cpu *self, uint16_t bdf)
{
	uint32_t at = EXTENDED, header;

	for (unsigned int n = 0; at >= EXTENDED && n < EXTENDED_CAPS; n++) {
		header = pci_ecam_read(self, bdf, (uint16_t)at, 4);
		if (header == UINT32_MAX)
			return 0;
		if ((header & 0xffff) == EXTENDED_SRIOV)
			return (uint16_t)at;
		at = header >> 20 & 0xffc;
	}
	return 0;
}

/* Its page of configuration space in memory leaves the root's map. One that is a hole already must be that of a
 * cell's function: behind a link's registers that the root has moved there it would come back with them. */
static int trap(unsigned int i)
{
	uint64_t page = pci_ecam_page(guards[i].bdf);
	struct pt_leaf leaf;
	int err;

	if (page == BH_ADDR_NONE || assign_is_taken(guards[i].bdf))
		return 0;
	if (pt_lookup(&root_cell->npt, page, &leaf))
		return -EBUSY;
	err = pt_split(&root_cell->npt, page, BH_PAGE_SIZE);
	if (err)
		return err;
	guards[i].rights = leaf.rights;
	CHECK(!pt_unmap(&root_cell->npt, page, BH_PAGE_SIZE));
	return 0;
}

static int add(struct cpu *self, struct assigned *a, uint16_t bdf)
{
	unsigned int free = guard_count;
	uint8_t raw[256];
	int err;

	if (a->guard_count == ASSIGN_GUARDS)
		return -ENOSPC;
	for (unsigned int i = 0; i < guard_count; i++) {
		if (!guards[i].users)
			free = i;
		else if (guards[i].bdf == bdf) {
			guards[i].users++;
			a->guards[a->guard_count++] = bdf;
			return 0;
		}
	}
	if (free == guard_count)
		return -ENOSPC;
	pci_hardware_image(bdf, raw);
	pci_guard_make(&guards[free].guard, raw, find_sriov(self, bdf));
	guards[free].bdf = bdf;
	guards[free].rights = 0;
	err = trap(free);
	if (err)
		return err;
	guards[free].users = 1;
	a->guards[a->guard_count++] = bdf;
	return 0;
}

/* The bridge that leads to a bus, the nearest if there are several; BH_BDF_NONE: none. */
static uint16_t bridge_to(unsigned int bus)
{
	uint16_t nearest = BH_BDF_NONE;
	unsigned int nearest_bus = 0;

	for (uint32_t bdf = 0; bdf < bus << 8; bdf++) {
		uint32_t buses;

		if (pci_hardware_read((uint16_t)bdf, PCI_VENDOR_ID, 2) == 0xffff) {
			bdf |= bdf & 7 ? 0 : 7; /* without function 0 there are no others */
			continue;
		}
		if ((pci_hardware_read((uint16_t)bdf, HEADER_TYPE, 1) & 0x7f) != HEADER_BRIDGE)
			continue;
		buses = pci_hardware_read((uint16_t)bdf, BUSES, 4);
		if ((buses >> 8 & 0xff) > bus || (buses >> 16 & 0xff) < bus ||
		    (buses >> 8 & 0xff) <= nearest_bus)
			continue;
		nearest = (uint16_t)bdf;
		nearest_bus = buses >> 8 & 0xff;
	}
	return nearest;
}

int assign_guard_take(struct cpu *self, struct assigned *a)
{
	uint16_t bridge = bridge_to(a->c->host_bdf >> 8);
	int err = 0;

	if (a->c->pf_bdf != BH_BDF_NONE)
		err = add(self, a, a->c->pf_bdf);
	while (bridge != BH_BDF_NONE && !err) {
		err = add(self, a, bridge);
		bridge = bridge_to(bridge >> 8);
	}
	return err;
}

int assign_guard_holds(const struct assigned *a)
{
	uint16_t bridge = bridge_to(a->c->host_bdf >> 8);
	unsigned int i = a->c->pf_bdf != BH_BDF_NONE;

	for (; bridge != BH_BDF_NONE; bridge = bridge_to(bridge >> 8))
		if (i == a->guard_count || a->guards[i++] != bridge)
			return 0;
	return i == a->guard_count;
}

static void untrap(unsigned int i)
{
	uint64_t page = pci_ecam_page(guards[i].bdf);

	if (!guards[i].rights)
		return;
	CHECK(!pt_map(&root_cell->npt, page, page, BH_PAGE_SIZE, guards[i].rights));
	pt_merge(&root_cell->npt, page, BH_PAGE_SIZE);
}

void assign_guard_drop(struct assigned *a)
{
	while (a->guard_count) {
		uint16_t bdf = a->guards[--a->guard_count];

		for (unsigned int i = 0; i < guard_count; i++)
			if (guards[i].users && guards[i].bdf == bdf && !--guards[i].users)
				untrap(i);
	}
}
