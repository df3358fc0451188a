/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One end of a link: the registers of BAR0, the MSI-X table in BAR1, and the decision whether
 * and how an interrupt reaches this end. Side effects on other ends are returned, not done.
 */
#ifndef PURE_IVSHMEM_REGS_H
#define PURE_IVSHMEM_REGS_H

#include <bulkhead/ivshmem.h>
#include "pci.h"

union ivshmem_vector {
	uint32_t word[4]; /* as in the MSI-X table */
	struct {
		uint64_t address;
		uint32_t data;
		uint32_t control; /* bit 0: masked */
	};
};

struct ivshmem_end {
	struct pci_function fn;
	uint32_t id;
	uint32_t peers;
	uint32_t state;
	uint32_t int_control;
	uint32_t vectors;
	uint32_t intx;	  /* 1: INTx instead of MSI-X */
	uint32_t pending; /* PBA: vectors that came while masked */
	union ivshmem_vector vector[IVSHMEM_MAX_VECTORS];
};

enum ivshmem_what {
	IVSHMEM_NONE,
	IVSHMEM_DOORBELL, /* ring target's vector */
	IVSHMEM_STATE,	  /* state changed: update the table, then raise vector 0 at the others */
	IVSHMEM_UNMASKED, /* call ivshmem_signal() for each vector in mask: they were pending */
};

struct ivshmem_effect {
	enum ivshmem_what what;
	uint32_t target;
	uint32_t vector;
	uint32_t mask;
};

/* The function as after reset, as the description of this end has it. Does not tell the peers. */
void ivshmem_reset(struct ivshmem_end *end, const struct bh_config_link *link, uint8_t intx_line);

/* Registers are 32 bits wide (MSI-X table: 4 and 8 byte accesses), naturally aligned. Offsets
 * that no register backs read as zero, as the specification asks; other widths and BARs as
 * ones; writes to either vanish. */
uint64_t ivshmem_read(const struct ivshmem_end *end, unsigned int bar, uint32_t offset,
		      unsigned int width);
struct ivshmem_effect ivshmem_write(struct ivshmem_end *end, unsigned int bar, uint32_t offset,
				    unsigned int width, uint64_t value);

/* Config-space write: pci_write() plus what it unmasks. Whoever switches memory decoding off leaves
 * State at 0: so does a kernel that looks at its buses anew, after one that had no time to. */
struct ivshmem_effect ivshmem_config_write(struct ivshmem_end *end, uint32_t offset,
					   unsigned int width, uint32_t value, int *changed);

enum ivshmem_signal {
	IVSHMEM_DROP,	  /* interrupts disabled (Interrupt Control, MSI-X) or no such vector */
	IVSHMEM_HELD,	  /* masked: now pending */
	IVSHMEM_SEND_MSI, /* *message */
	IVSHMEM_SEND_INTX,
};

/* An interrupt for this end: applies one-shot mode and masks. Masks are the vector's, the
 * function's, a cleared Bus Master bit, and Interrupt Disable with INTx. */
enum ivshmem_signal ivshmem_signal(struct ivshmem_end *end, uint32_t vector,
				   union ivshmem_vector *message);

#endif
