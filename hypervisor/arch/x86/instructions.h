/* SPDX-License-Identifier: GPL-2.0-only */
/* Privileged instructions. Host tests have others of the same names (arch/fake). */
#ifndef X86_INSTRUCTIONS_H
#define X86_INSTRUCTIONS_H

#include <bulkhead/types.h>

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

static inline void clflush(const void *va)
{
	asm volatile("clflush (%0)" : : "r"(va) : "memory");
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
