/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The virtual machine control structure: encodings of its fields (Intel SDM vol. 3, appendix B),
 * control bits (chapter 25) and exit reasons (appendix C).
 */
#ifndef VMX_VMCS_H
#define VMX_VMCS_H

/* 16 bits */
#define VMCS_VPID 0x0000
#define VMCS_GUEST_ES 0x0800 /* CS, SS, DS, FS, GS, LDTR, TR follow, by 2, here and below */
#define VMCS_HOST_ES 0x0c00
#define VMCS_HOST_CS 0x0c02
#define VMCS_HOST_FS 0x0c08
#define VMCS_HOST_GS 0x0c0a
#define VMCS_HOST_TR 0x0c0c

/* 64 bits */
#define VMCS_IO_BITMAP_A 0x2000
#define VMCS_IO_BITMAP_B 0x2002
#define VMCS_MSR_BITMAP 0x2004
#define VMCS_TSC_OFFSET 0x2010
#define VMCS_EPT_POINTER 0x201a
#define VMCS_XSS_BITMAP 0x202c
#define VMCS_GUEST_PHYSICAL 0x2400
#define VMCS_LINK_POINTER 0x2800
#define VMCS_GUEST_DEBUGCTL 0x2802
#define VMCS_GUEST_PAT 0x2804
#define VMCS_GUEST_EFER 0x2806
#define VMCS_HOST_PAT 0x2c00
#define VMCS_HOST_EFER 0x2c02

/* 32 bits */
#define VMCS_PIN_CONTROLS 0x4000
#define VMCS_CPU_CONTROLS 0x4002
#define VMCS_EXCEPTIONS 0x4004
#define VMCS_FAULT_MASK 0x4006
#define VMCS_FAULT_MATCH 0x4008
#define VMCS_CR3_TARGETS 0x400a
#define VMCS_EXIT_CONTROLS 0x400c
#define VMCS_EXIT_STORE_COUNT 0x400e
#define VMCS_EXIT_LOAD_COUNT 0x4010
#define VMCS_ENTRY_CONTROLS 0x4012
#define VMCS_ENTRY_LOAD_COUNT 0x4014
#define VMCS_ENTRY_EVENT 0x4016
#define VMCS_ENTRY_ERROR 0x4018
#define VMCS_ENTRY_LENGTH 0x401a
#define VMCS_CPU_CONTROLS2 0x401e
#define VMCS_INSTRUCTION_ERROR 0x4400
#define VMCS_EXIT_REASON 0x4402
#define VMCS_EXIT_EVENT 0x4404
#define VMCS_VECTORING 0x4408
#define VMCS_VECTORING_ERROR 0x440a
#define VMCS_EXIT_LENGTH 0x440c
#define VMCS_GUEST_ES_LIMIT 0x4800
#define VMCS_GUEST_GDTR_LIMIT 0x4810
#define VMCS_GUEST_IDTR_LIMIT 0x4812
#define VMCS_GUEST_ES_RIGHTS 0x4814
#define VMCS_GUEST_CS_RIGHTS 0x4816
#define VMCS_GUEST_SS_RIGHTS 0x4818
#define VMCS_INTERRUPTIBILITY 0x4824
#define VMCS_ACTIVITY 0x4826
#define VMCS_GUEST_SYSENTER_CS 0x482a
#define VMCS_PREEMPTION_TIMER 0x482e
#define VMCS_HOST_SYSENTER_CS 0x4c00

/* natural width */
#define VMCS_CR0_MASK 0x6000
#define VMCS_CR4_MASK 0x6002
#define VMCS_CR0_SHADOW 0x6004
#define VMCS_CR4_SHADOW 0x6006
#define VMCS_QUALIFICATION 0x6400
#define VMCS_GUEST_CR0 0x6800
#define VMCS_GUEST_CR3 0x6802
#define VMCS_GUEST_CR4 0x6804
#define VMCS_GUEST_ES_BASE 0x6806
#define VMCS_GUEST_CS_BASE 0x6808
#define VMCS_GUEST_FS_BASE 0x680e
#define VMCS_GUEST_GS_BASE 0x6810
#define VMCS_GUEST_GDTR_BASE 0x6816
#define VMCS_GUEST_IDTR_BASE 0x6818
#define VMCS_GUEST_DR7 0x681a
#define VMCS_GUEST_RSP 0x681c
#define VMCS_GUEST_RIP 0x681e
#define VMCS_GUEST_RFLAGS 0x6820
#define VMCS_PENDING_DEBUG 0x6822
#define VMCS_GUEST_SYSENTER_ESP 0x6824
#define VMCS_GUEST_SYSENTER_EIP 0x6826
#define VMCS_HOST_CR0 0x6c00
#define VMCS_HOST_CR3 0x6c02
#define VMCS_HOST_CR4 0x6c04
#define VMCS_HOST_FS_BASE 0x6c06
#define VMCS_HOST_GS_BASE 0x6c08
#define VMCS_HOST_TR_BASE 0x6c0a
#define VMCS_HOST_GDTR_BASE 0x6c0c
#define VMCS_HOST_IDTR_BASE 0x6c0e
#define VMCS_HOST_SYSENTER_ESP 0x6c10
#define VMCS_HOST_SYSENTER_EIP 0x6c12
#define VMCS_HOST_RSP 0x6c14
#define VMCS_HOST_RIP 0x6c16

/* Pin-based controls, 25.6.1 */
#define PIN_NMI_EXITING (1u << 3)
#define PIN_VIRTUAL_NMIS (1u << 5)
#define PIN_PREEMPTION_TIMER (1u << 6)

/* Processor-based controls, 25.6.2 */
#define CPU_INTERRUPT_WINDOW (1u << 2)
#define CPU_TSC_OFFSETTING (1u << 3)
#define CPU_NMI_WINDOW (1u << 22)
#define CPU_IO_BITMAPS (1u << 25)
#define CPU_MSR_BITMAPS (1u << 28)
#define CPU_SECONDARY (1u << 31)
#define CPU2_EPT (1u << 1)
#define CPU2_RDTSCP (1u << 3)
#define CPU2_VPID (1u << 5)
#define CPU2_UNRESTRICTED (1u << 7)
#define CPU2_INVPCID (1u << 12)
#define CPU2_XSAVES (1u << 20)
#define CPU2_USER_WAIT (1u << 26)

/* Exit controls, 25.7.1 */
#define EXIT_SAVE_DEBUG (1u << 2)
#define EXIT_HOST_64 (1u << 9)
#define EXIT_SAVE_PAT (1u << 18)
#define EXIT_LOAD_PAT (1u << 19)
#define EXIT_SAVE_EFER (1u << 20)
#define EXIT_LOAD_EFER (1u << 21)

/* Entry controls, 25.8.1 */
#define ENTRY_LOAD_DEBUG (1u << 2)
#define ENTRY_GUEST_64 (1u << 9)
#define ENTRY_LOAD_PAT (1u << 14)
#define ENTRY_LOAD_EFER (1u << 15)

/* Events: on entry (25.8.3), on exit (25.9.2), and what was being delivered (25.9.3) */
#define EVENT_VALID (1u << 31)
#define EVENT_ERROR_CODE (1u << 11)
#define EVENT_VECTOR(event) ((event)&0xff)
#define EVENT_TYPE(event) ((event) >> 8 & 7)
#define EVENT_NMI 2u
#define EVENT_EXCEPTION 3u
#define EVENT_FIRST_WITH_LENGTH 4u /* software interrupts and exceptions; INT1 */
#define EVENT_ENTRY_MASK 0x80000fffu

/* Interruptibility, 25.4.2 */
#define BLOCKING_STI (1u << 0)
#define BLOCKING_MOV_SS (1u << 1)
#define BLOCKING_NMI (1u << 3)

#define ACTIVITY_ACTIVE 0
#define ACTIVITY_HLT 1

/* Access rights beside those of a descriptor, 25.4.1 */
#define RIGHTS_LONG (1u << 13)
#define RIGHTS_DB (1u << 14)
#define RIGHTS_UNUSABLE (1u << 16)

/* Basic exit reasons */
#define REASON_EXCEPTION 0
#define REASON_TRIPLE_FAULT 2
#define REASON_INIT 3
#define REASON_INTERRUPT_WINDOW 7
#define REASON_NMI_WINDOW 8
#define REASON_TASK_SWITCH 9
#define REASON_CPUID 10
#define REASON_GETSEC 11
#define REASON_INVD 13
#define REASON_VMCALL 18
#define REASON_VMCLEAR 19
#define REASON_VMXON 27
#define REASON_CR 28
#define REASON_IO 30
#define REASON_RDMSR 31
#define REASON_WRMSR 32
#define REASON_ENTRY_MACHINE_CHECK 41
#define REASON_EPT_VIOLATION 48
#define REASON_EPT_MISCONFIGURATION 49
#define REASON_INVEPT 50
#define REASON_TIMER 52
#define REASON_INVVPID 53
#define REASON_XSETBV 55
#define REASON_SEAMCALL 76
#define REASON_TDCALL 77
#define REASON_ENTRY_FAILED (1u << 31)

/* Qualification of a control-register access, 28.2.1 */
#define CR_NUMBER(q) ((q)&15)
#define CR_REGISTER(q) ((q) >> 8 & 15)
/* of a port access */
#define IO_WIDTH(q) (((q)&7) + 1)
#define IO_IN (1u << 3)
#define IO_STRING (1u << 4)
/* of an EPT violation */
#define EPT_WRITE (1u << 1)
#define EPT_FETCH (1u << 2)
#define NMI_UNBLOCKED (1u << 12) /* by an IRET that faulted; in exit events, too */

/* VM-instruction errors, 31.4 */
#define ERROR_NOT_LAUNCHED 5

#endif
