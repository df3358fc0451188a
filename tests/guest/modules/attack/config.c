// SPDX-License-Identifier: GPL-2.0-only
/* Configuration space of functions that Linux does not own, by ports and in memory. */
#include <linux/io.h>
#include <linux/irqflags.h>
#include "attack.h"
#include "functions.h"

#define CF8 0xcf8
#define CFC 0xcfc
#define CF8_ENABLE 0x80000000u
#define COMMAND 0x04
#define BAR0 0x10
#define MSI_PLACE 0x40

u32 config_read(u32 bdf, u32 offset, int width)
{
	unsigned long flags;
	u32 value;

	local_irq_save(flags);
	outl(CF8_ENABLE | bdf << 8 | (offset & 0xfc), CF8);
	value = width == 1 ? inb(CFC + (offset & 3)) :
		width == 2 ? inw(CFC + (offset & 2)) :
			     inl(CFC);
	local_irq_restore(flags);
	return value;
}

void config_write(u32 bdf, u32 offset, int width, u32 value)
{
	unsigned long flags;

	local_irq_save(flags);
	outl(CF8_ENABLE | bdf << 8 | (offset & 0xfc), CF8);
	if (width == 1)
		outb(value, CFC + (offset & 3));
	else if (width == 2)
		outw(value, CFC + (offset & 2));
	else
		outl(value, CFC);
	local_irq_restore(flags);
}

static void ecam_write(void __iomem *page, u32 offset, int width, u32 value)
{
	if (width == 1)
		writeb(value, page + offset);
	else if (width == 2)
		writew(value, page + offset);
	else
		writel(value, page + offset);
}

static void write_way(u32 bdf, enum config_way way, u32 offset, int width, u32 value)
{
	void __iomem *page;

	if (way == BY_PORTS) {
		config_write(bdf, offset, width, value);
		return;
	}
	if (way == STRADDLING) {
		config_read(bdf, offset, width); /* leaves the real address register there */
		outl(value << 8, CFC - 1);
		return;
	}
	page = place_ecam(bdf) ? ioremap(place_ecam(bdf), PAGE_SIZE) : NULL;
	if (!page)
		return;
	ecam_write(page, offset, width, value);
	iounmap(page);
}

/* Bits of a register flipped: they stay what they were. What was changed is put back at once. */
static int try_register(u32 bdf, enum config_way way, u32 offset, u32 flip)
{
	u32 before = config_read(bdf, offset & ~3u, 4), after;

	write_way(bdf, way, offset & ~3u, 4, before ^ flip);
	after = config_read(bdf, offset & ~3u, 4);
	if (after == before)
		return ATTACK_IGNORED;
	write_way(bdf, way, offset & ~3u, 4, before);
	return attack_note("%x of %x: %x became %x", offset, bdf, before, after);
}

/* In each width */
static int try_all_widths(u32 bdf, enum config_way way, u32 offset, u32 flip)
{
	u32 before = config_read(bdf, offset & ~3u, 4), after;

	write_way(bdf, way, offset, 1, (before ^ flip) >> 8 * (offset & 3));
	write_way(bdf, way, offset & ~1u, 2, (before ^ flip) >> 8 * (offset & 2));
	after = config_read(bdf, offset & ~3u, 4);
	if (after != before)
		return attack_note("%x of %x: %x became %x", offset, bdf, before, after);
	return try_register(bdf, way, offset, flip);
}

/* The function that the holder owns: decoding, mastering, address, interrupts. */
int attack_config_cell(u64 way, u64 unused)
{
	int worst = ATTACK_IGNORED;
	u64 bar;
	u32 bdf;

	if (!place_holds_function(&bdf, &bar))
		return attack_note("the holder has no function");
	worst = attack_worse(worst, try_all_widths(bdf, way, COMMAND, 0x6));
	worst = attack_worse(worst, try_all_widths(bdf, way, BAR0, 0x200000));
	return attack_worse(worst, try_all_widths(bdf, way, MSI_PLACE, 0x10000));
}

/* The memory controller: where its windows are, and what of memory CPUs see. Q35: PCIEXBAR, ESMRAMC;
 * i440FX: SMRAM, PAM. */
int attack_config_host(u64 way, u64 unused)
{
	int worst = ATTACK_IGNORED;

	if (way == IN_MEMORY && !place_ecam(0))
		way = BY_PORTS;
	if (config_read(0, 0, 4) == 0x29c08086) {
		worst = attack_worse(worst, try_register(0, way, 0x60, 0x10000000));
		return attack_worse(worst, try_register(0, way, 0x9c, 0x00070000));
	}
	worst = attack_worse(worst, try_register(0, way, 0x70, 0x00400000));
	return attack_worse(worst, try_register(0, way, 0x5c, 0x30000000));
}

/* Slots where links appear and none is: nothing can be made to appear. */
int attack_config_slots(u64 way, u64 unused)
{
	u32 bdf[32], count = place_slots(bdf, ARRAY_SIZE(bdf)), i, tried = 0;

	for (i = 0; i < count; i++) {
		if (config_read(bdf[i], 0, 4) != ~0u)
			continue;
		tried++;
		write_way(bdf[i], way, COMMAND, 2, 7);
		write_way(bdf[i], way, BAR0, 4, place_address(PLACE_HV));
		if (config_read(bdf[i], COMMAND, 4) != ~0u)
			return attack_note("%x is there", bdf[i]);
	}
	return tried ? ATTACK_IGNORED : attack_note("no free slot of %u", count);
}
