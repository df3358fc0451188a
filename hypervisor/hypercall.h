/* SPDX-License-Identifier: GPL-2.0-only */
/* Hypercalls other than the no-op, from ring 0 of a guest. */
#ifndef HV_HYPERCALL_H
#define HV_HYPERCALL_H

#include "cpu.h"

/* Number, arguments and result are in self->regs. */
void hypercall_handle(struct cpu *self);

#endif
