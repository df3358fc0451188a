/* SPDX-License-Identifier: GPL-2.0-only */
/* SVM permission bitmaps: which MSRs and ports a cell touches without an exit. APM vol. 2, 15.10, 15.11. */
#include "memory.h"
#include "string.h"
#include "pure/msr.h"
#include "svm/svm.h"

#define MSRPM_PAGES 2
#define IOPM_PAGES 3

/* Two bits per MSR, read then write, in three ranges of 8192 */
#define MSRPM_RANGE 0x800
static const uint32_t msrpm_base[] = { 0x00000000, 0xc0000000, 0xc0010000 };

static void set_msr(uint8_t *msrpm, uint32_t msr, const struct msr_range *verdict)
{
	for (unsigned int range = 0; range < 3; range++) {
		uint32_t n = msr - msrpm_base[range];
		unsigned int bit = n % 4 * 2;
		uint8_t *byte = &msrpm[range * MSRPM_RANGE + n / 4];

		if (n >= 0x2000)
			continue;
		*byte &= (uint8_t) ~(3u << bit);
		*byte |= (uint8_t)((verdict->read != MSR_PASS ? 1u : 0) << bit);
		*byte |= (uint8_t)((verdict->write != MSR_PASS ? 2u : 0) << bit);
	}
}

static void fill_msrs(struct cell *cell, uint8_t *msrpm)
{
	enum msr_owner owner = cell_is_root(cell) ? MSR_ROOT : MSR_CELL;
	unsigned int count;
	const struct msr_range *ranges = msr_ranges(owner, &count);

	memset(msrpm, 0xff, MSRPM_PAGES * BH_PAGE_SIZE);
	if (msr_default(owner) == MSR_PASS)
		memset(msrpm, 0, 3 * MSRPM_RANGE);
	for (unsigned int i = 0; i < count; i++)
		for (uint32_t msr = ranges[i].first; msr <= ranges[i].last; msr++)
			set_msr(msrpm, msr, &ranges[i]);
}

static void set_port(uint8_t *iopm, unsigned int port, int trap)
{
	if (trap)
		iopm[port / 8] |= (uint8_t)(1u << port % 8);
	else
		iopm[port / 8] &= (uint8_t) ~(1u << port % 8);
}

static void fill_ports(struct cell *cell, uint8_t *iopm)
{
	if (cell_is_root(cell)) {
		for (unsigned int port = 0xcf8; port <= 0xcff; port++)
			set_port(iopm, port, 1);
		return;
	}
	memset(iopm, 0xff, IOPM_PAGES * BH_PAGE_SIZE);
	for (unsigned int i = 0; i < cell->config.port_count; i++) {
		const struct bh_config_port *range = &cell->config.ports[i];

		for (unsigned int port = range->first; port <= range->last; port++)
			set_port(iopm, port, 0);
	}
}

int vmm_cell_init(struct cell *cell)
{
	uint8_t *bitmaps = memory_alloc(MSRPM_PAGES + IOPM_PAGES);

	if (!bitmaps)
		return -ENOMEM;
	fill_msrs(cell, bitmaps);
	fill_ports(cell, bitmaps + MSRPM_PAGES * BH_PAGE_SIZE);
	cell->vmm = bitmaps;
	return 0;
}

void vmm_cell_destroy(struct cell *cell)
{
	if (cell->vmm)
		memory_free(cell->vmm, MSRPM_PAGES + IOPM_PAGES);
}

void svm_set_bitmaps(struct vmcb *vmcb, const struct cell *cell)
{
	vmcb->msrpm_base_pa = memory_hpa(cell->vmm);
	vmcb->iopm_base_pa = vmcb->msrpm_base_pa + MSRPM_PAGES * BH_PAGE_SIZE;
}
