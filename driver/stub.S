/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From Linux into the hypervisor and back (see stub.h, and bulkhead/image.h for the contract).
 *
 * All of it lies in one page: between the two loads of CR3 nothing of Linux is mapped but it and
 * the entries. GDT, IDT and stack are the entry's own meanwhile, for an NMI's sake.
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
	leaq	STUB_ENTRY_STACK_END(%rdi), %rsp
	lgdt	STUB_ENTRY_OWN_GDTR(%rdi)
	lidt	STUB_ENTRY_OWN_IDTR(%rdi)
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

/* rdi = entry, eax = result. CR4.PCIDE cannot be set while CR3 holds a PCID (APM vol. 2, 3.1.3), so
 * CR3 is loaded twice. Whether SVM has to be undone is read from EFER. */
SYM_INNER_LABEL(bulkhead_stub_leave, SYM_L_GLOBAL)
	ENDBR
	movslq	%eax, %r9
	lgdt	STUB_ENTRY_OWN_GDTR(%rdi)
	lidt	STUB_ENTRY_OWN_IDTR(%rdi)
	leaq	STUB_ENTRY_STACK_END(%rdi), %rsp
	movq	STUB_ENTRY_CR3(%rdi), %rsi
	movq	%rsi, %rcx
	andq	$~0xfff, %rcx
	movq	%rcx, %cr3
	movq	STUB_ENTRY_CR4(%rdi), %rcx
	movq	%rcx, %cr4
	movq	%rsi, %cr3
	lgdt	STUB_ENTRY_GDTR(%rdi)
	lidt	STUB_ENTRY_IDTR(%rdi)
	movq	STUB_ENTRY_RSP(%rdi), %rsp
	movq	STUB_ENTRY_RBX(%rdi), %rbx
	movq	STUB_ENTRY_RBP(%rdi), %rbp
	movq	STUB_ENTRY_R12(%rdi), %r12
	movq	STUB_ENTRY_R13(%rdi), %r13
	movq	STUB_ENTRY_R14(%rdi), %r14
	movq	STUB_ENTRY_R15(%rdi), %r15

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
	/* One for all that came on the way, as the CPU would have kept one for later. */
	cmpl	$0, STUB_ENTRY_NMIS(%rdi)
	je	5f
	movl	$0, STUB_ENTRY_NMIS(%rdi)
	int	$2
5:
	movq	%r9, %rax
	RET

/* Any stack, and nothing to be found but by the table that led here. */
SYM_INNER_LABEL(bulkhead_stub_nmi, SYM_L_GLOBAL)
	ENDBR
	pushq	%rax
	subq	$16, %rsp
	sidt	6(%rsp)
	movq	8(%rsp), %rax
	incl	(STUB_ENTRY_NMIS - STUB_ENTRY_IDT)(%rax)
	addq	$16, %rsp
	popq	%rax
	iretq

SYM_INNER_LABEL(bulkhead_stub_end, SYM_L_GLOBAL)
SYM_FUNC_END(bulkhead_stub_begin)

/* What changes page tables and stacks by hand cannot be followed by the kernel's checker. */
STACK_FRAME_NON_STANDARD bulkhead_stub_begin
