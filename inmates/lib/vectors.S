/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The 256 entry points of the interrupt table, 16 bytes apart from irq_stubs on, and what is
 * common to them: build a struct irq_frame, call irq_dispatch(), go on with the frame that it
 * returns, which may be another one.
 */
	.section .text
	.code64
	.balign	16
	.globl	irq_stubs
irq_stubs:
	.set	vector, 0
	.rept	256
	.balign	16
	/* Only these push an error code: 8, 10-14, 17, 21, 29, 30 */
	.set	has_error, vector == 8 || (vector >= 10 && vector <= 14) || vector == 17
	.set	has_error, has_error || vector == 21 || vector == 29 || vector == 30
	.if	!has_error
	push	$0
	.endif
	push	$vector
	jmp	irq_common
	.set	vector, vector + 1
	.endr

irq_common:
	push	%rax
	push	%rbx
	push	%rcx
	push	%rdx
	push	%rsi
	push	%rdi
	push	%rbp
	push	%r8
	push	%r9
	push	%r10
	push	%r11
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	cld
	mov	%rsp, %rdi
	and	$~15, %rsp
	call	irq_dispatch
	mov	%rax, %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%r11
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rbp
	pop	%rdi
	pop	%rsi
	pop	%rdx
	pop	%rcx
	pop	%rbx
	pop	%rax
	add	$16, %rsp
	iretq

	.section .note.GNU-stack, "", @progbits
