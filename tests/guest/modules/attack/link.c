// SPDX-License-Identifier: GPL-2.0-only
/* The root's end of the holder's link: registers, interrupt messages at others, addresses over others. */
#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/prandom.h>
#include <asm/apic.h>
#include <bulkhead/hypercall.h>
#include <bulkhead/ivshmem.h>
#include <bulkhead/root.h>
#include "attack.h"
#include "icr.h"
#include "ways.h"

#define LINK_ID 0x4106110a
#define COMMAND 0x04
#define BAR0 0x10
#define BAR1 0x14
#define MSIX_CAP_SCAN 0x34
#define MSIX_ENABLE 0x80000000u
#define MESSAGE 0xfee00000u
#define SOME_VECTOR 0x50
#define FUZZ 3000
#define FLOOD 20000

struct end {
	u32 bdf, msix;
	u8 __iomem *bar[2];
	u32 command, bars[2], control;
};

static u32 find_capability(u32 bdf, u8 id)
{
	u32 at = config_read(bdf, MSIX_CAP_SCAN, 1);

	while (at && (config_read(bdf, at, 4) & 0xff) != id)
		at = config_read(bdf, at, 4) >> 8 & 0xff;
	return at;
}

/* The last link that there is: the holder's was made after the victim's. */
static int open_end(struct end *end)
{
	u32 slots[32], count = place_slots(slots, ARRAY_SIZE(slots)), i;

	end->bdf = 0;
	for (i = 0; i < count; i++)
		if (config_read(slots[i], 0, 4) == LINK_ID)
			end->bdf = slots[i];
	if (!end->bdf)
		return -ENODEV;
	end->command = config_read(end->bdf, COMMAND, 2);
	end->msix = find_capability(end->bdf, 0x11);
	end->control = end->msix ? config_read(end->bdf, end->msix, 4) : 0;
	config_write(end->bdf, COMMAND, 2, 6);
	for (i = 0; i < 2; i++) {
		end->bars[i] = config_read(end->bdf, BAR0 + 4 * i, 4);
		end->bar[i] = ioremap(end->bars[i] & PAGE_MASK, PAGE_SIZE);
	}
	return end->bar[0] && end->bar[1] ? 0 : -ENOMEM;
}

static void close_end(struct end *end)
{
	u32 i;

	for (i = 0; i < 2; i++) {
		config_write(end->bdf, BAR0 + 4 * i, 4, end->bars[i]);
		if (end->bar[i])
			iounmap(end->bar[i]);
	}
	if (end->msix)
		config_write(end->bdf, end->msix, 4, end->control);
	config_write(end->bdf, COMMAND, 2, end->command);
}

static int try_end(int (*what)(struct end *end, u64 a, u64 b), u64 a, u64 b)
{
	struct end end = { 0 };
	int outcome = open_end(&end) ? attack_note("no link") : what(&end, a, b);

	close_end(&end);
	return outcome;
}

/* Rings itself by a message of its own making. */
static int ring_with(struct end *end, u64 address, u64 data)
{
	u32 kept[4], i, own = readl(end->bar[0] + IVSHMEM_REG_ID);

	if (!end->msix)
		return attack_note("no MSI-X");
	for (i = 0; i < 4; i++)
		kept[i] = readl(end->bar[1] + 4 * i);
	config_write(end->bdf, end->msix, 4, end->control | MSIX_ENABLE);
	writel(address, end->bar[1]);
	writel(address >> 32, end->bar[1] + 4);
	writel(data, end->bar[1] + 8);
	writel(0, end->bar[1] + 12);
	for (i = 0; i < 20; i++) {
		writel(IVSHMEM_INT_ENABLE, end->bar[0] + IVSHMEM_REG_INT_CONTROL);
		writel(own << 16, end->bar[0] + IVSHMEM_REG_DOORBELL);
	}
	for (i = 0; i < 4; i++)
		writel(kept[i], end->bar[1] + 4 * i);
	return ATTACK_IGNORED;
}

int attack_link_message(u64 address, u64 data)
{
	return try_end(ring_with, MESSAGE | address, data);
}

/* The same at the victim, whose ID is told by the hypervisor; more bits of the address make it no message */
int attack_link_victim(u64 mode, u64 more)
{
	return try_end(ring_with, MESSAGE | more | attack_victim_apic << 12, mode | SOME_VECTOR);
}

/* Messages in the format of remapping units, with handles of Linux's and of cells' */
static int ring_handles(struct end *end, u64 unused, u64 unused_too)
{
	u32 handle;

	for (handle = 3800; handle < 3900; handle++)
		ring_with(end, MESSAGE | 0x18 | (handle & 0x7fff) << 5 | (handle >> 15) << 2, 0);
	return ATTACK_IGNORED;
}

int attack_link_handles(u64 unused, u64 unused_too)
{
	return try_end(ring_handles, 0, 0);
}

/* ------------------------------------------------------------------------------- addresses */

/* Its registers moved over memory of others, and away: that is nobody's but theirs. */
static int move_over(struct end *end, u64 place, u64 unused)
{
	u64 at = place_address(place) & PAGE_MASK;
	u32 i;

	if (at >> 32)
		return attack_note("%llx is too high", at);
	for (i = 0; i < 2; i++) {
		config_write(end->bdf, BAR0 + 4 * i, 4, at);
		config_write(end->bdf, COMMAND, 2, 0);
		config_write(end->bdf, COMMAND, 2, 6);
		config_write(end->bdf, BAR0 + 4 * i, 4, end->bars[i]);
	}
	return place <= PLACE_VICTIM ? attack_hidden(place, WRITE64) :
				       attack_readable(place, WRITE64);
}

int attack_link_over(u64 place, u64 unused)
{
	return try_end(move_over, place, 0);
}

/* Where somebody else's trapped page is: the local APIC, the IO-APIC, messages. Afterwards it is trapped as
 * before; in x2APIC mode the local APIC's is nobody's. */
static int move_over_trap(struct end *end, u64 at, u64 unused)
{
	config_write(end->bdf, BAR0, 4, at);
	config_write(end->bdf, BAR0, 4, end->bars[0]);
	if (at == place_address(PLACE_MESSAGES))
		return attack_hidden(PLACE_MESSAGES, WRITE32);
	if (at != place_address(PLACE_LAPIC))
		return attack_ioapic(TO_VICTIM, ICR_NMI);
	return x2apic_enabled() ? attack_hidden(PLACE_LAPIC, WRITE32) :
				  attack_icr(TO_VICTIM, ICR_SMI);
}

int attack_link_over_trap(u64 at, u64 unused)
{
	return try_end(move_over_trap, at, 0);
}

/* Its registers moved into an image for ROOT_LOAD, of which they are then the end. The first page says that there is much
 * to be undone. */
static int move_into_image(struct end *end, u64 unused, u64 unused_too)
{
	unsigned int order = get_order(sizeof(struct bh_root_image));
	struct bh_root_image *image = (void *)__get_free_pages(GFP_DMA32 | __GFP_ZERO, order);
	long value;

	if (!image)
		return attack_note("no memory for an image");
	image->run_count = 1u << 20; /* 16 MiB of them */
	config_write(end->bdf, BAR0, 4, virt_to_phys(image) + PAGE_SIZE);
	value = attack_call(BH_HC_ROOT_LOAD, virt_to_phys(image), 0, 0);
	config_write(end->bdf, BAR0, 4, end->bars[0]);
	free_pages((unsigned long)image, order);
	return value < 0 ? ATTACK_DENIED : attack_note("an image with a hole gave %ld", value);
}

int attack_link_over_image(u64 unused, u64 unused_too)
{
	return try_end(move_into_image, 0, 0);
}

/* ------------------------------------------------------------------------------ registers */

static void random_access(u8 __iomem *page, u32 dice)
{
	u32 offset = dice % 4096, value = dice * 2654435761u;

	switch (dice >> 12 & 7) {
	case 0:
		writeb(value, page + offset);
		break;
	case 1:
		writew(value, page + (offset & ~1u));
		break;
	case 2:
		writel(value, page + (offset & 0xfc));
		break;
	case 3:
		writeq(value, page + (offset & ~7u));
		break;
	case 4:
		readb(page + offset);
		break;
	case 5:
		readw(page + offset);
		break;
	case 6:
		readl(page + (offset & ~3u));
		break;
	default:
		readq(page + (offset & ~7u));
	}
}

static int fuzz_page(struct end *end, u64 bar, u64 seed)
{
	struct rnd_state state;
	u32 i;

	/* in order, so that nothing keeps later ones from what lies behind a table */
	for (i = 0; i < PAGE_SIZE && bar; i += 4)
		writel(~0u, end->bar[1] + i);
	prandom_seed_state(&state, seed);
	for (i = 0; i < FUZZ; i++)
		random_access(end->bar[bar], prandom_u32_state(&state));
	writel(0, end->bar[0] + IVSHMEM_REG_STATE);
	for (i = 0; i < IVSHMEM_MAX_VECTORS && bar; i++)
		writel(1, end->bar[1] + 16 * i + 12);
	return ATTACK_IGNORED;
}

int attack_link_registers(u64 bar, u64 seed)
{
	return try_end(fuzz_page, bar, seed);
}

static int fuzz_config(struct end *end, u64 unused, u64 seed)
{
	struct rnd_state state;
	u32 i;

	prandom_seed_state(&state, seed);
	for (i = 0; i < FUZZ / 4; i++) {
		u32 dice = prandom_u32_state(&state);

		config_write(end->bdf, dice % 256, 1 << (dice >> 8) % 3, dice * 2654435761u);
	}
	if (config_read(end->bdf, 0, 4) != LINK_ID)
		return attack_note("it is %x now", config_read(end->bdf, 0, 4));
	return ATTACK_IGNORED;
}

int attack_link_config(u64 unused, u64 seed)
{
	return try_end(fuzz_config, 0, seed);
}

static int flood(struct end *end, u64 unused, u64 unused_too)
{
	u32 i;

	for (i = 0; i < FLOOD; i++)
		writel(1 << 16 | (i & 1), end->bar[0] + IVSHMEM_REG_DOORBELL);
	return ATTACK_IGNORED;
}

int attack_link_flood(u64 unused, u64 unused_too)
{
	return try_end(flood, 0, 0);
}

static int change_states(struct end *end, u64 unused, u64 unused_too)
{
	u32 i;

	for (i = 0; i < FLOOD / 10; i++)
		writel(i, end->bar[0] + IVSHMEM_REG_STATE);
	writel(0, end->bar[0] + IVSHMEM_REG_STATE);
	return ATTACK_IGNORED;
}

int attack_link_states(u64 unused, u64 unused_too)
{
	return try_end(change_states, 0, 0);
}
