/* SPDX-License-Identifier: GPL-2.0-only */
/* Interrupts of assigned functions: messages that the cell programs are checked, and sent through remapping
 * entries of ours where there are any. With the function's lock, but for the first two. */
#ifndef HV_ASSIGN_INTERRUPTS_H
#define HV_ASSIGN_INTERRUPTS_H

#include "assign.h"

/* The one CPU that an interrupt of the cell is for: logical destinations are those of the cell's own
 * xAPIC world. NULL: none of the cell's. */
const struct cpu *assign_target(const struct cell *cell, const struct msi_interrupt *irq);

/* Remapping entries for all its vectors. -ENOSPC. With machine_lock. */
int assign_prepare_interrupts(struct assigned *a);

/* A message that would interrupt somebody else: the cell is parked. Without any lock. */
void assign_forbidden(struct cpu *self, const struct assigned *a, uint64_t where, uint64_t value);

/* The function does what the cell wants of it by configuration space. Returns 0 if that is forbidden. */
int assign_apply(struct assigned *a);

void assign_interrupts_off(struct assigned *a);
void assign_reset_interrupts(struct assigned *a);

#endif
