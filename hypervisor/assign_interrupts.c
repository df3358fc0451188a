// SPDX-License-Identifier: GPL-2.0-only
/* Interrupts of assigned functions: MSI, and MSI-X tables in memory. */
#include "assign_interrupts.h"
#include "arch/x86/iommu/iommu.h"
#include "memory.h"
#include "pci_config.h"
#include "pure/icr.h"

#define MSI_CONTROL 2
#define MSI_ENABLE 1
#define MSI_ADDRESS 4
#define MSIX_ENTRY 16
#define MSIX_MASKED 1u

int assign_prepare_interrupts(struct assigned *a)
{
	unsigned int wanted = a->d.vectors ? a->d.vectors : a->d.msi_cap ? 1 : 0;

	if (!wanted)
		return 0;
	for (a->entries = 1; a->entries < wanted; a->entries *= 2)
		;
	a->first_entry = iommu_alloc_entries(a->entries);
	return a->first_entry < 0 ? a->first_entry : 0;
}

void assign_forbidden(struct cpu *self, const struct assigned *a, uint64_t where, uint64_t value)
{
	self->public->exits[BH_EXIT_DEVICE]++;
	cell_violation(self,
		       &(struct bh_report){ .cause = BH_EXIT_DEVICE,
					    .address = where,
					    .value = value,
					    .access = ACCESS_WRITE,
					    .width = 4 },
		       "interrupt message that is none, or is for CPUs of somebody else, at", NULL);
}

const struct cpu *assign_target(const struct cell *cell, const struct msi_interrupt *irq)
{
	for (uint64_t rest = cell->cpus; rest; rest &= rest - 1) {
		const struct cpu *cpu = cpu_table[__builtin_ctzll(rest)];

		if (irq->logical ? cpu->ldr >> 24 & irq->destination & 0xff :
				   cpu->apic_id == irq->destination)
			return cpu;
	}
	return NULL;
}

/* The message for the function, or -EINVAL. */
static int translate(const struct assigned *a, unsigned int vector, enum msi_kind kind,
		     struct msi_interrupt *irq, struct iommu_message *message)
{
	const struct cpu *target;

	if (kind != MSI_COMPATIBLE || (irq->mode != ICR_FIXED && irq->mode != ICR_LOWEST))
		return -EINVAL;
	target = assign_target(a->cell, irq);
	if (!target)
		return -EINVAL;
	irq->destination = target->apic_id;
	irq->logical = 0;
	irq->level = 0;
	irq->mode = ICR_FIXED;
	return iommu_set_entry((unsigned int)a->first_entry + vector, a->c->host_bdf, irq, message);
}

static void write_config(const struct assigned *a, unsigned int at, unsigned int width,
			 uint32_t value)
{
	pci_hardware_write(a->c->host_bdf, (uint16_t)at, width, value);
}

/* ------------------------------------------------------------------------------------ MSI */

static int apply_msi(struct assigned *a)
{
	unsigned int at = a->d.msi_cap, data = at + MSI_ADDRESS + (a->d.msi_64bit ? 8u : 4u);
	struct iommu_message message;
	struct msi_interrupt irq;
	uint32_t control;

	if (!at)
		return 1;
	control = pci_hardware_read(a->c->host_bdf, (uint16_t)(at + MSI_CONTROL), 2) & ~0x71u;
	if (!pci_device_uses_msi(&a->d)) {
		write_config(a, at + MSI_CONTROL, 2, control);
		return 1;
	}
	if (translate(a, 0, pci_device_msi(&a->d, &irq), &irq, &message))
		return 0;
	write_config(a, at + MSI_ADDRESS, 4, (uint32_t)message.address);
	if (a->d.msi_64bit)
		write_config(a, at + MSI_ADDRESS + 4, 4, (uint32_t)(message.address >> 32));
	write_config(a, data, 2, message.data);
	write_config(a, at + MSI_CONTROL, 2, control | MSI_ENABLE);
	return 1;
}

int assign_apply(struct assigned *a)
{
	uint16_t wanted = pci_device_command(&a->d), command = PCI_COMMAND_MEMORY;
	int allowed = apply_msi(a);

	if (!allowed)
		return 0;
	command |= wanted & (PCI_COMMAND_MASTER | PCI_COMMAND_INTX_DISABLE);
	if (!(a->c->flags & BH_PCI_INTX))
		command |= PCI_COMMAND_INTX_DISABLE;
	write_config(a, PCI_COMMAND, 2, command);
	if (a->d.fn.msix_cap)
		write_config(a, a->d.fn.msix_cap + PCI_MSIX_CONTROL, 2,
			     pci_device_msix_control(&a->d) & (PCI_MSIX_ENABLE | PCI_MSIX_MASKALL));
	return 1;
}

void assign_interrupts_off(struct assigned *a)
{
	struct iommu_message message;

	if (a->d.msi_cap)
		write_config(a, a->d.msi_cap + MSI_CONTROL, 2, 0);
	if (a->d.fn.msix_cap)
		write_config(a, a->d.fn.msix_cap + PCI_MSIX_CONTROL, 2, PCI_MSIX_MASKALL);
	for (unsigned int n = 0; n < a->entries; n++)
		iommu_set_entry((unsigned int)a->first_entry + n, a->c->host_bdf, NULL, &message);
}

/* ----------------------------------------------------------------------------------- MSI-X */

static volatile uint32_t *hardware_at(struct cpu *self, const struct assigned *a, uint64_t offset)
{
	return memory_window(self, WINDOW_DST, a->c->bar[a->d.table_bar].hpa + offset);
}

void assign_reset_interrupts(struct assigned *a)
{
	for (unsigned int n = 0; n < PCI_DEVICE_VECTORS; n++) {
		a->table[n].address = 0;
		a->table[n].data = 0;
		a->table[n].control = MSIX_MASKED;
	}
}

/* Masked first, so that the function never sees half a message. Returns 0 if it is forbidden. */
static int program(struct cpu *self, struct assigned *a, unsigned int vector)
{
	volatile uint32_t *entry =
		hardware_at(self, a, a->d.table_offset + (uint64_t)vector * MSIX_ENTRY);
	struct iommu_message message;
	struct msi_interrupt irq;
	uint32_t index;

	entry[3] = MSIX_MASKED;
	if (a->table[vector].control & MSIX_MASKED)
		return 1;
	if (translate(a, vector,
		      msi_decode(a->table[vector].address, a->table[vector].data, &irq, &index),
		      &irq, &message))
		return 0;
	entry[0] = (uint32_t)message.address;
	entry[1] = (uint32_t)(message.address >> 32);
	entry[2] = message.data;
	entry[3] = 0;
	return 1;
}

static uint32_t *shadow(struct assigned *a, uint64_t offset)
{
	return (uint32_t *)((uint8_t *)a->table + offset);
}

/* One aligned word of the pages with the table. Returns 0 if it is forbidden. */
static int access_word(struct cpu *self, struct assigned *a, uint64_t offset, int write,
		       uint32_t *value)
{
	uint64_t in_table = offset - a->d.table_offset;

	if (offset >= a->d.table_offset && in_table < (uint64_t)a->d.vectors * MSIX_ENTRY) {
		if (!write) {
			*value = *shadow(a, in_table);
			return 1;
		}
		*shadow(a, in_table) = *value;
		return program(self, a, (unsigned int)(in_table / MSIX_ENTRY));
	}
	/* what follows are entries that the cell does not know of, and then other registers */
	if (offset >= a->d.table_offset && in_table < (uint64_t)a->d.all_vectors * MSIX_ENTRY)
		return 1;
	if (write)
		*hardware_at(self, a, offset) = *value;
	else
		*value = *hardware_at(self, a, offset);
	return 1;
}

/* The function, and the offset in its BAR, where the cell's access meets such a page. */
static struct assigned *find(const struct cell *cell, uint64_t gpa, uint64_t *offset)
{
	for (unsigned int n = 0; n < cell->config.device_count; n++) {
		struct assigned *a = cell->devices[n];
		uint64_t begin = 0,
			 size = a ? pci_device_table_pages(&a->d, a->d.table_bar, &begin) : 0;

		if (!size)
			continue;
		*offset = gpa - a->c->bar[a->d.table_bar].gpa;
		if (*offset - begin < size)
			return a;
	}
	return NULL;
}

int assign_owns(struct cpu *self, uint64_t gpa)
{
	uint64_t offset;

	return !cell_is_root(self->cell) && find(self->cell, gpa, &offset);
}

void assign_mmio(struct cpu *self, struct mmio_access *access, uint64_t *value)
{
	uint64_t offset;
	struct assigned *a = find(self->cell, access->gpa, &offset);
	uint32_t word[2] = { (uint32_t)access->value, (uint32_t)(access->value >> 32) };
	int allowed = 1;

	self->public->exits[BH_EXIT_DEVICE]++;
	if (access->width < 4 || offset % access->width)
		return;
	lock_take(&a->lock);
	for (unsigned int i = 0; i < access->width / 4u && allowed; i++)
		allowed = access_word(self, a, offset + 4 * i, access->write, &word[i]);
	lock_drop(&a->lock);
	if (!allowed)
		assign_forbidden(self, a, access->gpa, access->value);
	else if (!access->write)
		*value = access->width == 8 ? (uint64_t)word[1] << 32 | word[0] : word[0];
}
