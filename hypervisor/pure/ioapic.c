/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The virtual IO-APIC of a cell, and the judgement on redirection entries for real ones. The
 * virtual one has version 20h, hence an EOI register: guests then end a level interrupt with
 * one write instead of rewriting the entry. Its pins only ever see edges, so that write has
 * nothing to do, and Remote IRR stays 0.
 */
#include "icr.h"
#include "ioapic.h"

#define VERSION 0x20u
#define ID_SHIFT 24

#define ENTRY_DESTINATION(e) ((uint32_t)((e) >> 56))
#define ENTRY_ACTIVE_LOW (1u << 13)
#define ENTRY_LOGICAL (UINT64_C(1) << 11)
#define ENTRY_STATUS (UINT64_C(1) << 12) /* delivery status, read-only */
#define ENTRY_REMOTE_IRR (UINT64_C(1) << 14)
#define ENTRY_EXTENDED (UINT64_C(0x7f) << 49) /* more destination bits on some platforms */
#define ENTRY_WRITABLE \
	((UINT64_C(0xff) << 56 | UINT64_C(0x1ffff)) & ~(ENTRY_STATUS | ENTRY_REMOTE_IRR))

void ioapic_reset(struct ioapic *io)
{
	*io = (struct ioapic){ 0 };
	for (unsigned int pin = 0; pin < IOAPIC_PINS; pin++)
		io->entry[pin] = IOAPIC_MASKED;
}

static int selected_pin(const struct ioapic *io)
{
	int pin = (io->select - IOAPIC_REDTBL) / 2;

	return io->select >= IOAPIC_REDTBL && pin < IOAPIC_PINS ? pin : -1;
}

static uint32_t window_read(const struct ioapic *io)
{
	int pin = selected_pin(io);

	if (pin >= 0)
		return (uint32_t)(io->entry[pin] >> (io->select & 1 ? 32 : 0));
	switch (io->select) {
	case IOAPIC_ID:
	case IOAPIC_ARB:
		return (uint32_t)io->id << ID_SHIFT;
	case IOAPIC_VER:
		return (IOAPIC_PINS - 1u) << 16 | VERSION;
	default:
		return 0xffffffff;
	}
}

static void window_write(struct ioapic *io, uint32_t value)
{
	int pin = selected_pin(io);

	if (pin >= 0) {
		unsigned int shift = io->select & 1 ? 32 : 0;
		uint64_t mask = ENTRY_WRITABLE & UINT64_C(0xffffffff) << shift;

		io->entry[pin] = (io->entry[pin] & ~mask) | ((uint64_t)value << shift & mask);
	} else if (io->select == IOAPIC_ID) {
		io->id = value >> ID_SHIFT & 0xf;
	}
}

uint32_t ioapic_read(const struct ioapic *io, uint32_t offset)
{
	switch (offset) {
	case IOAPIC_REGSEL:
		return io->select;
	case IOAPIC_WIN:
		return window_read(io);
	default:
		return 0xffffffff;
	}
}

void ioapic_write(struct ioapic *io, uint32_t offset, uint32_t value)
{
	if (offset == IOAPIC_REGSEL)
		io->select = (uint8_t)value;
	else if (offset == IOAPIC_WIN)
		window_write(io, value);
}

static struct msi_interrupt entry_decode(uint64_t entry)
{
	return (struct msi_interrupt){
		.destination = ENTRY_DESTINATION(entry),
		.vector = (uint8_t)entry,
		.mode = ICR_MODE(entry),
		.logical = !!(entry & ENTRY_LOGICAL),
		.level = !!(entry & IOAPIC_LEVEL),
	};
}

static int is_vectored(const struct msi_interrupt *irq)
{
	return (irq->mode == ICR_FIXED || irq->mode == ICR_LOWEST) && irq->vector >= 16;
}

int ioapic_deliver(const struct ioapic *io, unsigned int pin, struct msi_interrupt *irq)
{
	if (pin >= IOAPIC_PINS || (io->entry[pin] & IOAPIC_MASKED))
		return 0;
	*irq = entry_decode(io->entry[pin]);
	return is_vectored(irq);
}

uint64_t ioapic_make_entry(uint64_t address, uint32_t data, const struct msi_interrupt *irq,
			   uint64_t wanted)
{
	uint64_t entry = (address >> 4 & 0xffff) << 48 | (address >> 2 & 1) << 11;

	entry |= entry & IOAPIC_REMAPPABLE ? irq->vector : data & 0x7ff;
	return entry | (wanted & (IOAPIC_LEVEL | ENTRY_ACTIVE_LOW));
}

enum ioapic_entry ioapic_moderate(uint64_t entry, struct msi_interrupt *irq)
{
	if (entry & IOAPIC_MASKED)
		return IOAPIC_ENTRY_MASKED;
	if (entry & IOAPIC_REMAPPABLE)
		return IOAPIC_ENTRY_REMAPPED;
	if (entry & ENTRY_EXTENDED)
		return IOAPIC_ENTRY_DENY;
	*irq = entry_decode(entry);
	if (irq->mode == ICR_NMI || irq->mode == MSI_MODE_EXTINT)
		return IOAPIC_ENTRY_IRQ;
	return is_vectored(irq) ? IOAPIC_ENTRY_IRQ : IOAPIC_ENTRY_DENY;
}
