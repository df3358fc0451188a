/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Boot sector of the Bochs machine, whose memory holds a kernel from the start (bochs.py): obeys what the
 * orders say, and enters the kernel at its PVH entry (Linux, include/xen/interface/hvm/start_info.h).
 *
 *	u32 magic	cleared here: after a reset the kernel is no longer what it was
 *	u32 entry	of the kernel
 *	u32 start info	address of struct hvm_start_info, which lacks the number of memory ranges
 *	u32 blocks	of memory that kernel and initramfs take
 *	u32 n		registers to be written: u32 number, u32 low half, u32 high half each
 *
 * Bochs reads the file into its memory in one piece, but gives blocks of that memory to addresses in the order
 * in which they are first used. The firmware used some before us; so blocks with numbers come first: the orders, 1, 2 ...
 * PADDING - 1, the kernel. The memory map goes to RANGES, in entries of 24 bytes. bochs.py gives these names their values.
 */
#define MEMMAP_ENTRIES	48		/* in struct hvm_start_info */

	.code16
	.globl	_start
_start:	cli
	xorw	%ax, %ax
	movw	%ax, %ds
	movw	%ax, %es
	movw	%ax, %ss
	movw	$0x7c00, %sp
	ljmp	$0, $here
here:	movw	$RANGES, %di
	xorl	%ebx, %ebx
range:	movl	$0xe820, %eax		/* INT 15h: one range; EBX: which */
	movl	$20, %ecx
	movl	$0x534d4150, %edx
	int	$0x15
	jc	mapped
	movl	$0, 20(%di)
	addw	$24, %di
	testl	%ebx, %ebx
	jnz	range
mapped:	inb	$0x92, %al		/* A20 */
	orb	$2, %al
	outb	%al, $0x92
	lgdt	gdtr
	movl	%cr0, %eax
	orb	$1, %al
	movl	%eax, %cr0
	ljmpl	$8, $flat

	.code32
flat:	movl	$16, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	movl	$ORDERS, %esi
	cmpl	$MAGIC, (%esi)
	jne	again
	movl	$0, (%esi)
	movl	%esi, %ebx
pad:	addl	$BLOCK, %ebx
	cmpl	$KERNEL, %ebx
	je	full
	cmpl	$PADDING - 1, (%ebx)
	jne	pad
	movl	$KERNEL, %ebx
	movl	12(%esi), %ecx
use:	movl	(%ebx), %eax
	addl	$BLOCK, %ebx
	loop	use
	movzwl	%di, %eax
	subl	$RANGES, %eax
	xorl	%edx, %edx
	movl	$24, %ecx
	divl	%ecx
	movl	8(%esi), %ebx
	movl	%eax, MEMMAP_ENTRIES(%ebx)
	movl	16(%esi), %edi
	leal	20(%esi), %ebp
	jmp	2f
1:	movl	(%ebp), %ecx
	movl	4(%ebp), %eax
	movl	8(%ebp), %edx
	wrmsr
	addl	$12, %ebp
2:	decl	%edi
	jns	1b
	jmp	*4(%esi)

full:	movl	$too_many, %esi		/* the firmware used all of the padding: said on the console */
	movl	$shutdown - too_many, %ecx
	movw	$0x3f8, %dx
	rep outsb
again:	movl	$shutdown, %esi		/* Bochs ends when it reads this word there */
	movl	$8, %ecx
	movw	$0x8900, %dx
	rep outsb
	hlt

too_many: .ascii "sector: PADDING is too small\n"
shutdown: .ascii "Shutdown"
	.balign	8
gdt:	.quad	0, 0x00cf9b000000ffff, 0x00cf93000000ffff
gdtr:	.word	. - gdt - 1
	.long	gdt
	.org	510
	.word	0xaa55
