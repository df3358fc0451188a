// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attacks of a Linux that has turned hostile. The name of one, written to the parameter "run", makes the
 * CPU of the writer try it; "result" then says what came of it:
 *
 *	ignored, denied, #GP ...	with ", counted" if the hypervisor counted a stray access
 *	succeeded: ...			and what of it
 *
 * victim= and holder= are the ids of two cells: one that must not notice, one that need not run.
 */
#include <linux/kdebug.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/smp.h>
#include <linux/vmalloc.h>
#include <asm/nospec-branch.h>
#include <asm/pgtable.h>
#include <asm/tlbflush.h>
#include <bulkhead/root.h>
#include "attack.h"
#include "functions.h"
#include "icr.h"
#include "instructions.h"
#include "storms.h"
#include "ways.h"

struct attack {
	const char *name;
	int (*attempt)(u64 a, u64 b);
	u64 a, b;
};

#define ATTACK(name, verdict, function, a, b, what) { #name, attack_##function, a, b },
static const struct attack attacks[] = {
#include "attacks.h"
};
#undef ATTACK

module_param_named(victim, attack_victim, int, 0);
module_param_named(holder, attack_holder, int, 0);

static char note[160], result[240] = "nothing";

int attack_note(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vscnprintf(note, sizeof(note), format, arguments);
	va_end(arguments);
	return ATTACK_SUCCEEDED;
}

/* ------------------------------------------------------------------------------ execution */

static void *landing; /* of what attack_execute() tries */
static struct task_struct *jumper;

/* A fault at the very place: as if the call had returned at once. */
static int on_fault(struct notifier_block *block, unsigned long kind, void *data)
{
	struct die_args *args = data;

	if (jumper != current || !args->regs ||
	    args->regs->ip - (unsigned long)landing >= PAGE_SIZE)
		return NOTIFY_DONE;
	args->regs->ip = *(unsigned long *)args->regs->sp;
	args->regs->sp += 8;
	args->regs->ax = args->trapnr;
	return NOTIFY_STOP;
}

static struct notifier_block fault_notifier = { .notifier_call = on_fault, .priority = INT_MAX };

static void allow_execution(void *at)
{
	unsigned int level;
	pte_t *pte = lookup_address((unsigned long)at, &level);

	if (pte && level == PG_LEVEL_4K)
		WRITE_ONCE(*pte, __pte(pte_val(*pte) & ~_PAGE_NX));
	__flush_tlb_all();
}

static void flush(void *nothing)
{
	__flush_tlb_all();
}

static void *executable(struct page *page)
{
	void *at = vmap(&page, 1, VM_MAP, PAGE_KERNEL);

	if (at) {
		allow_execution(at);
		on_each_cpu(flush, NULL, 1);
	}
	return at;
}

int attack_execute(void *at)
{
	long vector = ATTACK_IGNORED;

	landing = (void *)((unsigned long)at & PAGE_MASK);
	jumper = current;
	asm volatile(ANNOTATE_RETPOLINE_SAFE "call *%1"
		     : "+a"(vector)
		     : "r"(at)
		     : "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory", "cc");
	jumper = NULL;
	return (int)vector;
}

void *attack_writable_code(void)
{
	static struct page *page;
	static void *code;

	if (!page)
		page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (page && !code)
		code = executable(page);
	return code;
}

int attack_execution(u64 place, u64 unused)
{
	void *at = executable(pfn_to_page(place_address(place) >> PAGE_SHIFT));
	u64 stray = place_stray();
	int vector;

	if (!at)
		return attack_note("no mapping");
	vector = attack_execute(at);
	vunmap(at);
	/* what is there may be no instruction: an exception alone says nothing */
	return place_stray() != stray ? vector : attack_note("it ran, exception %d", vector);
}

/* -------------------------------------------------------------------------------- running */

static void tell(int outcome, u64 stray)
{
	const char *counted = stray ? ", counted" : "";

	if (outcome == ATTACK_SUCCEEDED)
		scnprintf(result, sizeof(result), "succeeded: %s", note);
	else if (outcome == ATTACK_DENIED)
		scnprintf(result, sizeof(result), "denied%s", counted);
	else if (outcome == X86_TRAP_GP || outcome == X86_TRAP_UD)
		scnprintf(result, sizeof(result), "#%s", outcome == X86_TRAP_GP ? "GP" : "UD");
	else if (outcome >= 0)
		scnprintf(result, sizeof(result), "exception %d", outcome);
	else
		scnprintf(result, sizeof(result), "ignored%s", counted);
}

static int run(const char *name, const struct kernel_param *param)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(attacks); i++) {
		const struct attack *a = &attacks[i];
		u64 stray;
		int outcome;

		if (!sysfs_streq(name, a->name))
			continue;
		stray = place_stray();
		note[0] = 0;
		outcome = a->attempt(a->a, a->b);
		tell(outcome, place_stray() - stray);
		return 0;
	}
	return -ENOENT;
}

static int get_result(char *buffer, const struct kernel_param *param)
{
	return scnprintf(buffer, PAGE_SIZE, "%s\n", result);
}

static const struct kernel_param_ops run_ops = { .set = run };
static const struct kernel_param_ops result_ops = { .get = get_result };
module_param_cb(run, &run_ops, NULL, 0200);
module_param_cb(result, &result_ops, NULL, 0400);

static int __init attack_init(void)
{
	int err = places_find();

	return err ? err : register_die_notifier(&fault_notifier);
}
module_init(attack_init);

static void __exit attack_exit(void)
{
	unregister_die_notifier(&fault_notifier);
	places_forget();
}
module_exit(attack_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Attacks of a hostile Linux, for tests");
