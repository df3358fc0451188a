// SPDX-License-Identifier: GPL-2.0-only
/*
 * Begin and end of the module, and what it does when the machine goes to sleep.
 */
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/suspend.h>
#include "attach.h"
#include "chardev.h"
#include "claim.h"
#include "clock.h"
#include "cpus.h"
#include "driver.h"
#include "ending.h"

DEFINE_MUTEX(driver_lock);

struct hv hv = { .runs = LIST_HEAD_INIT(hv.runs) };

/* Nobody would be there to bring the cells' CPUs back after a sleep. */
static int on_power_event(struct notifier_block *self, unsigned long event, void *data)
{
	switch (event) {
	case PM_SUSPEND_PREPARE:
	case PM_HIBERNATION_PREPARE:
	case PM_RESTORE_PREPARE:
		if (!hv_is_enabled())
			return NOTIFY_DONE;
		pr_err("suspend and hibernation are refused while the hypervisor is enabled; hvctl disable first\n");
		return notifier_from_errno(-EBUSY);
	case PM_POST_SUSPEND:
	case PM_POST_HIBERNATION:
	case PM_POST_RESTORE:
		clock_begin();
		return NOTIFY_DONE;
	default:
		return NOTIFY_DONE;
	}
}

static struct notifier_block power_notifier = { .notifier_call = on_power_event };

static int __init bulkhead_init(void)
{
	int err;

	clock_begin();
	err = cpus_init();
	if (err)
		return err;
	err = register_pm_notifier(&power_notifier);
	if (err)
		goto exit_cpu;
	err = claim_init();
	if (err)
		goto unregister_notifier;
	err = ending_init();
	if (err)
		goto exit_claim;
	err = chardev_init();
	if (err)
		goto exit_ending;
	mutex_lock(&driver_lock);
	attach_hypervisor();
	mutex_unlock(&driver_lock);
	return 0;

exit_ending:
	ending_exit();
exit_claim:
	claim_exit();
unregister_notifier:
	unregister_pm_notifier(&power_notifier);
exit_cpu:
	cpus_exit();
	return err;
}

/* Not called while the hypervisor is enabled: it holds a reference. */
static void __exit bulkhead_exit(void)
{
	chardev_exit();
	ending_exit();
	claim_exit();
	unregister_pm_notifier(&power_notifier);
	cpus_exit();
}

module_init(bulkhead_init);
module_exit(bulkhead_exit);

MODULE_DESCRIPTION("Bulkhead: static partitioning below a running Linux");
MODULE_AUTHOR("The Bulkhead authors");
MODULE_LICENSE("GPL");
MODULE_FIRMWARE("bulkhead-amd.bin");
MODULE_FIRMWARE("bulkhead-intel.bin");
