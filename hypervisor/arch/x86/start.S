/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * First and last instructions: from the driver's stub onto the hypervisor's stacks, the stubs of
 * its interrupt table, and the way back to Linux. See include/bulkhead/image.h.
 */
/* Offsets in struct bh_cpu_entry and struct bh_boot; setup.c asserts that they are right. */
#include "arch/x86/start_layout.h"


/* struct bh_image_header */
	.section .header, "a"
image_header:
	.quad 0x444145484b4c5542 /* BH_IMAGE_MAGIC */
	.long 1 /* BH_ABI */
	.long image_vendor
	.long image_file_end - image_header
	.long image_end - image_header
	.long hv_start - image_header
	.long boot_info - image_header
	.long boot_entries - image_header
	.long boot_config - image_header
	.long BOOT_CONFIG_SIZE
	.long public_area - image_header
	.long image_rodata_end - image_header
	.long 0

	.text
	.code64

/* EDI = index. The driver's page tables, Linux's GDT and IDT, interrupts off, no stack. */
	.globl hv_start
hv_start:
	test %edi, %edi
	jnz .Lwait
	lea boot_stack_end(%rip), %rsp
	mov %edi, %ebx
	call setup_machine
	mov %ebx, %edi
.Lwait:
	pause
	mov setup_state(%rip), %eax
	test %eax, %eax
	jz .Lwait
	cmp $1, %eax
	jne .Lfailed
	mov %edi, %eax
	mov cpu_table(,%rax,8), %rdi
	mov %rdi, %rsp
	call setup_cpu
	ud2

/* Nothing of this CPU was changed that the stub does not load anew. */
.Lfailed:
	mov boot_info+BOOT_ERROR(%rip), %esi

/* void leave_to_linux(uint32_t index, int result) */
	.globl leave_to_linux
leave_to_linux:
	mov %edi, %edi
	imul $ENTRY_SIZE, %rdi
	add boot_info+BOOT_ENTRY_VA(%rip), %rdi
	mov %esi, %eax
	jmp *boot_info+BOOT_LEAVE_VA(%rip)

/* Exceptions of our own: report and stop. One stub of 16 bytes for each vector below 32. */
	.globl trap_stubs
	.balign 16
trap_stubs:
	vector = 0
	.rept 32
	.balign 16
	push $vector
	jmp trap_common
	vector = vector + 1
	.endr

/* An APIC accepts vectors from 16 on: such an interrupt looks like an exception, but for where it
 * comes from. */
trap_common:
	cmpq $vmm_drain_begin, 8(%rsp)
	jb .Lexception
	cmpq $vmm_drain_end, 8(%rsp)
	ja .Lexception
	add $8, %rsp
	jmp trap_interrupt
.Lexception:
	mov %rsp, %rdi
	mov %cr2, %rsi
	and $-16, %rsp
	call trap_panic
	ud2

/* #GP: expected at three instructions, which then report it to their callers. */
	.globl trap_gp
trap_gp:
	cmpq $.Lrdmsr, 8(%rsp)
	je .Lmsr_fault
	cmpq $.Lwrmsr, 8(%rsp)
	je .Lmsr_fault
	cmpq $.Lxsetbv, 8(%rsp)
	je .Lmsr_fault
	push $13
	jmp trap_common
.Lmsr_fault:
	movq $.Lmsr_failed, 8(%rsp)
	add $8, %rsp
	iretq

	.globl rdmsr_safe
rdmsr_safe:
	mov %edi, %ecx
.Lrdmsr:
	rdmsr
	shl $32, %rdx
	or %rdx, %rax
	mov %rax, (%rsi)
	xor %eax, %eax
	ret

	.globl wrmsr_safe
wrmsr_safe:
	mov %edi, %ecx
	mov %esi, %eax
	mov %rsi, %rdx
	shr $32, %rdx
.Lwrmsr:
	wrmsr
	xor %eax, %eax
	ret

	.globl xsetbv_safe
xsetbv_safe:
	mov %edi, %ecx
	mov %esi, %eax
	mov %rsi, %rdx
	shr $32, %rdx
.Lxsetbv:
	xsetbv
	xor %eax, %eax
	ret

.Lmsr_failed:
	mov $-22, %eax /* -EINVAL */
	ret

/* An interrupt in a window that vmm_open_window() opened: meant for a former owner. It closes
 * the window (RFLAGS.IF); the caller acknowledges it. An NMI may come in between: no register is
 * used here. */
	.globl trap_interrupt
trap_interrupt:
	andl $~0x200, 16(%rsp)
	iretq

/* Without an interrupt table no exception can be delivered. */
	.globl triple_fault
triple_fault:
	lidt .Lno_idt(%rip)
	int3
.Lno_idt:
	.skip 10

	.bss
	.balign 16
boot_stack:
	.skip 4096
boot_stack_end:

	.section .note.GNU-stack, "", @progbits
