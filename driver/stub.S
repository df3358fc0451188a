/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From Linux into the hypervisor and back (see stub.h, and bulkhead/image.h for the contract).
 *
 * All of it lies in one page: between the two loads of CR3 nothing else of Linux is mapped. Until
 * the stack is Linux's again nothing may be pushed.
 */
#include <linux/linkage.h>
#include <linux/objtool.h>
#include <asm/ibt.h>
#include <asm/msr-index.h>
#include <asm/nospec-branch.h>
#include <asm/processor-flags.h>
#include <asm/segment.h>
#include "stub.h"

#define VENDOR_AMD 1
#define HC_DISABLE 1

/* Not X86_CR4_CET: older kernels have no name for it. */
#define CR4_CET_BIT 23
#define CR4_CLEARED (X86_CR4_PGE | X86_CR4_PCIDE | (1 << CR4_CET_BIT))

	.text
	.balign 512
SYM_FUNC_START(bulkhead_stub_begin)

/* rdi = entry, rsi = CR3, rdx = where to, ecx = index, r8d = vendor */
SYM_INNER_LABEL(bulkhead_stub_enter, SYM_L_GLOBAL)
	ENDBR
	movq	%rbx, STUB_ENTRY_RBX(%rdi)
	movq	%rbp, STUB_ENTRY_RBP(%rdi)
	movq	%r12, STUB_ENTRY_R12(%rdi)
	movq	%r13, STUB_ENTRY_R13(%rdi)
	movq	%r14, STUB_ENTRY_R14(%rdi)
	movq	%r15, STUB_ENTRY_R15(%rdi)
	movq	%rsp, STUB_ENTRY_RSP(%rdi)
	leaq	.Lentered(%rip), %rax
	movq	%rax, STUB_ENTRY_RETURN_VA(%rdi)
	movq	%cr3, %rax
	movq	%rax, STUB_ENTRY_CR3(%rdi)
	movq	%cr4, %rax
	movq	%rax, STUB_ENTRY_CR4(%rdi)

	movl	%ecx, %r9d
	movq	%rdx, %r10
	cmpl	$VENDOR_AMD, %r8d
	jne	1f
	movl	$MSR_EFER, %ecx
	rdmsr
	orl	$EFER_SVME, %eax
	wrmsr
	clgi
1:
	movq	%cr4, %rax
	andq	$~CR4_CLEARED, %rax
	movq	%rax, %cr4
	movq	%rsi, %cr3
	movl	%r9d, %edi
	ANNOTATE_RETPOLINE_SAFE
	jmp	*%r10

.Lentered:
	ENDBR
	movslq	%eax, %rax
	RET

/* edi = vendor. The same stack pointer serves both ways out: failure falls through, success goes
 * on at bulkhead_stub_leave. */
SYM_INNER_LABEL(bulkhead_stub_disable, SYM_L_GLOBAL)
	ENDBR
	movl	$HC_DISABLE, %eax
	cmpl	$VENDOR_AMD, %edi
	jne	2f
	vmmcall
	RET
2:
	vmcall
	RET

/* rdi = CR3, rsi = CR4, r8 = rsp, eax = result. CR4.PCIDE cannot be set while CR3 holds a PCID
 * (APM vol. 2, 3.1.3), so CR3 is loaded twice. Whether SVM has to be undone is read from EFER. */
SYM_INNER_LABEL(bulkhead_stub_leave, SYM_L_GLOBAL)
	ENDBR
	movq	%rdi, %rcx
	andq	$~0xfff, %rcx
	movq	%rcx, %cr3
	movq	%rsi, %cr4
	movq	%rdi, %cr3
	movq	%r8, %rsp

	movslq	%eax, %r9
	pushq	$__KERNEL_CS
	leaq	3f(%rip), %rcx
	pushq	%rcx
	lretq
3:
	movl	$__KERNEL_DS, %ecx
	movl	%ecx, %ss
	xorl	%ecx, %ecx
	movl	%ecx, %ds
	movl	%ecx, %es
	cld

	movl	$MSR_EFER, %ecx
	rdmsr
	testl	$EFER_SVME, %eax
	jz	4f
	stgi
	andl	$~EFER_SVME, %eax
	wrmsr
4:
	movq	%r9, %rax
	RET

SYM_INNER_LABEL(bulkhead_stub_end, SYM_L_GLOBAL)
SYM_FUNC_END(bulkhead_stub_begin)

/* What changes page tables and stacks by hand cannot be followed by the kernel's checker. */
STACK_FRAME_NON_STANDARD bulkhead_stub_begin
