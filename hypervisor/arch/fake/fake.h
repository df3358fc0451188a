/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A backend without a CPU below it, for host tests of what is above the seam: the guest's state is
 * plain memory, and so is the hardware that handlers touch. What the tested files need of the rest
 * of the hypervisor only takes notes.
 */
#ifndef FAKE_FAKE_H
#define FAKE_FAKE_H

#include <setjmp.h>
#include "arch/x86/vmm.h"

#define FAKE_RAM 0x10000u     /* bytes of the guest's memory, from 0 on, mapped as it is */
#define FAKE_DEVICE 0x100000u /* one page of registers that belong to the IO-APIC */
#define FAKE_POOL 12u	      /* pages of the hypervisor's */
#define FAKE_NMI_WINDOW 0x100 /* or-ed to noted_inject: an NMI that has to wait */

#define FAKE_MSRS 16
#define FAKE_OUTS 8
struct fake_hardware {
	struct {
		uint32_t number;
		uint64_t value;
	} msrs[FAKE_MSRS];    /* number 0: free */
	uint64_t msr_value;   /* of all others */
	int msr_missing;      /* rdmsr_safe() and wrmsr_safe() fail */
	uint32_t msr_written; /* number of the last one */
	uint64_t msr_written_value;
	uint32_t port_value, port_written;
	uint32_t port;
	struct {
		uint32_t port, value;
	} out[FAKE_OUTS]; /* the first writes to ports */
	unsigned int outs;
	int restartable;    /* what root_restart() finds: an image */
	uint32_t cpuid_ecx; /* of leaf 1; 0: all ones */
	uint64_t tsc;	    /* advances at each look */
};

/* What the last call of each kind was about; -1: there was none. */
struct fake_notes {
	int injected;	/* vector */
	int injections; /* of all vectors */
	int reset;	/* enum vmm_reset */
	uint64_t reset_base, reset_rip;
	int finished; /* enum bh_cell_state of cell_finish() */
	int nmis_sent;
	int icr; /* calls of apic_guest_icr() */
	int device_reads, device_writes;
	uint64_t device_value;
	int pci_reads, pci_writes;
	int hypercall; /* the operation behind it, BH_HC_* */
	int events;
	char printed[2000]; /* on the console, cut off */
	int flushes;
	int links_down; /* calls of link_root_down() */
	int restarts;	/* of root_restart() */
};

#define FAKE_FUNCTIONS 4
struct fake_function { /* what pci_hardware_read() finds */
	int there;
	uint16_t bdf;
	uint8_t raw[256];
};

extern struct fake_function fake_functions[FAKE_FUNCTIONS];
extern struct fake_hardware fake_hardware;
extern struct fake_notes fake_notes;
extern jmp_buf fake_reset; /* where the machine begins again after a reset */
extern uint8_t fake_ram[FAKE_RAM];

/* Give a register a value of its own. */
void fake_set_msr(uint32_t number, uint64_t value);

struct fake_guest {
	struct vmm_guest state;
	uint64_t rsp, tsc_offset;
	int nmi_blocked;
	int nmi_latched; /* what vmm_open_window() finds */
};

/* A CPU of a new cell, whose guest is in 64-bit mode with paging off the tests' minds: its linear
 * addresses are physical. All notes and hardware are reset. flags: BH_CELL_*; id 0: the root. */
struct cpu *fake_cpu(uint32_t id, uint32_t flags);

/* Beside a CPU of the root: a cell with a range of ports that is being created. */
struct cell *fake_cell(const struct bh_cell_config *c, const struct bh_config_port *ports);
struct fake_guest *fake_guest(struct cpu *self);

#endif
