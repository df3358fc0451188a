/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /dev/bulkhead: the calls of bulkhead/ioctl.h, for administrators.
 */
#ifndef BULKHEAD_CHARDEV_H
#define BULKHEAD_CHARDEV_H

struct device;

int chardev_init(void);
void chardev_exit(void);

struct device *chardev_device(void);

#endif
