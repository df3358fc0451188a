/* SPDX-License-Identifier: GPL-2.0-only */
/* The machine's IO-APICs, which belong to the root as far as their entries stay inside it. */
#ifndef X86_IOAPIC_ACCESS_H
#define X86_IOAPIC_ACCESS_H

#include "mmio.h"

int ioapic_init(void);

/* 1 if gpa lies in an IO-APIC's page as the CPU's cell sees it. */
int ioapic_owns(struct cpu *self, uint64_t gpa);
void ioapic_mmio(struct cpu *self, struct mmio_access *access, uint64_t *value);

/* Whether an IO-APIC sends interrupts in this function's name: units then cannot tell the two apart. */
int ioapic_is_source(uint16_t bdf);

/* The pin of an entry of the root that would interrupt CPUs outside the mask, or -1. */
int ioapic_find_foreign(uint64_t cpus);

/* Pins of the machine that cells own. claim: nothing of the root's is behind them, and there are remapping
 * entries: -EBUSY, -ENOSPC. From then on they follow the cell's virtual IO-APIC while it runs. With machine_lock. */
int ioapic_claim_pins(struct cell *cell);
void ioapic_release_pins(struct cell *cell);
void ioapic_stop_pins(struct cell *cell);

/* The cell has ended an interrupt, and IO-APICs cannot know by the vector which pin's it was. */
void ioapic_end(const struct cell *cell, uint8_t vector);

/* Linux gets the units back: the select register holds what it wrote last. */
void ioapic_leave(void);

/* The root is started again: its pins interrupt nobody. */
void ioapic_reset_root(void);

#endif
