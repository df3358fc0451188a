// SPDX-License-Identifier: GPL-2.0-only
/* What to do about each kind of exit. */
#include "arch/x86/exit.h"
#include "arch/x86/handlers.h"
#include "arch/x86/vmm.h"
#include "console.h"
#include "mmio.h"

/* Those of virtualization look as if the CPU had none; INVD would throw others' data away. */
static void handle_instruction(struct cpu *self)
{
	self->public->exits[BH_EXIT_INSN]++;
	vmm_inject(self, VMM_UD);
}

/* The guest cannot go on. */
static void handle_fatal(struct cpu *self)
{
	static const char *const what[VMEXIT_KINDS] = {
		[VMEXIT_UNKNOWN] = "exit that the hypervisor did not ask for",
		[VMEXIT_TRIPLE_FAULT] = "triple fault",
		[VMEXIT_TASK_SWITCH] = "task switch by hardware on this CPU",
		[VMEXIT_BROKEN] = "guest state that the CPU refuses to run",
	};

	self->public->exits[BH_EXIT_OTHER]++;
	if (self->exit.kind == VMEXIT_TRIPLE_FAULT || self->exit.kind == VMEXIT_TASK_SWITCH)
		self->exit.number = 0;
	self->exit.access = 0;
	self->exit.width = 0;
	self->exit.address = self->exit.number;
	cell_crash(self, what[self->exit.kind]);
}

/* Physical INITs are not sent by anybody we let; one from the chipset is not ours to obey. */
static void handle_init(struct cpu *self)
{
	self->public->exits[BH_EXIT_OTHER]++;
	console_print("CPU %u: INIT signal ignored\n", self->apic_id);
}

/*
 * An exception whose delivery can raise itself again and again would keep the CPU from ever
 * taking an NMI. Passing through here breaks that circle; the guest gets its exception.
 */
static void handle_exception(struct cpu *self)
{
	self->public->exits[BH_EXIT_OTHER]++;
	vmm_inject(self, (uint8_t)self->exit.number);
}

static void (*const handlers[VMEXIT_KINDS])(struct cpu *self) = {
	[VMEXIT_UNKNOWN] = handle_fatal,
	[VMEXIT_MSR_READ] = msr_handle_read,
	[VMEXIT_MSR_WRITE] = msr_handle_write,
	[VMEXIT_PORT] = pio_handle,
	[VMEXIT_MEMORY] = mmio_handle,
	[VMEXIT_NMI] = cpu_handle_nmi,
	[VMEXIT_NMI_WINDOW] = cpu_handle_nmi_window,
	[VMEXIT_EXCEPTION] = handle_exception,
	[VMEXIT_INSTRUCTION] = handle_instruction,
	[VMEXIT_TRIPLE_FAULT] = handle_fatal,
	[VMEXIT_INIT] = handle_init,
	[VMEXIT_TASK_SWITCH] = handle_fatal,
	[VMEXIT_BROKEN] = handle_fatal,
};

void exit_dispatch(struct cpu *self)
{
	if (self->exit.kind >= VMEXIT_KINDS)
		self->exit.kind = VMEXIT_UNKNOWN;
	handlers[self->exit.kind](self);
}
