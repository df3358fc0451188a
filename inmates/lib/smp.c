/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Start of further CPUs, one at a time. */
#include <inmate/apic.h>
#include <inmate/cpu.h>
#include <inmate/irq.h>
#include <inmate/smp.h>
#include <inmate/string.h>
#include <inmate/time.h>

#define STACK_SIZE 8192
#define INIT_WAIT_US 10000
#define STARTUP_WAIT_US 200
#define ARRIVAL_STEP_US 100
#define ARRIVAL_STEPS 10000 /* one second */

extern const uint8_t smp_trampoline[], smp_trampoline_end[];

/* Read by start64.S. */
uint8_t *smp_stack;

static uint8_t stacks[SMP_MAX_CPUS][STACK_SIZE] __attribute__((aligned(16)));
static smp_entry *entry_now;
static uint32_t index_now;
static int arrived;

void smp_arrived(void)
{
	smp_entry *entry = entry_now;
	uint32_t index = index_now;

	irq_init_cpu();
	apic_init(apic_mode());
	__atomic_store_n(&arrived, 1, __ATOMIC_RELEASE);
	entry(index);
	for (;;)
		__asm__ volatile("cli; hlt");
}

static int wait_arrival(uint32_t steps)
{
	while (steps-- && !__atomic_load_n(&arrived, __ATOMIC_ACQUIRE))
		time_delay_us(ARRIVAL_STEP_US);
	return __atomic_load_n(&arrived, __ATOMIC_ACQUIRE);
}

int smp_start(uint32_t apic_id, uint32_t index, smp_entry *entry)
{
	if (!index || index >= SMP_MAX_CPUS || !entry)
		return -EINVAL;
	memcpy((void *)(uintptr_t)SMP_TRAMPOLINE, smp_trampoline,
	       (size_t)(smp_trampoline_end - smp_trampoline));
	smp_stack = stacks[index] + STACK_SIZE;
	entry_now = entry;
	index_now = index;
	__atomic_store_n(&arrived, 0, __ATOMIC_SEQ_CST);

	apic_send(apic_id, APIC_ICR_INIT);
	time_delay_us(INIT_WAIT_US);
	apic_send(apic_id, APIC_ICR_STARTUP | SMP_TRAMPOLINE >> 12);
	time_delay_us(STARTUP_WAIT_US);
	if (!wait_arrival(10))
		apic_send(apic_id, APIC_ICR_STARTUP | SMP_TRAMPOLINE >> 12);
	return wait_arrival(ARRIVAL_STEPS) ? 0 : -ETIMEDOUT;
}
