// SPDX-License-Identifier: GPL-2.0-only
/*
 * What Linux believes its CPUs can do (see features.h).
 */
#include <linux/cpumask.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <asm/cpufeature.h>
#include <asm/processor.h>
#include <bulkhead/comm.h>
#include "features.h"

struct features {
	u32 word[NCAPINTS];
};

static struct features machine; /* of boot_cpu_data: what all CPUs have */
static struct features *each;	/* by Linux's number */

int features_prepare(void)
{
	unsigned int cpu;

	each = kcalloc(nr_cpu_ids, sizeof(*each), GFP_KERNEL);
	if (!each)
		return -ENOMEM;
	memcpy(&machine, boot_cpu_data.x86_capability, sizeof(machine));
	for_each_online_cpu(cpu)
		memcpy(&each[cpu], cpu_data(cpu).x86_capability, sizeof(machine));
	return 0;
}

static void hide(struct cpuinfo_x86 *c, unsigned int feature)
{
	c->x86_capability[feature / 32] &= ~(1u << feature % 32);
}

void features_hide(u32 vendor)
{
	unsigned int feature = vendor == BH_VENDOR_AMD ? X86_FEATURE_SVM : X86_FEATURE_VMX;
	unsigned int cpu;

	hide(&boot_cpu_data, feature);
	for_each_online_cpu(cpu)
		hide(&cpu_data(cpu), feature);
}

static bool has(const struct features *f, unsigned int feature)
{
	return f->word[feature / 32] & 1u << feature % 32;
}

/* Only adds, since what Linux has found out meanwhile stays; but for there being a hypervisor, which
 * a CPU sees that was started below one. */
static void restore(struct cpuinfo_x86 *c, const struct features *saved)
{
	unsigned int i;

	for (i = 0; i < NCAPINTS; i++)
		c->x86_capability[i] |= saved->word[i];
	if (!has(saved, X86_FEATURE_HYPERVISOR))
		hide(c, X86_FEATURE_HYPERVISOR);
}

void features_restore(void)
{
	unsigned int cpu;

	restore(&boot_cpu_data, &machine);
	for_each_present_cpu(cpu)
		restore(&cpu_data(cpu), &each[cpu]);
	kfree(each);
	each = NULL;
}
