/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A pool of pages for struct pt on the host: counts what is out, hands out only as many as the
 * test allows, and fails loudly on a foreign or double free.
 */
#ifndef TEST_PAGES_H
#define TEST_PAGES_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "../pure/pt.h"

#define PAGES_MAX 4096
#define PAGES_FIRST_HPA UINT64_C(0x7700000000) /* nothing that the tests map */

struct pages {
	uint64_t *page[PAGES_MAX];
	unsigned int next; /* where to look for a free one */
	unsigned int out;
	unsigned int allowed; /* how many may be out at most */
};

static inline uint64_t *pages_alloc(void *context, uint64_t *hpa)
{
	struct pages *pages = context;

	if (pages->out >= pages->allowed)
		return NULL;
	while (pages->next < PAGES_MAX && pages->page[pages->next])
		pages->next++;
	if (pages->next == PAGES_MAX)
		abort();
	pages->page[pages->next] = calloc(1, BH_PAGE_SIZE);
	if (!pages->page[pages->next])
		abort();
	pages->out++;
	*hpa = PAGES_FIRST_HPA + pages->next * (uint64_t)BH_PAGE_SIZE;
	return pages->page[pages->next];
}

static inline uint64_t *pages_at(void *context, uint64_t hpa)
{
	struct pages *pages = context;
	uint64_t index = (hpa - PAGES_FIRST_HPA) / BH_PAGE_SIZE;

	if (hpa % BH_PAGE_SIZE || index >= PAGES_MAX || !pages->page[index])
		abort();
	return pages->page[index];
}

static inline void pages_free(void *context, uint64_t hpa)
{
	struct pages *pages = context;

	free(pages_at(context, hpa));
	pages->next = (unsigned int)((hpa - PAGES_FIRST_HPA) / BH_PAGE_SIZE);
	pages->page[pages->next] = NULL;
	pages->out--;
}

static const struct pt_ops pages_ops = { pages_alloc, pages_free, pages_at };

#endif
