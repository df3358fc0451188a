/* SPDX-License-Identifier: GPL-2.0-only */
/* Attacks by MSRs and by instructions that only a hypervisor or firmware should use. */
#include <inmate/cpu.h>
#include "attack.h"

#define MSR_EFER 0xc0000080
#define EFER_SVME 0x1000
#define MSR_SYSCFG 0xc0010010
#define MSR_PATCH_LOADER 0xc0010020
#define MSR_SMM_BASE 0xc0010111
#define MSR_VM_CR 0xc0010114
#define MSR_VM_HSAVE_PA 0xc0010117
#define MSR_NONE 0x12345678

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

void attack_insn_invd(void)
{
	__asm__ volatile("invd" : : : "memory");
}

void attack_insn_xsetbv(void)
{
	__asm__ volatile("xsetbv" : : "c"(0), "a"(0), "d"(0x80000000u) : "memory");
}
