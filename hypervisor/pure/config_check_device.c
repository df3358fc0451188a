// SPDX-License-Identifier: GPL-2.0-only
/* The rules about PCI functions and interrupt lines that a cell owns. What a function really is only shows
 * when the cell is created. */
#include "config_check.h"

#define LINK_PIN 16 /* of the cell's first link, if that has INTx */

static const struct bh_config_pci *this_device(const struct view *v)
{
	return &v->cell->devices[v->i];
}

int rule_device_flags(struct view *v)
{
	return judge(v, !(this_device(v)->flags & ~BH_PCI_FLAGS), this_device(v)->flags);
}

int rule_device_host_open(struct view *v)
{
	return judge(v, v->stage == CONFIG_OPEN || this_device(v)->host_bdf != BH_BDF_NONE, v->i);
}

int rule_device_bdf(struct view *v)
{
	uint16_t bdf = this_device(v)->bdf;

	return judge(v, bdf >= 1 << 3 && bdf < 32 << 3, bdf);
}

int rule_device_intx(struct view *v)
{
	const struct bh_config_pci *d = this_device(v);
	uint32_t j;

	if (!(d->flags & BH_PCI_INTX))
		return 1;
	for (j = 0; j < v->cell->pin_count; j++)
		if (v->cell->pins[j].pin == d->intx_pin)
			return 1;
	return judge(v, 0, d->intx_pin);
}

static int is_power_of_2(uint64_t x)
{
	return x && !(x & (x - 1));
}

static int bar_is_absent(const struct view *v)
{
	return !v->cell->devices[v->i / CONFIG_BARS].bar[v->i % CONFIG_BARS].size;
}

int rule_device_bar_size(struct view *v)
{
	uint64_t size = v->cell->devices[v->i / CONFIG_BARS].bar[v->i % CONFIG_BARS].size;

	return bar_is_absent(v) || judge(v, is_power_of_2(size) && size >= BH_PAGE_SIZE, size);
}

int rule_device_bar_address(struct view *v)
{
	uint64_t size = v->cell->devices[v->i / CONFIG_BARS].bar[v->i % CONFIG_BARS].size;
	uint64_t gpa = v->cell->devices[v->i / CONFIG_BARS].bar[v->i % CONFIG_BARS].gpa;
	struct place place = { gpa, size };

	if (bar_is_absent(v) || (v->stage == CONFIG_OPEN && gpa == BH_ADDR_NONE))
		return 1;
	return judge(v, aligned(gpa, size) && fits(place, 4 * CONFIG_GIB), gpa);
}

int rule_device_bar_host(struct view *v)
{
	uint64_t size = v->cell->devices[v->i / CONFIG_BARS].bar[v->i % CONFIG_BARS].size;
	uint64_t hpa = v->cell->devices[v->i / CONFIG_BARS].bar[v->i % CONFIG_BARS].hpa;
	uint64_t limit = v->sys ? v->sys->c->address_limit : CONFIG_LIMIT;
	struct place place = { hpa, size };

	if (bar_is_absent(v) || (v->stage == CONFIG_OPEN && hpa == BH_ADDR_NONE))
		return 1;
	return judge(v, aligned(hpa, size) && fits(place, limit), hpa) && place_is_unreserved(v);
}

/* Links with INTx have pins, too. */
int rule_pin_number(struct view *v)
{
	uint32_t pin = v->cell->pins[v->i].pin, link = pin - LINK_PIN;
	int taken = link < v->cell->link_count && v->cell->links[link].flags & BH_LINK_INTX;

	return judge(v, pin < BH_MAX_PINS && !taken, pin);
}

int rule_pin_ioapic(struct view *v)
{
	return judge(v, v->cell->c->ioapic_gpa != BH_ADDR_NONE, v->i);
}

int rule_pin_gsi(struct view *v)
{
	uint32_t gsi = v->cell->pins[v->i].gsi, j;

	for (j = 0; v->sys && j < v->sys->ioapic_count; j++)
		if (gsi - v->sys->ioapics[j].gsi_base < v->sys->ioapics[j].pins)
			return 1;
	return judge(v, !v->sys, gsi);
}
