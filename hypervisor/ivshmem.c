// SPDX-License-Identifier: GPL-2.0-only
/* Links: attaching and detaching cells, register accesses, interrupts between the ends. */
#include "ivshmem.h"
#include "arch/x86/apic.h"
#include "arch/x86/remap.h"
#include "console.h"
#include "memory.h"
#include "string.h"

#define INTX_PIN 16 /* of the virtual IO-APIC, for the cell's first link */
#define BAR_STRIDE (2 * BH_PAGE_SIZE)

/*
 * Changed with machine_lock only. Read without: a cell's CPUs find only links that their cell
 * is attached to; and before a link that the root's CPUs could have found is freed, each of
 * them has answered a flush, so none is in the middle of an access.
 */
static struct link *links[BH_MAX_LINKS];

static struct link *nth_link(const struct cell *cell, unsigned int n)
{
	return cell_is_root(cell) ? links[n] : cell->links[n];
}

static unsigned int link_slots(const struct cell *cell)
{
	return cell_is_root(cell) ? BH_MAX_LINKS : cell->config.link_count;
}

static struct link_end *end_of(const struct cell *cell, struct link *link, unsigned int n)
{
	if (!link)
		return NULL;
	if (!cell_is_root(cell))
		return &link->end[cell->config.links[n].peer];
	return link->root_peer == BH_ID_NONE ? NULL : &link->end[link->root_peer];
}

/* ----------------------------------------------------------------------------- interrupts */

static void deliver_msi(struct cpu *self, const struct link_end *end,
			const struct ivshmem_vector *message)
{
	struct msi_interrupt irq;
	uint32_t index;
	enum msi_kind kind = msi_decode(message->address, message->data, &irq, &index);

	if (kind == MSI_REMAPPABLE && cell_is_root(end->cell) &&
	    !remap_lookup(self, index, end->bdf, &irq))
		kind = MSI_COMPATIBLE;
	if (kind == MSI_COMPATIBLE)
		apic_deliver(self, end->cell, &irq);
}

static void raise(struct cpu *self, struct link_end *end, uint32_t vector)
{
	struct ivshmem_vector message;
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
static void set_state(struct cpu *self, struct link *link, struct link_end *end, uint32_t state)
{
	uint32_t *table = memory_window(self, WINDOW_DST, link->hpa);

	end->regs.state = state;
	__atomic_store_n(&table[end->regs.id], state, __ATOMIC_SEQ_CST);
	event_add(BH_EVENT_LINK, end->cell->id, link->name, (uint64_t)end->regs.id << 32 | state);
	for (unsigned int peer = 0; peer < link->peers; peer++)
		if (peer != end->regs.id)
			raise(self, &link->end[peer], 0);
}

/* With the link's lock. */
static void apply(struct cpu *self, struct link *link, struct link_end *end,
		  const struct ivshmem_effect *effect)
{
	switch (effect->what) {
	case IVSHMEM_DOORBELL:
		if (effect->target < link->peers)
			raise(self, &link->end[effect->target], effect->vector);
		break;
	case IVSHMEM_STATE:
		set_state(self, link, end, end->regs.state);
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

static void reset_end(struct link_end *end, const struct link *link, uint64_t base,
		      uint16_t vectors, uint16_t peer, int intx)
{
	struct pci_link pci = {
		.protocol = link->protocol,
		.vectors = intx ? 0 : vectors,
		.intx = (uint8_t)intx,
		.intx_line = (uint8_t)(INTX_PIN + end->number),
		.base = base,
		.rw_size = link->rw_size,
		.output_size = link->output_size,
	};

	ivshmem_reset(&end->regs, peer, link->peers, &pci);
}

static uint16_t free_slot(void)
{
	for (unsigned int i = 0; i < system_config.slot_count; i++) {
		uint16_t bdf = system_config.slots[i].bdf;

		if (!link_find(root_cell, bdf, NULL))
			return bdf;
	}
	return BH_ID_NONE;
}

static int attach_root(struct link *link, const struct bh_config_link *c)
{
	struct link_end *end = &link->end[link->root_peer];

	end->bdf = free_slot();
	if (end->bdf == BH_ID_NONE) {
		console_print("link %s: no free PCI slot in the root: add to \"link-slots\"\n",
			      link->name);
		return -ENOSPC;
	}
	end->trapped[0] = end->trapped[1] = BH_ADDR_NONE;
	end->cell = root_cell;
	reset_end(end, link, link->hpa, c->root_vectors, link->root_peer, 0);
	return 0;
}

static unsigned int pages_for(unsigned int peers)
{
	size_t size = sizeof(struct link) + peers * sizeof(struct link_end);

	return (unsigned int)((size + BH_PAGE_SIZE - 1) / BH_PAGE_SIZE);
}

static int create(struct cpu *self, const struct bh_config_link *c, unsigned int n)
{
	unsigned int pages = pages_for(c->peers);
	struct link *link = memory_alloc(pages);
	int err;

	if (!link)
		return -ENOMEM;
	memcpy(link->name, c->name, BH_NAME_LEN);
	link->pages = pages;
	link->hpa = c->hpa;
	link->size = bh_link_size(c);
	link->rw_size = c->rw_size;
	link->output_size = c->output_size;
	link->peers = c->peers;
	link->protocol = c->protocol;
	link->root_peer = c->root_peer;
	err = link->root_peer == BH_ID_NONE ? 0 : attach_root(link, c);
	if (!err)
		err = link_memory_take(self, link);
	if (err) {
		memory_free(link, pages);
		return err;
	}
	__atomic_store_n(&links[n], link, __ATOMIC_RELEASE);
	return 0;
}

static int agrees(const struct link *link, const struct bh_config_link *c)
{
	return link->peers == c->peers && link->protocol == c->protocol &&
	       link->root_peer == c->root_peer && link->rw_size == c->rw_size &&
	       link->output_size == c->output_size && link->hpa == c->hpa;
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
		if (strcmp(links[n]->name, c->name))
			continue;
		*found = links[n];
		if (!agrees(links[n], c)) {
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

static void fill_info(struct cell *cell, unsigned int n, const struct link *link)
{
	const struct bh_config_link *c = &cell->config.links[n];
	struct bh_info_link *info = &cell->info->link[n];

	memcpy(info->name, c->name, BH_NAME_LEN);
	info->gpa = c->gpa;
	info->register_gpa = cell->config.c->bar_gpa + n * BAR_STRIDE;
	info->size = link->size;
	info->bdf = c->bdf;
	info->peer = c->peer;
	info->peers = c->peers;
	cell->info->link_count = n + 1;
}

static void reset_cell_end(struct cell *cell, unsigned int n, struct link *link)
{
	const struct bh_config_link *c = &cell->config.links[n];
	struct link_end *end = &link->end[c->peer];
	uint64_t bar = cell->config.c->bar_gpa + n * BAR_STRIDE;

	reset_end(end, link, c->gpa, c->vectors, c->peer, c->flags & BH_LINK_INTX);
	pci_bar_set(&end->regs.fn, 0, bar);
	pci_bar_set(&end->regs.fn, 1, bar + BH_PAGE_SIZE);
	pci_write(&end->regs.fn, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
}

static int attach_one(struct cpu *self, struct cell *cell, unsigned int n)
{
	const struct bh_config_link *c = &cell->config.links[n];
	struct link *link;
	int err = find_or_create(self, c, &link);

	if (err)
		return err;
	link->cells++;
	cell->links[n] = link;
	lock_take(&link->lock);
	link->end[c->peer].cell = cell;
	link->end[c->peer].bdf = c->bdf;
	link->end[c->peer].number = (uint16_t)n;
	reset_cell_end(cell, n, link);
	lock_drop(&link->lock);
	fill_info(cell, n, link);
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
	for (unsigned int n = 0; n < BH_MAX_LINKS; n++)
		if (links[n] == link)
			__atomic_store_n(&links[n], NULL, __ATOMIC_RELEASE);
	if (link->root_peer != BH_ID_NONE)
		link_remove_traps(&link->end[link->root_peer]);
	link_memory_give_back(self, link);
	memory_free(link, link->pages);
}

void link_detach(struct cpu *self, struct cell *cell)
{
	link_down(self, cell);
	for (unsigned int n = 0; n < cell->config.link_count; n++) {
		struct link *link = cell->links[n];

		if (!link)
			continue;
		lock_take(&link->lock);
		link->end[cell->config.links[n].peer].cell = NULL;
		lock_drop(&link->lock);
		cell->links[n] = NULL;
		if (--link->cells == 0)
			destroy(self, link);
	}
}

void link_down(struct cpu *self, struct cell *cell)
{
	for (unsigned int n = 0; n < cell->config.link_count; n++) {
		struct link *link = cell->links[n];
		struct link_end *end = end_of(cell, link, n);

		if (!end)
			continue;
		lock_take(&link->lock);
		if (end->regs.state)
			set_state(self, link, end, 0);
		lock_drop(&link->lock);
	}
}

void link_reset(struct cpu *self, struct cell *cell)
{
	link_down(self, cell);
	for (unsigned int n = 0; n < cell->config.link_count; n++) {
		lock_take(&cell->links[n]->lock);
		reset_cell_end(cell, n, cell->links[n]);
		lock_drop(&cell->links[n]->lock);
	}
}

/* ---------------------------------------------------------------------------------- accesses */

/* The BAR that gpa lies in, or -1. The root's are where its map has a trap for them. */
static int bar_at(const struct cell *cell, const struct link_end *end, uint64_t gpa)
{
	for (int bar = 0; bar < 2; bar++) {
		uint64_t base = cell_is_root(cell) ?
					end->trapped[bar] :
					pci_bar_address(&end->regs.fn, (unsigned int)bar);

		if (base != BH_ADDR_NONE && gpa - base < BH_PAGE_SIZE)
			return bar;
	}
	return -1;
}

static struct link_end *find_bar(const struct cell *cell, uint64_t gpa, struct link **link,
				 int *bar)
{
	for (unsigned int n = 0; n < link_slots(cell); n++) {
		struct link_end *end;

		*link = nth_link(cell, n);
		end = end_of(cell, *link, n);
		*bar = end ? bar_at(cell, end, gpa) : -1;
		if (*bar >= 0)
			return end;
	}
	return NULL;
}

int link_owns(struct cpu *self, uint64_t gpa)
{
	struct link *link;
	int bar;

	return find_bar(self->cell, gpa, &link, &bar) != NULL;
}

void link_mmio(struct cpu *self, struct mmio_access *access, uint64_t *value)
{
	uint32_t offset = access->gpa & (BH_PAGE_SIZE - 1);
	struct ivshmem_effect effect;
	struct link *link;
	int bar;
	struct link_end *end = find_bar(self->cell, access->gpa, &link, &bar);
	int doorbell = access->write && bar == 0 && offset == IVSHMEM_REG_DOORBELL;

	self->public->exits[doorbell ? BH_EXIT_DOORBELL : BH_EXIT_LINK]++;
	if (!end)
		return;
	lock_take(&link->lock);
	if (access->write) {
		effect = ivshmem_write(&end->regs, (unsigned int)bar, offset, access->width,
				       access->value);
		apply(self, link, end, &effect);
	} else {
		*value = ivshmem_read(&end->regs, (unsigned int)bar, offset, access->width);
	}
	lock_drop(&link->lock);
}

struct link_end *link_find(struct cell *cell, uint16_t bdf, struct link **found)
{
	for (unsigned int n = 0; n < link_slots(cell); n++) {
		struct link *link = nth_link(cell, n);
		struct link_end *end = end_of(cell, link, n);

		if (!end || end->bdf != bdf)
			continue;
		if (found)
			*found = link;
		return end;
	}
	return NULL;
}

uint32_t link_config_read(struct link *link, struct link_end *end, const struct pci_access *access)
{
	uint32_t value;

	lock_take(&link->lock);
	value = pci_read(&end->regs.fn, access->offset, access->width);
	lock_drop(&link->lock);
	return value;
}

void link_config_write(struct cpu *self, struct link *link, struct link_end *end,
		       const struct pci_access *access, uint32_t value)
{
	struct ivshmem_effect effect;
	int changed;

	lock_take(&link->lock);
	effect = ivshmem_config_write(&end->regs, access->offset, access->width, value, &changed);
	apply(self, link, end, &effect);
	lock_drop(&link->lock);
	if (!changed || !cell_is_root(self->cell))
		return;
	machine_lock(self);
	/* it may have gone while we waited */
	if (link_find(self->cell, access->bdf, NULL) == end)
		link_update_traps(self, end);
	machine_unlock();
}
