/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The root's functions on which one of a cell depends (pure/pci_guard.h): their configuration space is trapped while
 * there is such a cell. With machine_lock, but for the last.
 */
#ifndef HV_ASSIGN_GUARD_H
#define HV_ASSIGN_GUARD_H

#include "assign.h"
#include "pure/pci_guard.h"

/* Bridges above the function, and its physical function. -ENOMEM, -ENOSPC; and the end of it, also if only a part
 * was done: the root's CPUs have to flush then. */
int assign_guard_take(struct cpu *self, struct assigned *a);
void assign_guard_drop(struct assigned *a);

/* Whether the bridges above the function are those that are guarded: asked again after the root's CPUs have flushed, since
 * until then one could write the numbers of buses by what it remembered of the map. */
int assign_guard_holds(const struct assigned *a);

/* NULL: the root may do with it what it wants. */
const struct pci_guard *assign_guard_find(uint16_t bdf);

#endif
