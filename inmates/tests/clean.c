/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Property: a CPU and memory that changed hands carry nothing over: no pending or running
 * interrupt, no armed timer, no TSC offset, no byte in memory that was not loaded. Exit code:
 * the first check that failed.
 */
#include <inmate/apic.h>
#include <inmate/console.h>
#include <inmate/cpu.h>
#include <inmate/irq.h>
#include <inmate/platform.h>
#include <inmate/time.h>

#define MSR_TSC_ADJUST 0x3b
#define CPUID_TSC_ADJUST 0x2 /* leaf 7, EBX */
#define LISTEN_US 100000

extern uint8_t image_start[], image_end[];

enum { OK, FAIL_IRR, FAIL_ISR, FAIL_TIMER, FAIL_TSC, FAIL_MEMORY, FAIL_INTERRUPT };

/* Vectors below 16 are none (SDM 3A, 10.8.4): no CPU holds or delivers them. QEMU's APIC keeps vector 0 for
 * ever, if a program interrupts itself by it. */
static int any_bit(unsigned int bank)
{
	uint32_t bits = apic_read(bank) & 0xffff0000u;
	unsigned int i;

	for (i = 1; i < 8; i++)
		bits |= apic_read(bank + i * 0x10);
	return bits != 0;
}

static int apic_dirty(void)
{
	if (any_bit(APIC_IRR))
		return FAIL_IRR;
	if (any_bit(APIC_ISR))
		return FAIL_ISR;
	if (!(apic_read(APIC_LVT_TIMER) & APIC_MASKED) || apic_read(APIC_TIMER_CURRENT))
		return FAIL_TIMER;
	return OK;
}

static void check_adjust(void *arg)
{
	*(uint64_t *)arg = rdmsr(MSR_TSC_ADJUST);
}

static int tsc_dirty(void)
{
	uint64_t adjust = 0;

	if (cpuid(7, 0).ebx & CPUID_TSC_ADJUST)
		irq_try(check_adjust, &adjust);
	return adjust ? FAIL_TSC : OK;
}

/* RAM beside the image and above address 64 KiB: what lies lower may have been loaded. */
static int memory_dirty(void)
{
	const struct bh_info *info = platform_info();
	uintptr_t at, end = info && info->memory_count ? info->memory[0].size : 0;

	for (at = 0x10000; at < end; at += 8) {
		if (at == (uintptr_t)image_start)
			at = ((uintptr_t)image_end + 7) & ~(uintptr_t)7;
		if (*(volatile uint64_t *)at)
			return FAIL_MEMORY;
	}
	return OK;
}

static int check(void)
{
	int failed;

	apic_attach();
	failed = apic_dirty();
	if (!failed)
		failed = tsc_dirty();
	if (!failed)
		failed = memory_dirty();
	if (failed)
		return failed;
	apic_init(apic_best_mode());
	time_init();
	irq_enable();
	time_delay_us(LISTEN_US);
	irq_disable();
	return irq_unexpected ? FAIL_INTERRUPT : OK;
}

int inmate_main(void)
{
	int failed = check();

	printf("clean: %s\n", failed ? "something was left over" : "nothing was left over");
	return failed;
}
