/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Start-up in real mode (BH_START_RESET16), in the first 64 KiB: CS base 0, IP = entry16. Only
 * CS can be relied on. Climbs to 32-bit protected mode and goes on at entry32, with EAX = 0:
 * no multiboot.
 */
	.section .reset, "ax"
	.code16
	.globl	entry16
entry16:
	cli
	cld
	xor	%ax, %ax
	mov	%ax, %ds
	lgdtl	gdt16_pointer
	mov	$0x11, %eax			/* ET PE */
	mov	%eax, %cr0
	ljmpl	$0x08, $1f

	.code32
1:	mov	$0x10, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	xor	%eax, %eax
	xor	%ebx, %ebx
	jmp	entry32

	.balign	8
gdt16:	.quad	0
	.quad	0x00cf9b000000ffff		/* 08: code */
	.quad	0x00cf93000000ffff		/* 10: data */
gdt16_end:
gdt16_pointer:
	.word	gdt16_end - gdt16 - 1
	.long	gdt16

	.section .note.GNU-stack, "", @progbits
