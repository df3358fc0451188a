/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Further CPUs of the cell, by INIT and start-up IPI. */
#ifndef INMATE_SMP_H
#define INMATE_SMP_H

#include <bulkhead/errno.h>
#include <bulkhead/types.h>

#define SMP_MAX_CPUS 16

/* The page the CPUs start at, in real mode. RAM; what was in it is lost. */
#define SMP_TRAMPOLINE 0x7000u

typedef void smp_entry(uint32_t index);

/*
 * Starts the CPU with this APIC ID: it runs entry(index) in long mode with its own stack, the
 * same page tables and interrupt table, its APIC enabled, interrupts off; when entry returns
 * it sleeps. index: 1 .. SMP_MAX_CPUS - 1, not used before. Waits until it is there.
 * -EINVAL; -ETIMEDOUT: it did not come within a second.
 */
int smp_start(uint32_t apic_id, uint32_t index, smp_entry *entry);

/* From assembly only. */
void smp_arrived(void) __attribute__((noreturn));

#endif
