// SPDX-License-Identifier: GPL-2.0-only
/* Remapping units of any vendor: which there are, whose domains they work with, and who owns what. */
#include "arch/x86/iommu/iommu.h"
#include "console.h"
#include "memory.h"

#define FAULT_LINES 16 /* of a cell since it was created, or of the root; later ones are counted */

static struct iommu_unit units[BH_MAX_IOMMUS];
static unsigned int unit_count;
static const struct iommu_hooks *hooks; /* NULL: no unit is ours */

/* Functions that are not the root's. Changed with machine_lock; who reads without may see the owner
 * before or after. */
static struct {
	uint16_t bdf;
	uint8_t owner; /* id of a cell, 0: free */
} assigned[BH_MAX_CELLS * BH_MAX_DEVICES];

static uint8_t entry_taken[IOMMU_CELL_ENTRIES];

#define for_each_unit(unit) for (struct iommu_unit *unit = units; unit < units + unit_count; unit++)

/* ---------------------------------------------------------------------------------- domains */

/* No device has business in configuration space, and a cell's functions are in there, too. */
static int hide_ecam(void)
{
	const struct bh_system_config *c = system_config.c;

	if (c->ecam_hpa == BH_ADDR_NONE)
		return 0;
	return pt_unmap(&root_cell->dma, c->ecam_hpa,
			(uint64_t)(c->ecam_bus_last - c->ecam_bus_first + 1) << 20);
}

/* The root's domain is what its CPUs may read, write and execute at its own address. */
static int copy_root_map(void)
{
	const struct pt *npt = &root_cell->npt;
	uint64_t end = system_config.c->address_limit, size;
	struct pt_leaf leaf;
	int err = 0;

	for (uint64_t at = 0; at < end && !err; at += size) {
		size = BH_PAGE_SIZE;
		if (pt_lookup(npt, at, &leaf))
			continue;
		size = leaf.size - at % leaf.size;
		if (size > end - at)
			size = end - at;
		if (leaf.hpa == at && (leaf.rights & PT_RWX) == PT_RWX)
			err = pt_map(&root_cell->dma, at, at, size, PT_READ | PT_WRITE);
	}
	return err;
}

int iommu_cell_init(struct cell *cell)
{
	int err;

	if (!hooks)
		return 0;
	err = pt_init(&cell->dma, hooks->pt_format(), &memory_pt_ops, NULL);
	for (uint32_t i = 0; i < cell->config.memory_count && !err; i++) {
		const struct bh_config_memory *m = &cell->config.memory[i];

		if (!(m->flags & BH_MEM_IO))
			err = pt_map(&cell->dma, m->gpa, m->hpa, m->size,
				     m->flags & (PT_READ | PT_WRITE));
	}
	return err;
}

void iommu_cell_destroy(struct cell *cell)
{
	if (cell->dma.format)
		pt_destroy(&cell->dma);
}

int iommu_root_split(uint64_t hpa, uint64_t size)
{
	return hooks ? pt_split(&root_cell->dma, hpa, size) : 0;
}

void iommu_root_set(uint64_t hpa, uint64_t size, uint32_t rights)
{
	if (!hooks)
		return;
	if (rights & PT_READ)
		CHECK(!pt_map(&root_cell->dma, hpa, hpa, size, rights & (PT_READ | PT_WRITE)));
	else
		CHECK(!pt_unmap(&root_cell->dma, hpa, size));
}

void iommu_root_merge(uint64_t hpa, uint64_t size)
{
	if (hooks)
		pt_merge(&root_cell->dma, hpa, size);
}

static int answered(const struct iommu_unit *unit, int err)
{
	if (err)
		console_print("remapping unit at %lx does not answer\n", unit->config->base_hpa);
	return err;
}

int iommu_flush(const struct cell *cell)
{
	int err = 0;

	for_each_unit(unit)
	{
		lock_take(&unit->lock);
		if (unit->ours && answered(unit, hooks->flush(unit, cell)))
			err = -ETIMEDOUT;
		lock_drop(&unit->lock);
	}
	return err;
}

/* ------------------------------------------------------------------------------ in and out */

static int prepare_unit(const struct bh_config_iommu *config)
{
	const struct iommu_hooks *of = config->type == BH_IOMMU_VTD ? &iommu_vtd : &iommu_amd;
	struct iommu_unit *unit = &units[unit_count];

	if (config->flags & BH_IOMMU_LEFT_TO_ROOT)
		return 0;
	if (hooks && hooks != of) {
		console_print("remapping units of two vendors in one machine are not supported\n");
		return -EOPNOTSUPP;
	}
	hooks = of;
	unit->config = config;
	unit->index = unit_count;
	unit->regs =
		memory_map_device(config->base_hpa, config->size, PT_READ | PT_WRITE | PT_UNCACHED);
	if (!unit->regs)
		return -ENOMEM;
	unit_count++;
	return hooks->prepare(unit);
}

/* Its registers are for us alone; the root's accesses are emulated. */
static int hide_unit(const struct iommu_unit *unit)
{
	return pt_unmap(&root_cell->npt, unit->config->base_hpa, unit->config->size);
}

int iommu_init(void)
{
	int err = 0;

	for (unsigned int i = 0; i < system_config.iommu_count && !err; i++)
		err = prepare_unit(&system_config.iommus[i]);
	for_each_unit(unit)
	{
		if (!err)
			err = hide_unit(unit);
	}
	if (err || !hooks)
		return err;
	err = pt_init(&root_cell->dma, hooks->pt_format(), &memory_pt_ops, NULL);
	if (!err)
		err = copy_root_map();
	if (!err)
		err = hide_ecam();
	return err ? err : hooks->prepare_tables();
}

int iommu_take_over(struct cpu *self)
{
	int err = 0;

	for_each_unit(unit)
	{
		err = hooks->take_over(self, unit);
		if (err) {
			console_print("remapping unit at %lx cannot be taken over\n",
				      unit->config->base_hpa);
			break;
		}
		unit->ours = 1;
	}
	if (err)
		iommu_hand_back(self);
	return err;
}

void iommu_hand_back(struct cpu *self)
{
	for_each_unit(unit)
	{
		lock_take(&unit->lock);
		if (unit->ours)
			hooks->hand_back(self, unit);
		unit->ours = 0;
		lock_drop(&unit->lock);
	}
}

int iommu_is_on(void)
{
	return hooks != NULL;
}

int iommu_remaps_interrupts(void)
{
	return hooks && hooks->remaps_interrupts();
}

/* ------------------------------------------------------------------------------- functions */

uint32_t iommu_owner(uint16_t bdf)
{
	for (unsigned int i = 0; i < sizeof(assigned) / sizeof(assigned[0]); i++)
		if (assigned[i].owner && assigned[i].bdf == bdf)
			return assigned[i].owner;
	return 0;
}

/* There is room for all functions of all cells. */
static void note_owner(uint16_t bdf, uint32_t owner)
{
	unsigned int free = 0;

	for (unsigned int i = 0; i < sizeof(assigned) / sizeof(assigned[0]); i++) {
		if (assigned[i].owner && assigned[i].bdf == bdf)
			assigned[i].owner = 0;
		if (!assigned[i].owner)
			free = i;
	}
	assigned[free].bdf = bdf;
	assigned[free].owner = (uint8_t)owner;
}

int iommu_assign(uint16_t bdf, const struct cell *cell)
{
	int err;

	if (!hooks)
		return 0;
	/* A root CPU that has a unit look at its tables may block functions of the root: not this one
	 * in the middle of it. Nobody else takes the locks of two units. */
	for_each_unit(unit) lock_take(&unit->lock);
	err = hooks->prepare_device(bdf);
	if (!err) {
		hooks->set_device(bdf, cell);
		if (cell)
			note_owner(bdf, cell->id);
	}
	for_each_unit(unit) lock_drop(&unit->lock);
	if (err)
		return err;
	/* what was remembered of the function belongs to any of the domains */
	for (unsigned int id = 0; id < BH_MAX_CELLS && !err; id++)
		if (cell_table[id])
			err = iommu_flush(cell_table[id]);
	return err;
}

/* ------------------------------------------------------------------------------ interrupts */

int iommu_alloc_entries(unsigned int count)
{
	for (unsigned int first = 0; first + count <= IOMMU_CELL_ENTRIES; first += count) {
		unsigned int n = 0;

		while (n < count && !entry_taken[first + n])
			n++;
		if (n < count)
			continue;
		while (n-- > 0)
			entry_taken[first + n] = 1;
		return (int)first;
	}
	return -ENOSPC;
}

void iommu_free_entries(unsigned int first, unsigned int count)
{
	struct iommu_message message;

	for (unsigned int n = first; n < first + count; n++) {
		iommu_set_entry(n, 0, NULL, &message);
		entry_taken[n] = 0;
	}
}

int iommu_set_entry(unsigned int entry, uint16_t requester, const struct msi_interrupt *irq,
		    struct iommu_message *message)
{
	if (iommu_remaps_interrupts())
		return hooks->set_entry(entry, requester, irq, message);
	*message = (struct iommu_message){ 0, 0 };
	return irq ? msi_encode(irq, &message->address, &message->data) : 0;
}

int iommu_is_roots_handle(uint32_t index)
{
	return !hooks || hooks->is_roots_handle(index);
}

int iommu_judges_pins(void)
{
	return hooks && hooks->judges_pins && hooks->judges_pins();
}

int iommu_translate(struct cpu *self, uint16_t bdf, uint32_t data, struct msi_interrupt *irq)
{
	return hooks && hooks->translate ? hooks->translate(self, bdf, data, irq) : 0;
}

int iommu_follow_cpus(struct cpu *self)
{
	int err = 0;

	for_each_unit(unit)
	{
		lock_take(&unit->lock);
		if (unit->ours && answered(unit, hooks->follow_cpus(self, unit)))
			err = -ETIMEDOUT;
		lock_drop(&unit->lock);
	}
	return err;
}

int iommu_reset_root(struct cpu *self)
{
	int err = 0;

	for_each_unit(unit)
	{
		lock_take(&unit->lock);
		if (unit->ours && answered(unit, hooks->reset_root(self, unit)))
			err = -ETIMEDOUT;
		lock_drop(&unit->lock);
	}
	return err;
}

/* ---------------------------------------------------------------------------------- faults */

int iommu_report(uint16_t bdf, uint64_t address, uint32_t reason, const char *words, uint32_t flags)
{
	struct bh_cell_public *owner = &public_area.cell[iommu_owner(bdf)];
	uint64_t count = __atomic_add_fetch(&owner->faults, 1, __ATOMIC_RELAXED);

	if (count > FAULT_LINES)
		return 1;
	console_print("function %02x:%02x.%u of %s: %s %lx stopped: %s (%u)\n", bdf >> 8,
		      bdf >> 3 & 31u, bdf & 7u, owner->name,
		      flags & BH_FAULT_INTERRUPT ? "interrupt" :
		      flags & BH_FAULT_WRITE	 ? "write to" :
						   "read of",
		      address, words, reason);
	event_add_detail(BH_EVENT_FAULT, owner->id, owner->name, address,
			 (uint64_t)reason << 32 | flags | bdf);
	return count == FAULT_LINES;
}

int iommu_may_tell(void)
{
	static uint32_t told;

	return __atomic_fetch_add(&told, 1, __ATOMIC_RELAXED) < FAULT_LINES;
}

/* --------------------------------------------------------------------- the root's accesses */

static struct iommu_unit *find(uint64_t gpa)
{
	for_each_unit(unit)
	{
		if (gpa - unit->config->base_hpa < unit->config->size)
			return unit;
	}
	return NULL;
}

int iommu_owns(struct cpu *self, uint64_t gpa)
{
	return cell_is_root(self->cell) && find(gpa);
}

/* As the hardware has it: Linux's own again. */
static void pass(struct iommu_unit *unit, uint32_t offset, struct mmio_access *access,
		 uint64_t *value)
{
	volatile void *at = unit->regs + offset;

	if (access->width == 8 && access->write)
		*(volatile uint64_t *)at = access->value;
	else if (access->width == 8)
		*value = *(volatile uint64_t *)at;
	else if (access->write)
		*(volatile uint32_t *)at = (uint32_t)access->value;
	else
		*value = *(volatile uint32_t *)at;
}

void iommu_mmio(struct cpu *self, struct mmio_access *access, uint64_t *value)
{
	struct iommu_unit *unit = find(access->gpa);
	uint32_t offset = (uint32_t)(access->gpa - unit->config->base_hpa);
	const char *forbidden = "register of a remapping unit by an access that is not aligned";

	self->public->exits[BH_EXIT_IOMMU]++;
	lock_take(&unit->lock);
	if (access->width >= 4 && !(offset % access->width)) {
		forbidden = NULL;
		if (unit->ours)
			forbidden = hooks->mmio(self, unit, offset, access, value);
		else
			pass(unit, offset, access, value);
	}
	lock_drop(&unit->lock);
	if (!forbidden)
		return;
	cell_violation(self,
		       &(struct bh_report){ .cause = BH_EXIT_IOMMU,
					    .address = access->gpa,
					    .value = access->value,
					    .access = access->write ? ACCESS_WRITE : ACCESS_READ,
					    .width = access->width },
		       forbidden, NULL);
}
