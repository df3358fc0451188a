// SPDX-License-Identifier: GPL-2.0-only
/* What the tested files call elsewhere in the hypervisor: notes of the calls, and no effects. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "arch/x86/apic.h"
#include "arch/x86/ioapic_access.h"
#include "arch/x86/iommu/iommu.h"
#include "arch/x86/permissions.h"
#include "assign.h"
#include "console.h"
#include "fake.h"
#include "ivshmem.h"
#include "memory.h"
#include "pci_config.h"
#include "setup.h"

struct fake_notes fake_notes;
uint8_t fake_ram[FAKE_RAM];

struct bh_public public_area;
struct config_system system_config;
struct cell *cell_table[BH_MAX_CELLS];
uint64_t setup_tsc_hz = 1000, setup_apic_timer_hz = 1000;
int setup_leaving;

static struct bh_system_config config;
static struct cell cells[2];
static struct cpu cpus[1];
static struct fake_guest guest;
static uint8_t pool[FAKE_POOL * BH_PAGE_SIZE];
static unsigned int pool_used;
struct fake_function fake_functions[FAKE_FUNCTIONS];
struct cell *const root_cell = &cells[0];

struct cpu *fake_cpu(uint32_t id, uint32_t flags)
{
	struct cell *cell = &cells[!!id];

	memset(&public_area, 0, sizeof(public_area));
	memset(cells, 0, sizeof(cells));
	memset(&config, 0, sizeof(config));
	system_config = (struct config_system){ .c = &config };
	memset(cpus, 0, sizeof(cpus));
	memset(&fake_hardware, 0, sizeof(fake_hardware));
	memset(fake_ram, 0, sizeof(fake_ram));
	pool_used = 0;
	fake_notes =
		(struct fake_notes){ .injected = -1, .reset = -1, .finished = -1, .hypercall = -1 };
	guest = (struct fake_guest){ .state = { .rip = 0x1000, .rflags = 2, .mode = INSN_64 },
				     .rsp = 0x8000 };
	cell->id = id;
	cell->flags = flags;
	cell->public = &public_area.cell[id];
	cell->state = BH_CELL_RUNNING;
	cell->cpus = 1;
	cell_table[0] = root_cell;
	cell_table[1] = id ? cell : NULL;
	cpus[0].cell = cell;
	cpus[0].public = &public_area.cpu[0];
	cpus[0].state = BH_CPU_RUNNING;
	cpus[0].vmm = &guest;
	cpu_table[0] = &cpus[0];
	cpu_count = 1;
	if (permissions_prepare(root_cell))
		abort();
	return &cpus[0];
}

struct cell *fake_cell(const struct bh_cell_config *c, const struct bh_config_port *ports)
{
	struct cell *cell = &cells[1];

	memset(cell, 0, sizeof(*cell));
	cell->id = 1;
	cell->public = &public_area.cell[1];
	cell->config = (struct config_cell){ .c = c, .ports = ports, .port_count = 1 };
	return cell;
}

/* --------------------------------------------------------------------------- cells and memory */

void cell_finish(struct cpu *self, enum bh_cell_state state, int32_t code)
{
	fake_notes.finished = state;
	self->cell->state = state;
	self->parked++;
}

void *memory_alloc(unsigned int pages)
{
	void *at = pool + pool_used * BH_PAGE_SIZE;

	if (pages > FAKE_POOL - pool_used)
		return NULL;
	pool_used += pages;
	return memset(at, 0, pages * BH_PAGE_SIZE);
}

/* What is not in use any more is not to be looked at. */
void memory_free(void *va, unsigned int pages)
{
	memset(va, 0x5a, pages * BH_PAGE_SIZE);
}

const void *cell_view(struct cpu *self, unsigned int window, uint64_t gpa)
{
	return gpa < FAKE_RAM ? fake_ram + gpa : NULL;
}

void cell_forget_views(struct cpu *self)
{
}

void cell_set_start_registers(struct cpu *self)
{
}

static int operation(int number)
{
	fake_notes.hypercall = number;
	return 77;
}

int root_restart(struct cpu *self)
{
	fake_notes.restarts++;
	if (!fake_hardware.restartable)
		return -ENOENT;
	root_cell->state = BH_CELL_RUNNING;
	return 0;
}

int root_image_load(struct cpu *self, uint64_t gpa)
{
	return operation(BH_HC_ROOT_LOAD);
}

int root_image_unload(struct cpu *self)
{
	return operation(BH_HC_ROOT_UNLOAD);
}

int root_image_read(struct cpu *self, uint64_t what, uint64_t gpa, uint64_t id)
{
	return operation(BH_HC_ROOT_READ);
}

int root_attach(struct cpu *self, uint64_t gpa)
{
	return operation(BH_HC_ROOT_ATTACH);
}

int cell_create(struct cpu *self, uint64_t config_gpa, uint64_t size)
{
	return operation(BH_HC_CELL_CREATE);
}

int cell_destroy(struct cpu *self, struct cell *cell)
{
	return operation(BH_HC_CELL_DESTROY);
}

int cell_reset(struct cpu *self, struct cell *cell)
{
	return operation(BH_HC_CELL_RESET);
}

int cell_load(struct cpu *self, struct cell *cell, uint64_t args_gpa)
{
	return operation(BH_HC_CELL_LOAD);
}

int cell_start(struct cpu *self, struct cell *cell, uint64_t entry, uint64_t mode)
{
	return operation(BH_HC_CELL_START);
}

int cell_stop(struct cpu *self, struct cell *cell, uint64_t how)
{
	return operation(BH_HC_CELL_STOP);
}

int setup_leave(struct cpu *self)
{
	return operation(BH_HC_DISABLE);
}

/* -------------------------------------------------------------------------------- console */

/* Its conversions are those of printf(), but that %lx is of uint64_t. */
void console_print(const char *format, ...)
{
	size_t at = strlen(fake_notes.printed);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(fake_notes.printed + at, sizeof(fake_notes.printed) - at, format, arguments);
	va_end(arguments);
}

void event_add(enum bh_event_type type, uint32_t cell, const char *name, uint64_t arg)
{
	fake_notes.events++;
}

void panic(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: panic: %s\n", file, line, what);
	abort();
}

/* -------------------------------------------------------------------------------- devices */

int apic_owns(struct cpu *self, uint64_t gpa)
{
	return 0;
}

void apic_mmio(struct cpu *self, struct mmio_access *access, uint64_t *value)
{
	abort();
}

void apic_guest_icr(struct cpu *self, uint64_t icr, int xapic_format)
{
	fake_notes.icr++;
}

int apic_msr_write(struct cpu *self, uint32_t msr, uint64_t value)
{
	return 0;
}

int apic_base_write(struct cpu *self, uint64_t value)
{
	return -EINVAL;
}

void apic_send_nmi(const struct cpu *target)
{
	fake_notes.nmis_sent++;
}

int apic_reset(struct cpu *self)
{
	return fake_guest(self)->nmi_latched;
}

void apic_set_guest_reset(struct cpu *self, int boot_cpu)
{
}

int ioapic_owns(struct cpu *self, uint64_t gpa)
{
	return gpa - FAKE_DEVICE < BH_PAGE_SIZE;
}

void ioapic_mmio(struct cpu *self, struct mmio_access *access, uint64_t *value)
{
	self->public->exits[BH_EXIT_IOAPIC]++;
	if (access->write) {
		fake_notes.device_writes++;
		fake_notes.device_value = access->value;
	} else {
		fake_notes.device_reads++;
		*value = 0x1122334455667788;
	}
}

void link_root_down(struct cpu *self)
{
	fake_notes.links_down++;
}

int link_owns(struct cpu *self, uint64_t gpa)
{
	return 0;
}

void link_mmio(struct cpu *self, struct mmio_access *access, uint64_t *value)
{
	abort();
}

int iommu_owns(struct cpu *self, uint64_t gpa)
{
	return 0;
}

void iommu_mmio(struct cpu *self, struct mmio_access *access, uint64_t *value)
{
	abort();
}

int assign_owns(struct cpu *self, uint64_t gpa)
{
	return 0;
}

void assign_mmio(struct cpu *self, struct mmio_access *access, uint64_t *value)
{
	abort();
}

int assign_is_taken(uint16_t bdf)
{
	return 0;
}

/* No configuration space in memory */
uint64_t pci_ecam_page(uint16_t bdf)
{
	return BH_ADDR_NONE;
}

uint32_t pci_ecam_read(struct cpu *self, uint16_t bdf, uint16_t offset, unsigned int width)
{
	return UINT32_MAX;
}

uint32_t pci_hardware_read(uint16_t bdf, uint16_t offset, unsigned int width)
{
	const uint8_t *at = NULL;
	uint32_t value = UINT32_MAX;

	for (unsigned int i = 0; i < FAKE_FUNCTIONS && !at; i++)
		if (fake_functions[i].there && fake_functions[i].bdf == bdf)
			at = fake_functions[i].raw;
	if (at)
		memcpy(&value, at + offset, width);
	return width == 4 ? value : value & ((1u << 8 * width) - 1);
}

void pci_hardware_image(uint16_t bdf, uint8_t raw[256])
{
	for (unsigned int i = 0; i < 256; i++)
		raw[i] = (uint8_t)pci_hardware_read(bdf, (uint16_t)i, 1);
}

int pci_config_owns(struct cpu *self, uint64_t gpa)
{
	return 0;
}

void pci_config_mmio(struct cpu *self, struct mmio_access *access, uint64_t *value)
{
	abort();
}

uint32_t pci_config_read(struct cpu *self, const struct pci_access *access)
{
	fake_notes.pci_reads++;
	return 0xabcd1234;
}

void pci_config_write(struct cpu *self, const struct pci_access *access, uint32_t value)
{
	fake_notes.pci_writes++;
}
