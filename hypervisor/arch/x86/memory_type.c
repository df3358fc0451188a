// SPDX-License-Identifier: GPL-2.0-only
/* MTRRs, for CPUs that do not look at them themselves while a guest runs. */
#include "arch/x86/memory_type.h"
#include "arch/x86/vmm.h"
#include "arch/x86/x86.h"
#include "pure/mtrr.h"

#define MSR_MTRR_CAP 0xfe
#define MSR_MTRR_PHYSBASE 0x200
#define MSR_MTRR_FIX64K 0x250
#define MSR_MTRR_FIX16K 0x258
#define MSR_MTRR_FIX4K 0x268
#define MSR_MTRR_DEF_TYPE 0x2ff

static struct mtrr mtrrs;

int memory_type_init(void)
{
	if (vmm.honours_mtrrs)
		return 0;
	mtrrs.default_type = rdmsr(MSR_MTRR_DEF_TYPE);
	mtrrs.count = rdmsr(MSR_MTRR_CAP) & 0xff;
	if (mtrrs.count > MTRR_MAX_VARIABLE)
		mtrrs.count = MTRR_MAX_VARIABLE;
	for (unsigned int i = 0; i < mtrrs.count; i++) {
		mtrrs.variable[i].base = rdmsr(MSR_MTRR_PHYSBASE + 2 * i);
		mtrrs.variable[i].mask = rdmsr(MSR_MTRR_PHYSBASE + 2 * i + 1);
	}
	for (unsigned int i = 0; i < MTRR_FIXED; i++)
		rdmsr_safe(i < 1 ? MSR_MTRR_FIX64K :
			   i < 3 ? MSR_MTRR_FIX16K + i - 1 :
				   MSR_MTRR_FIX4K + i - 3,
			   &mtrrs.fixed[i]);
	return 0;
}

/* The type in an extended page table takes the place of the MTRRs' (SDM vol. 3, 29.3.7). What is
 * not write-back is treated as uncached: that is safe, and the guest's PAT can still combine. */
uint32_t memory_type_rights(uint64_t hpa, uint64_t *size)
{
	*size = UINT64_MAX - hpa;
	if (vmm.honours_mtrrs)
		return PT_RWX;
	return mtrr_is_cached(&mtrrs, hpa, size) ? PT_RWX : PT_RWX | PT_UNCACHED;
}
