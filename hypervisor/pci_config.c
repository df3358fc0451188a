// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI configuration space. The root's own accesses go to the hardware, but for writes to host bridges;
 * the slots where links appear, and all that cells see, exist only here.
 */
#include "pci_config.h"
#include "arch/x86/x86.h"
#include "assign_guard.h"
#include "ivshmem.h"
#include "memory.h"
#include "string.h"

#define CELL_ECAM_SIZE 0x100000u /* one bus */

#define CLASS_WORD 0x08	  /* class, sub-class, interface, revision */
#define CLASS_HOST 0x0600 /* host bridge */

static struct lock cf8_lock;	 /* guards the pair of real ports */
static uint64_t host_bridges[4]; /* a bit for each function of bus 0 */

static int is_slot(uint16_t bdf)
{
	for (unsigned int i = 0; i < system_config.slot_count; i++)
		if (system_config.slots[i].bdf == bdf)
			return 1;
	return 0;
}

int pci_is_host_bridge(uint16_t bdf)
{
	return bdf < 256 && host_bridges[bdf / 64] >> bdf % 64 & 1;
}

static uint32_t cf8_of(uint16_t bdf, uint16_t offset)
{
	return PCI_CF8_ENABLE | (uint32_t)bdf << 8 | (offset & 0xfc);
}

uint32_t pci_hardware_read(uint16_t bdf, uint16_t offset, unsigned int width)
{
	uint32_t value;

	lock_take(&cf8_lock);
	out(PCI_CF8_PORT, 4, cf8_of(bdf, offset));
	value = in(PCI_DATA_PORT + (offset & 3), width);
	lock_drop(&cf8_lock);
	return value;
}

void pci_hardware_write(uint16_t bdf, uint16_t offset, unsigned int width, uint32_t value)
{
	lock_take(&cf8_lock);
	out(PCI_CF8_PORT, 4, cf8_of(bdf, offset));
	out(PCI_DATA_PORT + (offset & 3), width, value);
	lock_drop(&cf8_lock);
}

void pci_find_host_bridges(void)
{
	for (uint16_t bdf = 0; bdf < 256; bdf++)
		if (pci_hardware_read(bdf, CLASS_WORD, 4) >> 16 == CLASS_HOST)
			host_bridges[bdf / 64] |= UINT64_C(1) << bdf % 64;
}

void pci_hardware_image(uint16_t bdf, uint8_t raw[256])
{
	for (uint16_t at = 0; at < 256; at += 4) {
		uint32_t word = pci_hardware_read(bdf, at, 4);

		memcpy(raw + at, &word, sizeof(word));
	}
}

uint64_t pci_ecam_page(uint16_t bdf)
{
	const struct bh_system_config *c = system_config.c;
	unsigned int bus = bdf >> 8;

	if (c->ecam_hpa == BH_ADDR_NONE || bus < c->ecam_bus_first || bus > c->ecam_bus_last)
		return BH_ADDR_NONE;
	return c->ecam_hpa + ((uint64_t)bdf << 12) - ((uint64_t)c->ecam_bus_first << 20);
}

static volatile void *ecam(struct cpu *self, uint16_t bdf, uint16_t offset)
{
	uint64_t page = pci_ecam_page(bdf);

	return page == BH_ADDR_NONE ? NULL : memory_window(self, WINDOW_DST, page + offset);
}

uint32_t pci_ecam_read(struct cpu *self, uint16_t bdf, uint16_t offset, unsigned int width)
{
	volatile void *at = ecam(self, bdf, offset);

	if (!at)
		return pci_ones(width);
	if (width == 4)
		return *(volatile uint32_t *)at;
	return width == 2 ? *(volatile uint16_t *)at : *(volatile uint8_t *)at;
}

static void ecam_write(struct cpu *self, const struct pci_access *access, uint32_t value)
{
	volatile void *at = ecam(self, access->bdf, access->offset);

	if (!at)
		return;
	if (access->width == 4)
		*(volatile uint32_t *)at = value;
	else if (access->width == 2)
		*(volatile uint16_t *)at = (uint16_t)value;
	else
		*(volatile uint8_t *)at = (uint8_t)value;
}

static uint32_t root_read(struct cpu *self, const struct pci_access *access)
{
	if (is_slot(access->bdf))
		return pci_ones(access->width);
	if (access->offset >= 256)
		return pci_ecam_read(self, access->bdf, access->offset, access->width);
	return pci_hardware_read(access->bdf, access->offset, access->width);
}

static void root_write(struct cpu *self, const struct pci_access *access, uint32_t value)
{
	const struct pci_guard *guard = assign_guard_find(access->bdf);

	if (is_slot(access->bdf) || assign_is_taken(access->bdf) || pci_is_host_bridge(access->bdf))
		return;
	if (guard)
		value = pci_guard_filter(guard, access->offset, access->width,
					 root_read(self, access), value);
	if (access->offset >= 256)
		ecam_write(self, access, value);
	else
		pci_hardware_write(access->bdf, access->offset, access->width, value);
}

uint32_t pci_config_read(struct cpu *self, const struct pci_access *access)
{
	struct link_end *end = link_find(self->cell, access->bdf);
	struct assigned *a;

	if (end)
		return link_config_read(end, access);
	if (cell_is_root(self->cell))
		return root_read(self, access);
	a = assign_find(self->cell, access->bdf);
	if (a)
		return assign_config_read(a, access);
	return access->bdf ? pci_ones(access->width) :
			     pci_read(&self->cell->bridge, access->offset, access->width);
}

void pci_config_write(struct cpu *self, const struct pci_access *access, uint32_t value)
{
	struct link_end *end = link_find(self->cell, access->bdf);
	struct assigned *a = end ? NULL : assign_find(self->cell, access->bdf);

	if (end)
		link_config_write(self, end, access, value);
	else if (a)
		assign_config_write(self, a, access, value);
	else if (cell_is_root(self->cell))
		root_write(self, access, value);
}

/* Where the root's or the cell's window is; in the root only the slots are not mapped. */
static uint64_t window(const struct cell *cell, uint64_t *size, uint8_t *bus_first)
{
	if (!cell_is_root(cell)) {
		*bus_first = 0;
		*size = CELL_ECAM_SIZE;
		return cell->config.c->ecam_gpa;
	}
	*bus_first = system_config.c->ecam_bus_first;
	*size = (uint64_t)(system_config.c->ecam_bus_last - *bus_first + 1) << 20;
	return system_config.c->ecam_hpa;
}

int pci_config_owns(struct cpu *self, uint64_t gpa)
{
	uint64_t size;
	uint8_t bus_first;
	uint64_t base = window(self->cell, &size, &bus_first);

	return base != BH_ADDR_NONE && gpa - base < size;
}

static int is_trapped(uint16_t bdf)
{
	return is_slot(bdf) || assign_is_taken(bdf) || assign_guard_find(bdf) ||
	       pci_is_host_bridge(bdf);
}

void pci_config_mmio(struct cpu *self, struct mmio_access *access, uint64_t *value)
{
	struct pci_access config;
	uint64_t size;
	uint8_t bus_first;
	uint64_t base = window(self->cell, &size, &bus_first);

	self->public->exits[BH_EXIT_PCI]++;
	if (pci_decode_ecam(access->gpa - base, bus_first, access->width, &config))
		return;
	/* the root's other functions are mapped: nothing else is meant to arrive here */
	if (cell_is_root(self->cell) && !is_trapped(config.bdf))
		return;
	if (access->write)
		pci_config_write(self, &config, (uint32_t)access->value);
	else
		*value = pci_config_read(self, &config);
}
