/* SPDX-License-Identifier: GPL-2.0-only */
/* SVM permission bitmaps: which MSRs and ports a cell touches without an exit. APM vol. 2, 15.10, 15.11. */
#include "memory.h"
#include "string.h"
#include "arch/x86/permissions.h"
#include "svm/svm.h"

#define MSRPM_PAGES (SVM_IOPM / BH_PAGE_SIZE)

/* Two bits per MSR, read then write, in three ranges of 8192. Others, and the end of the bitmap,
 * always trap. */
#define MSRPM_RANGE 0x800
static const uint32_t msrpm_base[] = { 0x00000000, 0xc0000000, 0xc0010000 };

static void set_msr(uint8_t *msrpm, uint32_t msr, int trap_read, int trap_write)
{
	for (unsigned int range = 0; range < 3; range++) {
		uint32_t n = msr - msrpm_base[range];

		if (n >= 0x2000)
			continue;
		permissions_set(msrpm + range * MSRPM_RANGE, 2 * n, trap_read);
		permissions_set(msrpm + range * MSRPM_RANGE, 2 * n + 1, trap_write);
	}
}

void vmm_fill_msrs(const struct cell *cell)
{
	uint8_t *bitmaps = cell->vmm;

	memset(bitmaps, 0xff, MSRPM_PAGES * BH_PAGE_SIZE);
	permissions_fill_msrs(cell, bitmaps, 3 * MSRPM_RANGE, set_msr);
}

void svm_set_bitmaps(struct vmcb *vmcb, const struct cell *cell)
{
	vmcb->msrpm_base_pa = memory_hpa(cell->vmm);
	vmcb->iopm_base_pa = vmcb->msrpm_base_pa + SVM_IOPM;
}
