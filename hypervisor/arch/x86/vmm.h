/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The seam between the hypervisor and the CPU vendor's virtualization: svm/ and vmx/ implement
 * this, one of them is linked in. Functions that take a cpu are called on that CPU, while its
 * guest is not running.
 */
#ifndef X86_VMM_H
#define X86_VMM_H

#include "cell.h"
#include "cpu.h"
#include "pure/insn.h"
#include "pure/walk.h"

extern const uint32_t vmm_vendor;	 /* BH_VENDOR_* */
extern const unsigned int vmm_cpu_pages; /* control structures per CPU */

/* Format of nested page tables for this machine. */
const struct pt_format *vmm_pt_format(void);

/* Rights with which the root's map of itself starts at this address, and for how many bytes they
 * are the same: PT_RWX, and PT_UNCACHED where nested tables have to say so. */
uint32_t vmm_memory_rights(uint64_t hpa, uint64_t *size);

/* Whether this CPU can do all that is needed; prints what is missing. -ENODEV */
int vmm_check(void);

/* Permission bitmaps of a cell, from pure/msr.h and its ports. -ENOMEM */
int vmm_cell_init(struct cell *cell);
void vmm_cell_destroy(struct cell *cell);

/* Prepare this CPU for guests; vmm_cpu_pages zeroed pages follow struct cpu's. Its guest becomes what
 * entered: Linux at self->entry. On failure nothing has changed. -ENODEV, -EOPNOTSUPP, -ENOMEM */
int vmm_on(struct cpu *self);

/* Run the guest for ever. The stack above self is given up. */
void vmm_run(struct cpu *self) __attribute__((noreturn));

/* Undo vmm_on() and make this CPU Linux's own again, in the state of its guest. */
void vmm_leave(struct cpu *self, int result) __attribute__((noreturn));

/* Take self->cell's page tables and bitmaps; drops all cached translations. */
void vmm_assign(struct cpu *self);
void vmm_flush(struct cpu *self);

/* Registers after INIT and a start-up IPI, or as BH_START_* says (x86 reset state otherwise). */
void vmm_reset_startup(struct cpu *self, uint8_t vector);
void vmm_reset_start(struct cpu *self, uint8_t mode, uint64_t entry);

/* Halt for good, interrupts off, woken by NMI only. Must be undone by a reset. */
void vmm_park(struct cpu *self);

struct vmm_guest {
	struct walk_state walk;
	uint64_t rip, rflags, cs_base;
	uint8_t cpl;
	enum insn_mode mode;
};

/* Privilege level of the guest, 0..3 */
unsigned int vmm_cpl(const struct cpu *self);

/* What emulation needs to know; also fills regs[REG_RSP]. */
void vmm_guest(struct cpu *self, struct vmm_guest *guest);

/* After emulation: flags, RSP from regs, and go on behind the instruction (stay if 0). */
void vmm_finish(struct cpu *self, uint64_t rflags, unsigned int length);

/* Go on behind the instruction that the exit is about. */
void vmm_skip(struct cpu *self);

#define VMM_DB 1
#define VMM_UD 6
#define VMM_GP 13
#define VMM_AC 17
void vmm_inject_fault(struct cpu *self, uint8_t vector);
/* 1 if delivered with the next entry, 0 if NMIs are blocked now: then NMI_WINDOW tells when. */
int vmm_inject_nmi(struct cpu *self);

/* Take an NMI that ended the guest's run out of the CPU's latch. Returns 1 if there was one. */
int vmm_consume_nmi(void);

/* Where an NMI goes that comes while the hypervisor runs. Changes no register but for windows that
 * the backend itself has opened. */
extern const uint8_t vmm_trap_nmi[];

/* Let one pending interrupt in and forget it; the caller acknowledges it. Only for a CPU that
 * changes hands. Returns 1 if an NMI came in as well. Interrupts come in between vmm_drain_begin
 * and _end, both included. */
int vmm_drain_interrupt(void);

uint64_t vmm_read_efer(struct cpu *self);
void vmm_write_efer(struct cpu *self, uint64_t value);
void vmm_add_tsc_offset(struct cpu *self, uint64_t delta);

#endif
