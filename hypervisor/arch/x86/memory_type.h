/* SPDX-License-Identifier: GPL-2.0-only */
/* Which memory is cached, where nested tables have to say so. */
#ifndef X86_MEMORY_TYPE_H
#define X86_MEMORY_TYPE_H

#include <bulkhead/types.h>

/* Read the MTRRs, on any CPU. */
int memory_type_init(void);

/* Rights with which the root's map of itself starts at this address, and for how many bytes they
 * are the same: PT_RWX, and PT_UNCACHED where nested tables have to say so. */
uint32_t memory_type_rights(uint64_t hpa, uint64_t *size);

#endif
