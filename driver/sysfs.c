// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attributes of the misc device (see sysfs.h). Readers take driver_lock and may be interrupted
 * while they wait for it.
 */
#include <linux/device.h>
#include <linux/slab.h>
#include <linux/sysfs.h>
#include "cell.h"
#include "driver.h"
#include "link.h"
#include "memory.h"
#include "sysfs.h"

static ssize_t enabled_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", hv_is_enabled());
}
static DEVICE_ATTR_RO(enabled);

static ssize_t show_locked(char *buf, u64 (*get)(void))
{
	u64 value;

	if (mutex_lock_interruptible(&driver_lock))
		return -EINTR;
	value = get();
	mutex_unlock(&driver_lock);
	return sysfs_emit(buf, "%llu\n", value);
}

static u64 get_cells(void)
{
	return cell_count();
}

static u64 get_hv_bytes(void)
{
	return mem_bytes(MEM_HYPERVISOR);
}

static u64 get_cell_bytes(void)
{
	return mem_bytes(MEM_CELL);
}

static ssize_t cells_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return show_locked(buf, get_cells);
}
static DEVICE_ATTR_RO(cells);

static ssize_t hv_bytes_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return show_locked(buf, get_hv_bytes);
}
static DEVICE_ATTR_RO(hv_bytes);

static ssize_t cell_bytes_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return show_locked(buf, get_cell_bytes);
}
static DEVICE_ATTR_RO(cell_bytes);

static ssize_t guard_bytes_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return show_locked(buf, mem_guard_bytes);
}
static DEVICE_ATTR_RO(guard_bytes);

static ssize_t links_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct bh_driver_link *list;
	unsigned int i, count;
	ssize_t len = 0;

	list = kcalloc(BH_MAX_LINKS, sizeof(*list), GFP_KERNEL);
	if (!list)
		return -ENOMEM;
	if (mutex_lock_interruptible(&driver_lock)) {
		kfree(list);
		return -EINTR;
	}
	count = link_list(list, BH_MAX_LINKS);
	mutex_unlock(&driver_lock);
	for (i = 0; i < count; i++)
		len += sysfs_emit_at(buf, len, "%s %02x:%02x.%x %u %u\n", list[i].name,
				     list[i].bdf >> 8, list[i].bdf >> 3 & 31, list[i].bdf & 7,
				     list[i].peer, list[i].peers);
	kfree(list);
	return len;
}
static DEVICE_ATTR_RO(links);

static struct attribute *sysfs_attrs[] = {
	&dev_attr_enabled.attr,
	&dev_attr_cells.attr,
	&dev_attr_hv_bytes.attr,
	&dev_attr_cell_bytes.attr,
	&dev_attr_guard_bytes.attr,
	&dev_attr_links.attr,
	NULL,
};

static const struct attribute_group sysfs_group = { .attrs = sysfs_attrs };

const struct attribute_group *sysfs_groups[] = { &sysfs_group, NULL };
