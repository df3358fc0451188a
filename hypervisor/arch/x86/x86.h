/* SPDX-License-Identifier: GPL-2.0-only */
/* Privileged instructions and the registers they reach, by their manuals' names. */
#ifndef X86_X86_H
#define X86_X86_H

#include <bulkhead/types.h>

#define CR0_PE (1ul << 0)
#define CR0_ET (1ul << 4)
#define CR0_NW (1ul << 29)
#define CR0_CD (1ul << 30)
#define CR0_PG (1ul << 31)
#define CR4_LA57 (1ul << 12)
#define CR4_VMXE (1ul << 13)
#define CR4_OSXSAVE (1ul << 18)
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

static inline uint64_t rdmsr(uint32_t msr)
{
	uint32_t low, high;

	asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return (uint64_t)high << 32 | low;
}

static inline void wrmsr(uint32_t msr, uint64_t value)
{
	asm volatile("wrmsr"
		     :
		     : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
		     : "memory");
}

/* As above for registers that may not exist: 0, or -EINVAL where the CPU raised #GP. start.S */
int rdmsr_safe(uint32_t msr, uint64_t *value);
int wrmsr_safe(uint32_t msr, uint64_t value);
int xsetbv_safe(uint32_t index, uint64_t value);

static inline uint64_t rdtsc(void)
{
	uint32_t low, high;

	asm volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

static inline uint64_t read_cr0(void)
{
	uint64_t value;

	asm volatile("mov %%cr0, %0" : "=r"(value));
	return value;
}

static inline void write_cr0(uint64_t value)
{
	asm volatile("mov %0, %%cr0" : : "r"(value) : "memory");
}

static inline uint64_t read_cr4(void)
{
	uint64_t value;

	asm volatile("mov %%cr4, %0" : "=r"(value));
	return value;
}

static inline void write_cr4(uint64_t value)
{
	asm volatile("mov %0, %%cr4" : : "r"(value) : "memory");
}

static inline void write_cr3(uint64_t value)
{
	asm volatile("mov %0, %%cr3" : : "r"(value) : "memory");
}

static inline void invlpg(const void *va)
{
	asm volatile("invlpg (%0)" : : "r"(va) : "memory");
}

static inline uint32_t in(uint16_t port, unsigned int width)
{
	uint32_t value = 0;

	if (width == 1)
		asm volatile("inb %1, %b0" : "+a"(value) : "Nd"(port));
	else if (width == 2)
		asm volatile("inw %1, %w0" : "+a"(value) : "Nd"(port));
	else
		asm volatile("inl %1, %0" : "+a"(value) : "Nd"(port));
	return value;
}

static inline void out(uint16_t port, unsigned int width, uint32_t value)
{
	if (width == 1)
		asm volatile("outb %b0, %1" : : "a"(value), "Nd"(port));
	else if (width == 2)
		asm volatile("outw %w0, %1" : : "a"(value), "Nd"(port));
	else
		asm volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

static inline void cpuid(uint32_t leaf, uint32_t subleaf, uint32_t *a, uint32_t *b, uint32_t *c,
			 uint32_t *d)
{
	asm volatile("cpuid" : "=a"(*a), "=b"(*b), "=c"(*c), "=d"(*d) : "a"(leaf), "c"(subleaf));
}

#endif
