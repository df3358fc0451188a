/* SPDX-License-Identifier: GPL-2.0-only */
/* Attacks by MSRs and by instructions that only a hypervisor or firmware should use. */
#include <inmate/cpu.h>
#include <inmate/platform.h>
#include "attack.h"

#define MSR_FEATURE_CONTROL 0x3a
#define MSR_VMX_BASIC 0x480
#define MSR_EFER 0xc0000080
#define EFER_SVME 0x1000
#define MSR_SYSCFG 0xc0010010
#define MSR_PATCH_LOADER 0xc0010020
#define MSR_SMM_BASE 0xc0010111
#define MSR_VM_CR 0xc0010114
#define MSR_VM_HSAVE_PA 0xc0010117
#define MSR_NONE 0x12345678
#define CR0_NW 0x20000000ul
#define CR0_CD 0x40000000ul
#define CR4_VMXE 0x2000ul

static uint8_t page[4096] __attribute__((aligned(4096)));

void attack_msr_vm_hsave(void)
{
	wrmsr(MSR_VM_HSAVE_PA, 0x1000);
}

void attack_msr_vm_cr(void)
{
	wrmsr(MSR_VM_CR, 0x10);
}

void attack_msr_efer_svme(void)
{
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) ^ EFER_SVME);
}

void attack_msr_smm_base(void)
{
	wrmsr(MSR_SMM_BASE, 0x30000);
}

void attack_msr_syscfg(void)
{
	wrmsr(MSR_SYSCFG, 0);
}

void attack_msr_microcode(void)
{
	wrmsr(MSR_PATCH_LOADER, (uintptr_t)page);
}

void attack_msr_apic_move(void)
{
	wrmsr(MSR_APIC_BASE, (rdmsr(MSR_APIC_BASE) & 0xfff) | 0x200000);
}

void attack_msr_vmx(void)
{
	rdmsr(MSR_VMX_BASIC);
}

void attack_msr_feature_control(void)
{
	wrmsr(MSR_FEATURE_CONTROL, 5);
}

void attack_msr_unknown(void)
{
	rdmsr(MSR_NONE);
}

void attack_insn_vmrun(void)
{
	__asm__ volatile("vmrun" : : "a"(page) : "memory");
}

void attack_insn_vmload(void)
{
	__asm__ volatile("vmload" : : "a"(page) : "memory");
}

void attack_insn_vmsave(void)
{
	__asm__ volatile("vmsave" : : "a"(page) : "memory");
}

void attack_insn_stgi(void)
{
	__asm__ volatile("stgi" : : : "memory");
}

void attack_insn_clgi(void)
{
	__asm__ volatile("clgi" : : : "memory");
}

void attack_insn_skinit(void)
{
	__asm__ volatile("skinit" : : "a"(page) : "memory");
}

void attack_insn_invlpga(void)
{
	__asm__ volatile("invlpga" : : "a"(page), "c"(0) : "memory");
}

/* Where the CPU knows the instruction, it does not come back. */
static void came_back(const char *what)
{
	if (platform_info()->vendor == BH_VENDOR_INTEL)
		inmate_fail(EPERM, "%s was executed", what);
}

void attack_insn_vmxon(void)
{
	uint64_t region = (uintptr_t)page;

	__asm__ volatile("vmxon %0" : : "m"(region) : "cc", "memory");
	came_back("VMXON");
}

/* Where the bit is reserved, QEMU accepts it all the same, and cannot run the guest any more. */
void attack_insn_vmxe(void)
{
	const struct bh_info *info = platform_info();
	uint64_t cr4;

	if (!info || info->vendor != BH_VENDOR_INTEL)
		__asm__ volatile("ud2");
	__asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
	__asm__ volatile("mov %0, %%cr4" : : "r"(cr4 | CR4_VMXE) : "memory");
}

void attack_insn_vmlaunch(void)
{
	__asm__ volatile("vmlaunch" : : : "cc", "memory");
}

void attack_insn_vmread(void)
{
	uint64_t value;

	__asm__ volatile("vmread %1, %0" : "=r"(value) : "r"(0x4402ul) : "cc");
}

void attack_insn_invept(void)
{
	static const uint64_t none[2];

	__asm__ volatile("invept %0, %1" : : "m"(none), "r"(2ul) : "cc", "memory");
}

void attack_insn_vmptrld(void)
{
	uint64_t region = (uintptr_t)page;

	__asm__ volatile("vmptrld %0" : : "m"(region) : "cc", "memory");
	came_back("VMPTRLD");
}

void attack_insn_vmclear(void)
{
	uint64_t region = (uintptr_t)page;

	__asm__ volatile("vmclear %0" : : "m"(region) : "cc", "memory");
	came_back("VMCLEAR");
}

void attack_insn_vmptrst(void)
{
	uint64_t region = (uintptr_t)page;

	__asm__ volatile("vmptrst %0" : "=m"(region) : : "cc", "memory");
	came_back("VMPTRST");
}

void attack_insn_vmwrite(void)
{
	uint64_t region = (uintptr_t)page;

	__asm__ volatile("vmwrite %0, %1" : : "r"(region), "r"(0x4402ul) : "cc", "memory");
}

void attack_insn_vmresume(void)
{
	__asm__ volatile("vmresume" : : : "cc", "memory");
}

void attack_insn_vmxoff(void)
{
	__asm__ volatile("vmxoff" : : : "cc", "memory");
}

void attack_insn_invvpid(void)
{
	static const uint64_t none[2];

	__asm__ volatile("invvpid %0, %1" : : "m"(none), "r"(2ul) : "cc", "memory");
}

void attack_insn_vmfunc(void)
{
	__asm__ volatile(".byte 0x0f, 0x01, 0xd4" : : "a"(0), "c"(0) : "memory");
}

void attack_insn_wbinvd(void)
{
	__asm__ volatile("wbinvd" : : : "memory");
}

void attack_insn_foreign_call(void)
{
	if (platform_info()->vendor == BH_VENDOR_INTEL)
		__asm__ volatile("vmmcall" : : "a"(0) : "memory");
	else
		__asm__ volatile("vmcall" : : "a"(0) : "memory");
}

void attack_insn_getsec(void)
{
	__asm__ volatile(".byte 0x0f, 0x37" : : "a"(0), "b"(0) : "memory");
}

void attack_insn_rsm(void)
{
	__asm__ volatile("rsm" : : : "cc", "memory");
}

void attack_insn_cache_off(void)
{
	uint64_t cr0, seen;

	__asm__ volatile("mov %%cr0, %0" : "=r"(cr0));
	__asm__ volatile("mov %0, %%cr0" : : "r"(cr0 | CR0_CD) : "memory");
	__asm__ volatile("mov %%cr0, %0" : "=r"(seen));
	__asm__ volatile("mov %0, %%cr0" : : "r"(cr0 & ~(CR0_CD | CR0_NW)) : "memory");
	if (!(seen & CR0_CD))
		attack_insn_invd(); /* not what a CPU does: ends as a fault */
}

void attack_insn_invd(void)
{
	__asm__ volatile("invd" : : : "memory");
}

void attack_insn_xsetbv(void)
{
	attack_use_xsave();
	__asm__ volatile("xsetbv" : : "c"(0), "a"(0), "d"(0x80000000u) : "memory");
}
