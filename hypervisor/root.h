/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The root's end: when it has reset the machine, faulted, or been parked, what becomes of the cells and
 * of the machine. The description decides (BH_ROOT_END_*).
 */
#ifndef HV_ROOT_H
#define HV_ROOT_H

#include "cell.h"

/* The root writes to a port in a way that stops the machine (pure/stop.h). Done at once if no cell runs;
 * otherwise the root has ended, and it is done when none does. */
void root_stop(struct cpu *self, uint16_t port, unsigned int width, uint32_t value);

/* The root has ended: its state says so, and its CPUs are parked. With machine_lock. */
void root_end(struct cpu *self);

/* Another cell has ended. With machine_lock. */
void root_cell_ended(struct cpu *self);

/* What the CPU that called root_end() does next, without the lock: it waits for the time limit, if there
 * is one, and returns when the root runs again. */
void root_watch(struct cpu *self);

#endif
