/* SPDX-License-Identifier: GPL-2.0-only */
/* In place of privileged instructions: registers and ports that a test can look at (fake.h). */
#ifndef X86_INSTRUCTIONS_H
#define X86_INSTRUCTIONS_H

#include <bulkhead/types.h>

uint64_t rdmsr(uint32_t msr);
void wrmsr(uint32_t msr, uint64_t value);
int rdmsr_safe(uint32_t msr, uint64_t *value);
int wrmsr_safe(uint32_t msr, uint64_t value);
uint64_t rdtsc(void);
uint32_t in(uint16_t port, unsigned int width);
void out(uint16_t port, unsigned int width, uint32_t value);
void cpuid(uint32_t leaf, uint32_t subleaf, uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d);

#endif
