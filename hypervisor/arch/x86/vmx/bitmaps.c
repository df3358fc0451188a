// SPDX-License-Identifier: GPL-2.0-only
/* VMX permission bitmaps: which MSRs and ports a cell touches without an exit. SDM vol. 3, 25.6.4,
 * 25.6.9. */
#include "memory.h"
#include "string.h"
#include "pure/msr.h"
#include "vmx/vmx.h"

/* A page of MSRs: 8192 low ones, 8192 high ones to be read, then both to be written; two pages of
 * ports. */
#define MSR_RANGE 0x2000u
#define MSR_HIGH 0xc0000000u
#define MSR_HIGH_READ 0x400
#define MSR_WRITES 0x800
#define PAGES 3

static void set_bit(uint8_t *bitmap, unsigned int n, int trap)
{
	if (trap)
		bitmap[n / 8] |= (uint8_t)(1u << n % 8);
	else
		bitmap[n / 8] &= (uint8_t) ~(1u << n % 8);
}

/* Others always exit. */
static void set_msr(uint8_t *bitmap, uint32_t msr, const struct msr_range *verdict)
{
	if (msr >= MSR_HIGH) {
		msr -= MSR_HIGH;
		bitmap += MSR_HIGH_READ;
	}
	if (msr >= MSR_RANGE)
		return;
	set_bit(bitmap, msr, verdict->read != MSR_PASS);
	set_bit(bitmap + MSR_WRITES, msr, verdict->write != MSR_PASS);
}

static void fill_msrs(struct cell *cell, uint8_t *bitmap)
{
	enum msr_owner owner = cell_is_root(cell) ? MSR_ROOT : MSR_CELL;
	unsigned int count;
	const struct msr_range *ranges = msr_ranges(owner, &count);

	memset(bitmap, msr_default(owner) == MSR_PASS ? 0 : 0xff, BH_PAGE_SIZE);
	for (unsigned int i = 0; i < count; i++)
		for (uint32_t msr = ranges[i].first; msr <= ranges[i].last; msr++)
			set_msr(bitmap, msr, &ranges[i]);
}

static void fill_ports(struct cell *cell, uint8_t *bitmap)
{
	if (cell_is_root(cell)) {
		for (unsigned int port = 0xcf8; port <= 0xcff; port++)
			set_bit(bitmap, port, 1);
		return;
	}
	memset(bitmap, 0xff, 2 * BH_PAGE_SIZE);
	for (unsigned int i = 0; i < cell->config.port_count; i++) {
		const struct bh_config_port *range = &cell->config.ports[i];

		for (unsigned int port = range->first; port <= range->last; port++)
			set_bit(bitmap, port, 0);
	}
}

int vmm_cell_init(struct cell *cell)
{
	uint8_t *bitmaps = memory_alloc(PAGES);

	if (!bitmaps)
		return -ENOMEM;
	fill_msrs(cell, bitmaps);
	fill_ports(cell, bitmaps + BH_PAGE_SIZE);
	cell->vmm = bitmaps;
	return 0;
}

void vmm_cell_destroy(struct cell *cell)
{
	if (cell->vmm)
		memory_free(cell->vmm, PAGES);
}

void vmx_set_bitmaps(const struct cell *cell)
{
	uint64_t hpa = memory_hpa(cell->vmm);

	vmwrite(VMCS_MSR_BITMAP, hpa);
	vmwrite(VMCS_IO_BITMAP_A, hpa + BH_PAGE_SIZE);
	vmwrite(VMCS_IO_BITMAP_B, hpa + 2 * BH_PAGE_SIZE);
}
