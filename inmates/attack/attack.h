/* SPDX-License-Identifier: GPL-2.0-only */
/* One function per line of attacks.h, in the try-*.c files. */
#ifndef ATTACK_ATTACK_H
#define ATTACK_ATTACK_H

#define ATTACK(name, verdict, what) void attack_##name(void);
#include "attacks.h"
#undef ATTACK

/* XSETBV is #UD until CR4 allows it, where the CPU has it. */
void attack_use_xsave(void);

/* Set by the hypercall attacks: every call came back with an error. */
extern int attack_denied;

#define NOBODYS_MEMORY 0xc0000000u
#define LINUX_APIC_ID 0u
#define VICTIM_APIC_ID 2u

/* Registers where a PC has them, and configuration of the south bridge */
#define LAPIC 0xfee00000u
#define MESSAGES 0xfee00000u
#define IOAPIC 0xfec00000u
#define HPET 0xfed00000u
#define VTD 0xfed90000u
#define AMDVI 0xfed80000u
#define ECAM 0xb0000000u
#define ECAM_BRIDGE (ECAM + 0xf8000u)
#define FIRMWARE 0xffff0000u

/* In the middle of a block of 2 MiB */
#define IN_BLOCK 0x123000u

/* Pin of the cell's IO-APIC that is its own */
#define OWNED_PIN 7u

#endif
