// SPDX-License-Identifier: GPL-2.0-only
/* The guest's state as a whole: Linux as it comes and goes, and a CPU after reset. */
#include "vmx/vmx.h"
#include "string.h"
#include "arch/x86/entry.h"
#include "arch/x86/x86.h"

/* In the order of their fields */
enum segment { ES, CS, SS, DS, FS, GS, LDTR, TR };

#define RIGHTS_CODE64 0xa09b
#define RIGHTS_CODE32 0xc09b
#define RIGHTS_DATA32 0xc093
#define RIGHTS_CODE16 0x009b
#define RIGHTS_DATA16 0x0093
#define RIGHTS_LDT 0x0082
#define RIGHTS_TSS 0x008b

static void set_segment(enum segment segment, uint16_t selector, uint32_t rights, uint32_t limit,
			uint64_t base)
{
	uint32_t field = 2u * segment;

	vmwrite(VMCS_GUEST_ES + field, selector);
	vmwrite(VMCS_GUEST_ES_LIMIT + field, limit);
	vmwrite(VMCS_GUEST_ES_RIGHTS + field, rights);
	vmwrite(VMCS_GUEST_ES_BASE + field, base);
}

/* A flat data segment as the selector's privilege level has it, or none. */
static void set_flat(enum segment segment, uint16_t selector)
{
	uint32_t rights = selector & ~3u ? RIGHTS_DATA32 | (selector & 3u) << 5 : RIGHTS_UNUSABLE;

	set_segment(segment, selector, rights, UINT32_MAX, 0);
}

/* All but one of the first six */
static void set_data_segments(uint16_t selector, uint32_t rights, uint32_t limit)
{
	for (enum segment segment = ES; segment <= GS; segment++)
		if (segment != CS)
			set_segment(segment, selector, rights, limit, 0);
}

static void set_table(uint32_t base_field, uint32_t limit_field, uint64_t base, uint16_t limit)
{
	vmwrite(base_field, base);
	vmwrite(limit_field, limit);
}

/* What the CPU wants set is set; the guest sees what it wrote. */
static void set_cr0(uint64_t value)
{
	uint64_t mask = vmread(VMCS_CR0_MASK);

	vmwrite(VMCS_CR0_SHADOW, value);
	vmwrite(VMCS_GUEST_CR0, (value | mask) & ~(CR0_CD | CR0_NW));
}

static void set_cr4(uint64_t value)
{
	vmwrite(VMCS_CR4_SHADOW, value);
	vmwrite(VMCS_GUEST_CR4, (value | vmread(VMCS_CR4_MASK)) & ~CR4_UINTR);
}

/* Registers that an exit saves in the VMCS and changes in the CPU. */
static const struct {
	uint32_t msr, field;
} switched[] = {
	{ MSR_EFER, VMCS_GUEST_EFER },
	{ MSR_PAT, VMCS_GUEST_PAT },
	{ MSR_FS_BASE, VMCS_GUEST_FS_BASE },
	{ MSR_GS_BASE, VMCS_GUEST_GS_BASE },
	{ MSR_SYSENTER_CS, VMCS_GUEST_SYSENTER_CS },
	{ MSR_SYSENTER_ESP, VMCS_GUEST_SYSENTER_ESP },
	{ MSR_SYSENTER_EIP, VMCS_GUEST_SYSENTER_EIP },
	{ MSR_DEBUGCTL, VMCS_GUEST_DEBUGCTL },
};
#define SWITCHED (sizeof(switched) / sizeof(switched[0]))

static void load_segments(const struct bh_cpu_entry *e)
{
	set_segment(CS, e->cs, RIGHTS_CODE64, UINT32_MAX, 0);
	set_flat(SS, e->ss);
	set_flat(DS, e->ds);
	set_flat(ES, e->es);
	set_flat(FS, e->fs);
	set_flat(GS, e->gs);
	set_segment(LDTR, e->ldtr, e->ldtr ? RIGHTS_LDT : RIGHTS_UNUSABLE, e->ldt_limit,
		    e->ldt_base);
	set_segment(TR, e->tr, RIGHTS_TSS, e->tr_limit, e->tr_base);
	set_table(VMCS_GUEST_GDTR_BASE, VMCS_GUEST_GDTR_LIMIT, e->gdt.base, e->gdt.limit);
	set_table(VMCS_GUEST_IDTR_BASE, VMCS_GUEST_IDTR_LIMIT, e->idt.base, e->idt.limit);
}

/* The events that a former guest of this CPU was to get, or waited for. */
static void reset_events(struct cpu *self)
{
	vmwrite(VMCS_ENTRY_EVENT, 0);
	vmwrite(VMCS_INTERRUPTIBILITY, 0);
	vmwrite(VMCS_PENDING_DEBUG, 0);
	vmwrite(VMCS_ACTIVITY, ACTIVITY_ACTIVE);
	vmx_change(VMCS_CPU_CONTROLS, CPU_NMI_WINDOW | CPU_INTERRUPT_WINDOW, 0);
	self->nmi_pending = 0;
	self->exit.length = 0; /* of an instruction that belongs to a guest that is no more */
}

void vmx_load_linux(struct cpu *self)
{
	const struct bh_cpu_entry *e = self->entry;
	uint64_t dr7;

	load_segments(e);
	set_cr0(e->cr0);
	set_cr4(e->cr4);
	vmwrite(VMCS_GUEST_CR3, e->cr3);
	for (unsigned int i = 0; i < SWITCHED; i++)
		vmwrite(switched[i].field, rdmsr(switched[i].msr));
	asm volatile("mov %%dr7, %0" : "=r"(dr7));
	vmwrite(VMCS_GUEST_DR7, dr7);
	vmwrite(VMCS_GUEST_RFLAGS, e->rflags);
	vmwrite(VMCS_GUEST_RIP, e->return_va);
	vmwrite(VMCS_GUEST_RSP, e->rsp);
	reset_events(self);
	vmx_change(VMCS_ENTRY_CONTROLS, 0, ENTRY_GUEST_64);
	entry_load_registers(self);
	vmm_assign(self);
}

/* LDTR and the limit of TR are the driver's to load again. */
void vmx_unload_linux(struct cpu *self)
{
	struct bh_cpu_entry *e = self->entry;

	e->cr3 = vmread(VMCS_GUEST_CR3);
	e->cr4 = vmx_guest_cr4();
	e->rsp = vmread(VMCS_GUEST_RSP);
	e->gdt.base = vmread(VMCS_GUEST_GDTR_BASE);
	e->gdt.limit = (uint16_t)vmread(VMCS_GUEST_GDTR_LIMIT);
	e->idt.base = vmread(VMCS_GUEST_IDTR_BASE);
	e->idt.limit = (uint16_t)vmread(VMCS_GUEST_IDTR_LIMIT);
	write_cr0(vmx_guest_cr0());
	for (unsigned int i = 0; i < SWITCHED; i++)
		wrmsr(switched[i].msr, vmread(switched[i].field));
	asm volatile("mov %0, %%dr7" : : "r"(vmread(VMCS_GUEST_DR7)));
}

/* ---------------------------------------------------------------------------------- reset */

/* State after reset or INIT (SDM vol. 3, 10.1.1) */
static void reset_state(struct cpu *self)
{
	uint32_t a, b, c, d;

	memset(self->regs, 0, sizeof(self->regs));
	self->reload = 1;
	set_segment(CS, 0xf000, RIGHTS_CODE16, 0xffff, 0xffff0000);
	set_data_segments(0, RIGHTS_DATA16, 0xffff);
	set_segment(LDTR, 0, RIGHTS_LDT, 0xffff, 0);
	set_segment(TR, 0, RIGHTS_TSS, 0xffff, 0);
	set_table(VMCS_GUEST_GDTR_BASE, VMCS_GUEST_GDTR_LIMIT, 0, 0xffff);
	set_table(VMCS_GUEST_IDTR_BASE, VMCS_GUEST_IDTR_LIMIT, 0, 0xffff);
	set_cr0(CR0_ET | CR0_NW | CR0_CD);
	set_cr4(0);
	vmwrite(VMCS_GUEST_CR3, 0);
	for (unsigned int i = 0; i < SWITCHED; i++)
		vmwrite(switched[i].field, 0);
	vmwrite(VMCS_GUEST_PAT, PAT_RESET);
	vmwrite(VMCS_GUEST_DR7, 0x400);
	vmx_change(VMCS_ENTRY_CONTROLS, ENTRY_GUEST_64, 0);
	vmwrite(VMCS_GUEST_RFLAGS, RFLAGS_FIXED);
	vmwrite(VMCS_GUEST_RIP, 0xfff0);
	vmwrite(VMCS_GUEST_RSP, 0);
	cpuid(1, 0, &a, &b, &c, &d);
	self->regs[REG_RDX] = a;
	reset_events(self);
	self->tsc_adjust = 0;
	vmwrite(VMCS_TSC_OFFSET, 0);
	vmm_assign(self);
}

/* Registers which no exit saves take their reset values in the CPU itself. */
static void load_hidden_state(void)
{
	/* STAR, LSTAR, CSTAR, FMASK, KERNEL_GS_BASE, and where they exist MISC_FEATURES_ENABLES (CPUID that faults
	 * in programs), U_CET, S_CET, PL0_SSP to PL3_SSP, the table of interrupt stacks */
	static const uint32_t msrs[] = { 0xc0000081, 0xc0000082, 0xc0000083, 0xc0000084, 0xc0000102,
					 0x140,	     0x6a0,	 0x6a2,	     0x6a4,	 0x6a5,
					 0x6a6,	     0x6a7,	 0x6a8 };

	for (unsigned int i = 0; i < sizeof(msrs) / sizeof(msrs[0]); i++)
		wrmsr_safe(msrs[i], 0);
	asm volatile("mov %0, %%cr2" : : "r"(0ul));
	asm volatile("mov %0, %%dr6" : : "r"(0xffff0ff0ul));
	x86_reset_extended_state();
}

void vmm_reset(struct cpu *self, enum vmm_reset how, uint64_t cs_base, uint64_t rip)
{
	reset_state(self);
	if (how == VMM_PARKED) {
		vmwrite(VMCS_ACTIVITY, ACTIVITY_HLT);
		vmx_assign_nothing(self);
		return;
	}
	vmwrite(VMCS_GUEST_RIP, rip);
	if (how == VMM_FLAT32) {
		set_segment(CS, 0x08, RIGHTS_CODE32, UINT32_MAX, 0);
		set_data_segments(0x10, RIGHTS_DATA32, UINT32_MAX);
		set_cr0(CR0_PE | CR0_ET);
	} else {
		set_segment(CS, (uint16_t)(cs_base >> 4), RIGHTS_CODE16, 0xffff, cs_base);
	}
	load_hidden_state();
}
