/* SPDX-License-Identifier: GPL-2.0-only */
/* The pages that Linux may read: filled by whoever a field belongs to. */
#ifndef HV_PUBLIC_H
#define HV_PUBLIC_H

#include <bulkhead/public.h>

extern struct bh_public public_area;

#endif
