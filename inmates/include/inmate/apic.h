/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The local APIC in either mode. Register offsets are those of the xAPIC page; in x2APIC mode
 * they are turned into MSRs.
 */
#ifndef INMATE_APIC_H
#define INMATE_APIC_H

#include <bulkhead/types.h>

#define APIC_ID 0x20
#define APIC_VERSION 0x30
#define APIC_TPR 0x80
#define APIC_EOI 0xb0
#define APIC_LDR 0xd0
#define APIC_DFR 0xe0
#define APIC_SVR 0xf0
#define APIC_ISR 0x100
#define APIC_IRR 0x200
#define APIC_ESR 0x280
#define APIC_ICR 0x300
#define APIC_ICR_HIGH 0x310
#define APIC_LVT_TIMER 0x320
#define APIC_LVT_LINT0 0x350
#define APIC_LVT_LINT1 0x360
#define APIC_LVT_ERROR 0x370
#define APIC_TIMER_INITIAL 0x380
#define APIC_TIMER_CURRENT 0x390
#define APIC_TIMER_DIVIDE 0x3e0

#define APIC_PAGE 0xfee00000u
#define APIC_X2_MSR 0x800u

#define APIC_MASKED (1u << 16)
#define APIC_TIMER_PERIODIC (1u << 17)

#define APIC_ICR_FIXED 0x000u
#define APIC_ICR_NMI 0x400u
#define APIC_ICR_INIT 0x500u
#define APIC_ICR_STARTUP 0x600u
#define APIC_ICR_ASSERT 0x4000u
#define APIC_ICR_SELF 0x40000u
#define APIC_ICR_OTHERS 0xc0000u

enum apic_mode { APIC_XAPIC, APIC_X2APIC };

/* What the CPU and IA32_APIC_BASE suggest: x2APIC if the CPU has it. */
enum apic_mode apic_best_mode(void);

/* Finds out which mode the APIC is in, for reading it; changes nothing. */
void apic_attach(void);

/* Brings the present CPU's APIC into the mode, enabled, all local sources masked. First on the
 * boot CPU; later CPUs must use the same mode. */
void apic_init(enum apic_mode mode);

enum apic_mode apic_mode(void);
uint32_t apic_id(void);
uint32_t apic_read(unsigned int reg);
void apic_write(unsigned int reg, uint32_t value);
void apic_eoi(void);

/* Sends an IPI. command: APIC_ICR_* | vector. destination: APIC ID. In xAPIC mode waits (at
 * most some milliseconds) until the previous one is gone. */
void apic_send(uint32_t destination, uint32_t command);

#endif
