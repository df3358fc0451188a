/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IO-APIC registers behind IOREGSEL/IOWIN (Intel 82093AA data sheet, 3.0): a fully virtual one
 * for cells, and the moderation of the root's writes to real ones.
 */
#ifndef PURE_IOAPIC_H
#define PURE_IOAPIC_H

#include <bulkhead/errno.h>
#include "msi.h"

#define IOAPIC_REGSEL 0x00
#define IOAPIC_WIN 0x10
#define IOAPIC_EOI 0x40
#define IOAPIC_ID 0
#define IOAPIC_VER 1
#define IOAPIC_ARB 2
#define IOAPIC_REDTBL 0x10 /* pin n: 0x10 + 2n low, 0x11 + 2n high */
#define IOAPIC_PINS 24
#define IOAPIC_WITH_EOI 0x20 /* the first version that has this register */

#define IOAPIC_MASKED (1u << 16)
#define IOAPIC_LEVEL (1u << 15)
#define IOAPIC_MESSAGE 0x7ffu		      /* vector and delivery mode: the data of a message */
#define IOAPIC_REMAPPABLE (UINT64_C(1) << 48) /* VT-d format of an entry */

struct ioapic {
	uint8_t id;
	uint8_t select; /* IOREGSEL */
	uint64_t entry[IOAPIC_PINS];
};

void ioapic_reset(struct ioapic *io);

/* Register file access at an offset in the page. A read returns the value; unknown registers
 * read as ones, writes to them vanish. Reserved and read-only bits are kept. */
uint32_t ioapic_read(const struct ioapic *io, uint32_t offset);
void ioapic_write(struct ioapic *io, uint32_t offset, uint32_t value);

/* What an edge at the pin delivers: 1 and *irq, or 0 (masked, no such pin, a mode that is not
 * fixed or lowest priority, a vector below 16). */
int ioapic_deliver(const struct ioapic *io, unsigned int pin, struct msi_interrupt *irq);

/*
 * A root's write to a redirection entry of a real IO-APIC. entry: the whole 64-bit entry as it
 * would be. Gives in *irq what it asks for (destination to be checked by the caller).
 * Returns IOAPIC_ENTRY_*.
 */
enum ioapic_entry {
	IOAPIC_ENTRY_MASKED,   /* harmless whatever the rest says */
	IOAPIC_ENTRY_IRQ,      /* *irq: fixed, lowest priority, NMI or ExtINT */
	IOAPIC_ENTRY_REMAPPED, /* goes through a remapping unit */
	IOAPIC_ENTRY_DENY,     /* SMI, INIT, reserved */
};
enum ioapic_entry ioapic_moderate(uint64_t entry, struct msi_interrupt *irq);

/* Of an entry in VT-d format: which remapping entry it stands for. VT-d specification, 5.1.5.1 */
static inline uint32_t ioapic_handle(uint64_t entry)
{
	return (uint32_t)(entry >> 49) | (uint32_t)(entry >> 11 & 1) << 15;
}

/* The entry of a real IO-APIC that sends this message (address and data as for MSI) for irq: trigger mode and
 * polarity are those of wanted. A VT-d message leaves the vector open, which the end of a level-triggered
 * interrupt has to name. VT-d specification 5.1.5.1 */
uint64_t ioapic_make_entry(uint64_t address, uint32_t data, const struct msi_interrupt *irq,
			   uint64_t wanted);

#endif
