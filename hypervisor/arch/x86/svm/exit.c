/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From SVM's exit codes to the neutral exit record, and what the dispatcher needs of the guest:
 * its state, going on behind an instruction, events.
 */
#include "svm/svm.h"
#include "arch/x86/handlers.h"
#include "arch/x86/x86.h"

struct svm_cause {
	uint8_t kind;
	uint8_t length; /* of the instruction without prefixes, where the CPU does not tell */
};

static const struct svm_cause causes[SVM_CAUSES] = {
	[SVM_EXIT_EXCP_DB] = { VMEXIT_NMI_WINDOW, 0 },
	[SVM_EXIT_EXCP_AC] = { VMEXIT_EXCEPTION, 0 },
	[SVM_EXIT_NMI] = { VMEXIT_NMI, 0 },
	[SVM_EXIT_INIT] = { VMEXIT_INIT, 0 },
	[SVM_EXIT_IRET] = { VMEXIT_NMI_WINDOW, 0 },
	[SVM_EXIT_INVD] = { VMEXIT_INSTRUCTION, 2 },
	[SVM_EXIT_INVLPGA] = { VMEXIT_INSTRUCTION, 3 },
	[SVM_EXIT_IOIO] = { VMEXIT_PORT, 0 },
	[SVM_EXIT_MSR] = { VMEXIT_MSR_READ, 2 },
	[SVM_EXIT_SHUTDOWN] = { VMEXIT_TRIPLE_FAULT, 0 },
	[SVM_EXIT_VMRUN] = { VMEXIT_INSTRUCTION, 3 },
	/* VMLOAD, VMSAVE, STGI, CLGI, SKINIT */
	[SVM_EXIT_VMLOAD... SVM_EXIT_SKINIT] = { VMEXIT_INSTRUCTION, 3 },
};

/* The two that need nothing from the control block but a step forward skip svm_exit(). */
const struct svm_dispatch svm_dispatch[SVM_CAUSES] = {
	[0 ... SVM_EXIT_CPUID - 1] = { svm_exit, 0 },
	[SVM_EXIT_CPUID] = { cpuid_handle, 2 },
	[SVM_EXIT_CPUID + 1 ... SVM_EXIT_VMMCALL - 1] = { svm_exit, 0 },
	[SVM_EXIT_VMMCALL] = { hypercall_handle, 3 },
	[SVM_EXIT_VMMCALL + 1 ... SVM_CAUSES - 1] = { svm_exit, 0 },
};

static void qualify_port(struct cpu *self, const struct vmcb *vmcb)
{
	uint64_t info = vmcb->exitinfo1;

	self->exit.number = (uint32_t)info >> 16;
	self->exit.width = SVM_IO_SIZE(info);
	self->exit.access = info & SVM_IO_IN ? ACCESS_READ : ACCESS_WRITE;
	self->exit.string = !!(info & SVM_IO_STRING);
	self->exit.length = (uint8_t)(vmcb->exitinfo2 - vmcb->rip);
}

static void qualify_memory(struct cpu *self, struct vmcb *vmcb)
{
	uint64_t info = vmcb->exitinfo1;

	self->exit.kind = VMEXIT_MEMORY;
	self->exit.address = vmcb->exitinfo2;
	self->reload = 1; /* any register may be the instruction's operand */
	self->exit.access = info & SVM_NPF_FETCH ? ACCESS_EXEC :
			    info & SVM_NPF_WRITE ? ACCESS_WRITE :
						   ACCESS_READ;
	/* The fault came while an event was being delivered: it is delivered again. */
	if (vmcb->exitintinfo & SVM_EVENT_VALID)
		vmcb->eventinj = vmcb->exitintinfo;
}

static void qualify_rare(struct cpu *self, struct vmcb *vmcb)
{
	if (vmcb->exitcode == SVM_EXIT_NPF) {
		qualify_memory(self, vmcb);
		return;
	}
	self->exit.kind = vmcb->exitcode == SVM_EXIT_INVALID ? VMEXIT_BROKEN : VMEXIT_UNKNOWN;
	self->exit.number = (uint32_t)vmcb->exitcode;
}

/*
 * NMI blocking ends with an IRET (APM vol. 2, 15.9). The IRET itself has to be over before another
 * NMI comes: one single step takes us behind it.
 */
static void step_over_iret(struct cpu *self, struct vmcb *vmcb)
{
	self->nmi_step = vmcb->rflags & RFLAGS_TF ? NMI_STEP_SHARED : NMI_STEP_OURS;
	vmcb->rflags |= RFLAGS_TF;
}

/* Returns 1 when the guest can take an NMI. */
static int nmi_window(struct cpu *self, struct vmcb *vmcb)
{
	if (vmcb->exitcode == SVM_EXIT_IRET) {
		vmcb->intercept1 &= ~SVM_INTERCEPT_IRET;
		self->nmi_iret = vmcb->rip;
		if (!self->nmi_pending)
			return 1;
		step_over_iret(self, vmcb);
		return 0;
	}
	if (self->nmi_step == NMI_STEP_NONE || self->nmi_step == NMI_STEP_SHARED ||
	    vmcb->dr6 & DR6_BREAKPOINTS)
		vmm_inject(self, VMM_DB);
	if (self->nmi_step == NMI_STEP_OURS)
		vmcb->dr6 &= ~DR6_BS;
	self->nmi_step = NMI_STEP_NONE;
	return 1;
}

void svm_exit(struct cpu *self)
{
	struct vmcb *vmcb = svm_vmcb(self);
	struct svm_cause cause;

	vmcb->tlb_control = 0;
	if (vmcb->exitcode >= SVM_CAUSES) {
		qualify_rare(self, vmcb);
		exit_dispatch(self);
		return;
	}
	cause = causes[vmcb->exitcode];
	self->exit.kind = cause.kind;
	/* 0 where the CPU does not save it */
	self->exit.length = vmcb->nrip ? (uint8_t)(vmcb->nrip - vmcb->rip) : cause.length;
	switch (cause.kind) {
	case VMEXIT_MSR_READ:
		self->exit.kind += vmcb->exitinfo1 & 1;
		break;
	case VMEXIT_PORT:
		qualify_port(self, vmcb);
		break;
	case VMEXIT_NMI_WINDOW:
		if (!nmi_window(self, vmcb))
			return;
		break;
	case VMEXIT_EXCEPTION:
		self->exit.number = (uint32_t)vmcb->exitcode - SVM_EXIT_EXCP_0;
		break;
	case VMEXIT_UNKNOWN:
		self->exit.number = (uint32_t)vmcb->exitcode;
		break;
	}
	exit_dispatch(self);
}
static_assert(VMEXIT_MSR_WRITE == VMEXIT_MSR_READ + 1, "EXITINFO1 of MSR");

void vmm_skip(struct cpu *self, unsigned int length)
{
	struct vmcb *vmcb = svm_vmcb(self);

	vmcb->rip += length;
	vmcb->interrupt_shadow = 0;
}

uint64_t vmm_read(const struct cpu *self, enum vmm_register which)
{
	const struct vmcb *vmcb = (const struct vmcb *)((const char *)self + SVM_VMCB);

	switch (which) {
	case VMM_CPL:
		return vmcb->cpl;
	case VMM_EFER:
		return vmcb->efer & ~EFER_SVME;
	case VMM_RFLAGS:
		return vmcb->rflags;
	default:
		return vmcb->rsp;
	}
}

void vmm_write(struct cpu *self, enum vmm_register which, uint64_t value)
{
	struct vmcb *vmcb = svm_vmcb(self);

	if (which == VMM_EFER) {
		vmcb->efer = (value & ~EFER_LMA) | (vmcb->efer & EFER_LMA) | EFER_SVME;
		vmm_flush(self);
	} else if (which == VMM_RFLAGS) {
		vmcb->rflags = value;
	} else if (which == VMM_RSP) {
		vmcb->rsp = value;
	} else if (which == VMM_TSC_OFFSET) {
		vmcb->tsc_offset = value;
	}
}

void vmm_guest(struct cpu *self, struct vmm_guest *guest)
{
	const struct vmcb *vmcb = svm_vmcb(self);
	int long_mode = (vmcb->efer & EFER_LMA) && (vmcb->cs.attributes & 0x200);

	self->regs[REG_RSP] = vmcb->rsp;
	guest->walk.cr0 = vmcb->cr0;
	guest->walk.cr3 = vmcb->cr3;
	guest->walk.cr4 = vmcb->cr4;
	guest->walk.efer = vmcb->efer & ~EFER_SVME;
	guest->rip = vmcb->rip;
	guest->rflags = vmcb->rflags;
	guest->cs_base = long_mode ? 0 : vmcb->cs.base;
	guest->cpl = vmcb->cpl;
	guest->mode = long_mode ? INSN_64 : vmcb->cs.attributes & 0x400 ? INSN_32 : INSN_16;
}

static int inject_nmi(struct cpu *self)
{
	struct vmcb *vmcb = svm_vmcb(self);

	if (vmcb->intercept1 & SVM_INTERCEPT_IRET || self->nmi_step != NMI_STEP_NONE)
		return 0;
	if (vmcb->rip == self->nmi_iret) {
		step_over_iret(self, vmcb);
		return 0;
	}
	/* its own handler's IRET, or that of the exception that comes first */
	vmcb->intercept1 |= SVM_INTERCEPT_IRET;
	if (vmcb->eventinj & SVM_EVENT_VALID)
		return 0;
	vmcb->eventinj = SVM_EVENT_VALID | SVM_EVENT_NMI | 2;
	return 1;
}

int vmm_inject(struct cpu *self, uint8_t vector)
{
	uint64_t event = SVM_EVENT_VALID | SVM_EVENT_EXCEPTION | vector;

	if (vector == VMM_NMI)
		return inject_nmi(self);
	if (vector == VMM_GP || vector == VMM_AC)
		event |= SVM_EVENT_ERROR_CODE;
	svm_vmcb(self)->eventinj = event;
	return 1;
}
