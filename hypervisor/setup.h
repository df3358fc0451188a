/* SPDX-License-Identifier: GPL-2.0-only */
/* What setup found out about the machine. */
#ifndef HV_SETUP_H
#define HV_SETUP_H

#include <bulkhead/types.h>

extern uint64_t setup_tsc_hz, setup_apic_timer_hz;

/* Root, on each of its CPUs: out of the hypervisor. -EBUSY while a cell exists. */
struct cpu;
int setup_leave(struct cpu *self);

extern int setup_leaving; /* a CPU has left: nothing new may begin; guarded by machine_lock */

#endif
