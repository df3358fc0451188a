/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupt remapping that is left to Linux: finding out what a message in remappable format
 * means. The tables are Linux's own memory and as untrusted as the message.
 */
#ifndef X86_REMAP_H
#define X86_REMAP_H

#include <bulkhead/config.h>
#include "cpu.h"
#include "pure/msi.h"

/* Remember where the units' tables are. -ENOMEM */
int remap_init(void);

/* A unit that is ours is told by the root that its table lies elsewhere, or is out of use. */
void remap_follow(const struct bh_config_iommu *unit, uint64_t irta, int on);

/* Whether messages and entries in remappable format mean anything to the machine. */
int remap_is_on(void);

/* 0 and *irq, or -EINVAL: no unit has such an entry for this requester. */
int remap_lookup(struct cpu *self, uint32_t index, uint16_t requester, struct msi_interrupt *irq);

#endif
