/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Exit handlers, by file. Each counts its exit and leaves the guest ready to go on. For the first
 * two it stands behind the instruction already.
 */
#ifndef X86_HANDLERS_H
#define X86_HANDLERS_H

#include "cpu.h"

void cpuid_handle(struct cpu *self);	 /* cpuid_exit.c */
void hypercall_handle(struct cpu *self); /* ../../hypercall.c */
void msr_handle_read(struct cpu *self);	 /* msr_access.c */
void msr_handle_write(struct cpu *self);
void pio_handle(struct cpu *self); /* pio.c */

/* Fill cell->cpuid from the description and the hardware. */
void cpuid_init_cell(struct cell *cell);

#endif
