/* SPDX-License-Identifier: GPL-2.0-only */
/* Registers that privileged instructions reach, by their manuals' names, and those instructions. */
#ifndef X86_X86_H
#define X86_X86_H

#include <bulkhead/types.h>
#include "arch/x86/instructions.h"

/* The last way to reset the machine. start.S */
void triple_fault(void) __attribute__((noreturn));

#define CR0_PE (1ul << 0)
#define CR0_ET (1ul << 4)
#define CR0_NW (1ul << 29)
#define CR0_CD (1ul << 30)
#define CR0_PG (1ul << 31)
#define CR4_LA57 (1ul << 12)
#define CR4_VMXE (1ul << 13)
#define CR4_OSXSAVE (1ul << 18)
#define CR4_UINTR (1ul << 25)
#define CR4_FRED (1ul << 32)

#define DR6_BREAKPOINTS 0xful
#define DR6_BS (1ul << 14)
#define DR6_ALL 0x600ful /* breakpoints, BD, BS */
#define DR7_GD (1ul << 13)

#define RFLAGS_FIXED (1ul << 1)
#define RFLAGS_TF (1ul << 8)

#define MSR_TSC 0x10
#define MSR_APIC_BASE 0x1b
#define APIC_BASE_BSP (1ul << 8)
#define APIC_BASE_EXTD (1ul << 10)
#define APIC_BASE_EN (1ul << 11)
#define MSR_TSC_ADJUST 0x3b
#define MSR_PRED_CMD 0x49
#define PRED_CMD_IBPB 1
#define MSR_SYSENTER_CS 0x174
#define MSR_SYSENTER_ESP 0x175
#define MSR_SYSENTER_EIP 0x176
#define MSR_MISC_ENABLE 0x1a0
#define MSR_DEBUGCTL 0x1d9
#define MSR_PAT 0x277
#define PAT_RESET UINT64_C(0x0007040600070406)
#define MSR_X2APIC 0x800
#define MSR_X2APIC_ICR 0x830
#define MSR_EFER 0xc0000080
#define EFER_LME (1ul << 8)
#define EFER_LMA (1ul << 10)
#define EFER_NXE (1ul << 11)
#define EFER_SVME (1ul << 12)
#define MSR_FS_BASE 0xc0000100
#define MSR_GS_BASE 0xc0000101

#endif
