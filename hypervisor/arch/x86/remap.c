// SPDX-License-Identifier: GPL-2.0-only
/* VT-d interrupt remapping tables of the root. VT-d specification 9.10, 11.4.8.1. */
#include "arch/x86/remap.h"
#include "cell.h"
#include "memory.h"

#define VTD_GSTS 0x1c
#define GSTS_IRES (1u << 25)
#define VTD_IRTA 0xb8
#define IRTA_EIME (1u << 11)
#define IRTA_SIZE 0xfu

struct table {
	uint64_t hpa;
	uint32_t entries;
	int extended;
};

static struct table tables[BH_MAX_IOMMUS];

int remap_init(void)
{
	for (unsigned int i = 0; i < system_config.iommu_count; i++) {
		const struct bh_config_iommu *unit = &system_config.iommus[i];
		volatile uint32_t *page;
		uint64_t irta;

		if (unit->type != BH_IOMMU_VTD)
			continue;
		page = memory_map_device(unit->base_hpa, BH_PAGE_SIZE, PT_READ | PT_UNCACHED);
		if (!page)
			return -ENOMEM;
		if (!(page[VTD_GSTS / 4] & GSTS_IRES))
			continue;
		irta = page[VTD_IRTA / 4] | (uint64_t)page[VTD_IRTA / 4 + 1] << 32;
		tables[i].hpa = irta & ~UINT64_C(0xfff);
		tables[i].entries = 2u << (irta & IRTA_SIZE);
		tables[i].extended = !!(irta & IRTA_EIME);
	}
	return 0;
}

void remap_follow(const struct bh_config_iommu *unit, uint64_t irta, int on)
{
	struct table *table = &tables[unit - system_config.iommus];

	table->entries = 0; /* whoever looks meanwhile finds none */
	table->hpa = irta & ~UINT64_C(0xfff);
	table->extended = !!(irta & IRTA_EIME);
	__atomic_store_n(&table->entries, on ? 2u << (irta & IRTA_SIZE) : 0, __ATOMIC_RELEASE);
}

int remap_is_on(void)
{
	for (unsigned int i = 0; i < system_config.iommu_count; i++)
		if (tables[i].entries)
			return 1;
	return 0;
}

int remap_lookup(struct cpu *self, uint32_t index, uint16_t requester, struct msi_interrupt *irq)
{
	for (unsigned int i = 0; i < system_config.iommu_count; i++) {
		uint64_t at = tables[i].hpa + (uint64_t)index * 16;
		const uint64_t *entry;

		if (index >= tables[i].entries || !cell_memory_is_roots(self, at, 16, PT_READ))
			continue;
		entry = memory_window(self, WINDOW_DST, at);
		if (!msi_vtd_entry(entry[0], entry[1], tables[i].extended, requester, irq))
			return 0;
	}
	return -EINVAL;
}
