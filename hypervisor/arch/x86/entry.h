/* SPDX-License-Identifier: GPL-2.0-only */
/* How a CPU gets from Linux into the hypervisor and back (start.S, trap.c). */
#ifndef X86_ENTRY_H
#define X86_ENTRY_H

#include "cpu.h"

/* What leave_to_linux() loads; offsets are known to start.S. */
struct leave_frame {
	uint16_t pad0[3];
	uint16_t gdt_limit;
	uint64_t gdt_base;
	uint16_t pad1[3];
	uint16_t idt_limit;
	uint64_t idt_base;
	uint64_t cr3, cr4, efer, rsp;
	int64_t result;
	const uint64_t *regs; /* as in struct cpu */
};
static_assert(offsetof(struct leave_frame, cr3) == 32, "start.S");

void leave_to_linux(const struct leave_frame *frame) __attribute__((noreturn));

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
