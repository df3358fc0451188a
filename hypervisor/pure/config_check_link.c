// SPDX-License-Identifier: GPL-2.0-only
/* The rules of the links in a cell description, but for those about the places they take. */
#include <bulkhead/ivshmem.h>
#include "config_check.h"

static const struct bh_config_link *this_link(const struct view *v)
{
	return &v->cell->links[v->i];
}

int rule_link_name(struct view *v)
{
	return judge(v, config_name_is_valid(this_link(v)->name), v->i);
}

static int same_name(const char *a, const char *b)
{
	uint32_t i;

	for (i = 0; i < BH_NAME_LEN && a[i] == b[i]; i++)
		if (!a[i])
			return 1;
	return 0;
}

int rule_link_duplicate(struct view *v)
{
	uint32_t j;

	for (j = 0; j < v->i; j++)
		if (same_name(v->cell->links[j].name, this_link(v)->name))
			return judge(v, 0, j);
	return 1;
}

int rule_link_flags(struct view *v)
{
	return judge(v, !(this_link(v)->flags & ~BH_LINK_FLAGS), this_link(v)->flags);
}

int rule_link_peers(struct view *v)
{
	uint16_t peers = this_link(v)->peers;

	return judge(v, peers >= 2 && peers <= BH_MAX_PEERS, peers);
}

int rule_link_peer(struct view *v)
{
	return judge(v, this_link(v)->peer < this_link(v)->peers, this_link(v)->peer);
}

int rule_link_root_peer(struct view *v)
{
	const struct bh_config_link *l = this_link(v);

	return judge(v,
		     l->root_peer == BH_ID_NONE ||
			     (l->root_peer < l->peers && l->root_peer != l->peer),
		     l->root_peer);
}

int rule_link_vectors(struct view *v)
{
	uint16_t vectors = this_link(v)->vectors;

	return judge(v, vectors && vectors <= IVSHMEM_MAX_VECTORS, vectors);
}

int rule_link_root_vectors(struct view *v)
{
	uint16_t vectors = this_link(v)->root_vectors;

	if (this_link(v)->root_peer == BH_ID_NONE)
		return judge(v, !vectors, vectors);
	return judge(v, vectors && vectors <= IVSHMEM_MAX_VECTORS, vectors);
}

int rule_link_intx_vectors(struct view *v)
{
	const struct bh_config_link *l = this_link(v);

	return judge(v, !(l->flags & BH_LINK_INTX) || l->vectors == 1, l->vectors);
}

int rule_link_intx_ioapic(struct view *v)
{
	return judge(
		v, !(this_link(v)->flags & BH_LINK_INTX) || v->cell->c->ioapic_gpa != BH_ADDR_NONE,
		v->i);
}

int rule_link_rw_size(struct view *v)
{
	uint64_t size = this_link(v)->rw_size;

	return judge(v, size <= CONFIG_GIB && aligned(size, BH_PAGE_SIZE), size);
}

/* Each bounded first, so that the sum cannot overflow. */
int rule_link_output_size(struct view *v)
{
	const struct bh_config_link *l = this_link(v);

	return judge(v,
		     l->output_size <= CONFIG_GIB && aligned(l->output_size, BH_PAGE_SIZE) &&
			     bh_link_size(l) <= CONFIG_GIB,
		     l->output_size);
}

int rule_link_bdf(struct view *v)
{
	uint16_t bdf = this_link(v)->bdf;

	return judge(v, bdf >= 1 << 3 && bdf <= 31 << 3 && !(bdf & 7), bdf);
}

int rule_link_host_open(struct view *v)
{
	return judge(v, v->stage == CONFIG_OPEN || this_link(v)->hpa != BH_ADDR_NONE,
		     this_link(v)->gpa);
}

int rule_link_host_align(struct view *v)
{
	uint64_t hpa = this_link(v)->hpa;

	return judge(v, hpa == BH_ADDR_NONE || aligned(hpa, BH_PAGE_SIZE), hpa);
}
