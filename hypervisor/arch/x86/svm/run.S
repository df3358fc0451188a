/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The loop between guest and hypervisor, and the way back to bare Linux.
 *
 * While the hypervisor runs after an exit, RSP points at struct cpu, whose first member takes the
 * guest's registers; the stack grows down from there. The VMCB is the page behind struct cpu.
 * FS, GS, TR, LDTR and the system-call registers stay the guest's: the hypervisor uses none of
 * them, so no exit needs VMSAVE or VMLOAD. GIF stays clear from entry to exit.
 */
#include "svm/layout.h"

	.text
	.code64

/* void vmm_run(struct cpu *self) */
	.globl vmm_run
vmm_run:
	mov %rdi, %rsp
	jmp .Lreload

.Lloop:
	vmrun
	mov %rcx, 0x08(%rsp)
	mov %rdx, 0x10(%rsp)
	mov %rbx, 0x18(%rsp)
	mov %rbp, 0x28(%rsp)
	mov %rsi, 0x30(%rsp)
	mov %rdi, 0x38(%rsp)
	mov %r8, 0x40(%rsp)
	mov %r9, 0x48(%rsp)
	mov %r10, 0x50(%rsp)
	mov %r11, 0x58(%rsp)
	mov %r12, 0x60(%rsp)
	mov %r13, 0x68(%rsp)
	mov %r14, 0x70(%rsp)
	mov %r15, 0x78(%rsp)
	mov SVM_VMCB+VMCB_RAX(%rsp), %rax
	mov %rax, (%rsp)
	mov SVM_VMCB+VMCB_EXITCODE(%rsp), %rax
	mov %rsp, %rdi
	cmp $SVM_CAUSES, %rax
	jae .Lrare
	shl $4, %rax
	mov svm_dispatch+8(%rax), %rcx
	add %rcx, SVM_VMCB+VMCB_RIP(%rsp)
	call *svm_dispatch(%rax)
.Lrestore:
	cmpb $0, CPU_RELOAD(%rsp)
	jne .Lreload
.Lrestore_scratch:
	mov 0x08(%rsp), %rcx
	mov 0x10(%rsp), %rdx
	mov 0x18(%rsp), %rbx
	mov 0x30(%rsp), %rsi
	mov 0x38(%rsp), %rdi
	mov 0x40(%rsp), %r8
	mov 0x48(%rsp), %r9
	mov 0x50(%rsp), %r10
	mov 0x58(%rsp), %r11
	mov (%rsp), %rax
	mov %rax, SVM_VMCB+VMCB_RAX(%rsp)
	mov SVM_VMCB+VMCB_HPA(%rsp), %rax
	jmp .Lloop

/* Registers that C preserves hold the guest's values still, unless a handler changed them. RBX
 * counts as changed always, for CPUID's sake. */
.Lreload:
	movb $0, CPU_RELOAD(%rsp)
	mov 0x28(%rsp), %rbp
	mov 0x60(%rsp), %r12
	mov 0x68(%rsp), %r13
	mov 0x70(%rsp), %r14
	mov 0x78(%rsp), %r15
	jmp .Lrestore_scratch

.Lrare:
	call svm_exit
	jmp .Lrestore

/*
 * int vmm_open_window(int interrupts)
 * An NMI comes only in these windows. Its handler puts 1 in EAX; no other handler changes it.
 */
	.globl vmm_trap_nmi
vmm_trap_nmi:
	mov $1, %eax
	iretq

	.globl vmm_open_window
vmm_open_window:
	xor %eax, %eax
	test %edi, %edi
	jnz .Linterrupts
	stgi
	nop
	nop
	clgi
	ret

.Linterrupts:
	stgi
	.globl vmm_drain_begin, vmm_drain_end
vmm_drain_begin:
	sti
	nop
	nop
	nop
vmm_drain_end:
	cli
	clgi
	ret

	.section .note.GNU-stack, "", @progbits
