/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The local APIC: the hypervisor's own use of it, and the guests' use of it as far as it is
 * trapped: interprocessor interrupts, entries that could hurt others, and the xAPIC page.
 */
#ifndef X86_APIC_H
#define X86_APIC_H

#include "cell.h"
#include "mmio.h"
#include "pure/msi.h"

#define APIC_PAGE UINT64_C(0xfee00000)
#define APIC_MESSAGES 0x100000 /* bytes from there on, where a write is an interrupt message */

extern int apic_machine_x2; /* the root runs in x2APIC mode */

/* Find the mode; map the registers if they are in memory. -ENODEV, -ENOMEM */
int apic_init(void);

/* This CPU's mode and logical ID as Linux set them. -EINVAL: its mode differs from the others'. */
int apic_init_cpu(struct cpu *self);

void apic_send_nmi(const struct cpu *target);

/* State after INIT, nothing pending or in service. Returns 1 if an NMI came in meanwhile. */
int apic_reset(struct cpu *self);

/* The mode in which a guest finds its APIC after INIT. */
void apic_set_guest_reset(struct cpu *self, int boot_cpu);

/* Guest wrote the ICR (x2APIC format, or converted). */
void apic_guest_icr(struct cpu *self, uint64_t icr, int xapic_format);

/* Trapped x2APIC registers. 0, or -EINVAL: #GP. */
int apic_msr_write(struct cpu *self, uint32_t msr, uint64_t value);
int apic_base_write(struct cpu *self, uint64_t value);

/* xAPIC page. Reads put the register in *value. */
void apic_mmio(struct cpu *self, struct mmio_access *access, uint64_t *value);

/* Whether accesses to the page are to be emulated for this CPU's guest. */
int apic_owns(struct cpu *self, uint64_t gpa);

/* Deliver a device's interrupt to CPUs of the cell, as far as its message means any. */
void apic_deliver(struct cpu *self, struct cell *cell, const struct msi_interrupt *irq);

/* Whether a device interrupt of the root reaches none but the CPUs of the mask. */
int apic_reaches_only(const struct msi_interrupt *irq, uint64_t cpus);
/* The same where destinations are as wide as the APIC mode has them: remapped ones. */
int apic_remapped_reaches_only(const struct msi_interrupt *irq, uint64_t cpus);

#endif
