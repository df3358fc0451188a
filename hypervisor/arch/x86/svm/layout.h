/* SPDX-License-Identifier: GPL-2.0-only */
/* Offsets that run.S needs; svm.c asserts that they are right. */
#ifndef SVM_LAYOUT_H
#define SVM_LAYOUT_H

#define SVM_VMCB 0x1000 /* from struct cpu to its VMCB */
#define SVM_CAUSES 0x90 /* exit codes below it are in svm_dispatch */
#define CPU_RELOAD 0x90
#define VMCB_EXITCODE 0x70
#define VMCB_HPA 0x3e0 /* in what the VMCB leaves to the hypervisor */
#define VMCB_RIP 0x578
#define VMCB_RAX 0x5f8

#endif
