// SPDX-License-Identifier: GPL-2.0-only
/*
 * Links by name (see link.h).
 */
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <bulkhead/ioctl.h>
#include "link.h"
#include "memory.h"
#include "pci.h"

struct link {
	struct list_head list;
	struct bh_config_link end; /* that came first; all others must agree with it */
	struct list_head runs;
	u64 hpa;
	unsigned int users;
	bool plugged;
	u16 bdf; /* in this Linux */
};

static LIST_HEAD(links);
static unsigned int link_count;

static struct link *link_find(const char *name)
{
	struct link *link;

	list_for_each_entry(link, &links, list)
		if (!strcmp(link->end.name, name))
			return link;
	return NULL;
}

static bool ends_agree(const struct link *link, const struct bh_config_link *b)
{
	const struct bh_config_link *a = &link->end;

	return a->peers == b->peers && a->protocol == b->protocol && a->rw_size == b->rw_size &&
	       a->output_size == b->output_size && a->root_peer == b->root_peer &&
	       a->root_vectors == b->root_vectors &&
	       (b->hpa == BH_ADDR_NONE || b->hpa == link->hpa);
}

static int link_take_memory(struct link *link)
{
	u64 size = bh_link_size(&link->end);
	struct mem_run *run;
	int err;

	if (link->end.hpa != BH_ADDR_NONE)
		err = mem_take_at(&link->runs, link->end.hpa, size, MEM_CELL);
	else
		err = mem_take_contiguous(&link->runs, size, MEM_CELL);
	if (err) {
		pr_err("link %s: %llu KiB of contiguous memory cannot be had (error %d); make its sections smaller, or name a pool that was reserved at boot\n",
		       link->end.name, size >> 10, err);
		return err;
	}
	err = mem_clear(&link->runs);
	if (err) {
		mem_release(&link->runs);
		return err;
	}
	run = list_first_entry(&link->runs, struct mem_run, list);
	link->hpa = run->hpa;
	return 0;
}

static int link_adopt_memory(struct link *link)
{
	int err = mem_adopt(&link->runs, link->end.hpa, bh_link_size(&link->end), MEM_CELL);

	link->hpa = link->end.hpa;
	return err;
}

static struct link *link_new(const struct bh_config_link *end, int (*find_memory)(struct link *))
{
	struct link *link;
	int err;

	if (link_count == BH_MAX_LINKS) {
		pr_err("link %s: there are %u links already, and no more can be\n", end->name,
		       link_count);
		return ERR_PTR(-ENOSPC);
	}
	link = kzalloc(sizeof(*link), GFP_KERNEL);
	if (!link)
		return ERR_PTR(-ENOMEM);
	link->end = *end;
	INIT_LIST_HEAD(&link->runs);
	err = find_memory(link);
	if (err) {
		kfree(link);
		return ERR_PTR(err);
	}
	list_add_tail(&link->list, &links);
	link_count++;
	return link;
}

static struct link *link_use(const struct bh_config_link *end, int (*find_memory)(struct link *))
{
	struct link *link = link_find(end->name);

	if (!link)
		link = link_new(end, find_memory);
	if (IS_ERR(link))
		return link;
	if (!ends_agree(link, end)) {
		pr_err("link %s: this end differs from the one of an existing cell in peers, protocol, sizes, address or the root's end; make them equal\n",
		       end->name);
		return ERR_PTR(-EINVAL);
	}
	link->users++;
	return link;
}

struct link *link_get(const struct bh_config_link *end)
{
	return link_use(end, link_take_memory);
}

struct link *link_adopt(const struct bh_config_link *end)
{
	return link_use(end, link_adopt_memory);
}

void link_put(struct link *link)
{
	if (--link->users)
		return;
	list_del(&link->list);
	link_count--;
	mem_release(&link->runs);
	kfree(link);
}

bool link_is_last_user(const struct link *link)
{
	return link->users == 1;
}

u64 link_hpa(const struct link *link)
{
	return link->hpa;
}

/* ------------------------------------------------------------------------ PCI function */

int link_plug(struct link *link)
{
	int err;

	if (link->plugged || link->end.root_peer == BH_ID_NONE)
		return 0;
	err = pci_plug(link->end.name, link->hpa, &link->bdf);
	if (err) {
		pr_err("link %s: its function does not appear in Linux (error %d); the system description needs a free slot for it\n",
		       link->end.name, err);
		return err;
	}
	link->plugged = true;
	return 0;
}

void link_unplug(struct link *link)
{
	pci_unplug(link->hpa);
	link->plugged = false;
}

unsigned int link_list(struct bh_driver_link *list, unsigned int limit)
{
	const struct link *link;
	unsigned int n = 0;

	list_for_each_entry(link, &links, list) {
		if (!link->plugged || n == limit)
			continue;
		strscpy(list[n].name, link->end.name, sizeof(list[n].name));
		list[n].peer = link->end.root_peer;
		list[n].peers = link->end.peers;
		list[n].bdf = link->bdf;
		n++;
	}
	return n;
}
