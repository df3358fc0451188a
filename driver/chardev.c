// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/bulkhead: the calls of bulkhead/ioctl.h. Arguments are copied once, here; what changes
 * something runs under driver_lock.
 */
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>
#include "area.h"
#include "cell.h"
#include "chardev.h"
#include "driver.h"
#include "enter.h"
#include "root.h"
#include "sysfs.h"

/* One open file */
struct client {
	u64 event_head; /* as of its last look at the public area */
};

/* ----------------------------------------------------------------------------- events */

/* The hypervisor does not interrupt Linux for an event: while somebody waits for one, Linux
 * looks now and then. */
#define EVENT_PERIOD (HZ / 20)

static DECLARE_WAIT_QUEUE_HEAD(event_wait);
static void event_look(struct work_struct *work);
static DECLARE_DELAYED_WORK(event_work, event_look);

static void event_look(struct work_struct *work)
{
	static u64 last;
	u64 head = area_event_head();

	if (head != last)
		wake_up_interruptible(&event_wait);
	last = head;
	if (wq_has_sleeper(&event_wait))
		schedule_delayed_work(&event_work, EVENT_PERIOD);
}

static __poll_t chardev_poll(struct file *file, poll_table *wait)
{
	struct client *client = file->private_data;

	poll_wait(file, &event_wait, wait);
	if (area_event_head() != READ_ONCE(client->event_head))
		return EPOLLIN | EPOLLRDNORM;
	schedule_delayed_work(&event_work, EVENT_PERIOD);
	return 0;
}

/* ------------------------------------------------------------------------------ calls */

/* A description, copied into memory that the callee may keep. */
static void *config_copy(const struct bh_ioc_config *arg)
{
	if (arg->size < sizeof(struct bh_config_header) || arg->size > BH_CONFIG_MAX_SIZE)
		return ERR_PTR(-EINVAL);
	return vmemdup_user(u64_to_user_ptr(arg->data), arg->size);
}

/* What is called may keep the blob: it then leaves NULL. */
static long call_with_config(void __user *user,
			     int (*call)(void **blob, size_t size, struct bh_ioc_config *arg))
{
	struct bh_ioc_config arg;
	void *blob;
	int err;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	blob = config_copy(&arg);
	if (IS_ERR(blob))
		return PTR_ERR(blob);
	arg.id = 0;
	arg.rule = BH_ID_NONE;
	arg.record = 0;
	arg.value = 0;
	err = call(&blob, arg.size, &arg);
	kvfree(blob);
	if (copy_to_user(user, &arg, sizeof(arg)) && !err)
		return -EFAULT;
	return err;
}

static long call_disable(void)
{
	if (!hv.enabled)
		return -ENODEV;
	if (cell_count()) {
		pr_err("cannot disable: %u cells exist; destroy them first\n", cell_count());
		return -EBUSY;
	}
	return leave_hypervisor();
}

static long call_read(struct client *client, void __user *user)
{
	struct bh_ioc_read arg;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	if (arg.area == BH_READ_PUBLIC)
		WRITE_ONCE(client->event_head, area_event_head());
	return area_read(&arg);
}

static long call_cell_id(void __user *user, int (*call)(u32 id))
{
	u32 id;

	if (copy_from_user(&id, user, sizeof(id)))
		return -EFAULT;
	return call(id);
}

static long call_load(void __user *user)
{
	struct bh_ioc_load arg;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	return arg.reserved ? -EINVAL : cell_load(&arg);
}

static long call_start(void __user *user)
{
	struct bh_ioc_start arg;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	return cell_start(&arg);
}

static long call_stop(void __user *user)
{
	struct bh_ioc_stop arg;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	if (arg.reserved || arg.force > 1)
		return -EINVAL;
	return cell_stop(&arg);
}

static long call_root_load(void __user *user)
{
	struct bh_ioc_root_load arg;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	return root_load(&arg);
}

/* Calls that need a hypervisor. */
static long dispatch_enabled(unsigned int cmd, void __user *user)
{
	switch (cmd) {
	case BH_IOC_CELL_CREATE:
		return call_with_config(user, cell_create);
	case BH_IOC_CELL_DESTROY:
		return call_cell_id(user, cell_destroy);
	case BH_IOC_CELL_LOAD:
		return call_load(user);
	case BH_IOC_CELL_START:
		return call_start(user);
	case BH_IOC_CELL_STOP:
		return call_stop(user);
	case BH_IOC_CELL_RESET:
		return call_cell_id(user, cell_reset);
	case BH_IOC_ROOT_LOAD:
		return call_root_load(user);
	case BH_IOC_ROOT_UNLOAD:
		return root_unload();
	default:
		return -ENOTTY;
	}
}

/* Under driver_lock. */
static long dispatch(struct client *client, unsigned int cmd, void __user *user)
{
	switch (cmd) {
	case BH_IOC_ENABLE:
		return call_with_config(user, enter_hypervisor);
	case BH_IOC_DISABLE:
		return call_disable();
	case BH_IOC_READ:
		return call_read(client, user);
	default:
		return hv.enabled ? dispatch_enabled(cmd, user) : -ENODEV;
	}
}

static bool is_call(unsigned int cmd)
{
	static const unsigned int calls[] = {
		BH_IOC_ENABLE,	  BH_IOC_DISABLE,    BH_IOC_CELL_CREATE, BH_IOC_CELL_DESTROY,
		BH_IOC_CELL_LOAD, BH_IOC_CELL_START, BH_IOC_CELL_STOP,	 BH_IOC_CELL_RESET,
		BH_IOC_READ,	  BH_IOC_ROOT_LOAD,  BH_IOC_ROOT_UNLOAD,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(calls); i++)
		if (calls[i] == cmd)
			return true;
	return false;
}

static long chardev_ioctl(struct file *file, unsigned int cmd, unsigned long user)
{
	long result;

	if (!is_call(cmd))
		return -ENOTTY;
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (mutex_lock_interruptible(&driver_lock))
		return -EINTR;
	result = dispatch(file->private_data, cmd, (void __user *)user);
	mutex_unlock(&driver_lock);
	return result;
}

/* ------------------------------------------------------------------------------- file */

static int chardev_open(struct inode *inode, struct file *file)
{
	struct client *client;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	client = kzalloc(sizeof(*client), GFP_KERNEL);
	if (!client)
		return -ENOMEM;
	file->private_data = client;
	return 0;
}

static int chardev_release(struct inode *inode, struct file *file)
{
	kfree(file->private_data);
	return 0;
}

static const struct file_operations chardev_operations = {
	.owner = THIS_MODULE,
	.open = chardev_open,
	.release = chardev_release,
	.unlocked_ioctl = chardev_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.poll = chardev_poll,
	.llseek = noop_llseek,
};

static struct miscdevice chardev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "bulkhead",
	.mode = 0600,
	.fops = &chardev_operations,
	.groups = sysfs_groups,
};

int chardev_init(void)
{
	return misc_register(&chardev);
}

void chardev_exit(void)
{
	misc_deregister(&chardev);
	cancel_delayed_work_sync(&event_work);
}

struct device *chardev_device(void)
{
	return chardev.this_device;
}
