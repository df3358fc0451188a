/* SPDX-License-Identifier: GPL-2.0-only */
/* Offsets and fields that run.S needs; vmx.c asserts that they are right. */
#ifndef VMX_LAYOUT_H
#define VMX_LAYOUT_H

#define VMX_VMCS 0x1000	 /* from struct cpu to its VMCS; behind it is the VMXON region */
#define VMX_REASONS 0x4e /* exit reasons below it are in vmx_dispatch */
#define CPU_RELOAD 0x90

#endif
