// SPDX-License-Identifier: GPL-2.0-only
/*
 * Choosing host memory for a cell, and writing it into its description (see cell_config.h).
 */
#include <linux/kernel.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include "cell.h"
#include "cell_config.h"
#include "claim.h"
#include "link.h"
#include "memory.h"

/* ------------------------------------------------------------------------------ taking */

static int take_pinned(struct cell *cell, const struct bh_config_memory *m)
{
	int err = mem_take_at(&cell->pinned, m->hpa, m->size, MEM_CELL);

	if (err)
		pr_err("cell %s: memory %#llx+%#llx is pinned and cannot be had (error %d); reserve it at boot, or let the driver choose\n",
		       cell->config.c->header.name, m->hpa, m->size, err);
	return err;
}

int cell_memory_take(struct cell *cell)
{
	u64 open = 0;
	u32 i;
	int err;

	for (i = 0; i < cell->config.memory_count; i++) {
		const struct bh_config_memory *m = &cell->config.memory[i];

		if (m->flags & BH_MEM_IO)
			continue; /* no memory of Linux's */
		cell->memory += m->size;
		if (m->hpa == BH_ADDR_NONE) {
			open += m->size;
			continue;
		}
		err = take_pinned(cell, m);
		if (err)
			goto release;
	}
	if (!open)
		return 0;
	err = mem_take(&cell->runs, open, MEM_CELL);
	if (!err)
		return 0;
	if (err == -ENOMEM)
		pr_err("cell %s: %llu MiB of memory cannot be had in pieces of 2 MiB; free memory or enlarge the pool, or give the cell less\n",
		       cell->config.c->header.name, open >> 20);
release:
	cell_memory_release(cell);
	return err;
}

void cell_memory_release(struct cell *cell)
{
	mem_release(&cell->runs);
	mem_release(&cell->pinned);
	cell->memory = 0;
}

/* ----------------------------------------------------------------------------- writing */

/* Hands out the chosen runs from front to back. */
struct cursor {
	const struct mem_run *run;
	u64 used; /* bytes of it */
};

static u64 cursor_take(struct cursor *c, u64 wanted, u64 *hpa)
{
	u64 bytes;

	if (c->used == c->run->size) {
		c->run = list_next_entry(c->run, list);
		c->used = 0;
	}
	bytes = min(wanted, c->run->size - c->used);
	*hpa = c->run->hpa + c->used;
	c->used += bytes;
	return bytes;
}

/* Appends what one record of the description becomes; count is the number written before. */
static int write_memory(struct bh_config_memory *out, u32 *count, u32 limit,
			const struct bh_config_memory *open, struct cursor *cursor)
{
	struct bh_config_memory m = *open;
	u64 left = open->size;

	while (left) {
		if (*count == limit)
			return -E2BIG;
		m.size = left;
		if (open->hpa == BH_ADDR_NONE)
			m.size = cursor_take(cursor, left, &m.hpa);
		out[(*count)++] = m;
		m.gpa += m.size;
		left -= m.size;
	}
	return 0;
}

int cell_config_write(const struct cell *cell, void *out)
{
	const struct config_cell *in = &cell->config;
	struct bh_cell_config *c = out;
	struct bh_config_link *links = out + in->c->links.offset;
	struct bh_config_pci *devices = out + in->c->devices.offset;
	struct bh_config_memory *memory = out + in->c->memory.offset;
	struct cursor cursor = {
		.run = list_first_entry(&cell->runs, struct mem_run, list),
	};
	u64 place = in->c->bar_gpa + SZ_1M; /* behind the BARs of links */
	u32 limit, i;
	int err;

	/* The memory table is the last one, so that it can grow (rule "memory-last"). */
	memcpy(out, in->c, in->c->memory.offset);
	for (i = 0; i < cell->link_count; i++)
		links[i].hpa = link_hpa(cell->links[i]);
	for (i = 0; i < in->device_count; i++)
		claim_describe(cell->claims[i], &devices[i], &place);
	limit = (BH_CONFIG_MAX_SIZE - in->c->memory.offset) / sizeof(*memory);
	limit = min_t(u32, limit, BH_MAX_MEMORY);
	c->memory.count = 0;
	for (i = 0; i < in->memory_count; i++) {
		err = write_memory(memory, &c->memory.count, limit, &in->memory[i], &cursor);
		if (err) {
			pr_err("cell %s: its memory is in more than %u fragments; reserve a range at boot and name it as \"pool\"\n",
			       c->header.name, limit);
			return err;
		}
	}
	c->header.size = c->memory.offset + c->memory.count * sizeof(*memory);
	return c->header.size;
}
