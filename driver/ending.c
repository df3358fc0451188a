// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the hypervisor is told when Linux ends in a way that it would not notice in time. A panic: peers
 * of links learn of it at once, also if Linux never resets the machine. A kexec: the new kernel would
 * take the hypervisor's and the cells' memory for its own.
 */
#include <linux/notifier.h>
#include <linux/panic_notifier.h>
#include <linux/reboot.h>
#include <linux/string.h>
#include <asm/processor.h>
#include "cell.h"
#include "ending.h"
#include "enter.h"
#include "hypercall.h"

/* Asked of this very CPU: a panic may come while CPUs go in or out. */
static bool is_below(void)
{
	return hv_is_enabled() && cpuid_ebx(BH_CPUID_SIGNATURE) == BH_CPUID_NAME;
}

static int on_panic(struct notifier_block *self, unsigned long event, void *message)
{
	if (is_below())
		hypercall(BH_HC_ROOT_DOWN, BH_ROOT_PANICS, 0, 0);
	return NOTIFY_DONE;
}

/* The first to hear of it: what comes behind may be slow. */
static struct notifier_block panic_block = { .notifier_call = on_panic, .priority = INT_MAX };

/* kernel_kexec() says so to those who want to know, and nobody can refuse. */
static bool is_kexec(unsigned long event, const char *command)
{
	return event == SYS_RESTART && command && !strcmp(command, "kexec reboot");
}

/* Without cells the new kernel gets a machine as it was at boot. */
static int on_reboot(struct notifier_block *self, unsigned long event, void *command)
{
	if (!is_kexec(event, command))
		return NOTIFY_DONE;
	mutex_lock(&driver_lock);
	if (hv_is_enabled() && (cell_count() || leave_hypervisor())) {
		pr_err("kexec while there are cells: its kernel would take their memory; Linux ends here instead\n");
		hypercall(BH_HC_ROOT_DOWN, BH_ROOT_ENDS, 0, 0);
	}
	mutex_unlock(&driver_lock);
	return NOTIFY_DONE;
}

static struct notifier_block reboot_block = { .notifier_call = on_reboot };

int ending_init(void)
{
	int err = register_reboot_notifier(&reboot_block);

	if (!err)
		atomic_notifier_chain_register(&panic_notifier_list, &panic_block);
	return err;
}

void ending_exit(void)
{
	atomic_notifier_chain_unregister(&panic_notifier_list, &panic_block);
	unregister_reboot_notifier(&reboot_block);
}
