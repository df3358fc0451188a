// SPDX-License-Identifier: GPL-2.0-only
/* Linux's registers on the way in and out. */
#include "arch/x86/entry.h"
#include "string.h"

void entry_load_registers(struct cpu *self)
{
	const struct bh_cpu_entry *e = self->entry;

	self->regs[REG_RAX] = 0;
	self->regs[REG_RBX] = e->rbx;
	self->regs[REG_RBP] = e->rbp;
	memcpy(&self->regs[12], &e->r12, 4 * sizeof(uint64_t));
}

void entry_leave(struct cpu *self, int result)
{
	struct bh_cpu_entry *e = self->entry;

	e->rbx = self->regs[REG_RBX];
	e->rbp = self->regs[REG_RBP];
	memcpy(&e->r12, &self->regs[12], 4 * sizeof(uint64_t));
	leave_to_linux(self->index, result);
}
