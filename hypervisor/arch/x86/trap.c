// SPDX-License-Identifier: GPL-2.0-only
/* The hypervisor's own descriptor tables. Nothing here is used while things go well, but for the
 * handlers in windows that let pending NMIs and interrupts in. */
#include "arch/x86/entry.h"
#include "arch/x86/vmm.h"
#include "arch/x86/x86.h"
#include "console.h"

/* As Linux has them: an NMI may come between the loads of two tables. */
#define SELECTOR_CODE 0x10
#define SELECTOR_DATA 0x18

static const uint64_t gdt[] __attribute__((aligned(16))) = {
	0, 0, 0x00af9b000000ffff, /* 64-bit code */
	0x00cf93000000ffff,	  /* data */
};

struct gate {
	uint16_t offset0;
	uint16_t selector;
	uint8_t ist;
	uint8_t type;
	uint16_t offset16;
	uint32_t offset32;
	uint32_t reserved;
};
static_assert(sizeof(struct gate) == 16, "APM vol. 2, 4.8.3");

#define GATE_INTERRUPT 0x8e

static struct gate idt[256];

extern const uint8_t trap_stubs[];
extern const uint8_t trap_gp[], trap_interrupt[];

struct table_register {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed));

static void set_gate(unsigned int vector, const uint8_t *handler)
{
	uint64_t offset = (uint64_t)handler;

	idt[vector] = (struct gate){
		.offset0 = (uint16_t)offset,
		.selector = SELECTOR_CODE,
		.type = GATE_INTERRUPT,
		.offset16 = (uint16_t)(offset >> 16),
		.offset32 = (uint32_t)(offset >> 32),
	};
}

void trap_init(void)
{
	for (unsigned int vector = 0; vector < 32; vector++)
		set_gate(vector, trap_stubs + 16 * vector);
	for (unsigned int vector = 32; vector < 256; vector++)
		set_gate(vector, trap_interrupt);
	set_gate(2, vmm_trap_nmi);
	set_gate(13, trap_gp);
}

void trap_load(void)
{
	struct table_register gdtr = { sizeof(gdt) - 1, (uint64_t)gdt };
	struct table_register idtr = { sizeof(idt) - 1, (uint64_t)idt };

	asm volatile("lgdt %0\n"
		     "lidt %1\n"
		     "mov %3, %%ds\n"
		     "mov %3, %%es\n"
		     "mov %3, %%ss\n"
		     "pushq %2\n"
		     "lea 1f(%%rip), %%rax\n"
		     "push %%rax\n"
		     "lretq\n"
		     "1:"
		     :
		     : "m"(gdtr), "m"(idtr), "i"(SELECTOR_CODE), "r"(SELECTOR_DATA)
		     : "rax", "memory");
}

/* frame: vector, then an error code if the vector has one, then RIP, CS, RFLAGS, RSP, SS */
void trap_panic(const uint64_t *frame, uint64_t cr2);
void trap_panic(const uint64_t *frame, uint64_t cr2)
{
	static const uint32_t with_error = 0x60227d00;
	unsigned int vector = (unsigned int)frame[0] & 31;
	unsigned int at = with_error >> vector & 1 ? 2 : 1;

	console_print("exception %u in the hypervisor: rip %lx rsp %lx error %lx cr2 %lx\n", vector,
		      frame[at], frame[at + 3], at == 2 ? frame[1] : 0, cr2);
	panic(__FILE__, __LINE__, "exception");
}

#define XCR0_RESET 1
#define CR4_OSFXSR (1ul << 9)

void x86_reset_extended_state(void)
{
	/* an XSAVE image whose header says that every component is in its initial state */
	static const struct {
		uint8_t fcw_to_mxcsr[24];
		uint32_t mxcsr;
		uint32_t mask;
		uint8_t rest[576 - 32];
	} initial
		__attribute__((aligned(64))) = { .fcw_to_mxcsr = { 0x7f, 0x03 }, .mxcsr = 0x1f80 };
	/* guests write these without an exit: SPEC_CTRL, XFD, XFD_ERR, DEBUGCTL, XSS, TSC_AUX,
	 * VIRT_SPEC_CTRL */
	static const uint32_t msrs[] = { 0x48, 0x1c4, 0x1c5, 0x1d9, 0xda0, 0xc0000103, 0xc001011f };
	uint32_t a, b, c, d;

	asm volatile("mov %0, %%dr0\n mov %0, %%dr1\n mov %0, %%dr2\n mov %0, %%dr3" : : "r"(0ul));
	/* older parts keep pointers of the FPU over a restore that says it is empty */
	asm volatile("clts\n fninit");
	for (unsigned int i = 0; i < sizeof(msrs) / sizeof(msrs[0]); i++)
		wrmsr_safe(msrs[i], 0);
	wrmsr_safe(MSR_PRED_CMD, PRED_CMD_IBPB); /* what branches did is nobody else's business */
	cpuid(1, 0, &a, &b, &c, &d);
	if (!(c & 1u << 26)) {
		asm volatile("fxrstor %0" : : "m"(initial));
		return;
	}
	asm volatile("mov %0, %%cr4" : : "r"(read_cr4() | CR4_OSXSAVE | CR4_OSFXSR));
	cpuid(0xd, 0, &a, &b, &c, &d);
	asm volatile("xsetbv" : : "c"(0), "a"(a), "d"(d));
	asm volatile("xrstor %0" : : "m"(initial), "a"(0xffffffff), "d"(0xffffffff));
	asm volatile("xsetbv" : : "c"(0), "a"(XCR0_RESET), "d"(0));
}
