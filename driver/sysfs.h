/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Attributes of the misc device, /sys/class/misc/bulkhead/:
 *   enabled      0 or 1
 *   cells        number of cells beside the root
 *   hv_bytes, cell_bytes, guard_bytes
 *                memory that is the driver's at present
 *   links        one line "name bdf peer peers" for each link that ends in this Linux
 */
#ifndef BULKHEAD_SYSFS_H
#define BULKHEAD_SYSFS_H

struct attribute_group;

extern const struct attribute_group *sysfs_groups[];

#endif
