// SPDX-License-Identifier: GPL-2.0-only
/* Interrupts at CPUs of cells: by the ICR in either mode, by entries of the IO-APIC, by messages. */
#include <linux/io.h>
#include <linux/irqflags.h>
#include <linux/string.h>
#include <asm/apic.h>
#include <asm/msr.h>
#include "attack.h"
#include "icr.h"

#define X2APIC_ICR 0x830
#define PAGE_ICR_LOW 0x300
#define PAGE_ICR_HIGH 0x310
#define LOGICAL 0x800
#define ALL_BUT_FIRST 0xe /* logical IDs of the first four CPUs, in either mode */
#define VECTOR 0xfd	  /* Linux's own, to look for work: does no harm where it is allowed */

#define IOAPIC 0xfec00000
#define IOAPIC_WINDOW 0x10
#define IOAPIC_ENTRY(pin) (0x10 + 2 * (pin))
#define IOAPIC_MASKED 0x10000
#define IOAPIC_PINS 24
#define IOAPIC_REMAPPABLE 0x10000 /* of the upper half */
#define CELL_HANDLES 3840	  /* and above: the hypervisor's, for cells */
#define SOME_HANDLES 8

/* ------------------------------------------------------------------------------------ ICR */

static void send(u32 destination, u32 low)
{
	volatile u32 *page = place_map(PLACE_LAPIC);
	unsigned long flags;

	if (x2apic_enabled()) {
		wrmsrl_safe(X2APIC_ICR, (u64)destination << 32 | low);
		return;
	}
	local_irq_save(flags);
	page[PAGE_ICR_HIGH / 4] = destination << 24;
	page[PAGE_ICR_LOW / 4] = low;
	local_irq_restore(flags);
}

/* A CPU that Linux has switched off, but has not given away, obeys: it is to halt. The first MiB is no memory of
 * Linux's allocators. */
static void make_start_harmless(void)
{
	static const u8 halt[] = { 0xfa, 0xf4, 0xeb, 0xfd }; /* CLI, HLT, JMP to the latter */

	memcpy(__va((ICR_STARTUP & 0xff) << PAGE_SHIFT), halt, sizeof(halt));
}

int attack_icr(u64 to, u64 kind)
{
	u32 low = kind | (kind == ICR_FIXED || kind == ICR_LOWEST ? VECTOR : 0);

	if (kind == ICR_STARTUP)
		make_start_harmless();
	switch ((enum icr_to)to) {
	case TO_VICTIM:
		send(attack_victim_apic, low);
		break;
	case TO_OTHERS:
		send(0, low | 3 << 18);
		break;
	case TO_ALL:
		send(0, low | 2 << 18);
		break;
	case TO_BROADCAST:
		send(x2apic_enabled() ? ~0u : 0xff, low);
		break;
	case TO_LOGICAL:
		send(ALL_BUT_FIRST, low | LOGICAL);
		break;
	}
	return ATTACK_IGNORED;
}

int attack_icr_vector(u64 vector, u64 unused)
{
	send(attack_victim_apic, vector);
	return ATTACK_IGNORED;
}

/* Writes to the page that are not those of a register. */
int attack_icr_odd(u64 unused, u64 unused_too)
{
	u8 *page = place_map(PLACE_LAPIC);
	u32 low = ICR_INIT, high = attack_victim_apic << 24;
	unsigned long flags;

	local_irq_save(flags);
	*(volatile u32 *)(page + PAGE_ICR_HIGH) = high;
	*(volatile u8 *)(page + PAGE_ICR_LOW) = (u8)VECTOR;
	*(volatile u8 *)(page + PAGE_ICR_LOW + 1) = low >> 8;
	*(volatile u16 *)(page + PAGE_ICR_LOW) = low;
	*(volatile u64 *)(page + PAGE_ICR_LOW) = low;
	*(volatile u32 *)(page + PAGE_ICR_LOW + 4) = low;
	*(volatile u32 *)(page + PAGE_ICR_LOW - 2) = low << 16;
	*(volatile u64 *)(page + PAGE_ICR_LOW - 4) = (u64)low << 32;
	*(volatile u32 *)(page + PAGE_ICR_HIGH) = 0;
	local_irq_restore(flags);
	return ATTACK_IGNORED;
}

/* -------------------------------------------------------------------------------- IO-APIC */

static volatile u32 *ioapic_page(void)
{
	static void *page;

	if (!page)
		page = (void __force *)ioremap(IOAPIC, PAGE_SIZE);
	return page;
}

static u32 ioapic_read(u32 index)
{
	ioapic_page()[0] = index;
	return ioapic_page()[IOAPIC_WINDOW / 4];
}

static void ioapic_write(u32 index, u32 value)
{
	ioapic_page()[0] = index;
	ioapic_page()[IOAPIC_WINDOW / 4] = value;
}

/* The last pin that Linux does not use */
static u32 free_pin(void)
{
	u32 pin = IOAPIC_PINS - 1;

	while (pin && !(ioapic_read(IOAPIC_ENTRY(pin)) & IOAPIC_MASKED))
		pin--;
	return pin;
}

static int try_entry(u32 high, u32 low)
{
	u32 pin = free_pin(), found;
	unsigned long flags;

	local_irq_save(flags);
	ioapic_write(IOAPIC_ENTRY(pin) + 1, high);
	ioapic_write(IOAPIC_ENTRY(pin), low);
	found = ioapic_read(IOAPIC_ENTRY(pin));
	ioapic_write(IOAPIC_ENTRY(pin), IOAPIC_MASKED);
	ioapic_write(IOAPIC_ENTRY(pin) + 1, 0);
	local_irq_restore(flags);
	return found & IOAPIC_MASKED ? ATTACK_IGNORED : attack_note("%x %x is open", high, low);
}

int attack_ioapic(u64 to, u64 kind)
{
	u32 low = kind | VECTOR;

	if (to == TO_VICTIM)
		return try_entry(attack_victim_apic << 24, low);
	if (to == TO_BROADCAST)
		return try_entry(0xff000000, low);
	return try_entry((u32)ALL_BUT_FIRST << 24, low | LOGICAL);
}

/* First harmless and open, then turned to the victim by its upper half alone. */
int attack_ioapic_halves(u64 unused, u64 unused_too)
{
	u32 pin = free_pin(), found;
	unsigned long flags;

	local_irq_save(flags);
	ioapic_write(IOAPIC_ENTRY(pin) + 1, 0);
	ioapic_write(IOAPIC_ENTRY(pin), ICR_NMI);
	ioapic_write(IOAPIC_ENTRY(pin) + 1, attack_victim_apic << 24);
	found = ioapic_read(IOAPIC_ENTRY(pin));
	ioapic_write(IOAPIC_ENTRY(pin), IOAPIC_MASKED);
	local_irq_restore(flags);
	return found & IOAPIC_MASKED ? ATTACK_IGNORED : attack_note("%x is open", found);
}

/* Entries in the format of remapping units, with the first handles of cells */
int attack_ioapic_handles(u64 unused, u64 unused_too)
{
	int worst = ATTACK_IGNORED;
	u32 handle;

	for (handle = CELL_HANDLES; handle < CELL_HANDLES + SOME_HANDLES; handle++)
		worst = attack_worse(worst, try_entry((handle & 0x7fff) << 17 | IOAPIC_REMAPPABLE,
						      ICR_NMI | (handle >> 15) << 11));
	return worst;
}

/* The bit of that format where no unit looks at it */
int attack_ioapic_hidden(u64 unused, u64 unused_too)
{
	return try_entry(attack_victim_apic << 24 | IOAPIC_REMAPPABLE, ICR_NMI);
}

/* Its registers in widths that they do not have */
int attack_ioapic_odd(u64 unused, u64 unused_too)
{
	u32 pin = free_pin(), found;
	unsigned long flags;
	u8 *page = (u8 *)ioapic_page();

	local_irq_save(flags);
	ioapic_write(IOAPIC_ENTRY(pin) + 1, attack_victim_apic << 24);
	*(volatile u64 *)page = IOAPIC_ENTRY(pin) | (u64)ICR_NMI << 32;
	*(volatile u8 *)(page + IOAPIC_WINDOW + 1) = ICR_NMI >> 8;
	*(volatile u8 *)(page + IOAPIC_WINDOW + 2) = 0;
	*(volatile u16 *)(page + IOAPIC_WINDOW) = ICR_NMI;
	*(volatile u64 *)(page + IOAPIC_WINDOW) = ICR_NMI;
	*(volatile u32 *)(page + IOAPIC_WINDOW - 2) = ICR_NMI << 16;
	found = ioapic_read(IOAPIC_ENTRY(pin));
	ioapic_write(IOAPIC_ENTRY(pin), IOAPIC_MASKED);
	ioapic_write(IOAPIC_ENTRY(pin) + 1, 0);
	local_irq_restore(flags);
	return found & IOAPIC_MASKED ? ATTACK_IGNORED : attack_note("%x is open", found);
}

/* ------------------------------------------------------------------------------- messages */

/* What a device would write to reach the victim, written by a CPU. */
int attack_message(u64 width, u64 data)
{
	void *at = place_map(PLACE_MESSAGES);

	if (width == 8)
		return TRY(0, "movq %%rcx, (%1)", "r"(at), "c"(data));
	if (width == 4)
		return TRY(0, "movl %%ecx, (%1)", "r"(at), "c"(data));
	return TRY(0, "movw %%cx, (%1)", "r"(at), "c"(data));
}
