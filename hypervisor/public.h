/* SPDX-License-Identifier: GPL-2.0-only */
/* The pages that Linux may read: filled by whoever a field belongs to. */
#ifndef HV_PUBLIC_H
#define HV_PUBLIC_H

#include <bulkhead/public.h>

/* Page aligned, and nothing else in its last page. */
#define PUBLIC_SIZE ((sizeof(struct bh_public) + BH_PAGE_SIZE - 1) & ~(BH_PAGE_SIZE - 1ul))
extern struct bh_public public_area;

#endif
