// SPDX-License-Identifier: GPL-2.0-only
/* The contract of vmm.h, with the guest's state in plain memory. */
#include <stdlib.h>
#include "fake.h"

const struct pt_format *vmm_pt_format = &pt_format_npt;
const struct vmm vmm = { .vendor = 0,
			 .cpu_pages = 1,
			 .cell_pages = 3,
			 .ports_at = BH_PAGE_SIZE,
			 .honours_mtrrs = 1 };
const uint8_t vmm_trap_nmi[1];

struct fake_guest *fake_guest(struct cpu *self)
{
	return self->vmm;
}

/* A real backend's may be tested in its place. */
__attribute__((weak)) int vmm_check(void)
{
	return 0;
}

void vmm_fill_msrs(const struct cell *cell)
{
}

int vmm_on(struct cpu *self)
{
	return 0;
}

void vmm_run(struct cpu *self)
{
	abort();
}

void vmm_leave(struct cpu *self, int result)
{
	abort();
}

void vmm_assign(struct cpu *self)
{
}

void vmm_flush(struct cpu *self)
{
	fake_notes.flushes++;
}

void vmm_reset(struct cpu *self, enum vmm_reset how, uint64_t cs_base, uint64_t rip)
{
	fake_notes.reset = how;
	fake_notes.reset_base = cs_base;
	fake_notes.reset_rip = rip;
}

void vmm_guest(struct cpu *self, struct vmm_guest *guest)
{
	*guest = fake_guest(self)->state;
	self->regs[REG_RSP] = fake_guest(self)->rsp;
}

uint64_t vmm_read(const struct cpu *self, enum vmm_register which)
{
	const struct fake_guest *guest = self->vmm;

	switch (which) {
	case VMM_CPL:
		return guest->state.cpl;
	case VMM_EFER:
		return guest->state.walk.efer;
	case VMM_RFLAGS:
		return guest->state.rflags;
	default:
		return guest->rsp;
	}
}

void vmm_write(struct cpu *self, enum vmm_register which, uint64_t value)
{
	struct fake_guest *guest = self->vmm;

	if (which == VMM_EFER)
		guest->state.walk.efer = value;
	else if (which == VMM_RFLAGS)
		guest->state.rflags = value;
	else if (which == VMM_RSP)
		guest->rsp = value;
	else if (which == VMM_TSC_OFFSET)
		guest->tsc_offset = value;
}

void vmm_skip(struct cpu *self, unsigned int length)
{
	fake_guest(self)->state.rip += length;
}

int vmm_inject(struct cpu *self, uint8_t vector)
{
	if (vector == VMM_NMI && fake_guest(self)->nmi_blocked)
		return 0;
	fake_notes.injected = vector;
	fake_notes.injections++;
	return 1;
}

int vmm_open_window(int interrupts)
{
	return 1;
}
