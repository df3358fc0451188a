/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The loop between guest and hypervisor.
 *
 * While the hypervisor runs after an exit, RSP points at struct cpu, whose first member takes the
 * guest's registers; the stack grows down from there. The system-call MSRs, CR2 and the debug
 * registers but DR7 stay the guest's: the hypervisor uses none of them.
 */
#include "vmx/layout.h"
#include "vmx/vmcs.h"

	.text
	.code64

/* void vmm_run(struct cpu *self) */
	.globl vmm_run
vmm_run:
	mov %rdi, %rsp
	jmp .Lreload

.macro SAVE_REGISTERS
	mov %rax, (%rsp)
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
.endm

/* What C does not preserve, and RBX, which handlers of CPUID change */
.macro LOAD_SCRATCH
	mov (%rsp), %rax
	mov 0x08(%rsp), %rcx
	mov 0x10(%rsp), %rdx
	mov 0x18(%rsp), %rbx
	mov 0x30(%rsp), %rsi
	mov 0x38(%rsp), %rdi
	mov 0x40(%rsp), %r8
	mov 0x48(%rsp), %r9
	mov 0x50(%rsp), %r10
	mov 0x58(%rsp), %r11
.endm

/* Where an exit comes in */
	.globl vmx_exit_entry
vmx_exit_entry:
	SAVE_REGISTERS
	mov $VMCS_EXIT_REASON, %eax
	vmread %rax, %rax
	mov %rsp, %rdi
	cmp $VMX_REASONS, %rax
	jae .Lrare
	shl $4, %eax
	cmpb $0, vmx_dispatch+8(%rax)
	je .Lstay
	mov $VMCS_GUEST_RIP, %ecx
	vmread %rcx, %rdx
	mov $VMCS_EXIT_LENGTH, %esi
	vmread %rsi, %rsi
	add %rdx, %rsi
	xor %rsi, %rdx
	shr $32, %rdx
	jnz .Lwrap
.Lmove:
	vmwrite %rsi, %rcx
.Lstay:
	call *vmx_dispatch(%rax)
.Lrestore:
	cmpb $0, CPU_RELOAD(%rsp)
	jne .Lreload
.Lrestore_scratch:
	LOAD_SCRATCH
	vmresume

/* Falling through: not entered. The CPU says so of a guest that was never launched, too. */
.Lrefused:
	SAVE_REGISTERS
	mov %rsp, %rdi
	call vmx_entry_refused
	test %eax, %eax
	jz .Lreload
	LOAD_SCRATCH
	vmlaunch
	jmp .Lrefused

/* Registers that C preserves hold the guest's values still, unless a handler changed them. */
.Lreload:
	movb $0, CPU_RELOAD(%rsp)
	mov 0x28(%rsp), %rbp
	mov 0x60(%rsp), %r12
	mov 0x68(%rsp), %r13
	mov 0x70(%rsp), %r14
	mov 0x78(%rsp), %r15
	jmp .Lrestore_scratch

.Lrare:
	call vmx_exit
	jmp .Lrestore

/* Beyond a multiple of 4 GiB, which instruction pointers of 32 bits do not reach */
.Lwrap:
	push %rax
	push %rdi
	mov %rsi, %rdi
	call vmx_wrap_rip
	mov %rax, %rsi
	pop %rdi
	pop %rax
	mov $VMCS_GUEST_RIP, %ecx
	jmp .Lmove

/*
 * int vmm_open_window(int interrupts)
 * An NMI that ended the guest's run blocks others until an IRET. One that comes in with an
 * interrupt is not lost, see vmx_nmi().
 */
	.globl vmm_open_window
vmm_open_window:
	test %edi, %edi
	jnz .Linterrupts
	mov %rsp, %rax
	mov %ss, %ecx
	push %rcx
	push %rax
	pushf
	mov %cs, %ecx
	push %rcx
	lea 1f(%rip), %rax
	push %rax
	iretq
1:
	mov $1, %eax
	ret

.Linterrupts:
	xor %eax, %eax
	.globl vmm_drain_begin, vmm_drain_end
vmm_drain_begin:
	sti
	nop
	nop
	nop
vmm_drain_end:
	cli
	ret

/* An NMI that comes while the hypervisor runs. */
	.globl vmm_trap_nmi
vmm_trap_nmi:
	.irp reg, rax, rcx, rdx, rsi, rdi, r8, r9, r10, r11
	push %\reg
	.endr
	mov %rsp, %rdi
	cld
	call vmx_nmi
	.irp reg, r11, r10, r9, r8, rdi, rsi, rdx, rcx, rax
	pop %\reg
	.endr
	iretq

	.section .note.GNU-stack, "", @progbits
