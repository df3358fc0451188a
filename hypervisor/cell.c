// SPDX-License-Identifier: GPL-2.0-only
/* Life of a cell: create, reset, load, start, stop, destroy. See cell.h. */
#include "cell.h"
#include "arch/x86/apic.h"
#include "arch/x86/handlers.h"
#include "arch/x86/ioapic_access.h"
#include "arch/x86/iommu/iommu.h"
#include "arch/x86/permissions.h"
#include "arch/x86/vmm.h"
#include "assign.h"
#include "console.h"
#include "ivshmem.h"
#include "memory.h"
#include "root.h"
#include "string.h"

#define RESET_STEP 0x40000u /* bytes cleared by one call: bounds the time Linux is away */

static struct cell root_storage;
struct cell *const root_cell = &root_storage;
struct cell *cell_table[BH_MAX_CELLS];
struct config_system system_config;

static void set_state(struct cell *cell, enum bh_cell_state state)
{
	cell->state = state;
	cell->public->state = state;
}

int cell_init_root(void)
{
	int err;

	root_cell->public = &public_area.cell[0];
	memcpy(root_cell->public->name, system_config.c->header.name, BH_NAME_LEN);
	root_cell->cpus = cpu_count < 64 ? (UINT64_C(1) << cpu_count) - 1 : UINT64_MAX;
	root_cell->flags = system_config.c->flags & BH_SYSTEM_ROOT_STRICT ? BH_CELL_STRICT : 0;
	cell_table[0] = root_cell;
	set_state(root_cell, BH_CELL_RUNNING);
	cpuid_init_cell(root_cell);
	err = permissions_prepare(root_cell);
	return err ? err : cell_memory_init_root();
}

/* --------------------------------------------------------------------------------- create */

static void discard(struct cpu *self, struct cell *cell)
{
	ioapic_release_pins(cell);
	cell_memory_destroy(self, cell);
	permissions_destroy(cell);
	if (cell->blob)
		memory_free(cell->blob, cell->blob_pages);
	memory_free(cell, 1);
}

/* The description, copied once; nobody else can change it from here on. */
static int copy_config(struct cpu *self, struct cell *cell, uint64_t gpa, uint64_t size)
{
	struct config_error e;
	int err;

	if (size < sizeof(struct bh_cell_config) || size > BH_CONFIG_MAX_SIZE)
		return -EINVAL;
	cell->blob_pages = memory_pages(size);
	cell->blob = memory_alloc(cell->blob_pages);
	if (!cell->blob)
		return -ENOMEM;
	err = cell_memory_copy_in(self, cell->blob, gpa, size);
	if (err)
		return err;
	err = config_parse_cell(&cell->config, cell->blob, size, &e);
	if (!err)
		err = config_check_cell(&cell->config, &system_config, CONFIG_FINAL, &e);
	if (err)
		console_print("cell description: rule %s, record %u, value %lx\n",
			      config_rule_name(e.rule), e.record, e.value);
	return err;
}

static int claim_cpus(struct cpu *self, struct cell *cell)
{
	int pin;

	for (unsigned int i = 0; i < cell->config.cpu_count; i++) {
		const struct cpu *cpu = cpu_by_apic_id(cell->config.cpus[i].apic_id);

		if (!cpu || cpu == self || !(root_cell->cpus >> cpu->index & 1)) {
			console_print("cell %s: CPU %u is not the root's to give\n",
				      cell->config.c->header.name, cell->config.cpus[i].apic_id);
			return -EBUSY;
		}
		cell->cpus |= UINT64_C(1) << cpu->index;
	}
	pin = ioapic_find_foreign(root_cell->cpus & ~cell->cpus);
	if (pin < 0)
		return 0;
	console_print("cell %s: IO-APIC pin %u still interrupts its CPUs\n",
		      cell->config.c->header.name, (unsigned int)pin);
	return -EBUSY;
}

static int claim_slot(struct cell *cell)
{
	uint32_t id = 0;

	for (uint32_t n = BH_MAX_CELLS; n-- > 0;) {
		if (!cell_table[n])
			id = n;
		else if (!strcmp(cell_table[n]->public->name, cell->config.c->header.name))
			return -EEXIST;
	}
	if (!id)
		return -ENOSPC;
	cell->id = id;
	cell->flags = cell->config.c->flags;
	if (!apic_machine_x2 && !(cell->flags & BH_CELL_X2APIC))
		cell->flags |= BH_CELL_XAPIC_ONLY;
	cell->public = &public_area.cell[id];
	return 0;
}

static int prepare(struct cpu *self, struct cell *cell, uint64_t gpa, uint64_t size)
{
	int err = copy_config(self, cell, gpa, size);

	if (!err)
		err = claim_slot(cell);
	if (!err)
		err = claim_cpus(self, cell);
	if (!err)
		err = permissions_prepare(cell);
	if (!err)
		err = cell_memory_prepare(cell);
	if (!err)
		err = assign_prepare(self, cell);
	if (!err)
		err = ioapic_claim_pins(cell);
	if (!err)
		err = link_attach(self, cell);
	if (!err)
		cpuid_init_cell(cell);
	return err;
}

/* The CPUs leave their owner's set first: from then on they are no target of its interrupts. One that
 * does not answer stays where it is, so that what it may still use is given to nobody; should it
 * answer one day, it will be Linux's. */
static int move_cpus(struct cpu *self, uint64_t cpus, struct cell *from, struct cell *to)
{
	int err = 0;

	from->cpus &= ~cpus;
	if (iommu_follow_cpus(self)) {
		from->cpus |= cpus;
		return -ETIMEDOUT;
	}
	for (uint64_t rest = cpus; rest; rest &= rest - 1) {
		struct cpu *cpu = cpu_table[__builtin_ctzll(rest)];
		uint64_t bit = rest & -rest;

		cpu->next_cell = to;
		if (cpu_request_wait(self, cpu, CPU_MOVE)) {
			cpu->next_cell = root_cell;
			from->cpus |= bit;
			err = -ETIMEDOUT;
		} else {
			to->cpus |= bit;
		}
	}
	if (iommu_follow_cpus(self))
		err = -ETIMEDOUT;
	return err;
}

static void publish(struct cell *cell)
{
	struct bh_cell_public *public = cell->public;

	memset(public, 0, sizeof(*public));
	memcpy(public->name, cell->config.c->header.name, BH_NAME_LEN);
	public->id = cell->id;
	public->comm_hpa = memory_hpa(cell->info);
	public->comm_size = cell->comm_pages * BH_PAGE_SIZE;
	public->console_size = cell->config.c->console_size;
	for (unsigned int i = 0; i < cell->config.memory_count; i++)
		if (!(cell->config.memory[i].flags & BH_MEM_IO))
	public->memory += cell->config.memory[i].size;
	set_state(cell, BH_CELL_CREATED);
	event_add(BH_EVENT_CREATED, cell->id, public->name, 0);
}

int cell_create(struct cpu *self, uint64_t config_gpa, uint64_t size)
{
	struct cell *cell = memory_alloc(1);
	uint64_t cpus;
	int err;

	static_assert(sizeof(struct cell) <= BH_PAGE_SIZE, "one page");
	if (!cell)
		return -ENOMEM;
	err = prepare(self, cell, config_gpa, size);
	if (err)
		goto discard_cell;
	cpus = cell->cpus;
	cell->cpus = 0;
	err = move_cpus(self, cpus, root_cell, cell);
	if (err)
		goto return_cpus;

	permissions_take(cell);
	err = assign_take(cell);
	if (!err)
		err = cell_memory_take(self, cell);
	if (!err)
		err = assign_check(cell);
	if (err)
		goto return_memory;
	cell_table[cell->id] = cell;
	publish(cell);
	return (int)cell->id;

return_memory:
	cell_memory_give_back(cell);
	assign_give_back(cell);
	permissions_give_back(cell);
return_cpus:
	link_detach(self, cell);
	if (move_cpus(self, cell->cpus, cell, root_cell))
		return err; /* a CPU that may still use it: its memory is lost */
discard_cell:
	discard(self, cell);
	return err;
}

/* ------------------------------------------------------------------------- reset and load */

int cell_reset(struct cpu *self, struct cell *cell)
{
	if (cell->state == BH_CELL_RUNNING)
		return -EBUSY;
	if (cell->state == BH_CELL_RESET)
		cell->reset_progress = 0;
	if (!cell->reset_progress)
		assign_reset(cell);
	set_state(cell, BH_CELL_CREATED);
	cell->reset_progress = cell_memory_clear(self, cell, cell->reset_progress, RESET_STEP);
	if (cell->reset_progress < cell->public->memory || !assign_reset_done(cell))
		return -EAGAIN;
	memset((char *)cell->info + BH_COMM_STATUS, 0, sizeof(struct bh_status));
	ioapic_reset(&cell->ioapic);
	pci_make_bridge(&cell->bridge);
	cell->cf8 = 0;
	link_reset(self, cell);
	set_state(cell, BH_CELL_RESET);
	return 0;
}

int cell_load(struct cpu *self, struct cell *cell, uint64_t args_gpa)
{
	struct bh_load_args args;
	int err;

	if (cell->state != BH_CELL_RESET)
		return -EBUSY;
	err = cell_memory_copy_in(self, &args, args_gpa, sizeof(args));
	if (err)
		return err;
	if (!args.size || args.size > BH_LOAD_MAX)
		return -EINVAL;
	return cell_memory_load(self, cell, args.dst_gpa, args.src_gpa, args.size);
}

/* --------------------------------------------------------------------------- start and stop */

int cell_start(struct cpu *self, struct cell *cell, uint64_t entry, uint64_t mode)
{
	int err = 0;

	if (cell->state != BH_CELL_RESET)
		return -EBUSY;
	if (mode > BH_START_RESET16 || entry > UINT32_MAX)
		return -EINVAL;
	cell->public->epoch++;
	cell->public->exit_code = 0;
	memset(&cell->public->report, 0, sizeof(cell->public->report));
	cell->info->request = BH_REQUEST_NONE;
	cell->info->epoch = cell->public->epoch;
	cell->info->entry_gpa = entry;
	cell->reset_progress = 0;
	set_state(cell, BH_CELL_RUNNING);
	event_add(BH_EVENT_STARTED, cell->id, cell->public->name, cell->public->epoch);
	/* the boot CPU is the first in the description, and begins when the others are ready */
	for (unsigned int i = cell->config.cpu_count; i-- > 0 && !err;) {
		struct cpu *cpu = cpu_by_apic_id(cell->config.cpus[i].apic_id);

		/* lost, or about to be, when the cell could not be destroyed */
		if (cpu->cell != cell || cpu->next_cell != cell)
			return -ETIMEDOUT;
		cpu->start_entry = entry;
		cpu->start_mode = (uint8_t)mode;
		if (cpu_request_wait(self, cpu, CPU_START))
			err = -ETIMEDOUT;
	}
	return err;
}

/* As multiboot leaves it: EAX says who loaded us, EBX would point to its information, of which
 * there is none. RDX as after reset is of no use to anybody in this mode. */
void cell_set_start_registers(struct cpu *self)
{
	if (self->start_mode != BH_START_FLAT32)
		return;
	if (cell_is_root(self->cell)) { /* the 32-bit boot protocol of Linux */
		self->regs[REG_RSI] = self->start_argument;
		return;
	}
	self->regs[REG_RAX] = 0x2badb002;
	self->regs[REG_RBX] = 0;
	self->regs[REG_RDX] = 0;
}

void cell_root_begins(void)
{
	root_cell->public->epoch++;
	set_state(root_cell, BH_CELL_RUNNING);
	event_add(BH_EVENT_STARTED, root_cell->id, root_cell->public->name,
		  root_cell->public->epoch);
}

static void end(struct cpu *self, struct cell *cell, enum bh_cell_state state, int32_t code)
{
	static_assert(BH_EVENT_CRASHED - BH_EVENT_STOPPED == BH_CELL_CRASHED - BH_CELL_STOPPED,
		      "the four ends are in the same order");

	cell->public->exit_code = code;
	set_state(cell, state);
	event_add(state - BH_CELL_STOPPED + BH_EVENT_STOPPED, cell->id, cell->public->name,
		  (uint64_t)(int64_t)code);
	if (cell_is_root(cell)) {
		root_end(self);
		return;
	}
	assign_stop(cell);
	ioapic_stop_pins(cell);
	link_down(self, cell);
	root_cell_ended(self);
}

int cell_stop(struct cpu *self, struct cell *cell, uint64_t how)
{
	int err;

	if (how > BH_STOP_FORCE)
		return -EINVAL;
	if (cell->state != BH_CELL_RUNNING)
		return 0;
	if (how == BH_STOP_ASK) {
		cell->info->request = BH_REQUEST_SHUTDOWN;
		return 0;
	}
	err = cpu_request_all(self, cell, CPU_PARK);
	if (!err && cell->state == BH_CELL_RUNNING)
		end(self, cell, BH_CELL_STOPPED, 0);
	return err;
}

void cell_finish(struct cpu *self, enum bh_cell_state state, int32_t code)
{
	struct cell *cell = self->cell;
	uint32_t parked = self->parked;
	int ours;

	/* While we wait, somebody may stop the cell, and even start it anew: not for this reason. */
	machine_lock(self);
	ours = self->parked == parked && cell->state == BH_CELL_RUNNING;
	if (ours) {
		cpu_request_all(self, cell, CPU_PARK);
		end(self, cell, state, code);
	}
	machine_unlock();
	if (ours && cell_is_root(cell))
		root_watch(self);
}

/* -------------------------------------------------------------------------------- destroy */

int cell_destroy(struct cpu *self, struct cell *cell)
{
	int err;

	if (cell->state == BH_CELL_RUNNING)
		return -EBUSY;
	err = move_cpus(self, cell->cpus, cell, root_cell);
	if (err)
		return err;
	link_detach(self, cell);
	assign_give_back(cell);
	permissions_give_back(cell);
	cell_memory_give_back(cell);
	event_add(BH_EVENT_DESTROYED, cell->id, cell->public->name, 0);
	set_state(cell, BH_CELL_NONE);
	cell_table[cell->id] = NULL;
	discard(self, cell);
	return 0;
}
