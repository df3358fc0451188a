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

static void park(struct cpu *self, const struct bh_report *tried, const char *what,
		 const char *remedy)
{
	struct bh_report *report = &self->cell->public->report;
	struct vmm_guest guest;

	vmm_guest(self, &guest);
	*report = *tried;
	report->cpu = self->apic_id;
	report->rip = guest.rip;
	console_print("cell %s, CPU %u: %s%s %lx is not allowed: parked\n",
		      self->cell->public->name, self->apic_id, access_name(tried->access), what,
		      tried->address);
	print_registers(self, &guest);
	if (remedy)
		console_print("  to allow it: %s\n", remedy);
	cell_finish(self, BH_CELL_CRASHED, 0);
}

int cell_violation(struct cpu *self, const struct bh_report *tried, const char *what,
		   const char *remedy)
{
	struct cell *cell = self->cell;
	uint64_t count;

	self->public->exits[BH_EXIT_STRAY]++;
	if (!cell_is_root(cell) || cell->flags & BH_CELL_STRICT) {
		park(self, tried, what, remedy);
		return 0;
	}
	count = __atomic_add_fetch(&cell->public->stray, 1, __ATOMIC_RELAXED);
	if (count <= STRAY_EVENTS) {
		event_add(BH_EVENT_STRAY, 0, cell->public->name, tried->address);
		console_print("root, CPU %u: %s%s %lx ignored\n", self->apic_id,
			      access_name(tried->access), what, tried->address);
	}
	return 1;
}

void cell_crash(struct cpu *self, const char *what)
{
	struct bh_report tried = { .cause = BH_EXIT_OTHER,
				   .address = self->exit.address,
				   .value = self->exit.number };

	park(self, &tried, what, NULL);
}
