// SPDX-License-Identifier: GPL-2.0-only
/*
 * Creating and destroying cells (see cell.h). Creation takes everything first and tells the
 * hypervisor last; each label below undoes one step.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <bulkhead/ioctl.h>
#include "area.h"
#include "cell.h"
#include "cell_config.h"
#include "claim.h"
#include "hypercall.h"
#include "link.h"
#include "memory.h"
#include "report.h"

static LIST_HEAD(cells);
static unsigned int count;

unsigned int cell_count(void)
{
	return count;
}

struct cell *cell_find(u32 id)
{
	struct cell *cell;

	list_for_each_entry(cell, &cells, list)
		if (cell->id == id)
			return cell;
	return NULL;
}

static const char *cell_name(const struct cell *cell)
{
	return cell->config.c->header.name;
}

static bool name_is_taken(const char *name)
{
	struct cell *cell;

	list_for_each_entry(cell, &cells, list)
		if (!strcmp(cell_name(cell), name))
			return true;
	return false;
}

/* ------------------------------------------------------------------------------ parts */

static struct cell *cell_alloc(void)
{
	struct cell *cell = kzalloc(sizeof(*cell), GFP_KERNEL);

	if (!cell)
		return NULL;
	if (cpus_set_init(&cell->cpus)) {
		kfree(cell);
		return NULL;
	}
	INIT_LIST_HEAD(&cell->runs);
	INIT_LIST_HEAD(&cell->pinned);
	INIT_LIST_HEAD(&cell->copies);
	return cell;
}

static void cell_free(struct cell *cell)
{
	cpus_set_free(&cell->cpus);
	kfree(cell);
}

static void cell_put_links(struct cell *cell)
{
	while (cell->link_count)
		link_put(cell->links[--cell->link_count]);
}

static int cell_get_links(struct cell *cell)
{
	u32 i;

	for (i = 0; i < cell->config.link_count; i++) {
		struct link *link = link_get(&cell->config.links[i]);

		if (IS_ERR(link)) {
			cell_put_links(cell);
			return PTR_ERR(link);
		}
		cell->links[cell->link_count++] = link;
	}
	return 0;
}

static void cell_return_functions(struct cell *cell)
{
	u32 i;

	for (i = 0; i < BH_MAX_DEVICES; i++) {
		claim_return(cell->claims[i]);
		cell->claims[i] = NULL;
	}
}

static int cell_claim_functions(struct cell *cell)
{
	u32 i;
	int err = claim_check_groups(cell_name(cell), cell->config.devices,
				     cell->config.device_count);

	for (i = 0; i < cell->config.device_count && !err; i++) {
		err = claim_take(cell_name(cell), &cell->config.devices[i], &cell->claims[i]);
		if (err)
			cell_return_functions(cell);
	}
	return err;
}

/* Takes away from Linux the functions that go with this cell. */
static void cell_unplug_links(struct cell *cell)
{
	unsigned int i;

	for (i = 0; i < cell->link_count; i++)
		if (link_is_last_user(cell->links[i]))
			link_unplug(cell->links[i]);
}

/* Safe to repeat. */
static int cell_plug_links(struct cell *cell)
{
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < cell->link_count; i++)
		err = link_plug(cell->links[i]);
	return err;
}

/* --------------------------------------------------------------- in the hypervisor */

static int hypervisor_create(struct cell *cell)
{
	long id;
	int size;

	size = cell_config_write(cell, hv.bounce);
	if (size < 0)
		return size;
	id = hypercall(BH_HC_CELL_CREATE, __pa(hv.bounce), size, 0);
	if (id <= 0) {
		pr_err("cell %s: the hypervisor refused to create it: error %ld; its console says why\n",
		       cell_name(cell), id);
		return id ? id : -EIO;
	}
	cell->id = id;
	return 0;
}

/* Together with its functions in Linux, which must not be found anew in between: a driver that
 * holds one would keep the link's memory. */
static int hypervisor_destroy(struct cell *cell)
{
	int err;

	pci_lock_rescan_remove();
	cell_unplug_links(cell);
	err = hypercall(BH_HC_CELL_DESTROY, cell->id, 0, 0);
	pci_unlock_rescan_remove();
	if (err)
		pr_err("cell %s: the hypervisor refused to destroy it: error %d\n", cell_name(cell),
		       err);
	return err;
}

/* ----------------------------------------------------------------- create and destroy */

static int cell_build(struct cell *cell)
{
	int err;

	err = cell_get_links(cell);
	if (err)
		return err;
	err = cell_memory_take(cell);
	if (err)
		goto put_links;
	err = cell_claim_functions(cell);
	if (err)
		goto release_memory;
	err = regions_take(&cell->regions, &cell->config);
	if (err)
		goto return_functions;
	err = cpus_take(&cell->cpus, &cell->config);
	if (err)
		goto give_back_regions;
	err = hypervisor_create(cell);
	if (err)
		goto give_back_cpus;
	err = cell_clear_memory(cell);
	if (err)
		goto destroy;
	err = cell_plug_links(cell);
	if (err)
		goto destroy;
	return 0;

destroy:
	if (hypervisor_destroy(cell))
		return err;
	cell->id = 0;
give_back_cpus:
	cpus_give_back(&cell->cpus);
give_back_regions:
	regions_give_back(&cell->regions);
return_functions:
	cell_return_functions(cell);
release_memory:
	cell_memory_release(cell);
put_links:
	cell_put_links(cell);
	return err;
}

int cell_create(void **blob, size_t size, struct bh_ioc_config *arg)
{
	struct cell *cell;
	int err;

	cell = cell_alloc();
	if (!cell)
		return -ENOMEM;
	err = report_checked_cell(&cell->config, *blob, size, arg);
	if (err)
		goto free;
	err = -EEXIST;
	if (name_is_taken(cell_name(cell)))
		goto free;
	err = cell_build(cell);
	if (!cell->id)
		goto free;
	/* There is a cell, even if it is not complete and the hypervisor would not give it back. */
	cell->blob = *blob;
	*blob = NULL;
	list_add_tail(&cell->list, &cells);
	count++;
	arg->id = cell->id;
	if (err)
		pr_err("cell %s: could not be completed (error %d) and stays as it is; \"hvctl cell destroy %s\" tries again\n",
		       cell_name(cell), err, cell_name(cell));
	return err;

free:
	cell_free(cell);
	return err;
}

/* ---------------------------------------------------------- cells of an earlier Linux */

static int cell_adopt_parts(struct cell *cell)
{
	u32 i;
	int err;

	for (i = 0; i < cell->config.memory_count; i++) {
		const struct bh_config_memory *m = &cell->config.memory[i];

		if (m->flags & BH_MEM_IO)
			continue;
		err = mem_adopt(&cell->runs, m->hpa, m->size, MEM_CELL);
		if (err)
			return err;
		cell->memory += m->size;
	}
	for (i = 0; i < cell->config.link_count; i++) {
		struct link *link = link_adopt(&cell->config.links[i]);

		if (IS_ERR(link))
			return PTR_ERR(link);
		cell->links[cell->link_count++] = link;
	}
	cpus_adopt(&cell->cpus, &cell->config);
	return regions_adopt(&cell->regions, &cell->config);
}

/* Without a word to the hypervisor. */
static void cell_abandon(struct cell *cell)
{
	cell_memory_release(cell);
	cell_put_links(cell);
	regions_give_back(&cell->regions);
	kvfree(cell->blob);
	cell_free(cell);
}

int cell_adopt(u32 id, const void *blob, size_t size)
{
	struct bh_ioc_config arg;
	struct cell *cell = cell_alloc();
	int err = -ENOMEM;

	if (!cell)
		return -ENOMEM;
	cell->id = id;
	cell->forgotten = true;
	cell->blob = kvmalloc(size, GFP_KERNEL);
	if (!cell->blob)
		goto abandon;
	memcpy(cell->blob, blob, size);
	err = report_checked_cell(&cell->config, cell->blob, size, &arg);
	if (!err)
		err = cell_adopt_parts(cell);
	if (err)
		goto abandon;
	list_add_tail(&cell->list, &cells);
	count++;
	return 0;

abandon:
	cell_abandon(cell);
	return err;
}

void cell_plug_all(void)
{
	struct cell *cell;

	list_for_each_entry(cell, &cells, list)
		cell_plug_links(cell); /* what does not appear is said on the log */
}

void cell_abandon_all(void)
{
	struct cell *cell, *next;

	list_for_each_entry_safe(cell, next, &cells, list) {
		list_del(&cell->list);
		count--;
		cell_abandon(cell);
	}
}

/* Functions that this Linux has never seen, since the cell had them when it began. */
static void find_functions(const struct cell *cell)
{
	u32 i;

	for (i = 0; i < cell->config.device_count; i++) {
		struct pci_bus *bus = pci_find_bus(0, cell->config.devices[i].host_bdf >> 8);

		if (!cell->claims[i] && bus) {
			pci_lock_rescan_remove();
			pci_rescan_bus(bus);
			pci_unlock_rescan_remove();
		}
	}
}

/* ------------------------------------------------------------------------------------------ */

int cell_destroy(u32 id)
{
	struct cell *cell = cell_find(id);
	int err;

	if (!cell)
		return -ENOENT;
	if (cell_runs(cell))
		return -EBUSY;
	err = hypervisor_destroy(cell);
	if (err) {
		cell_plug_links(cell);
		return err;
	}
	list_del(&cell->list);
	count--;
	find_functions(cell);
	cell_return_functions(cell);
	cell_memory_release(cell);
	cell_put_links(cell);
	cpus_give_back(&cell->cpus);
	regions_give_back(&cell->regions);
	cell_forget_copies(cell);
	kvfree(cell->blob);
	cell_free(cell);
	return 0;
}
