// SPDX-License-Identifier: GPL-2.0-only
/* Hypercalls: who may call what. The operations are in cell.c. */
#include "arch/x86/handlers.h"
#include "arch/x86/vmm.h"
#include "ivshmem.h"
#include "lock.h"
#include "root_image.h"
#include "setup.h"

static int64_t finish(struct cpu *self, uint64_t how, uint64_t code)
{
	if (how > BH_FINISH_FAILED)
		return -EINVAL;
	cell_finish(self, how == BH_FINISH_DONE ? BH_CELL_DONE : BH_CELL_FAILED, (int32_t)code);
	return 0;
}

static int64_t root_down(struct cpu *self, uint64_t how)
{
	if (how > BH_ROOT_ENDS)
		return -EINVAL;
	if (how == BH_ROOT_ENDS) {
		cell_finish(self, BH_CELL_DONE, 0);
		return 0;
	}
	machine_lock(self);
	link_root_down(self);
	machine_unlock();
	return 0;
}

/* With machine_lock; BH_HC_DISABLE drops it if it succeeds, and does not return then. */
static int64_t manage(struct cpu *self, uint64_t number, uint64_t a, uint64_t b, uint64_t c)
{
	struct cell *cell = a > 0 && a < BH_MAX_CELLS ? cell_table[a] : NULL;

	if (number == BH_HC_DISABLE)
		return setup_leave(self);
	if (number == BH_HC_CELL_CREATE)
		return setup_leaving ? -EBUSY : cell_create(self, a, b);
	if (!cell)
		return -ENOENT;
	switch (number) {
	case BH_HC_CELL_DESTROY:
		return cell_destroy(self, cell);
	case BH_HC_CELL_RESET:
		return cell_reset(self, cell);
	case BH_HC_CELL_LOAD:
		return cell_load(self, cell, b);
	case BH_HC_CELL_START:
		return cell_start(self, cell, b, c);
	default:
		return cell_stop(self, cell, b);
	}
}
static_assert(BH_HC_CELL_DESTROY == 3 && BH_HC_CELL_STOP == 7, "manage: what there is");

/* With machine_lock. */
static int64_t manage_root(struct cpu *self, uint64_t number, uint64_t a, uint64_t b, uint64_t c)
{
	switch (number) {
	case BH_HC_ROOT_LOAD:
		return setup_leaving ? -EBUSY : root_image_load(self, a);
	case BH_HC_ROOT_UNLOAD:
		return root_image_unload(self);
	case BH_HC_ROOT_READ:
		return root_image_read(self, a, b, c);
	default:
		return root_attach(self, a);
	}
}

static int64_t call(struct cpu *self, uint64_t number)
{
	uint64_t a = self->regs[REG_RDI], b = self->regs[REG_RSI], c = self->regs[REG_RDX];
	uint32_t parked = self->parked;
	int64_t result = -EBUSY;

	if (number == BH_HC_CELL_EXIT)
		return cell_is_root(self->cell) ? -EPERM : finish(self, a, b);
	if (number > BH_HC_ROOT_ATTACH)
		return -ENOSYS;
	if (!cell_is_root(self->cell))
		return -EPERM;
	if (number == BH_HC_ROOT_DOWN)
		return root_down(self, a);
	machine_lock(self);
	/* not for a root that ended while we waited, and may even have begun anew */
	if (self->parked == parked && number > BH_HC_ROOT_DOWN)
		result = manage_root(self, number, a, b, c);
	else if (self->parked == parked)
		result = manage(self, number, a, b, c);
	machine_unlock();
	return result;
}

static __attribute__((noinline)) void call_and_return(struct cpu *self)
{
	uint32_t parked = self->parked;
	uint64_t result = (uint64_t)call(self, self->regs[REG_RAX]);

	/* unless the caller is no more, and this is the next guest */
	if (self->parked == parked)
		self->regs[REG_RAX] = result;
}

void hypercall_handle(struct cpu *self)
{
	self->public->exits[BH_EXIT_HYPERCALL]++;
	if (vmm_read(self, VMM_CPL))
		self->regs[REG_RAX] = (uint64_t)-EPERM;
	else if (self->regs[REG_RAX] != BH_HC_NOP) /* its result is its number */
		call_and_return(self);
}
static_assert(BH_HC_NOP == 0, "hypercall_handle");
