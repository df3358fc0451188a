// SPDX-License-Identifier: GPL-2.0-only
/* Privileged instructions of which a test sees what they would have done. */
#include <stdlib.h>
#include "arch/x86/x86.h"
#include "fake.h"

struct fake_hardware fake_hardware;
jmp_buf fake_reset;

void fake_set_msr(uint32_t number, uint64_t value)
{
	for (unsigned int i = 0; i < FAKE_MSRS; i++)
		if (fake_hardware.msrs[i].number == number || !fake_hardware.msrs[i].number) {
			fake_hardware.msrs[i].number = number;
			fake_hardware.msrs[i].value = value;
			return;
		}
	abort();
}

uint64_t rdmsr(uint32_t msr)
{
	for (unsigned int i = 0; i < FAKE_MSRS; i++)
		if (fake_hardware.msrs[i].number == msr)
			return fake_hardware.msrs[i].value;
	return fake_hardware.msr_value;
}

void wrmsr(uint32_t msr, uint64_t value)
{
	fake_hardware.msr_written = msr;
	fake_hardware.msr_written_value = value;
	fake_set_msr(msr, value);
}

int rdmsr_safe(uint32_t msr, uint64_t *value)
{
	*value = rdmsr(msr);
	return fake_hardware.msr_missing ? -EINVAL : 0;
}

int wrmsr_safe(uint32_t msr, uint64_t value)
{
	fake_hardware.msr_written = msr;
	fake_hardware.msr_written_value = value;
	return fake_hardware.msr_missing ? -EINVAL : 0;
}

uint64_t rdtsc(void)
{
	return fake_hardware.tsc += 1000;
}

void triple_fault(void)
{
	longjmp(fake_reset, 1);
}

uint32_t in(uint16_t port, unsigned int width)
{
	fake_hardware.port = port;
	return fake_hardware.port_value;
}

void out(uint16_t port, unsigned int width, uint32_t value)
{
	fake_hardware.port = port;
	fake_hardware.port_written = value;
	if (fake_hardware.outs < FAKE_OUTS) {
		fake_hardware.out[fake_hardware.outs].port = port;
		fake_hardware.out[fake_hardware.outs].value = value;
	}
	fake_hardware.outs++;
}

/* Leaf and subleaf come back, so that a test can tell a filtered answer from the hardware's. */
void cpuid(uint32_t leaf, uint32_t subleaf, uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d)
{
	*a = leaf;
	*b = subleaf;
	*c = leaf == 1 && fake_hardware.cpuid_ecx ? fake_hardware.cpuid_ecx : UINT32_MAX;
	*d = UINT32_MAX;
}
