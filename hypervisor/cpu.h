/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One physical CPU as the hypervisor sees it: the guest's registers while it is in the
 * hypervisor, who owns it, and the requests by which other CPUs ask something of it.
 *
 * A CPU is asked by setting a bit in cpu->requests and sending an NMI, which makes it leave its
 * guest. The bit is cleared when the request has been carried out. A request is never lost: it
 * is looked at before every entry into a guest, and an NMI that arrives in between makes that
 * entry end at once.
 */
#ifndef HV_CPU_H
#define HV_CPU_H

#include <bulkhead/config.h>
#include <bulkhead/image.h>
#include <bulkhead/public.h>
#include "arch/x86/exit.h"

struct cell;

enum cpu_register { /* index into cpu->regs: the instruction encoding's numbers */
		    REG_RAX,
		    REG_RCX,
		    REG_RDX,
		    REG_RBX,
		    REG_RSP, /* valid only after vmm_guest() */
		    REG_RBP,
		    REG_RSI,
		    REG_RDI,
		    REG_R8,
};

#define CPU_FLUSH 0x01u	  /* drop cached translations of the guest's memory */
#define CPU_PARK 0x02u	  /* stop, until CPU_START */
#define CPU_INIT 0x04u	  /* INIT: reset, then wait for a start-up IPI */
#define CPU_STARTUP 0x08u /* start-up IPI, vector in startup_vector */
#define CPU_MOVE 0x10u	  /* become next_cell's, parked, with a clean APIC */
#define CPU_START 0x20u	  /* start at start_entry as start_mode says */

#define NMI_STEP_NONE 0
#define NMI_STEP_OURS 1
#define NMI_STEP_SHARED 2 /* the guest single-steps itself as well */

/* Windows through which a CPU looks at memory that is not the hypervisor's */
#define CPU_WINDOWS 8
#define WINDOW_CODE 5 /* 0..4: page tables, by level; these and this are cell_view()'s */
#define WINDOW_SRC 6
#define WINDOW_DST 7

#define CPU_STACK_SIZE 0x2000u /* below struct cpu */

struct cpu {
	uint64_t regs[16]; /* first: the exit path saves here, and the stack ends here */
	struct bh_cpu_public *public;
	struct cell *cell;
	uint8_t reload; /* regs changed beyond what C code may clobber, and RBX: load them all */
	struct vmexit exit;
	unsigned int index;
	uint32_t apic_id;

	uint32_t requests; /* CPU_*; atomic */
	uint32_t kicked;   /* an NMI of ours is on its way; atomic */
	uint32_t looks;	   /* reads the root's map without a lock: see cpu_wait_lookers(); atomic */
	uint8_t startup_vector;
	uint8_t start_mode;
	uint8_t state;	     /* enum bh_cpu_state; changed by this CPU only */
	uint8_t nmi_step;    /* NMI_STEP_*: the backend steps the guest over its IRET */
	uint8_t nmi_pending; /* an NMI for the guest that could not be delivered yet */
	uint64_t nmi_iret; /* where the guest's last NMI handler ends: the IRET may still be ahead */
	uint32_t parked; /* how often: whoever finds it changed must not touch the guest's state */
	uint64_t start_entry;
	uint64_t start_argument; /* of a root that is started again: its boot parameters */
	struct cell *next_cell;

	/* Local APIC as the guest sees it (arch/x86/apic.c) */
	uint64_t apic_base;
	uint64_t tsc_adjust; /* a cell's TSC runs ahead of the hardware's by this */
	uint32_t icr_high;
	uint32_t ldr, dfr;

	uint64_t window_hpa[CPU_WINDOWS]; /* what each window shows now, + 1; 0: nothing */
	uint64_t view_gpa[CPU_WINDOWS]; /* which page of the guest that is, likewise; see cell_view() */
	struct bh_cpu_entry *entry;	/* Linux's state when it came in, and as it leaves */
	void *vmm;			/* the backend's */
};
static_assert(sizeof(struct cpu) <= 2048, "shares a page with nothing, but stays small");

extern struct cpu *cpu_table[BH_MAX_CPUS]; /* by index in the system description */
extern unsigned int cpu_count;

/* A CPU answers within microseconds. One that an overcommitted host does not let run may take
 * longer than anybody would think. */
#define ANSWER_SECONDS 5

/* NULL if there is no such CPU. */
struct cpu *cpu_by_apic_id(uint32_t apic_id);

/* Ask and do not wait. */
void cpu_request(struct cpu *cpu, uint32_t request);

/* Ask and wait, at most ANSWER_SECONDS, while serving what others ask of us (self).
 * -ETIMEDOUT: the CPU does not answer; the request stays set and will be carried out if it
 * ever does; but for CPU_START, which the next CPU_PARK or CPU_MOVE takes back. */
int cpu_request_wait(struct cpu *self, struct cpu *cpu, uint32_t request);

/* Wait, at most ANSWER_SECONDS, until no CPU is in cell_memory_is_roots() that was there before. The root's own are not
 * once they have answered CPU_FLUSH; those of cells are asked nothing. -ETIMEDOUT */
int cpu_wait_lookers(void);

/* Carry out all that was asked of this CPU. */
void cpu_serve(struct cpu *self);

/* The same for all CPUs of the cell. */
int cpu_request_all(struct cpu *self, const struct cell *cell, uint32_t request);

/* NMI arrived as an exit: serve requests or hand it to the guest. */
void cpu_handle_nmi(struct cpu *self);
void cpu_handle_nmi_window(struct cpu *self);

/* Stop this CPU's guest until somebody starts it again. */
void cpu_park(struct cpu *self, enum bh_cpu_state state);

#endif
