/* SPDX-License-Identifier: GPL-2.0-only */
/* The virtual machine control block: AMD APM vol. 2, appendix B, and intercept codes, appendix C. */
#ifndef SVM_VMCB_H
#define SVM_VMCB_H

#include <bulkhead/types.h>

struct vmcb_segment {
	uint16_t selector;
	uint16_t attributes;
	uint32_t limit;
	uint64_t base;
};

struct vmcb {
	/* control area */
	uint16_t cr_read, cr_write;
	uint16_t dr_read, dr_write;
	uint32_t exceptions;
	uint32_t intercept1;
	uint32_t intercept2;
	uint32_t intercept3;
	uint8_t reserved1[0x3c - 0x18];
	uint16_t pause_threshold, pause_count;
	uint64_t iopm_base_pa;
	uint64_t msrpm_base_pa;
	uint64_t tsc_offset;
	uint32_t asid;
	uint8_t tlb_control;
	uint8_t reserved2[3];
	uint64_t v_intr;
	uint64_t interrupt_shadow;
	uint64_t exitcode;
	uint64_t exitinfo1;
	uint64_t exitinfo2;
	uint64_t exitintinfo;
	uint64_t np_control;
	uint64_t avic_apic_bar;
	uint64_t ghcb;
	uint64_t eventinj;
	uint64_t n_cr3;
	uint64_t lbr_control;
	uint32_t clean; /* stays 0: the CPU takes everything from here */
	uint32_t reserved3;
	uint64_t nrip;
	uint8_t fetched;
	uint8_t bytes[15];
	uint8_t reserved4[0x400 - 0xe0];
	/* state save area, 400h */
	struct vmcb_segment es, cs, ss, ds, fs, gs, gdtr, ldtr, idtr, tr;
	uint8_t reserved5[0xcb - 0xa0];
	uint8_t cpl;
	uint8_t reserved6[4];
	uint64_t efer;
	uint8_t reserved7[0x148 - 0xd8];
	uint64_t cr4, cr3, cr0, dr7, dr6, rflags, rip;
	uint8_t reserved8[0x1d8 - 0x180];
	uint64_t rsp;
	uint64_t s_cet, ssp, isst_addr;
	uint64_t rax, star, lstar, cstar, sfmask, kernel_gs_base;
	uint64_t sysenter_cs, sysenter_esp, sysenter_eip, cr2;
	uint8_t reserved9[0x268 - 0x248];
	uint64_t g_pat, dbgctl, br_from, br_to, last_excp_from, last_excp_to;
	uint8_t reserved10[0x1000 - 0x698];
};
static_assert(offsetof(struct vmcb, iopm_base_pa) == 0x40, "APM");
static_assert(offsetof(struct vmcb, exitcode) == 0x70, "APM");
static_assert(offsetof(struct vmcb, eventinj) == 0xa8, "APM");
static_assert(offsetof(struct vmcb, nrip) == 0xc8, "APM");
static_assert(offsetof(struct vmcb, es) == 0x400, "APM");
static_assert(offsetof(struct vmcb, cpl) == 0x4cb, "APM");
static_assert(offsetof(struct vmcb, efer) == 0x4d0, "APM");
static_assert(offsetof(struct vmcb, cr4) == 0x548, "APM");
static_assert(offsetof(struct vmcb, rip) == 0x578, "APM");
static_assert(offsetof(struct vmcb, rsp) == 0x5d8, "APM");
static_assert(offsetof(struct vmcb, rax) == 0x5f8, "APM");
static_assert(offsetof(struct vmcb, cr2) == 0x640, "APM");
static_assert(offsetof(struct vmcb, g_pat) == 0x668, "APM");
static_assert(sizeof(struct vmcb) == 4096, "APM");

/* intercept1, 00Ch */
#define SVM_INTERCEPT_NMI (1u << 1)
#define SVM_INTERCEPT_INIT (1u << 3)
#define SVM_INTERCEPT_CPUID (1u << 18)
#define SVM_INTERCEPT_IRET (1u << 20)
#define SVM_INTERCEPT_INVD (1u << 22)
#define SVM_INTERCEPT_INVLPGA (1u << 26)
#define SVM_INTERCEPT_IOIO (1u << 27)
#define SVM_INTERCEPT_MSR (1u << 28)
#define SVM_INTERCEPT_SHUTDOWN (1u << 31)
/* intercept2, 010h */
#define SVM_INTERCEPT_VMRUN (1u << 0)
#define SVM_INTERCEPT_VMMCALL (1u << 1)
#define SVM_INTERCEPT_VMLOAD (1u << 2)
#define SVM_INTERCEPT_VMSAVE (1u << 3)
#define SVM_INTERCEPT_STGI (1u << 4)
#define SVM_INTERCEPT_CLGI (1u << 5)
#define SVM_INTERCEPT_SKINIT (1u << 6)

#define SVM_TLB_FLUSH_ALL 1
#define SVM_NP_ENABLE 1
#define SVM_EVENT_VALID (1ul << 31)
#define SVM_EVENT_NMI (2ul << 8)
#define SVM_EVENT_EXCEPTION (3ul << 8)
#define SVM_EVENT_ERROR_CODE (1ul << 11)

#define SVM_EXIT_EXCP_0 0x40 /* + vector */
#define SVM_EXIT_EXCP_DB 0x41
#define SVM_EXIT_EXCP_AC 0x51
#define SVM_EXIT_NMI 0x61
#define SVM_EXIT_INIT 0x63
#define SVM_EXIT_CPUID 0x72
#define SVM_EXIT_IRET 0x74
#define SVM_EXIT_INVD 0x76
#define SVM_EXIT_INVLPGA 0x7a
#define SVM_EXIT_IOIO 0x7b
#define SVM_EXIT_MSR 0x7c
#define SVM_EXIT_SHUTDOWN 0x7f
#define SVM_EXIT_VMRUN 0x80
#define SVM_EXIT_VMMCALL 0x81
#define SVM_EXIT_VMLOAD 0x82
#define SVM_EXIT_SKINIT 0x86
#define SVM_EXIT_NPF 0x400
#define SVM_EXIT_INVALID UINT64_C(0xffffffffffffffff)

/* EXITINFO1 of IOIO, 15.10.2 */
#define SVM_IO_IN (1u << 0)
#define SVM_IO_STRING (1u << 2)
#define SVM_IO_SIZE(info) (((info) >> 4) & 7)
/* EXITINFO1 of NPF, 15.25.6 */
#define SVM_NPF_WRITE (1u << 1)
#define SVM_NPF_FETCH (1u << 4)

#endif
