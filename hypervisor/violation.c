// SPDX-License-Identifier: GPL-2.0-only
/* What happens to a guest that does what it must not: the report, and who is parked. */
#include "arch/x86/vmm.h"
#include "console.h"

#define STRAY_EVENTS 16 /* later ones are only counted */

static const char *access_name(uint32_t access)
{
	static const char *const names[] = {
		[0] = "", [ACCESS_READ] = "read of ", [ACCESS_WRITE] = "write to ", [ACCESS_EXEC] = "execution at "
	};

	return names[access];
}

static void print_registers(struct cpu *self, const struct vmm_guest *guest)
{
	static const char names[16][4] = { "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
					   "r8",  "r9",	 "r10", "r11", "r12", "r13", "r14", "r15" };

	console_print("  rip %016lx  flags %08lx  cr0 %08lx  cr3 %lx  cr4 %lx  efer %lx  cpl %u\n",
		      guest->rip, guest->rflags, guest->walk.cr0, guest->walk.cr3, guest->walk.cr4,
		      guest->walk.efer, guest->cpl);
	for (unsigned int i = 0; i < 16; i++)
		console_print("  %s %016lx%s", names[i], self->regs[i], i % 4 == 3 ? "\n" : "");
}

static uint32_t cause_of(const struct cpu *self)
{
	switch (self->exit.kind) {
	case VMEXIT_MSR_READ:
	case VMEXIT_MSR_WRITE:
		return BH_EXIT_MSR;
	case VMEXIT_PORT:
		return BH_EXIT_PIO;
	case VMEXIT_MEMORY:
		return BH_EXIT_STRAY;
	default:
		return BH_EXIT_OTHER;
	}
}

static void write_report(struct cpu *self, const struct vmm_guest *guest)
{
	struct bh_report *report = &self->cell->public->report;

	report->cpu = self->apic_id;
	report->cause = cause_of(self);
	report->address = self->exit.address;
	report->value = self->exit.number;
	report->rip = guest->rip;
	report->access = self->exit.access;
	report->width = self->exit.width;
}

static void report(struct cpu *self, const char *what, const char *remedy)
{
	struct vmm_guest guest;

	vmm_guest(self, &guest);
	write_report(self, &guest);
	console_print("cell %s, CPU %u: %s%s %lx is not allowed: parked\n",
		      self->cell->public->name, self->apic_id, access_name(self->exit.access), what,
		      self->exit.address);
	print_registers(self, &guest);
	if (remedy)
		console_print("  to allow it: %s\n", remedy);
}

int cell_violation(struct cpu *self, const char *what, const char *remedy)
{
	struct cell *cell = self->cell;
	uint64_t count;

	self->public->exits[BH_EXIT_STRAY]++;
	if (!cell_is_root(cell) || cell->flags & BH_CELL_STRICT) {
		report(self, what, remedy);
		cell_finish(self, BH_CELL_CRASHED, 0);
		return 0;
	}
	count = __atomic_add_fetch(&cell->public->stray, 1, __ATOMIC_RELAXED);
	if (count <= STRAY_EVENTS) {
		event_add(BH_EVENT_STRAY, 0, cell->public->name, self->exit.address);
		console_print("root, CPU %u: %s%s %lx ignored\n", self->apic_id,
			      access_name(self->exit.access), what, self->exit.address);
	}
	return 1;
}

void cell_crash(struct cpu *self, const char *what)
{
	report(self, what, NULL);
	cell_finish(self, BH_CELL_CRASHED, 0);
}
