// SPDX-License-Identifier: GPL-2.0-only
/* IO-APIC pages: the real ones moderated for the root, a virtual one for each cell. */
#include "arch/x86/ioapic_access.h"
#include "arch/x86/apic.h"
#include "arch/x86/iommu/iommu.h"
#include "arch/x86/remap.h"
#include "assign_interrupts.h"
#include "console.h"
#include "lock.h"
#include "memory.h"
#include "pure/icr.h"

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

	if (iommu_judges_pins())
		return entry & IOAPIC_MASKED || iommu_is_roots_handle(entry & IOAPIC_MESSAGE);
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

/* Whether a cell owns this pin. Without machine_lock it may have been one moment ago. */
static int is_taken(uint32_t gsi)
{
	for (unsigned int id = 1; id < BH_MAX_CELLS; id++) {
		const struct cell *cell = cell_table[id];

		for (unsigned int i = 0; cell && i < cell->config.pin_count; i++)
			if (cell->config.pins[i].gsi == gsi)
				return 1;
	}
	return 0;
}

static uint32_t gsi_of(const struct unit *unit, uint32_t index)
{
	return system_config.ioapics[unit - units].gsi_base + (index - IOAPIC_REDTBL) / 2;
}

/* Returns 0 if the entry would interrupt another cell: it is masked then. */
static int write_entry(struct unit *unit, uint32_t index, uint32_t value)
{
	uint32_t low = IOAPIC_REDTBL + ((index - IOAPIC_REDTBL) & ~1u);
	uint64_t entry = read_entry(unit, low);

	if (is_taken(gsi_of(unit, index)))
		return 1;
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
	if (offset != IOAPIC_WIN)
		return UINT32_MAX;
	if (unit->select >= IOAPIC_REDTBL && unit->select < IOAPIC_REDTBL + 2 * unit->pins &&
	    is_taken(gsi_of(unit, unit->select)))
		return IOAPIC_MASKED;
	return read_register(unit, unit->select);
}

/* ------------------------------------------------------------------------ pins of cells */

static struct unit *unit_of(uint32_t gsi, uint32_t *low)
{
	for (unsigned int i = 0; i < system_config.ioapic_count; i++) {
		uint32_t pin = gsi - system_config.ioapics[i].gsi_base;

		*low = IOAPIC_REDTBL + 2 * pin;
		if (pin < units[i].pins)
			return &units[i];
	}
	return NULL;
}

static uint16_t requester_of(const struct unit *unit)
{
	return (uint16_t)system_config.ioapics[unit - units].requester;
}

/* With ioapic_lock. */
static void mask_pin(uint32_t gsi)
{
	uint32_t low;
	struct unit *unit = unit_of(gsi, &low);

	write_register(unit, low, IOAPIC_MASKED);
}

/* The real pin is programmed as the cell has its own. Returns 0 if that is forbidden. */
static int sync_pin(const struct cell *cell, unsigned int i)
{
	const struct bh_config_pin *pin = &cell->config.pins[i];
	struct iommu_message message;
	struct msi_interrupt irq;
	const struct cpu *target;
	uint32_t low;
	struct unit *unit = unit_of(pin->gsi, &low);
	uint64_t entry;

	mask_pin(pin->gsi);
	if (!ioapic_deliver(&cell->ioapic, pin->pin, &irq))
		return 1;
	target = assign_target(cell, &irq);
	if (!target)
		return 0;
	irq.destination = target->apic_id;
	irq.logical = 0;
	irq.mode = ICR_FIXED;
	if (iommu_set_entry(cell->pin_entry[i] - 1u, requester_of(unit), &irq, &message))
		return 0;
	entry = ioapic_make_entry(message.address, message.data, &irq,
				  cell->ioapic.entry[pin->pin]);
	write_register(unit, low + 1, (uint32_t)(entry >> 32));
	write_register(unit, low, (uint32_t)entry);
	return 1;
}

int ioapic_is_source(uint16_t bdf)
{
	for (unsigned int i = 0; i < system_config.ioapic_count; i++)
		if (system_config.ioapics[i].requester == bdf)
			return 1;
	return 0;
}

/* Whether an interrupt of a pin is sent where we want it, and ended. */
static const char *why_not(const struct cell *cell, struct unit *unit)
{
	if (iommu_remaps_interrupts() &&
	    system_config.ioapics[unit - units].requester == BH_ID_NONE)
		return "is of an IO-APIC whose \"requester\" the system description does not tell";
	if (!iommu_judges_pins())
		return NULL;
	/* Its entry has a handle for a vector, which no end of interrupt has: those are trapped. */
	if (!(cell->flags & BH_CELL_XAPIC_ONLY))
		return "needs \"xapic-only\" where an AMD IOMMU remaps interrupts";
	if ((read_register(unit, IOAPIC_VER) & 0xff) < IOAPIC_WITH_EOI)
		return "is of an IO-APIC without EOI register, behind an AMD IOMMU";
	return NULL;
}

static int claim_pin(struct cell *cell, uint32_t gsi)
{
	const char *why;
	uint32_t low;
	struct unit *unit = unit_of(gsi, &low);

	lock_take(&ioapic_lock);
	why = is_taken(gsi) || !(read_entry(unit, low) & IOAPIC_MASKED) ?
		      "is in use by another cell or the root" :
		      why_not(cell, unit);
	lock_drop(&ioapic_lock);
	if (why)
		console_print("cell %s: interrupt line %u %s\n", cell->config.c->header.name, gsi,
			      why);
	return why ? -EBUSY : 0;
}

int ioapic_claim_pins(struct cell *cell)
{
	int err, number;

	for (unsigned int i = 0; i < cell->config.pin_count; i++) {
		err = claim_pin(cell, cell->config.pins[i].gsi);
		if (err)
			return err;
		number = iommu_alloc_entries(1);
		if (number < 0)
			return number;
		cell->pin_entry[i] = (uint16_t)(number + 1);
	}
	return 0;
}

void ioapic_stop_pins(struct cell *cell)
{
	struct iommu_message message;

	for (unsigned int i = 0; i < cell->config.pin_count; i++) {
		uint32_t low;
		const struct unit *unit = unit_of(cell->config.pins[i].gsi, &low);

		lock_take(&ioapic_lock);
		mask_pin(cell->config.pins[i].gsi);
		lock_drop(&ioapic_lock);
		iommu_set_entry(cell->pin_entry[i] - 1u, requester_of(unit), NULL, &message);
	}
}

void ioapic_release_pins(struct cell *cell)
{
	for (unsigned int i = 0; i < cell->config.pin_count; i++)
		if (cell->pin_entry[i])
			iommu_free_entries(cell->pin_entry[i] - 1u, 1);
}

void ioapic_end(const struct cell *cell, uint8_t vector)
{
	for (unsigned int i = 0; i < cell->config.pin_count; i++) {
		const struct bh_config_pin *pin = &cell->config.pins[i];
		struct msi_interrupt irq;
		uint32_t low;
		struct unit *unit = unit_of(pin->gsi, &low);

		lock_take(&ioapic_lock);
		if (ioapic_deliver(&cell->ioapic, pin->pin, &irq) && irq.level &&
		    irq.vector == vector)
			unit->page[IOAPIC_EOI / 4] = read_register(unit, low) & 0xff;
		lock_drop(&ioapic_lock);
	}
}

/* The pin in the cell's own numbering that its last write was about, as an index in its description. */
static int written_pin(const struct cell *cell)
{
	for (unsigned int i = 0; i < cell->config.pin_count; i++)
		if (cell->ioapic.select >= IOAPIC_REDTBL &&
		    cell->config.pins[i].pin == (cell->ioapic.select - IOAPIC_REDTBL) / 2u)
			return (int)i;
	return -1;
}

static void forbid(struct cpu *self, const struct mmio_access *access)
{
	cell_violation(self,
		       &(struct bh_report){ .cause = BH_EXIT_IOAPIC,
					    .address = access->gpa,
					    .value = access->value,
					    .access = ACCESS_WRITE,
					    .width = access->width },
		       "IO-APIC entry that would interrupt another cell", NULL);
}

static void cell_access(struct cpu *self, uint32_t offset, const struct mmio_access *access,
			uint64_t *value)
{
	struct cell *cell = self->cell;
	int pin, allowed = 1;

	if (!access->write) {
		*value = ioapic_read(&cell->ioapic, offset);
		return;
	}
	lock_take(&ioapic_lock);
	ioapic_write(&cell->ioapic, offset, (uint32_t)access->value);
	pin = offset == IOAPIC_WIN ? written_pin(cell) : -1;
	if (pin >= 0)
		allowed = sync_pin(cell, (unsigned int)pin);
	lock_drop(&ioapic_lock);
	if (!allowed)
		forbid(self, access);
}

void ioapic_mmio(struct cpu *self, struct mmio_access *access, uint64_t *value)
{
	uint32_t offset = access->gpa & (BH_PAGE_SIZE - 1);
	struct unit *unit;
	int allowed = 1;

	self->public->exits[BH_EXIT_IOAPIC]++;
	if (!cell_is_root(self->cell)) {
		cell_access(self, offset, access, value);
		return;
	}
	unit = find(access->gpa);
	lock_take(&ioapic_lock);
	if (access->write)
		allowed = root_write(unit, offset, (uint32_t)access->value);
	else
		*value = root_read(unit, offset);
	lock_drop(&ioapic_lock);
	if (!allowed)
		forbid(self, access);
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

void ioapic_reset_root(void)
{
	lock_take(&ioapic_lock);
	for (struct unit *unit = units; unit < units + system_config.ioapic_count; unit++) {
		unit->select = 0;
		for (uint32_t n = 0; n < unit->pins; n++) {
			uint32_t low = IOAPIC_REDTBL + 2 * n;

			if (is_taken(gsi_of(unit, low)))
				continue;
			write_register(unit, low, IOAPIC_MASKED);
			write_register(unit, low + 1, 0);
		}
	}
	lock_drop(&ioapic_lock);
}

void ioapic_leave(void)
{
	for (unsigned int i = 0; i < system_config.ioapic_count; i++)
		units[i].page[IOAPIC_REGSEL / 4] = units[i].select;
}
