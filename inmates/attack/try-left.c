/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the former owner of a CPU left: each of these first looks for what it leaves itself, which is
 * a secret that shows (#UD) in the next run, and then leaves it. The test runs them twice.
 */
#include <inmate/apic.h>
#include <inmate/console.h>
#include <inmate/cpu.h>
#include <inmate/irq.h>
#include <inmate/platform.h>
#include <inmate/time.h>
#include "attack.h"

#define SECRET UINT64_C(0x5ec4e75ec4e0) /* canonical */
#define MSR_TSC_ADJUST 0x3b
#define MSR_LSTAR 0xc0000082
#define MSR_KERNEL_GS_BASE 0xc0000102
#define VECTOR 0x50
#define TSC_STEP (UINT64_C(1) << 50)
#define PLACES_END 0x300000u
#define PLACES_STEP 0x1000u

static void expose(const char *what, uint64_t value)
{
	printf("left: %s %lx\n", what, value);
	__asm__ volatile("ud2");
}

static void look(const char *what, uint64_t value)
{
	if (value == SECRET)
		expose(what, value);
}

#define LOOK_REGISTER(name)                                            \
	do {                                                           \
		uint64_t value;                                        \
		__asm__ volatile("mov %%" #name ", %0" : "=r"(value)); \
		look(#name, value);                                    \
	} while (0)

static uint64_t read_xmm(void)
{
	uint64_t value;

	__asm__ volatile("movq %%xmm7, %0" : "=r"(value));
	return value;
}

void attack_left_registers(void)
{
	LOOK_REGISTER(dr0);
	LOOK_REGISTER(dr3);
	LOOK_REGISTER(cr2);
	look("LSTAR", rdmsr(MSR_LSTAR));
	look("KERNEL_GS_BASE", rdmsr(MSR_KERNEL_GS_BASE));
	look("xmm7", read_xmm());
	__asm__ volatile("mov %0, %%dr0\n\tmov %0, %%dr3\n\tmov %0, %%cr2\n\tmovq %0, %%xmm7"
			 :
			 : "r"(SECRET)
			 : "memory");
	wrmsr(MSR_LSTAR, SECRET);
	wrmsr(MSR_KERNEL_GS_BASE, SECRET);
}

static int any_bit(unsigned int bank)
{
	unsigned int i;

	for (i = 0; i < 8; i++)
		if (apic_read(bank + i * 0x10))
			return 1;
	return 0;
}

/* Nothing of this is there after apic_init(), which ran: it masks, but takes nothing back. */
void attack_left_interrupts(void)
{
	if (any_bit(APIC_IRR) || any_bit(APIC_ISR) || apic_read(APIC_TIMER_CURRENT))
		expose("interrupt or timer", 1);
	apic_send(apic_id(), APIC_ICR_FIXED | VECTOR);
	apic_write(APIC_LVT_TIMER, APIC_TIMER_PERIODIC | IRQ_TIMER);
	apic_write(APIC_TIMER_INITIAL, UINT32_MAX);
}

void attack_left_memory(void)
{
	const struct bh_info *info = platform_info();
	uintptr_t at, end = info->memory[0].gpa + info->memory[0].size;

	for (at = PLACES_END; at < end; at += PLACES_STEP) {
		look("memory", *(volatile uint64_t *)at);
		*(volatile uint64_t *)at = SECRET;
	}
}

static void adjust(void *arg)
{
	uint64_t *value = arg;

	if (*value)
		wrmsr(MSR_TSC_ADJUST, *value);
	else
		*value = rdmsr(MSR_TSC_ADJUST);
}

void attack_left_time(void)
{
	uint64_t value = 0, step = TSC_STEP;

	if (rdtsc() > TSC_STEP || (irq_try(adjust, &value) < 0 && value))
		expose("TSC offset", value);
	irq_try(adjust, &step);
}
