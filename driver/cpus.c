// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPUs between Linux and cells (see cpus.h).
 */
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/kernel.h>
#include <asm/smp.h>
#include "compat.h"
#include "cpus.h"
#include "driver.h"
#include "machine.h"

/* Bits change under driver_lock and are read by Linux's hotplug code without it. */
static struct cpumask cpus_of_cells;
static struct cpumask cpus_described;
static bool guarded;
static int hotplug_state;

/* Runs before Linux starts a CPU. An error keeps it offline; after -EBUSY Linux would try again. */
static int cpus_may_start(unsigned int cpu)
{
	if (!READ_ONCE(guarded))
		return 0;
	if (cpumask_test_cpu(cpu, &cpus_of_cells)) {
		pr_warn_ratelimited("CPU %u belongs to a cell; destroy the cell to have it back\n",
				    cpu);
		return -EPERM;
	}
	if (!cpumask_test_cpu(cpu, &cpus_described)) {
		pr_warn_ratelimited(
			"CPU %u is not in the system description and stays offline until the hypervisor is disabled\n",
			cpu);
		return -EPERM;
	}
	return 0;
}

int cpus_init(void)
{
	int state = cpuhp_setup_state_nocalls(CPUHP_BP_PREPARE_DYN, "bulkhead:may_start",
					      cpus_may_start, NULL);

	if (state < 0)
		return state;
	hotplug_state = state;
	return 0;
}

void cpus_exit(void)
{
	cpuhp_remove_state_nocalls(hotplug_state);
}

void cpus_guard_begin(void)
{
	cpumask_clear(&cpus_of_cells);
	cpumask_copy(&cpus_described, cpu_online_mask);
	WRITE_ONCE(guarded, true);
}

void cpus_guard_end(void)
{
	WRITE_ONCE(guarded, false);
}

void cpus_guard_attach(const struct config_system *sys)
{
	u32 i;
	int cpu;

	cpumask_clear(&cpus_of_cells);
	cpumask_clear(&cpus_described);
	for (i = 0; i < sys->cpu_count; i++) {
		cpu = machine_cpu(sys->cpus[i].apic_id);
		if (cpu < 0)
			pr_warn("CPU with APIC ID %u is not known to this Linux: without it the hypervisor cannot be disabled\n",
				sys->cpus[i].apic_id);
		else
			cpumask_set_cpu(cpu, &cpus_described);
	}
	WRITE_ONCE(guarded, true);
}

/* ------------------------------------------------------------------------ for one cell */

int cpus_set_init(struct cpus_set *set)
{
	if (!zalloc_cpumask_var(&set->taken, GFP_KERNEL))
		return -ENOMEM;
	if (!zalloc_cpumask_var(&set->were_online, GFP_KERNEL)) {
		free_cpumask_var(set->taken);
		return -ENOMEM;
	}
	return 0;
}

void cpus_set_free(struct cpus_set *set)
{
	free_cpumask_var(set->were_online);
	free_cpumask_var(set->taken);
}

/* A CPU on its way up or down has arrived before the answer comes. Whoever brings one up later
 * asks cpus_may_start(). */
static bool is_online(unsigned int cpu)
{
	bool online;

	cpus_read_lock();
	online = cpu_online(cpu);
	cpus_read_unlock();
	return online;
}

/* Most of the time that Linux needs for remove_cpu() and add_cpu() it waits for grace periods of RCU.
 * Expedited ones cost the other CPUs an interrupt instead; Linux does the same when it suspends. */
static int expedited(int (*change)(unsigned int cpu), unsigned int cpu)
{
	int err;

	rcu_expedite_gp();
	err = change(cpu);
	rcu_unexpedite_gp();
	return err;
}

static int cpus_take_one(struct cpus_set *set, u32 apic_id)
{
	int cpu = machine_cpu(apic_id);
	int err;

	if (cpu < 0 || !cpumask_test_cpu(cpu, &cpus_described)) {
		pr_err("CPU with APIC ID %u is not one of this machine\n", apic_id);
		return -ENXIO;
	}
	if (cpumask_test_and_set_cpu(cpu, &cpus_of_cells)) {
		pr_err("CPU %d (APIC ID %u) belongs to another cell\n", cpu, apic_id);
		return -EBUSY;
	}
	cpumask_set_cpu(cpu, set->taken);
	if (!is_online(cpu))
		return 0;
	err = expedited(remove_cpu, cpu);
	if (err > 0 && !is_online(cpu)) /* somebody else was faster */
		return 0;
	if (err) {
		pr_err("Linux does not let go of CPU %d (APIC ID %u): error %d; choose another one\n",
		       cpu, apic_id, err);
		return err > 0 ? -EBUSY : err;
	}
	cpumask_set_cpu(cpu, set->were_online);
	return 0;
}

int cpus_take(struct cpus_set *set, const struct config_cell *cell)
{
	u32 i;
	int err;

	for (i = 0; i < cell->cpu_count; i++) {
		err = cpus_take_one(set, cell->cpus[i].apic_id);
		if (err) {
			cpus_give_back(set);
			return err;
		}
	}
	return 0;
}

void cpus_adopt(struct cpus_set *set, const struct config_cell *cell)
{
	u32 i;
	int cpu;

	for (i = 0; i < cell->cpu_count; i++) {
		cpu = machine_cpu(cell->cpus[i].apic_id);
		if (cpu < 0)
			continue;
		cpumask_set_cpu(cpu, &cpus_of_cells);
		cpumask_set_cpu(cpu, set->taken);
		cpumask_set_cpu(cpu, set->were_online);
	}
}

void cpus_start(void)
{
	unsigned int cpu;
	int err;

	for_each_cpu(cpu, &cpus_described) {
		if (cpumask_test_cpu(cpu, &cpus_of_cells) || is_online(cpu))
			continue;
		err = expedited(add_cpu, cpu);
		if (err < 0)
			pr_err("CPU %u does not come online: error %d\n", cpu, err);
	}
}

void cpus_give_back(struct cpus_set *set)
{
	unsigned int cpu;
	int err;

	cpumask_andnot(&cpus_of_cells, &cpus_of_cells, set->taken);
	for_each_cpu(cpu, set->were_online) {
		err = expedited(add_cpu, cpu); /* 1: somebody else was faster */
		if (err < 0)
			pr_err("CPU %u does not come back online: error %d; try echo 1 > /sys/devices/system/cpu/cpu%u/online\n",
			       cpu, err, cpu);
	}
	cpumask_clear(set->taken);
	cpumask_clear(set->were_online);
}

/* ------------------------------------------------------------------ for the way out */

int cpus_wake_all(struct cpumask *woken)
{
	unsigned int cpu;
	int err;

	for_each_cpu(cpu, &cpus_described) {
		if (cpu_online(cpu))
			continue;
		err = expedited(add_cpu, cpu);
		if (err < 0) {
			pr_err("CPU %u has to be online to leave the hypervisor and does not come: error %d\n",
			       cpu, err);
			return -EBUSY;
		}
		cpumask_set_cpu(cpu, woken);
	}
	return 0;
}

void cpus_sleep_again(const struct cpumask *woken)
{
	unsigned int cpu;

	for_each_cpu(cpu, woken)
		if (expedited(remove_cpu, cpu))
			pr_warn("CPU %u was offline before and stays online now\n", cpu);
}
