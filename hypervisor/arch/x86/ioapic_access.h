/* SPDX-License-Identifier: GPL-2.0-only */
/* The machine's IO-APICs, which belong to the root as far as their entries stay inside it. */
#ifndef X86_IOAPIC_ACCESS_H
#define X86_IOAPIC_ACCESS_H

#include "mmio.h"

int ioapic_init(void);

/* 1 if gpa lies in an IO-APIC's page as the CPU's cell sees it. */
int ioapic_owns(struct cpu *self, uint64_t gpa);
void ioapic_mmio(struct cpu *self, struct mmio_access *access, uint64_t *value);

/* The pin of an entry of the root that would interrupt CPUs outside the mask, or -1. */
int ioapic_find_foreign(uint64_t cpus);

/* Pins of the machine that cells own. claim: nothing of the root's is behind them, and there are remapping
 * entries: -EBUSY, -ENOSPC. From then on they follow the cell's virtual IO-APIC while it runs. With machine_lock. */
int ioapic_claim_pins(struct cell *cell);
void ioapic_release_pins(struct cell *cell);
void ioapic_stop_pins(struct cell *cell);

/* Linux gets the units back: the select register holds what it wrote last. */
void ioapic_leave(void);

#endif
