/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * AMD SVM backend: control blocks, entering and leaving, guest state. See APM vol. 2, chapter 15.
 */
#include "console.h"
#include "memory.h"
#include "string.h"
#include "arch/x86/entry.h"
#include "arch/x86/x86.h"
#include "svm/svm.h"

#define MSR_VM_CR 0xc0010114
#define VM_CR_SVMDIS (1u << 4)
#define MSR_VM_HSAVE_PA 0xc0010117
#define MSR_SYSCFG 0xc0010010
#define SYSCFG_SME (1u << 23)

#define CPUID_SVM 0x8000000a
#define SVM_FEATURE_NP (1u << 0)

static_assert(offsetof(struct vmcb, rax) == VMCB_RAX, "run.S");
static_assert(offsetof(struct vmcb, exitcode) == VMCB_EXITCODE, "run.S");
static_assert(offsetof(struct vmcb, rip) == VMCB_RIP, "run.S");
static_assert(offsetof(struct cpu, reload) == CPU_RELOAD, "run.S");
static_assert(offsetof(struct cpu, regs) == 0, "run.S");

const struct pt_format *vmm_pt_format;
const struct vmm vmm = {
	.vendor = BH_VENDOR_AMD,
	.cpu_pages = 2, /* VMCB, host save area */
	.cell_pages = SVM_BITMAP_PAGES,
	.ports_at = SVM_IOPM,
	.honours_mtrrs = 1,
};

/* A guest that only halts: what a parked CPU runs. */
static struct pt park_npt;
static const uint8_t park_code[] = {
	0xf4,	    /* hlt */
	0xeb, 0xfd, /* jmp back */
};

int vmm_check(void)
{
	uint32_t a, b, c, d;

	cpuid(0x80000000, 0, &a, &b, &c, &d);
	if (a >= CPUID_SVM)
		cpuid(0x80000001, 0, &a, &b, &c, &d);
	else
		c = d = 0;
	/* as many levels as the host's own (APM vol. 2, 15.25.3) */
	vmm_pt_format = read_cr4() & CR4_LA57 ? &pt_format_npt_la57 :
			d >> 26 & 1	      ? &pt_format_npt :
						&pt_format_npt_2m;
	if (!(c & 1u << 2)) {
		console_print("this CPU has no SVM\n");
		return -ENODEV;
	}
	if (rdmsr(MSR_VM_CR) & VM_CR_SVMDIS) {
		console_print("SVM is disabled by the firmware: enable it in its set-up\n");
		return -ENODEV;
	}
	cpuid(CPUID_SVM, 0, &a, &b, &c, &d);
	if (!(d & SVM_FEATURE_NP)) {
		console_print("this CPU has no nested paging\n");
		return -ENODEV;
	}
	return 0;
}

static int park_init(void)
{
	void *page = memory_alloc(1);
	int err;

	if (!page)
		return -ENOMEM;
	memcpy(page, park_code, sizeof(park_code));
	err = pt_init(&park_npt, vmm_pt_format, &memory_pt_ops, NULL);
	if (err)
		return err;
	return pt_map(&park_npt, 0, memory_hpa(page), BH_PAGE_SIZE, PT_READ | PT_EXEC);
}

static void vmcb_init(struct cpu *self)
{
	struct vmcb *vmcb = svm_vmcb(self);

	vmcb->intercept1 = SVM_INTERCEPT_NMI | SVM_INTERCEPT_INIT | SVM_INTERCEPT_CPUID |
			   SVM_INTERCEPT_INVD | SVM_INTERCEPT_INVLPGA | SVM_INTERCEPT_IOIO |
			   SVM_INTERCEPT_MSR | SVM_INTERCEPT_SHUTDOWN;
	vmcb->intercept2 = SVM_INTERCEPT_VMRUN | SVM_INTERCEPT_VMMCALL | SVM_INTERCEPT_VMLOAD |
			   SVM_INTERCEPT_VMSAVE | SVM_INTERCEPT_STGI | SVM_INTERCEPT_CLGI |
			   SVM_INTERCEPT_SKINIT;
	/* #DB and #AC: see handle_exception() */
	vmcb->exceptions = 1u << VMM_DB | 1u << VMM_AC;
	vmcb->asid = 1;
	vmcb->np_control = SVM_NP_ENABLE;
	*(uint64_t *)((char *)vmcb + VMCB_HPA) = memory_hpa(vmcb);
}

static void set_segment(struct vmcb_segment *segment, uint16_t selector, uint16_t attributes,
			uint32_t limit, uint64_t base)
{
	segment->selector = selector;
	segment->attributes = attributes;
	segment->limit = limit;
	segment->base = base;
}

/* Attributes: bits 55:52 and 47:40 of a descriptor, 12 bits together (15.5.1) */
#define SEGMENT_CODE64 0x29b
#define SEGMENT_CODE32 0xc9b
#define SEGMENT_DATA32 0xc93
#define SEGMENT_CODE16 0x09b
#define SEGMENT_DATA16 0x093
#define SEGMENT_LDT 0x082
#define SEGMENT_TSS 0x08b

static void load_linux(struct cpu *self)
{
	const struct bh_cpu_entry *e = self->entry;
	struct vmcb *vmcb = svm_vmcb(self);

	set_segment(&vmcb->cs, e->cs, SEGMENT_CODE64, 0xffffffff, 0);
	set_segment(&vmcb->ss, e->ss, SEGMENT_DATA32, 0xffffffff, 0);
	set_segment(&vmcb->ds, e->ds, e->ds ? SEGMENT_DATA32 : 0, 0xffffffff, 0);
	set_segment(&vmcb->es, e->es, e->es ? SEGMENT_DATA32 : 0, 0xffffffff, 0);
	set_segment(&vmcb->gdtr, 0, 0, e->gdt.limit, e->gdt.base);
	set_segment(&vmcb->idtr, 0, 0, e->idt.limit, e->idt.base);
	vmcb->cpl = 0;
	vmcb->efer = rdmsr(MSR_EFER) | EFER_SVME;
	vmcb->cr0 = e->cr0;
	vmcb->cr3 = e->cr3;
	vmcb->cr4 = e->cr4;
	asm volatile("mov %%cr2, %0" : "=r"(vmcb->cr2));
	asm volatile("mov %%dr6, %0" : "=r"(vmcb->dr6));
	asm volatile("mov %%dr7, %0" : "=r"(vmcb->dr7));
	vmcb->rflags = e->rflags;
	vmcb->rip = e->return_va;
	vmcb->rsp = e->rsp;
	vmcb->g_pat = rdmsr(MSR_PAT);
	entry_load_registers(self);
	vmm_assign(self);
}

/* Whether SVM is in use by a kvm module the driver has seen to before it set EFER.SVME. */
int vmm_on(struct cpu *self)
{
	int err;

	self->vmm = (char *)self + SVM_VMCB;
	if (rdmsr(MSR_SYSCFG) & SYSCFG_SME) {
		console_print("CPU %u: memory encryption is active: boot with mem_encrypt=off\n",
			      self->apic_id);
		return -EOPNOTSUPP;
	}
	if (self->index == 0) {
		err = park_init();
		if (err)
			return err;
	}
	vmcb_init(self);
	load_linux(self);
	wrmsr(MSR_VM_HSAVE_PA, memory_hpa((char *)self->vmm + BH_PAGE_SIZE));
	return 0;
}

/* The driver's stub, which set EFER.SVME and cleared GIF, undoes that itself. */
void vmm_leave(struct cpu *self, int result)
{
	const struct vmcb *vmcb = svm_vmcb(self);
	struct bh_cpu_entry *e = self->entry;

	e->cr3 = vmcb->cr3;
	e->cr4 = vmcb->cr4;
	e->rsp = vmcb->rsp;
	e->gdt.base = vmcb->gdtr.base;
	e->gdt.limit = (uint16_t)vmcb->gdtr.limit;
	e->idt.base = vmcb->idtr.base;
	e->idt.limit = (uint16_t)vmcb->idtr.limit;
	wrmsr(MSR_VM_HSAVE_PA, 0);
	asm volatile("mov %0, %%cr2" : : "r"(vmcb->cr2));
	asm volatile("mov %0, %%dr6" : : "r"(vmcb->dr6));
	asm volatile("mov %0, %%dr7" : : "r"(vmcb->dr7));
	wrmsr(MSR_PAT, vmcb->g_pat);
	entry_leave(self, result);
}

void vmm_flush(struct cpu *self)
{
	struct vmcb *vmcb = svm_vmcb(self);

	svm_set_bitmaps(vmcb, self->cell);
	vmcb->tlb_control = SVM_TLB_FLUSH_ALL;
}

void vmm_assign(struct cpu *self)
{
	struct vmcb *vmcb = svm_vmcb(self);

	vmcb->n_cr3 = self->cell->npt.root_hpa;
	vmm_flush(self);
}

/* State after RESET or INIT (APM vol. 2, 14.1.3) */
static void reset_state(struct cpu *self)
{
	struct vmcb *vmcb = svm_vmcb(self);
	uint32_t a, b, c, d;

	memset(&vmcb->es, 0, offsetof(struct vmcb, reserved10) - offsetof(struct vmcb, es));
	memset(self->regs, 0, sizeof(self->regs));
	self->reload = 1;
	set_segment(&vmcb->cs, 0xf000, SEGMENT_CODE16, 0xffff, 0xffff0000);
	set_segment(&vmcb->ss, 0, SEGMENT_DATA16, 0xffff, 0);
	vmcb->ds = vmcb->es = vmcb->fs = vmcb->gs = vmcb->ss;
	set_segment(&vmcb->gdtr, 0, 0, 0xffff, 0);
	set_segment(&vmcb->idtr, 0, 0, 0xffff, 0);
	set_segment(&vmcb->ldtr, 0, SEGMENT_LDT, 0xffff, 0);
	set_segment(&vmcb->tr, 0, SEGMENT_TSS, 0xffff, 0);
	vmcb->efer = EFER_SVME;
	vmcb->cr0 = CR0_ET | CR0_NW | CR0_CD;
	vmcb->rflags = RFLAGS_FIXED;
	vmcb->rip = 0xfff0;
	vmcb->dr6 = 0xffff0ff0;
	vmcb->dr7 = 0x400;
	vmcb->g_pat = PAT_RESET;
	cpuid(1, 0, &a, &b, &c, &d);
	self->regs[REG_RDX] = a;
	vmcb->eventinj = 0;
	vmcb->interrupt_shadow = 0;
	self->nmi_step = NMI_STEP_NONE;
	self->nmi_iret = 0;
	self->tsc_adjust = 0;
	vmcb->intercept1 &= ~SVM_INTERCEPT_IRET;
	vmcb->tsc_offset = 0;
	self->nmi_pending = 0;
	self->exit.length = 0; /* of an instruction that belongs to a guest that is no more */
	vmm_assign(self);
}

/* Registers which no exit saves take their reset values in the CPU itself. */
static void load_hidden_state(struct cpu *self)
{
	/* where they exist: U_CET, PL0_SSP to PL3_SSP */
	static const uint32_t msrs[] = { 0x6a0, 0x6a4, 0x6a5, 0x6a6, 0x6a7 };

	for (unsigned int i = 0; i < sizeof(msrs) / sizeof(msrs[0]); i++)
		wrmsr_safe(msrs[i], 0);
	asm volatile("vmload" : : "a"(memory_hpa(svm_vmcb(self))) : "memory");
	x86_reset_extended_state();
}

static void park(struct cpu *self)
{
	struct vmcb *vmcb = svm_vmcb(self);

	set_segment(&vmcb->cs, 0, SEGMENT_CODE16, 0xffff, 0);
	vmcb->rip = 0;
	vmcb->n_cr3 = park_npt.root_hpa;
	vmm_flush(self);
}

void vmm_reset(struct cpu *self, enum vmm_reset how, uint64_t cs_base, uint64_t rip)
{
	struct vmcb *vmcb = svm_vmcb(self);

	reset_state(self);
	if (how == VMM_PARKED) {
		park(self);
		return;
	}
	vmcb->rip = rip;
	if (how == VMM_FLAT32) {
		set_segment(&vmcb->cs, 0x08, SEGMENT_CODE32, 0xffffffff, 0);
		set_segment(&vmcb->ss, 0x10, SEGMENT_DATA32, 0xffffffff, 0);
		vmcb->ds = vmcb->es = vmcb->fs = vmcb->gs = vmcb->ss;
		vmcb->cr0 = CR0_PE | CR0_ET;
	} else {
		set_segment(&vmcb->cs, (uint16_t)(cs_base >> 4), SEGMENT_CODE16, 0xffff, cs_base);
	}
	load_hidden_state(self);
}
