// SPDX-License-Identifier: GPL-2.0-only
/* AMD-Vi units. */
#include "arch/x86/iommu/iommu.h"
#include "console.h"

static int prepare(struct iommu_unit *unit)
{
	console_print("AMD-Vi unit at %lx: not supported yet, leave it to Linux\n",
		      unit->config->base_hpa);
	return -EOPNOTSUPP;
}

const struct iommu_hooks iommu_amd = { .prepare = prepare };
