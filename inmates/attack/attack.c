/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One attack, chosen by the option attack=, which counts the lines of attacks.h from 0: announces itself,
 * tries, and ends as done if it met the verdict of attacks.h, as failed otherwise. A verdict of PARK is met
 * if the program does not end at all.
 */
#include <inmate/apic.h>
#include <inmate/console.h>
#include <inmate/cpu.h>
#include <inmate/irq.h>
#include <inmate/platform.h>
#include "attack.h"

#define CPUID_XSAVE (1u << 26) /* leaf 1, ECX */
#define CR4_OSXSAVE 0x40000u

enum verdict { PARK, IGNORE, FAULT, DENY, ANY, STRICT, SELF, BLOCK };

struct attack {
	const char *name;
	enum verdict verdict;
	const char *what;
	void (*attempt)(void);
};

#define ATTACK(name, verdict, what) { #name, verdict, what, attack_##name },
static const struct attack attacks[] = {
#include "attacks.h"
};
#undef ATTACK

#define ATTACKS (sizeof(attacks) / sizeof(attacks[0]))

static const char *const verdict_names[] = { "PARK", "IGNORE", "FAULT", "DENY",
					     "ANY",  "STRICT", "SELF",	"BLOCK" };

static void attempt(void *arg)
{
	((const struct attack *)arg)->attempt();
}

void attack_use_xsave(void)
{
	uint64_t cr4;

	if (!(cpuid(1, 0).ecx & CPUID_XSAVE))
		return;
	__asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
	__asm__ volatile("mov %0, %%cr4" : : "r"(cr4 | CR4_OSXSAVE) : "memory");
}

static int met(enum verdict verdict, int vector)
{
	if (verdict == FAULT)
		return vector >= 0;
	if (verdict == DENY)
		return vector < 0 && attack_denied;
	if (verdict == ANY || verdict == SELF)
		return 1;
	return verdict != PARK && vector < 0;
}

int inmate_main(void)
{
	uint64_t chosen = platform_option("attack", ATTACKS);
	const struct attack *a = attacks + chosen;
	int vector;

	if (chosen >= ATTACKS)
		inmate_fail(EINVAL, "no option attack= below %lu", ATTACKS);
	printf("attack %s: %s; expected %s\n", a->name, a->what, verdict_names[a->verdict]);
	if (!platform_info())
		inmate_fail(ENODEV, "attacks are for cells");
	apic_init(apic_best_mode());
	vector = irq_try(attempt, (void *)(uintptr_t)a);
	printf("attack %s: survived, exception %d\n", a->name, vector);
	return met(a->verdict, vector) ? 0 : 1;
}
