/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * From 32-bit protected mode without paging (BH_START_FLAT32, multiboot) to long mode and
 * inmate_start(), and the same climb for further CPUs, which come from real mode.
 *
 * Memory below 4 GiB is mapped one to one with 2 MiB pages; from UNCACHED on, uncached: the
 * device windows of a cell's fixed layout. Links lie below and are cached.
 */
#include "multiboot.inc"

	.set	UNCACHED, 0xe0000000
	.set	PTE_TABLE, 0x003		/* present, writable */
	.set	PTE_LARGE, 0x083
	.set	PTE_PCD, 0x010
	.set	CR0_WANTED, 0x80010023		/* PG WP NE MP PE */
	.set	CR4_WANTED, 0x00000620		/* OSXMMEXCPT OSFXSR PAE */
	.set	MSR_EFER, 0xc0000080
	.set	EFER_LME, 0x100

	.section .boot, "ax"
	.code32
	.globl	entry32
entry32:
	cli
	cld
	mov	$boot_stack_top, %esp
	mov	%eax, %esi			/* multiboot magic and information */
	mov	%ebx, %ebp

	/* 4 page directories, one after the other: 2048 large pages */
	mov	$page_directories, %edi
	mov	$PTE_LARGE, %eax
1:	cmp	$UNCACHED, %eax
	jb	2f
	or	$PTE_PCD, %eax
2:	mov	%eax, (%edi)
	add	$8, %edi
	add	$0x200000, %eax
	jnc	1b

	mov	$page_directories + PTE_TABLE, %eax
	mov	$page_pointers, %edi
	mov	$4, %ecx
3:	mov	%eax, (%edi)
	add	$0x1000, %eax
	add	$8, %edi
	loop	3b
	movl	$page_pointers + PTE_TABLE, page_root

	call	enable_paging
	lgdt	gdt_pointer
	ljmp	$0x08, $start_long

/* Clobbers EAX, ECX, EDX. Common to all CPUs. */
enable_paging:
	mov	$CR4_WANTED, %eax
	mov	%eax, %cr4
	mov	$page_root, %eax
	mov	%eax, %cr3
	mov	$MSR_EFER, %ecx
	rdmsr
	or	$EFER_LME, %eax
	wrmsr
	mov	$CR0_WANTED, %eax
	mov	%eax, %cr0
	ret

	.code64
start_long:
	call	load_segments
	mov	$boot_stack_top, %rsp
	mov	%esi, %edi
	mov	%ebp, %esi
	xor	%ebp, %ebp
	call	inmate_start
	ud2

load_segments:
	mov	$0x10, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	xor	%eax, %eax
	mov	%eax, %fs
	mov	%eax, %gs
	ret

/*
 * Start-up IPI: copied to SMP_TRAMPOLINE, so position independent but for absolute addresses
 * of the image. Real mode, CS = page >> 4.
 */
	.code16
	.globl	smp_trampoline, smp_trampoline_end
smp_trampoline:
	cli
	mov	%cs, %ax
	mov	%ax, %ds
	lgdtl	trampoline_gdt_pointer - smp_trampoline
	mov	$0x11, %eax			/* ET PE */
	mov	%eax, %cr0
	ljmpl	$0x18, $smp_entry32
trampoline_gdt_pointer:
	.word	gdt_end - gdt - 1
	.long	gdt
smp_trampoline_end:

	.code32
smp_entry32:
	mov	$0x10, %eax
	mov	%eax, %ds
	mov	%eax, %ss
	mov	smp_stack, %esp
	call	enable_paging
	ljmp	$0x08, $smp_entry64

	.code64
smp_entry64:
	call	load_segments
	mov	smp_stack, %rsp
	xor	%ebp, %ebp
	call	smp_arrived
	ud2

	.section .rodata
	.balign	8
gdt:	.quad	0
	.quad	0x00af9b000000ffff		/* 08: 64-bit code */
	.quad	0x00cf93000000ffff		/* 10: data */
	.quad	0x00cf9b000000ffff		/* 18: 32-bit code */
gdt_end:
gdt_pointer:
	.word	gdt_end - gdt - 1
	.quad	gdt

	.bss
	.balign	4096
page_root:
	.skip	4096
page_pointers:
	.skip	4096
page_directories:
	.skip	4 * 4096
	.balign	16
	.skip	16384
boot_stack_top:

	.section .note.GNU-stack, "", @progbits
