/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The seam between the hypervisor and the CPU vendor's virtualization: each backend implements
 * this, one of them is linked in. Functions that take a cpu are called on that CPU, while its
 * guest is not running.
 */
#ifndef X86_VMM_H
#define X86_VMM_H

#include "cell.h"
#include "cpu.h"
#include "pure/insn.h"
#include "pure/walk.h"

/* What the core has to know of the backend */
struct vmm {
	uint32_t vendor;	 /* BH_VENDOR_* */
	unsigned int cpu_pages;	 /* control structures behind struct cpu's page, zeroed */
	unsigned int cell_pages; /* permission bitmaps: of MSRs as the backend wants them, */
	unsigned int ports_at;	 /* and from this byte on of ports, to the end */
	int honours_mtrrs; /* for guests, too; else the nested tables have to say what is cached */
};
extern const struct vmm vmm;
extern const struct pt_format *vmm_pt_format; /* of nested page tables; vmm_check() finds it */

/* Whether this CPU can do all that is needed; prints what is missing. -ENODEV */
int vmm_check(void);

/* Fill the first part of the cell's permission bitmaps, cell->vmm, from pure/msr.h. */
void vmm_fill_msrs(const struct cell *cell);

/* Prepare this CPU for guests. Its guest becomes what entered: Linux at self->entry. On failure
 * nothing has changed. -ENODEV, -EOPNOTSUPP, -ENOMEM */
int vmm_on(struct cpu *self);

/* Run the guest for ever. The stack above self is given up. */
void vmm_run(struct cpu *self) __attribute__((noreturn));

/* Undo vmm_on() and make this CPU Linux's own again, in the state of its guest. */
void vmm_leave(struct cpu *self, int result) __attribute__((noreturn));

/* Take self->cell's page tables and bitmaps; drops all cached translations. And the same without the tables:
 * the bitmaps may be elsewhere than they were. */
void vmm_assign(struct cpu *self);
void vmm_flush(struct cpu *self);

/* Registers as after INIT, and all events forgotten; then one of */
enum vmm_reset {
	VMM_PARKED, /* halted for good, interrupts off, woken by NMI only, nothing mapped */
	VMM_REAL,   /* real mode at offset rip of the segment at cs_base */
	VMM_FLAT32, /* protected mode, flat segments of 4 GiB, no paging, at rip */
};
void vmm_reset(struct cpu *self, enum vmm_reset how, uint64_t cs_base, uint64_t rip);

struct vmm_guest {
	struct walk_state walk;
	uint64_t rip, rflags, cs_base;
	uint8_t cpl;
	enum insn_mode mode;
};

/* What emulation needs to know; also fills regs[REG_RSP]. */
void vmm_guest(struct cpu *self, struct vmm_guest *guest);

enum vmm_register {
	VMM_CPL, /* to read only: 0..3 */
	VMM_EFER,
	VMM_RFLAGS,
	VMM_RSP,
	VMM_TSC_OFFSET, /* to write only: what is added to the hardware's */
};
uint64_t vmm_read(const struct cpu *self, enum vmm_register which);
void vmm_write(struct cpu *self, enum vmm_register which, uint64_t value);

/* Go on that many bytes further, out of the shadow of STI or MOV SS. */
void vmm_skip(struct cpu *self, unsigned int length);

#define VMM_DB 1
#define VMM_NMI 2
#define VMM_UD 6
#define VMM_GP 13
#define VMM_AC 17
/* An exception (error code 0 where it has one), or an NMI, for the guest. 1 if it is delivered with
 * the next entry, as exceptions are; 0 if NMIs are blocked now: then NMI_WINDOW tells when. */
int vmm_inject(struct cpu *self, uint8_t vector);

/* Take the NMI that ended the guest's run out of the CPU's latch. With interrupts, for a CPU that
 * changes hands, let one pending interrupt in as well and forget it, which the caller acknowledges;
 * it comes between vmm_drain_begin and _end, both included. Returns 1 if there was an NMI. */
int vmm_open_window(int interrupts);

/* Where an NMI goes that comes while the hypervisor runs. Changes no register but for windows that
 * the backend itself has opened. */
extern const uint8_t vmm_trap_nmi[];

#endif
