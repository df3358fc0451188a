/* SPDX-License-Identifier: GPL-2.0-only */
/* The guest's state as a whole, in this CPU's current VMCS. */
#ifndef VMX_GUEST_H
#define VMX_GUEST_H

#include "cpu.h"

/* Linux as it entered, from self->entry; and the way back: into self->entry and the CPU. */
void vmx_load_linux(struct cpu *self);
void vmx_unload_linux(struct cpu *self);

/* Tables that map nothing. */
void vmx_assign_nothing(void);

#endif
