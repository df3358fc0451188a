// SPDX-License-Identifier: GPL-2.0-only
/* VMX permission bitmaps: which MSRs and ports a cell touches without an exit. SDM vol. 3, 25.6.4,
 * 25.6.9. */
#include "memory.h"
#include "arch/x86/permissions.h"
#include "vmx/vmx.h"

/* A page of MSRs: 8192 low ones, 8192 high ones to be read, then both to be written. Others always
 * trap. Behind it two pages of ports. */
#define MSR_RANGE 0x2000u
#define MSR_HIGH 0xc0000000u
#define MSR_HIGH_READ 0x400
#define MSR_WRITES 0x800

static void set_msr(uint8_t *bitmap, uint32_t msr, int trap_read, int trap_write)
{
	if (msr >= MSR_HIGH) {
		msr -= MSR_HIGH;
		bitmap += MSR_HIGH_READ;
	}
	if (msr >= MSR_RANGE)
		return;
	permissions_set(bitmap, msr, trap_read);
	permissions_set(bitmap + MSR_WRITES, msr, trap_write);
}

void vmm_fill_msrs(const struct cell *cell)
{
	permissions_fill_msrs(cell, cell->vmm, BH_PAGE_SIZE, set_msr);
}

void vmx_set_bitmaps(const struct cell *cell)
{
	uint64_t hpa = memory_hpa(cell->vmm);

	vmwrite(VMCS_MSR_BITMAP, hpa);
	vmwrite(VMCS_IO_BITMAP_A, hpa + VMX_IO_BITMAPS);
	vmwrite(VMCS_IO_BITMAP_B, hpa + VMX_IO_BITMAPS + BH_PAGE_SIZE);
}
