/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an exit costs, in TSC ticks: CPUID, an empty hypercall, and a register of a link, each
 * in a loop of which the empty loop's cost is taken off. Under -icount a tick is an
 * instruction.
 */
#include <inmate/console.h>
#include <inmate/cpu.h>
#include <inmate/link.h>
#include <inmate/platform.h>

#define ROUNDS 1000

static struct link link;

static void nothing(void)
{
	__asm__ volatile("" : : : "memory");
}

static void do_cpuid(void)
{
	cpuid(0, 0);
}

static void do_hypercall(void)
{
	hypercall(BH_HC_NOP, 0, 0, 0);
}

static void do_register(void)
{
	mmio_read32(link.registers + IVSHMEM_REG_ID);
}

static uint64_t measure(void (*operation)(void))
{
	uint64_t start = rdtsc();
	int i;

	for (i = 0; i < ROUNDS; i++)
		operation();
	return rdtsc() - start;
}

static uint64_t best_of_three(void (*operation)(void))
{
	uint64_t best = UINT64_MAX, ticks;
	int i;

	for (i = 0; i < 3; i++) {
		ticks = measure(operation);
		best = ticks < best ? ticks : best;
	}
	return best;
}

/* With two decimals, per operation. */
static void report(const char *name, void (*operation)(void), uint64_t empty)
{
	uint64_t best = best_of_three(operation);

	best = best > empty ? best - empty : 0;
	printf("cost: %s=%lu.%02lu\n", name, best / ROUNDS, best % ROUNDS * 100 / ROUNDS);
}

int inmate_main(void)
{
	uint64_t empty = best_of_three(nothing);

	report("cpuid", do_cpuid, empty);
	if (platform_info())
		report("hypercall", do_hypercall, empty);
	if (!link_open(&link, NULL))
		report("register", do_register, empty);
	return 0;
}
