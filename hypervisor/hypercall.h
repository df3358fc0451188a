/* SPDX-License-Identifier: GPL-2.0-only */
/* Hypercalls other than the no-op, from ring 0 of a guest. */
#ifndef HV_HYPERCALL_H
#define HV_HYPERCALL_H

#include "cpu.h"

/* Arguments in self->regs; returns what goes into RAX. */
int64_t hypercall_handle(struct cpu *self, uint64_t number);

#endif
