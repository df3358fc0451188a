/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Message-signalled interrupts: what an address/data pair asks for, directly or through an
 * interrupt-remapping entry. SDM vol. 3, 11.11; VT-d specification 5.1.2 and 9.10.
 */
#ifndef PURE_MSI_H
#define PURE_MSI_H

#include <bulkhead/errno.h>
#include <bulkhead/types.h>

struct msi_interrupt {
	uint32_t destination; /* APIC ID, or logical destination */
	uint8_t vector;
	uint8_t mode; /* ICR_FIXED, ICR_LOWEST, ... (pure/icr.h) */
	uint8_t logical;
	uint8_t level;
};

#define MSI_MODE_EXTINT 7 /* a mode that ICRs do not have */

enum msi_kind {
	MSI_NONE,	/* not an interrupt message, reserved bits, or a vector below 16 */
	MSI_COMPATIBLE, /* *irq is valid */
	MSI_REMAPPABLE, /* *index is valid: VT-d interrupt index (handle, plus sub-handle) */
};

enum msi_kind msi_decode(uint64_t address, uint32_t data, struct msi_interrupt *irq,
			 uint32_t *index);

/* The message without remapping that asks for this interrupt. -EINVAL: a destination above 254, which
 * messages cannot name. */
int msi_encode(const struct msi_interrupt *irq, uint64_t *address, uint32_t *data);

/* A VT-d interrupt-remapping entry in remapped (not posted) form. extended: 32-bit APIC IDs
 * (EIME). requester: bdf that must pass the entry's source validation (a bus range counts as
 * not passing). 0, or -EINVAL: absent, posted, reserved mode, wrong source, vector below 16. */
int msi_vtd_entry(uint64_t low, uint64_t high, int extended, uint16_t requester,
		  struct msi_interrupt *irq);

#endif
