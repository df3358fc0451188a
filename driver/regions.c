// SPDX-License-Identifier: GPL-2.0-only
/* I/O ports of cells in Linux's table of ports: see regions.h. */
#include <linux/bitmap.h>
#include <linux/ioport.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include "regions.h"
#include "pure/ports.h"

static LIST_HEAD(holders);

static unsigned int size_of(const struct bh_config_port *range)
{
	return range->last - range->first + 1u;
}

static void say_who(const struct config_cell *config, const struct bh_config_port *range)
{
	const char *cell = config->c->header.name;
	const struct regions *other;

	list_for_each_entry(other, &holders, list)
		if (other->config != config && ports_overlap(other->config, range)) {
			pr_err("cell %s: ports from %x on are those of cell %s\n", cell,
			       range->first, other->config->c->header.name);
			return;
		}
	pr_err("cell %s: ports %x to %x are in use by Linux; /proc/ioports names the driver, which has to let go of them (that of a serial port: echo DEVICE > /sys/bus/pnp/drivers/serial/unbind)\n",
	       cell, range->first, range->last);
}

static int begin(struct regions *regions, const struct config_cell *config)
{
	regions->taken = bitmap_zalloc(config->port_count, GFP_KERNEL);
	if (!regions->taken)
		return -ENOMEM;
	regions->config = config;
	snprintf(regions->name, sizeof(regions->name), "bulkhead cell %s", config->c->header.name);
	list_add_tail(&regions->list, &holders);
	return 0;
}

static int take_one(struct regions *regions, u32 i)
{
	const struct bh_config_port *range = &regions->config->ports[i];

	if (!request_region(range->first, size_of(range), regions->name)) {
		say_who(regions->config, range);
		return -EBUSY;
	}
	__set_bit(i, regions->taken);
	return 0;
}

int regions_take(struct regions *regions, const struct config_cell *config)
{
	int err = config->port_count ? begin(regions, config) : 0;
	u32 i;

	for (i = 0; i < config->port_count && !err; i++)
		err = take_one(regions, i);
	if (err)
		regions_give_back(regions);
	return err;
}

int regions_adopt(struct regions *regions, const struct config_cell *config)
{
	int err = config->port_count ? begin(regions, config) : 0;
	u32 i;

	for (i = 0; i < config->port_count && !err; i++)
		take_one(regions, i);
	return err;
}

void regions_give_back(struct regions *regions)
{
	u32 i;

	if (!regions->config)
		return;
	for (i = 0; i < regions->config->port_count; i++)
		if (test_bit(i, regions->taken))
			release_region(regions->config->ports[i].first,
				       size_of(&regions->config->ports[i]));
	list_del(&regions->list);
	bitmap_free(regions->taken);
	regions->config = NULL;
}
