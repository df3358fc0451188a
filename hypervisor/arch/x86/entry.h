/* SPDX-License-Identifier: GPL-2.0-only */
/* How a CPU gets from Linux into the hypervisor and back (start.S, trap.c). */
#ifndef X86_ENTRY_H
#define X86_ENTRY_H

#include "cpu.h"

/* Linux's registers from the entry into self->regs: what the guest begins with. */
void entry_load_registers(struct cpu *self);

/* The way out, on page tables that map the entry at Linux's address. The first sets the registers
 * of the entry from self->regs; the rest of it, up to idt, is the backend's to set. */
void entry_leave(struct cpu *self, int result) __attribute__((noreturn));

/* With the entry as it is. start.S */
void leave_to_linux(uint32_t index, int result) __attribute__((noreturn));

/* The hypervisor's own descriptor tables, on this CPU. */
void trap_init(void); /* once */
void trap_load(void);

/* Set by setup: 0 busy, 1 per-CPU areas are ready, 2 failed. Read by start.S. */
extern uint32_t setup_state;

void setup_machine(void);
void setup_cpu(struct cpu *self) __attribute__((noreturn));

extern struct bh_boot boot_info;
extern struct bh_cpu_entry boot_entries[BH_MAX_CPUS];

/* FPU, vector and debug registers, XCR0: as after INIT. */
void x86_reset_extended_state(void);

#endif
