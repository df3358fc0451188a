// SPDX-License-Identifier: GPL-2.0-only
/* IO-APIC pages: the real ones moderated for the root, a virtual one for each cell. */
#include "arch/x86/ioapic_access.h"
#include "arch/x86/apic.h"
#include "arch/x86/iommu/iommu.h"
#include "arch/x86/remap.h"
#include "lock.h"
#include "memory.h"

struct unit {
	uint64_t hpa;
	volatile uint32_t *page;
	uint32_t pins;
	uint32_t select; /* what the root's IOREGSEL would hold */
};

static struct unit units[BH_MAX_IOAPICS];
static struct lock ioapic_lock; /* guards units[].select and the pair of real registers */

int ioapic_init(void)
{
	for (unsigned int i = 0; i < system_config.ioapic_count; i++) {
		struct unit *unit = &units[i];

		unit->hpa = system_config.ioapics[i].base_hpa;
		unit->pins = system_config.ioapics[i].pins;
		unit->page = memory_map_device(unit->hpa, BH_PAGE_SIZE,
					       PT_READ | PT_WRITE | PT_UNCACHED);
		if (!unit->page)
			return -ENOMEM;
		unit->select = unit->page[IOAPIC_REGSEL / 4];
	}
	return 0;
}

static struct unit *find(uint64_t gpa)
{
	for (unsigned int i = 0; i < system_config.ioapic_count; i++)
		if (gpa - units[i].hpa < BH_PAGE_SIZE)
			return &units[i];
	return NULL;
}

int ioapic_owns(struct cpu *self, uint64_t gpa)
{
	if (cell_is_root(self->cell))
		return find(gpa) != NULL;
	return self->cell->config.c->ioapic_gpa != BH_ADDR_NONE &&
	       gpa - self->cell->config.c->ioapic_gpa < BH_PAGE_SIZE;
}

static uint32_t read_register(struct unit *unit, uint32_t index)
{
	unit->page[IOAPIC_REGSEL / 4] = index;
	return unit->page[IOAPIC_WIN / 4];
}

static void write_register(struct unit *unit, uint32_t index, uint32_t value)
{
	unit->page[IOAPIC_REGSEL / 4] = index;
	unit->page[IOAPIC_WIN / 4] = value;
}

/* Whether an entry of the root reaches CPUs of the mask only. */
static int entry_allowed(uint64_t entry, uint64_t cpus)
{
	struct msi_interrupt irq;

	switch (ioapic_moderate(entry, &irq)) {
	case IOAPIC_ENTRY_MASKED:
		return 1;
	case IOAPIC_ENTRY_REMAPPED: /* a bit that means nothing without remapping */
		return remap_is_on() && iommu_is_roots_handle(ioapic_handle(entry));
	case IOAPIC_ENTRY_IRQ:
		return apic_reaches_only(&irq, cpus);
	default:
		return 0;
	}
}

static uint64_t read_entry(struct unit *unit, uint32_t low)
{
	return (uint64_t)read_register(unit, low + 1) << 32 | read_register(unit, low);
}

/* Returns 0 if the entry would interrupt another cell: it is masked then. */
static int write_entry(struct unit *unit, uint32_t index, uint32_t value)
{
	uint32_t low = IOAPIC_REDTBL + ((index - IOAPIC_REDTBL) & ~1u);
	uint64_t entry = read_entry(unit, low);

	if (index & 1)
		entry = (uint64_t)value << 32 | (uint32_t)entry;
	else
		entry = (entry & ~UINT64_C(0xffffffff)) | value;
	if (entry_allowed(entry, root_cell->cpus)) {
		write_register(unit, index, value);
		return 1;
	}
	write_register(unit, low, (uint32_t)entry | IOAPIC_MASKED);
	return 0;
}

/* Returns 0 if it is forbidden. */
static int root_write(struct unit *unit, uint32_t offset, uint32_t value)
{
	if (offset == IOAPIC_REGSEL)
		unit->select = value & 0xff;
	else if (offset == IOAPIC_WIN && unit->select >= IOAPIC_REDTBL &&
		 unit->select < IOAPIC_REDTBL + 2 * unit->pins)
		return write_entry(unit, unit->select, value);
	else if (offset == IOAPIC_WIN && unit->select == IOAPIC_ID)
		write_register(unit, IOAPIC_ID, value);
	else if (offset == IOAPIC_EOI)
		unit->page[IOAPIC_EOI / 4] = value;
	return 1;
}

static uint32_t root_read(struct unit *unit, uint32_t offset)
{
	if (offset == IOAPIC_REGSEL)
		return unit->select;
	if (offset == IOAPIC_WIN)
		return read_register(unit, unit->select);
	return UINT32_MAX;
}

void ioapic_mmio(struct cpu *self, struct mmio_access *access, uint64_t *value)
{
	uint32_t offset = access->gpa & (BH_PAGE_SIZE - 1);
	struct unit *unit;
	int allowed = 1;

	self->public->exits[BH_EXIT_IOAPIC]++;
	if (!cell_is_root(self->cell)) {
		if (access->write)
			ioapic_write(&self->cell->ioapic, offset, (uint32_t)access->value);
		else
			*value = ioapic_read(&self->cell->ioapic, offset);
		return;
	}
	unit = find(access->gpa);
	lock_take(&ioapic_lock);
	if (access->write)
		allowed = root_write(unit, offset, (uint32_t)access->value);
	else
		*value = root_read(unit, offset);
	lock_drop(&ioapic_lock);
	if (allowed)
		return;
	cell_violation(self,
		       &(struct bh_report){ .cause = BH_EXIT_IOAPIC,
					    .address = access->gpa,
					    .value = access->value,
					    .access = ACCESS_WRITE,
					    .width = access->width },
		       "IO-APIC entry that would interrupt another cell", NULL);
}

int ioapic_find_foreign(uint64_t cpus)
{
	int pin = -1;

	lock_take(&ioapic_lock);
	for (struct unit *unit = units; unit < units + system_config.ioapic_count; unit++)
		for (uint32_t n = 0; n < unit->pins && pin < 0; n++)
			if (!entry_allowed(read_entry(unit, IOAPIC_REDTBL + 2 * n), cpus))
				pin = (int)n;
	lock_drop(&ioapic_lock);
	return pin;
}

void ioapic_leave(void)
{
	for (unsigned int i = 0; i < system_config.ioapic_count; i++)
		units[i].page[IOAPIC_REGSEL / 4] = units[i].select;
}
