/* SPDX-License-Identifier: GPL-2.0-only */
/* Kinds of interprocessor interrupts (bits of the ICR's lower half), and to whom. */
#ifndef ATTACK_ICR_H
#define ATTACK_ICR_H

#define ICR_FIXED 0x000
#define ICR_LOWEST 0x100
#define ICR_SMI 0x200
#define ICR_RESERVED 0x300
#define ICR_NMI 0x400
#define ICR_INIT 0x500
#define ICR_STARTUP 0x608
#define ICR_EXTINT 0x700
#define ICR_DEASSERT 0x8500 /* INIT, level */

enum icr_to {
	TO_VICTIM,
	TO_OTHERS,
	TO_ALL,
	TO_BROADCAST,
	TO_LOGICAL, /* all of the first four but the first */
};

#endif
