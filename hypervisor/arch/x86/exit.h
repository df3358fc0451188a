/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The vendor-neutral exit record: why a CPU left its guest. The backend fills it, exit.c acts on
 * it.
 */
#ifndef X86_EXIT_H
#define X86_EXIT_H

#include <bulkhead/types.h>

struct cpu;

enum vmexit_kind {
	VMEXIT_UNKNOWN, /* number holds the backend's own code */
	VMEXIT_MSR_READ,
	VMEXIT_MSR_WRITE,
	VMEXIT_PORT,   /* number = port, width, access */
	VMEXIT_MEMORY, /* address = GPA, access */
	VMEXIT_NMI,
	VMEXIT_NMI_WINDOW,  /* the guest can take another NMI now */
	VMEXIT_EXCEPTION,   /* number = vector: taken only to break endless delivery */
	VMEXIT_INSTRUCTION, /* one that no guest may use */
	VMEXIT_TRIPLE_FAULT,
	VMEXIT_INIT,
	VMEXIT_TASK_SWITCH, /* by hardware, where the CPU leaves that to us */
	VMEXIT_BROKEN,	    /* the guest state cannot be run */
	VMEXIT_KINDS
};

#define ACCESS_READ 1u
#define ACCESS_WRITE 2u
#define ACCESS_EXEC 4u

struct vmexit {
	uint8_t kind;	/* enum vmexit_kind */
	uint8_t length; /* bytes of the instruction */
	uint8_t access;
	uint8_t width;	 /* bytes, ports */
	uint32_t string; /* ports: INS or OUTS */
	uint32_t number;
	uint64_t address;
};

/* Do what self->exit asks for: the exit is counted, and the guest ready to go on, when it returns. */
void exit_dispatch(struct cpu *self);

#endif
