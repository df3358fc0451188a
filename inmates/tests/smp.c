/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Property: the cell's other CPUs start by INIT and start-up IPI, and interprocessor interrupts
 * go both ways between them: physical, to a list, to all but self. Exit code 1 .. 4: the step
 * that failed. On a bare machine: cpus=N (APIC IDs 0 .. N-1) on the command line.
 */
#include <inmate/apic.h>
#include <inmate/console.h>
#include <inmate/cpu.h>
#include <inmate/irq.h>
#include <inmate/platform.h>
#include <inmate/smp.h>
#include <inmate/time.h>

#define ROUNDS 200
#define IRQ_PING 0x40
#define IRQ_PONG 0x41
#define WAIT_US 1000000

static uint32_t count;
static uint32_t boot_id;
static volatile uint32_t pongs;
static volatile uint32_t arrived;

static uint32_t id_of(uint32_t index)
{
	return platform_info() ? platform_apic_id(index) : index;
}

static void ping(struct irq_frame *frame, void *arg)
{
	(void)frame;
	(void)arg;
	apic_send(boot_id, APIC_ICR_FIXED | IRQ_PONG);
	__atomic_fetch_add(&arrived, 1, __ATOMIC_SEQ_CST);
}

static void pong(struct irq_frame *frame, void *arg)
{
	(void)frame;
	(void)arg;
	pongs++;
}

static void other_cpu(uint32_t index)
{
	if (apic_id() != id_of(index))
		inmate_fail(2, "CPU %u has APIC ID %u", id_of(index), apic_id());
	for (;;)
		cpu_sleep();
}

static int wait_for(volatile uint32_t *counter, uint32_t wanted)
{
	uint64_t end = rdtsc() + time_from_ns(WAIT_US * UINT64_C(1000));

	while (*counter < wanted)
		if (rdtsc() > end)
			return -ETIMEDOUT;
	return 0;
}

static int start_all(void)
{
	uint32_t i;

	for (i = 1; i < count; i++)
		if (smp_start(id_of(i), i, other_cpu))
			return -ETIMEDOUT;
	return 0;
}

static int ping_each(void)
{
	uint32_t i, round, sent = 0;

	for (round = 0; round < ROUNDS; round++)
		for (i = 1; i < count; i++) {
			apic_send(id_of(i), APIC_ICR_FIXED | IRQ_PING);
			if (wait_for(&pongs, ++sent))
				return -ETIMEDOUT;
		}
	return 0;
}

static int ping_others(void)
{
	uint32_t before = arrived;

	apic_send(0, APIC_ICR_OTHERS | IRQ_PING);
	return wait_for(&arrived, before + count - 1);
}

int inmate_main(void)
{
	apic_init(platform_option("xapic", 0) ? APIC_XAPIC : apic_best_mode());
	time_init();
	boot_id = apic_id();
	count = platform_info() ? platform_cpu_count() : (uint32_t)platform_option("cpus", 1);
	irq_set(IRQ_PING, ping, NULL);
	irq_set(IRQ_PONG, pong, NULL);
	irq_enable();
	if (start_all())
		inmate_fail(1, "a CPU did not start");
	if (ping_each())
		inmate_fail(3, "an interrupt got lost after %u answers", pongs);
	if (ping_others())
		inmate_fail(4, "a broadcast did not reach all");
	printf("smp: %u CPUs, %u answers\n", count, pongs);
	return 0;
}
