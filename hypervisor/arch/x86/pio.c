// SPDX-License-Identifier: GPL-2.0-only
/* Port accesses that are trapped: PCI configuration and what stops the machine in the root, everything
 * not handed through in cells. */
#include "arch/x86/handlers.h"
#include "arch/x86/permissions.h"
#include "arch/x86/vmm.h"
#include "arch/x86/x86.h"
#include "pci_config.h"
#include "pure/stop.h"
#include "root.h"

/* 1 if the port is the configuration mechanism's. The data register's bytes are not reached from below: what
 * the real address register says is none of the guest's business. */
static int pci_access(struct cpu *self, uint16_t port, unsigned int width, int write,
		      uint32_t *value)
{
	struct pci_access access;

	if (port == PCI_CF8_PORT && width == 4) {
		if (write)
			self->cell->cf8 = *value;
		else
			*value = self->cell->cf8;
		return 1;
	}
	if (port + width <= PCI_DATA_PORT || port > PCI_DATA_PORT + 3)
		return 0;
	if (port < PCI_DATA_PORT || pci_decode_cf8(self->cell->cf8, port, width, &access)) {
		*value = pci_ones(width);
		return 1;
	}
	if (write)
		pci_config_write(self, &access, *value);
	else
		*value = pci_config_read(self, &access);
	return 1;
}

static void root_write(struct cpu *self, uint16_t port, unsigned int width, uint32_t value)
{
	switch (stop_judge(&system_config, port, width, &value)) {
	case STOP_PASS:
		out(port, width, value);
		break;
	case STOP_MACHINE:
		root_stop(self, port, width, value);
		break;
	case STOP_DROP:
		break;
	}
}

static void set_result(struct cpu *self, unsigned int width, uint32_t value)
{
	uint64_t *rax = &self->regs[REG_RAX];

	*rax = width == 4 ? value : (*rax & ~(uint64_t)pci_ones(width)) | (value & pci_ones(width));
}

/* Whether the access is reported, and parks a cell or a strict root. */
static int is_violation(struct cpu *self, uint16_t port, unsigned int width)
{
	return cell_is_root(self->cell) ? permissions_are_taken(port, width) :
					  !!(self->cell->flags & BH_CELL_STRICT);
}

/* 1 if the guest is to go on. */
static int report(struct cpu *self, uint16_t port, unsigned int width, uint32_t value)
{
	struct bh_report tried = { .cause = BH_EXIT_PIO,
				   .address = port,
				   .value = value,
				   .access = self->exit.access,
				   .width = width };
	const char *remedy = cell_is_root(self->cell) ? "destroy the cell that owns it" :
							"add it to \"ports\", or remove \"strict\"";

	return cell_violation(self, &tried, "port", remedy);
}

/* String instructions of the root on ports that are trapped are skipped, as those of cells are. */
void pio_handle(struct cpu *self)
{
	unsigned int width = self->exit.width;
	uint16_t port = (uint16_t)self->exit.number;
	int write = self->exit.access == ACCESS_WRITE;
	uint32_t value = write ? (uint32_t)self->regs[REG_RAX] & pci_ones(width) : pci_ones(width);
	int pci = !self->exit.string && pci_access(self, port, width, write, &value);

	self->public->exits[pci ? BH_EXIT_PCI : BH_EXIT_PIO]++;
	if (!pci && is_violation(self, port, width)) {
		if (!report(self, port, width, value))
			return;
	} else if (!pci && cell_is_root(self->cell) && !self->exit.string) {
		if (write)
			root_write(self, port, width, value);
		else
			value = in(port, width);
	}
	if (!write && !self->exit.string)
		set_result(self, width, value);
	vmm_skip(self, self->exit.length);
}
