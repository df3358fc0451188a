/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine's DMA-remapping units against those of the description.
 */
#ifndef BULKHEAD_IOMMU_H
#define BULKHEAD_IOMMU_H

#include "pure/config.h"

/* -ENXIO, after a message: the firmware's tables know a unit that the description does not. Such
 * a unit would go on as Linux programs it, without anybody having said that this is accepted.
 * -EOPNOTSUPP, after a message: Linux translates DMA, and the units are to be the hypervisor's. */
int iommu_check(const struct config_system *sys);

/* Whether the hypervisor drives units of the machine. */
bool iommu_is_taken(const struct config_system *sys);

#endif
