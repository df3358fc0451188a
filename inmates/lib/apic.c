/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The local APIC. SDM vol. 3, chapter 11; modes: 11.12.5 */
#include <inmate/apic.h>
#include <inmate/cpu.h>
#include <inmate/irq.h>

#define CPUID_X2APIC (1u << 21) /* leaf 1, ECX */
#define SVR_ENABLE 0x100
#define ICR_PENDING 0x1000u
#define ICR_PATIENCE 1000000

static enum apic_mode mode_now;

enum apic_mode apic_mode(void)
{
	return mode_now;
}

enum apic_mode apic_best_mode(void)
{
	if (rdmsr(MSR_APIC_BASE) & APIC_BASE_EXTD)
		return APIC_X2APIC;
	return cpuid(1, 0).ecx & CPUID_X2APIC ? APIC_X2APIC : APIC_XAPIC;
}

void apic_attach(void)
{
	mode_now = rdmsr(MSR_APIC_BASE) & APIC_BASE_EXTD ? APIC_X2APIC : APIC_XAPIC;
}

uint32_t apic_read(unsigned int reg)
{
	if (mode_now == APIC_X2APIC)
		return (uint32_t)rdmsr(APIC_X2_MSR + (reg >> 4));
	return mmio_read32(APIC_PAGE + reg);
}

void apic_write(unsigned int reg, uint32_t value)
{
	if (mode_now == APIC_X2APIC)
		wrmsr(APIC_X2_MSR + (reg >> 4), value);
	else
		mmio_write32(APIC_PAGE + reg, value);
}

void apic_eoi(void)
{
	apic_write(APIC_EOI, 0);
}

uint32_t apic_id(void)
{
	return mode_now == APIC_X2APIC ? apic_read(APIC_ID) : apic_read(APIC_ID) >> 24;
}

/* The way from x2APIC back to xAPIC leads through "disabled". */
static void set_mode(enum apic_mode mode)
{
	uint64_t base = rdmsr(MSR_APIC_BASE);

	if (mode == APIC_XAPIC && (base & APIC_BASE_EXTD)) {
		base &= ~(uint64_t)(APIC_BASE_EXTD | APIC_BASE_ENABLE);
		wrmsr(MSR_APIC_BASE, base);
	}
	if (!(base & APIC_BASE_ENABLE)) {
		base |= APIC_BASE_ENABLE;
		wrmsr(MSR_APIC_BASE, base);
	}
	if (mode == APIC_X2APIC && !(base & APIC_BASE_EXTD))
		wrmsr(MSR_APIC_BASE, base | APIC_BASE_EXTD);
	mode_now = mode;
}

void apic_init(enum apic_mode mode)
{
	set_mode(mode);
	apic_write(APIC_TPR, 0);
	apic_write(APIC_LVT_TIMER, APIC_MASKED);
	apic_write(APIC_LVT_LINT0, APIC_MASKED);
	apic_write(APIC_LVT_LINT1, APIC_MASKED);
	apic_write(APIC_LVT_ERROR, APIC_MASKED);
	apic_write(APIC_SVR, SVR_ENABLE | IRQ_SPURIOUS);
}

void apic_send(uint32_t destination, uint32_t command)
{
	int patience = ICR_PATIENCE;

	command |= APIC_ICR_ASSERT;
	barrier_full();
	if (mode_now == APIC_X2APIC) {
		wrmsr(APIC_X2_MSR + (APIC_ICR >> 4), (uint64_t)destination << 32 | command);
		return;
	}
	while ((apic_read(APIC_ICR) & ICR_PENDING) && patience--)
		cpu_relax();
	apic_write(APIC_ICR_HIGH, destination << 24);
	apic_write(APIC_ICR, command);
}
