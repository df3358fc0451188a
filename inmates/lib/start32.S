/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Start-up of a 32-bit program: protected mode as it is found, flat segments of our own, no
 * paging.
 */
#include "multiboot.inc"

	.section .boot, "ax"
	.code32
	.globl	entry32
entry32:
	cli
	cld
	mov	$boot_stack_top, %esp
	lgdt	gdt_pointer
	ljmp	$0x08, $1f
1:	mov	$0x10, %ecx
	mov	%ecx, %ds
	mov	%ecx, %es
	mov	%ecx, %ss
	xor	%ecx, %ecx
	mov	%ecx, %fs
	mov	%ecx, %gs
	xor	%ebp, %ebp
	sub	$8, %esp			/* so that the arguments end 16-byte aligned */
	push	%ebx
	push	%eax
	call	inmate_start
	ud2

	.section .rodata
	.balign	8
gdt:	.quad	0
	.quad	0x00cf9b000000ffff		/* 08: code */
	.quad	0x00cf93000000ffff		/* 10: data */
gdt_end:
gdt_pointer:
	.word	gdt_end - gdt - 1
	.long	gdt

	.bss
	.balign	16
	.skip	16384
boot_stack_top:

	.section .note.GNU-stack, "", @progbits
