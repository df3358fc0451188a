/* SPDX-License-Identifier: GPL-2.0-only */
/* One function per line of attacks.h, in the try-*.c files. */
#ifndef ATTACK_ATTACK_H
#define ATTACK_ATTACK_H

#define ATTACK(name, verdict, what) void attack_##name(void);
#include "attacks.h"
#undef ATTACK

/* Set by the hypercall attacks: every call came back with an error. */
extern int attack_denied;

#define NOBODYS_MEMORY 0xc0000000u
#define LINUX_APIC_ID 0u
#define VICTIM_APIC_ID 2u

#endif
