/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * One end of a link: the ivshmem function's registers, shared sections and interrupts. What
 * is said over it is up to the program; message rings are in bulkhead/link_ring.h, and
 * link_messages() connects the two.
 */
#ifndef INMATE_LINK_H
#define INMATE_LINK_H

#include <bulkhead/ivshmem.h>
#include <bulkhead/link_ring.h>
#include <inmate/cpu.h>
#include <inmate/irq.h>

struct link {
	uint32_t bdf;
	uint32_t peer; /* this end */
	uint32_t peers;
	uint32_t vectors; /* of MSI-X; 1 with INTx */
	int intx;	  /* this end has INTx only */
	uintptr_t registers;
	volatile uint32_t *state; /* state table: one entry per peer, read-only */
	uint8_t *rw;		  /* read/write section */
	uint64_t rw_size;
	uint8_t *outputs; /* output section of peer 0; that of peer n is n * output_size on */
	uint64_t output_size;
};

/* Finds the link by its name in the description; NULL: the first ivshmem function there is.
 * -ENODEV: no such link; -EIO: the function is not as the specification says. */
int link_open(struct link *link, const char *name);

/* handler gets called for doorbells of this vector (INTx: vector 0 stands for all), on the CPU
 * that calls this. Unmasks it; link_enable() is still needed. -EINVAL, -ENOSPC, -ENODEV. */
int link_handle(struct link *link, unsigned int vector, irq_handler *handler, void *arg);

/* Interrupts of the whole function on or off (the one-shot mode turns them off itself). */
void link_enable(struct link *link);
void link_disable(struct link *link);
void link_oneshot(struct link *link, int on);

/* Every earlier store is visible before the peer is interrupted. A doorbell to a peer that is
 * down is lost, by specification. */
static inline void link_ring(const struct link *link, uint32_t peer, uint32_t vector)
{
	barrier_full();
	mmio_write32(link->registers + IVSHMEM_REG_DOORBELL, peer << 16 | vector);
}

void link_set_state(struct link *link, uint32_t state);

static inline uint8_t *link_output(const struct link *link, uint32_t peer)
{
	return link->outputs + peer * link->output_size;
}

/* Begins a life in the message protocol: states, header and a new epoch; vector is the one
 * to be rung for messages. -EINVAL: output sections are too small. */
int link_messages(struct link *link, struct bh_lp *lp, unsigned int vector);

/* Attaches to the peer's present life and, when that is new, tells it with a doorbell, so that
 * it attaches to ours. As bh_lp_attach(). */
int link_attach(struct link *link, struct bh_lp *lp, uint32_t peer);

#endif
