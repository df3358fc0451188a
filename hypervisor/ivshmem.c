// SPDX-License-Identifier: GPL-2.0-only
/* Links: attaching and detaching cells, register accesses, interrupts between the ends. */
#include "ivshmem.h"
#include "arch/x86/apic.h"
#include "arch/x86/iommu/iommu.h"
#include "arch/x86/remap.h"
#include "console.h"
#include "memory.h"
#include "string.h"

#define INTX_PIN 16 /* of the virtual IO-APIC, for the cell's first link */
#define BAR_STRIDE (2 * BH_PAGE_SIZE)

static struct link *links[BH_MAX_LINKS]; /* used with machine_lock only */

/* Where the BARs of a cell's end lie from its reset on. */
static uint64_t bar_of(const struct cell *cell, unsigned int number)
{
	return cell->config.c->bar_gpa + number * BAR_STRIDE;
}

/* ----------------------------------------------------------------------------- interrupts */

static void deliver_msi(struct cpu *self, const struct link_end *end,
			const union ivshmem_vector *message)
{
	struct msi_interrupt irq;
	uint32_t index;
	enum msi_kind kind = msi_decode(message->address, message->data, &irq, &index);

	if (kind == MSI_REMAPPABLE && cell_is_root(end->cell) &&
	    !remap_lookup(self, index, end->c.bdf, &irq))
		kind = MSI_COMPATIBLE;
	if (kind == MSI_COMPATIBLE && cell_is_root(end->cell) &&
	    iommu_translate(self, end->c.bdf, message->data, &irq) < 0)
		return;
	if (kind == MSI_COMPATIBLE)
		apic_deliver(self, end->cell, &irq);
}

static void raise(struct cpu *self, struct link_end *end, uint32_t vector)
{
	union ivshmem_vector message;
	struct msi_interrupt irq;

	if (!end->cell || end->cell->state != BH_CELL_RUNNING)
		return;
	switch (ivshmem_signal(&end->regs, vector, &message)) {
	case IVSHMEM_SEND_MSI:
		deliver_msi(self, end, &message);
		break;
	case IVSHMEM_SEND_INTX:
		if (ioapic_deliver(&end->cell->ioapic, INTX_PIN + end->number, &irq))
			apic_deliver(self, end->cell, &irq);
		break;
	default:
		break;
	}
}

/* The table first, then the interrupts: whoever gets one finds the new state. */
static void set_state(struct cpu *self, struct link_end *end, uint32_t state)
{
	struct link *link = end->link;
	uint32_t *table = memory_window(self, WINDOW_DST, link->c.hpa);

	end->regs.state = state;
	__atomic_store_n(&table[end->c.peer], state, __ATOMIC_SEQ_CST);
	event_add(BH_EVENT_LINK, end->cell->id, link->c.name, (uint64_t)end->c.peer << 32 | state);
	for (unsigned int peer = 0; peer < link->c.peers; peer++)
		if (peer != end->c.peer)
			raise(self, &link->end[peer], 0);
}

/* With the link's lock. */
static void apply(struct cpu *self, struct link_end *end, const struct ivshmem_effect *effect)
{
	switch (effect->what) {
	case IVSHMEM_DOORBELL:
		raise(self, &end->link->end[effect->target], effect->vector);
		break;
	case IVSHMEM_STATE:
		set_state(self, end, end->regs.state);
		break;
	case IVSHMEM_UNMASKED:
		for (uint32_t rest = effect->mask; rest; rest &= rest - 1)
			raise(self, end, (uint32_t)__builtin_ctz(rest));
		break;
	case IVSHMEM_NONE:
		break;
	}
}

/* ------------------------------------------------------------------------ attach and detach */

/* Who sets a cell's end up finds no firmware: it lies where bh_info says, and is switched on. */
static void reset(struct link_end *end)
{
	uint64_t bar;

	ivshmem_reset(&end->regs, &end->c, (uint8_t)(INTX_PIN + end->number));
	if (cell_is_root(end->cell))
		return;
	bar = bar_of(end->cell, end->number);
	pci_bar_set(&end->regs.fn, 0, bar);
	pci_bar_set(&end->regs.fn, 1, bar + BH_PAGE_SIZE);
	pci_write(&end->regs.fn, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
}

static uint16_t free_slot(void)
{
	for (unsigned int i = 0; i < system_config.slot_count; i++)
		if (!link_find(root_cell, system_config.slots[i].bdf))
			return system_config.slots[i].bdf;
	return BH_ID_NONE;
}

static int attach_root(struct link *link)
{
	struct link_end *end = &link->end[link->c.root_peer];

	end->c = link->c;
	end->c.peer = link->c.root_peer;
	end->c.vectors = link->c.root_vectors;
	end->c.gpa = link->c.hpa;
	end->c.flags = 0;
	end->c.bdf = free_slot();
	if (end->c.bdf == BH_ID_NONE) {
		console_print("link %s: no free PCI slot in the root: add to \"link-slots\"\n",
			      link->c.name);
		return -ENOSPC;
	}
	end->trapped[0] = end->trapped[1] = BH_ADDR_NONE;
	end->cell = root_cell;
	reset(end);
	return 0;
}

static int create(struct cpu *self, const struct bh_config_link *c, unsigned int slot)
{
	unsigned int pages = memory_pages(sizeof(struct link) + c->peers * sizeof(struct link_end));
	struct link *link = memory_alloc(pages);
	int err = 0;

	if (!link)
		return -ENOMEM;
	link->c = *c;
	link->size = bh_link_size(c);
	link->slot = slot;
	link->pages = pages;
	for (unsigned int peer = 0; peer < c->peers; peer++)
		link->end[peer].link = link;
	if (c->root_peer != BH_ID_NONE)
		err = attach_root(link);
	if (!err)
		err = link_memory_take(self, link);
	if (err) {
		memory_free(link, pages);
		return err;
	}
	links[slot] = link;
	if (c->root_peer != BH_ID_NONE)
		__atomic_store_n(&root_cell->ends[slot], &link->end[c->root_peer],
				 __ATOMIC_RELEASE);
	return 0;
}

static int agrees(const struct bh_config_link *a, const struct bh_config_link *b)
{
	return a->peers == b->peers && a->protocol == b->protocol && a->root_peer == b->root_peer &&
	       a->rw_size == b->rw_size && a->output_size == b->output_size && a->hpa == b->hpa;
}

static int find_or_create(struct cpu *self, const struct bh_config_link *c, struct link **found)
{
	unsigned int free = BH_MAX_LINKS;
	int err;

	for (unsigned int n = 0; n < BH_MAX_LINKS; n++) {
		if (!links[n]) {
			free = n;
			continue;
		}
		if (strcmp(links[n]->c.name, c->name))
			continue;
		*found = links[n];
		if (!agrees(&links[n]->c, c)) {
			console_print("link %s: its ends disagree\n", c->name);
			return -EINVAL;
		}
		if (!links[n]->end[c->peer].cell)
			return 0;
		console_print("link %s: peer %u is taken\n", c->name, c->peer);
		return -EBUSY;
	}
	if (free == BH_MAX_LINKS)
		return -ENOSPC;
	err = create(self, c, free);
	*found = links[free];
	return err;
}

static void fill_info(const struct link_end *end)
{
	struct bh_info_link *info = &end->cell->info->link[end->number];

	memcpy(info->name, end->c.name, BH_NAME_LEN);
	info->gpa = end->c.gpa;
	info->register_gpa = bar_of(end->cell, end->number);
	info->size = end->link->size;
	info->bdf = end->c.bdf;
	info->peer = end->c.peer;
	info->peers = end->c.peers;
	end->cell->info->link_count = end->number + 1;
}

static int attach_one(struct cpu *self, struct cell *cell, unsigned int n)
{
	const struct bh_config_link *c = &cell->config.links[n];
	struct link *link;
	struct link_end *end;
	int err = find_or_create(self, c, &link);

	if (err)
		return err;
	end = &link->end[c->peer];
	link->cells++;
	cell->ends[n] = end;
	lock_take(&link->lock);
	end->c = *c;
	end->cell = cell;
	end->number = n;
	reset(end);
	lock_drop(&link->lock);
	fill_info(end);
	return link_map(&cell->npt, link, c->gpa, c->peer);
}

int link_attach(struct cpu *self, struct cell *cell)
{
	int err = 0;

	for (unsigned int n = 0; n < cell->config.link_count && !err; n++)
		err = attach_one(self, cell, n);
	if (err)
		link_detach(self, cell);
	return err;
}

static void destroy(struct cpu *self, struct link *link)
{
	links[link->slot] = NULL;
	__atomic_store_n(&root_cell->ends[link->slot], NULL, __ATOMIC_RELEASE);
	if (link->c.root_peer != BH_ID_NONE)
		link_move_traps(&link->end[link->c.root_peer], NULL);
	link_memory_give_back(self, link);
	memory_free(link, link->pages);
}

void link_detach(struct cpu *self, struct cell *cell)
{
	link_down(self, cell);
	for (unsigned int n = 0; n < cell->config.link_count; n++) {
		struct link_end *end = cell->ends[n];

		if (!end)
			continue;
		lock_take(&end->link->lock);
		end->cell = NULL;
		lock_drop(&end->link->lock);
		cell->ends[n] = NULL;
		if (--end->link->cells == 0)
			destroy(self, end->link);
	}
}

static void down(struct cpu *self, struct link_end *end)
{
	if (!end)
		return;
	lock_take(&end->link->lock);
	if (end->regs.state)
		set_state(self, end, 0);
	lock_drop(&end->link->lock);
}

void link_down(struct cpu *self, struct cell *cell)
{
	for (unsigned int n = 0; n < cell->config.link_count; n++)
		down(self, cell->ends[n]);
}

void link_root_down(struct cpu *self)
{
	for (unsigned int slot = 0; slot < BH_MAX_LINKS; slot++)
		down(self, root_cell->ends[slot]);
}

void link_reset(struct cpu *self, struct cell *cell)
{
	link_down(self, cell);
	for (unsigned int n = 0; n < cell->config.link_count; n++) {
		lock_take(&cell->ends[n]->link->lock);
		reset(cell->ends[n]);
		lock_drop(&cell->ends[n]->link->lock);
	}
}

void link_reset_root(struct cpu *self)
{
	for (unsigned int n = 0; n < BH_MAX_LINKS; n++) {
		struct link_end *end = root_cell->ends[n];

		if (!end)
			continue;
		lock_take(&end->link->lock);
		if (end->regs.state)
			set_state(self, end, 0);
		reset(end);
		lock_drop(&end->link->lock);
		link_move_traps(end, NULL);
	}
}

/* ---------------------------------------------------------------------------------- accesses */

/* The BAR that gpa lies in, or -1. The root's are where its map has a trap for them. */
static int bar_at(const struct link_end *end, uint64_t gpa)
{
	for (int bar = 0; bar < 2; bar++) {
		uint64_t base = cell_is_root(end->cell) ?
					end->trapped[bar] :
					pci_bar_address(&end->regs.fn, (unsigned int)bar);

		if (base != BH_ADDR_NONE && gpa - base < BH_PAGE_SIZE)
			return bar;
	}
	return -1;
}

static struct link_end *find_bar(const struct cell *cell, uint64_t gpa, int *bar)
{
	for (unsigned int n = 0; n < BH_MAX_LINKS; n++) {
		*bar = cell->ends[n] ? bar_at(cell->ends[n], gpa) : -1;
		if (*bar >= 0)
			return cell->ends[n];
	}
	return NULL;
}

int link_owns(struct cpu *self, uint64_t gpa)
{
	int bar;

	return find_bar(self->cell, gpa, &bar) != NULL;
}

void link_mmio(struct cpu *self, struct mmio_access *access, uint64_t *value)
{
	uint32_t offset = access->gpa & (BH_PAGE_SIZE - 1);
	struct ivshmem_effect effect;
	int bar;
	struct link_end *end = find_bar(self->cell, access->gpa, &bar);
	int doorbell = access->write && bar == 0 && offset == IVSHMEM_REG_DOORBELL;

	self->public->exits[doorbell ? BH_EXIT_DOORBELL : BH_EXIT_LINK]++;
	if (!end)
		return;
	lock_take(&end->link->lock);
	if (access->write) {
		effect = ivshmem_write(&end->regs, (unsigned int)bar, offset, access->width,
				       access->value);
		apply(self, end, &effect);
	} else {
		*value = ivshmem_read(&end->regs, (unsigned int)bar, offset, access->width);
	}
	lock_drop(&end->link->lock);
}

struct link_end *link_find(const struct cell *cell, uint16_t bdf)
{
	for (unsigned int n = 0; n < BH_MAX_LINKS; n++)
		if (cell->ends[n] && cell->ends[n]->c.bdf == bdf)
			return cell->ends[n];
	return NULL;
}

uint32_t link_config_read(struct link_end *end, const struct pci_access *access)
{
	uint32_t value;

	lock_take(&end->link->lock);
	value = pci_read(&end->regs.fn, access->offset, access->width);
	lock_drop(&end->link->lock);
	return value;
}

void link_config_write(struct cpu *self, struct link_end *end, const struct pci_access *access,
		       uint32_t value)
{
	struct ivshmem_effect effect;
	int changed;

	lock_take(&end->link->lock);
	effect = ivshmem_config_write(&end->regs, access->offset, access->width, value, &changed);
	apply(self, end, &effect);
	lock_drop(&end->link->lock);
	if (!changed || !cell_is_root(self->cell))
		return;
	machine_lock(self);
	/* it may have gone while we waited */
	if (link_find(self->cell, access->bdf) == end)
		link_update_traps(self, end);
	machine_unlock();
}
