// SPDX-License-Identifier: GPL-2.0-only
/* CPUID: the hardware's answer, filtered by pure/cpuid.c where that has a say. */
#include "arch/x86/handlers.h"
#include "arch/x86/vmm.h"
#include "arch/x86/x86.h"
#include "setup.h"

void cpuid_init_cell(struct cell *cell)
{
	struct cpuid_view *view = &cell->cpuid;
	uint32_t b, c, d;

	view->cell_id = cell->id;
	cpuid(0, 0, &view->max_basic, &b, &c, &d);
	cpuid(0x80000000, 0, &view->max_extended, &b, &c, &d);
	view->tsc_hz = setup_tsc_hz;
	view->apic_timer_hz = setup_apic_timer_hz;
	if (!cell_is_root(cell)) {
		view->cpu_count = cell->config.cpu_count;
		for (unsigned int i = 0; i < cell->config.cpu_count; i++)
			if (cell->config.cpus[i].apic_id > view->highest_apic_id)
				view->highest_apic_id = cell->config.cpus[i].apic_id;
		view->xapic_only = !!(cell->flags & BH_CELL_XAPIC_ONLY);
		view->info_gpa = cell->config.c->info_gpa;
	}
	cpuid_view_init(view);
}

static __attribute__((noinline)) void handle_touched(struct cpu *self, uint32_t leaf)
{
	struct cpuid_query query = { .view = &self->cell->cpuid,
				     .leaf = leaf,
				     .subleaf = (uint32_t)self->regs[REG_RCX],
				     .apic_id = self->apic_id };
	struct cpuid_regs regs;
	struct vmm_guest guest;

	cpuid(leaf, query.subleaf, &regs.eax, &regs.ebx, &regs.ecx, &regs.edx);
	vmm_guest(self, &guest);
	query.cr4 = guest.walk.cr4;
	cpuid_filter(&query, &regs);
	self->regs[REG_RAX] = regs.eax;
	self->regs[REG_RBX] = regs.ebx;
	self->regs[REG_RCX] = regs.ecx;
	self->regs[REG_RDX] = regs.edx;
}

void cpuid_handle(struct cpu *self)
{
	uint32_t leaf = (uint32_t)self->regs[REG_RAX];
	uint64_t a, b, c, d; /* CPUID clears their upper halves */

	self->public->exits[BH_EXIT_CPUID]++;
	if (cpuid_is_touched(&self->cell->cpuid, leaf)) {
		handle_touched(self, leaf);
		return;
	}
	asm volatile("cpuid"
		     : "=a"(a), "=b"(b), "=c"(c), "=d"(d)
		     : "a"(leaf), "c"(self->regs[REG_RCX]));
	self->regs[REG_RAX] = a;
	self->regs[REG_RBX] = b;
	self->regs[REG_RCX] = c;
	self->regs[REG_RDX] = d;
}
