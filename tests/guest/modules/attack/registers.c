// SPDX-License-Identifier: GPL-2.0-only
/* Registers that would break the partition, and instructions of virtualization. */
#include <linux/kernel.h>
#include <asm/msr.h>
#include <asm/processor.h>
#include <asm/processor-flags.h>
#include <asm/special_insns.h>
#include "attack.h"
#include "instructions.h"

/* One bit of a register flipped: it keeps what it had. */
int attack_msr(u64 msr, u64 bit)
{
	u64 before, after;

	if (rdmsrl_safe(msr, &before) || wrmsrl_safe(msr, before ^ BIT_ULL(bit)))
		return X86_TRAP_GP;
	if (rdmsrl_safe(msr, &after))
		return X86_TRAP_GP;
	if (after == before)
		return ATTACK_IGNORED;
	wrmsrl_safe(msr, before);
	return attack_note("%llx: %llx became %llx", msr, before, after);
}

/* It also has what Linux is to believe. */
int attack_msr_shown(u64 msr, u64 value)
{
	u64 found = 0;

	if (!rdmsrl_safe(msr, &found) && found != value)
		return attack_note("%llx is %llx", msr, found);
	return attack_msr(msr, __ffs(value));
}

/* The same for each of several, and for several bits. */
int attack_msrs(u64 first, u64 last)
{
	static const u8 bits[] = { 0, 1, 6, 10, 11, 12, 31 };
	int worst = ATTACK_IGNORED;
	unsigned int i;

	for (; first <= last; first++)
		for (i = 0; i < ARRAY_SIZE(bits); i++)
			worst = attack_worse(worst, attack_msr(first, bits[i]));
	return worst;
}

/* Registers that can only be written */
int attack_msr_write(u64 msr, u64 value)
{
	return wrmsrl_safe(msr, value) ? X86_TRAP_GP : ATTACK_IGNORED;
}

int attack_msr_read(u64 msr, u64 unused)
{
	u64 value;

	return rdmsrl_safe(msr, &value) ? X86_TRAP_GP : attack_note("%llx", value);
}

#define LVT_MASKED 0x10000
#define LVT_MODE 8

/* An LVT entry that raises SMIs, INITs or what is reserved stays masked. x2APIC mode only: in the page it is
 * the same function of the hypervisor's. */
int attack_lvt(u64 msr, u64 mode)
{
	u64 before, after;

	if (rdmsrl_safe(msr, &before) || wrmsrl_safe(msr, mode << LVT_MODE | 0x55))
		return X86_TRAP_GP;
	rdmsrl_safe(msr, &after);
	wrmsrl_safe(msr, before);
	return after & LVT_MASKED ? ATTACK_IGNORED : attack_note("entry %llx is %llx", msr, after);
}

int attack_vmxe(u64 unused, u64 unused_too)
{
	u64 cr4 = native_read_cr4();
	int vector = TRY(cr4 | X86_CR4_VMXE, "mov %%rax, %%cr4");

	if (vector >= 0)
		return vector;
	asm volatile("mov %0, %%cr4" : : "r"(cr4) : "memory");
	return attack_note("VMX is on");
}

int attack_xsetbv(u64 unused, u64 unused_too)
{
	/* bits that no CPU has */
	int vector = TRY(7, "xsetbv", "c"(0), "d"(0x40000000));

	return vector >= 0 ? vector : attack_note("XCR0 took it");
}

#define EXECUTE(number, bytes)                                       \
	case number:                                                 \
		vector = TRY(hv, bytes, "c"(0), "d"(hv), "D"(page)); \
		break

/* With the hypervisor's memory as the operand. QEMU, whose CPUs are AMD's, does not know some of them. */
int attack_instruction(u64 which, u64 unused)
{
	u64 hv = place_address(PLACE_HV) & PAGE_MASK;
	void *page = place_map(PLACE_OWN);
	int vector = ATTACK_IGNORED;

	switch ((enum instruction)which) {
		EXECUTE(VMRUN, ".byte 0x0f, 0x01, 0xd8");
		EXECUTE(VMLOAD, ".byte 0x0f, 0x01, 0xda");
		EXECUTE(VMSAVE, ".byte 0x0f, 0x01, 0xdb");
		EXECUTE(STGI, ".byte 0x0f, 0x01, 0xdc");
		EXECUTE(CLGI, ".byte 0x0f, 0x01, 0xdd");
		EXECUTE(SKINIT, ".byte 0x0f, 0x01, 0xde");
		EXECUTE(INVLPGA, ".byte 0x0f, 0x01, 0xdf");
		EXECUTE(VMXON, "vmxon (%%rdi)");
		EXECUTE(VMCLEAR, "vmclear (%%rdi)");
		EXECUTE(VMPTRLD, "vmptrld (%%rdi)");
		EXECUTE(VMPTRST, "vmptrst (%%rdi)");
		EXECUTE(VMLAUNCH, ".byte 0x0f, 0x01, 0xc2");
		EXECUTE(VMRESUME, ".byte 0x0f, 0x01, 0xc3");
		EXECUTE(VMXOFF, ".byte 0x0f, 0x01, 0xc4");
		EXECUTE(VMREAD, "vmread %%rdx, (%%rdi)");
		EXECUTE(VMWRITE, "vmwrite (%%rdi), %%rdx");
		EXECUTE(INVEPT, "invept (%%rdi), %%rcx");
		EXECUTE(INVVPID, "invvpid (%%rdi), %%rcx");
		EXECUTE(VMFUNC, ".byte 0x0f, 0x01, 0xd4");
		EXECUTE(GETSEC, ".byte 0x0f, 0x37");
		EXECUTE(RSM, ".byte 0x0f, 0xaa");
		EXECUTE(INVD, "invd");
	case FOREIGN_CALL:
		if (boot_cpu_data.x86_vendor == X86_VENDOR_AMD)
			vector = TRY(0, "vmcall");
		else
			vector = TRY(0, "vmmcall");
		break;
	}
	if (vector < 0 && boot_cpu_data.x86_vendor == X86_VENDOR_INTEL)
		return attack_note("no exception");
	return vector;
}
