/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * /dev/bulkhead: what hvctl asks of the driver. Every call copies its arguments once. Errors
 * are errno values; what they mean is written at each call. Calls that change something are
 * serialised; a signal before the commit leaves nothing changed (EINTR).
 */
#ifndef BULKHEAD_IOCTL_H
#define BULKHEAD_IOCTL_H

#ifdef __KERNEL__
#include <linux/ioctl.h>
#else
#include <sys/ioctl.h>
#endif
#include <bulkhead/config.h>
#include <bulkhead/public.h>
#include <bulkhead/root.h>

#define BH_IOC 0xBE

/* A description in wire format. */
struct bh_ioc_config {
	uint64_t data; /* user pointer */
	uint32_t size;
	uint32_t id; /* OUT: cell id (create) */
	/* OUT, on EINVAL from the rules: index of the rule that failed, and of the record; a
	 * rule of BH_ID_NONE means that no rule failed. */
	uint32_t rule;
	uint32_t record;
	uint64_t value; /* OUT: what was wrong with it (address, id), for the message */
};

struct bh_ioc_load {
	uint32_t id;
	uint32_t reserved;
	uint64_t gpa;
	uint64_t data; /* user pointer; 0: fill with zeroes */
	uint64_t size;
};

struct bh_ioc_start {
	uint32_t id;
	uint32_t mode; /* BH_START_* */
	uint64_t entry;
};

struct bh_ioc_stop {
	uint32_t id;
	uint32_t force;	     /* 0: ask and wait; 1: park at once */
	uint32_t timeout_ms; /* 1 .. 600000: how long to wait for the answer; ETIMEDOUT */
	uint32_t reserved;
};

/* Copies from memory that the hypervisor shares with Linux. */
#define BH_READ_PUBLIC 0 /* struct bh_public */
#define BH_READ_COMM 1	 /* comm region of a cell */
#define BH_READ_DRIVER 2 /* struct bh_driver_info */
struct bh_ioc_read {
	uint32_t area;
	uint32_t id;
	uint64_t offset;
	uint64_t data; /* user pointer */
	uint64_t size;
};

struct bh_driver_link {
	char name[BH_NAME_LEN];
	uint16_t peer;
	uint16_t peers;
	uint32_t bdf;
};

struct bh_driver_info {
	uint32_t abi;
	uint32_t enabled;
	uint64_t hv_bytes;   /* taken for the hypervisor */
	uint64_t cell_bytes; /* taken for cells and links at present */
	uint64_t guard_bytes;
	uint64_t enable_ns; /* of the last enable: inside the driver, without hvctl */
	uint64_t disable_ns;
	uint64_t root_kernel_bytes; /* of the image to start Linux from again; 0: none */
	uint64_t root_initrd_bytes;
	uint32_t attached; /* 1: an earlier Linux has enabled the hypervisor */
	uint32_t cells;
	uint32_t links;
	uint32_t reserved;
	struct bh_driver_link link[BH_MAX_LINKS];
};

/* What Linux is started from when it has fallen and its description says "restart". */
struct bh_ioc_root_load {
	uint64_t image;	 /* user pointer to struct bh_root_image, without runs */
	uint64_t kernel; /* user pointers to their bytes */
	uint64_t initrd;
};

#define BH_IOC_ENABLE _IOWR(BH_IOC, 0, struct bh_ioc_config)
#define BH_IOC_DISABLE _IO(BH_IOC, 1)
#define BH_IOC_CELL_CREATE _IOWR(BH_IOC, 2, struct bh_ioc_config)
#define BH_IOC_CELL_DESTROY _IOW(BH_IOC, 3, uint32_t)
#define BH_IOC_CELL_LOAD _IOW(BH_IOC, 4, struct bh_ioc_load)
#define BH_IOC_CELL_START _IOW(BH_IOC, 5, struct bh_ioc_start)
#define BH_IOC_CELL_STOP _IOW(BH_IOC, 6, struct bh_ioc_stop)
#define BH_IOC_CELL_RESET _IOW(BH_IOC, 7, uint32_t) /* clear memory, reset devices */
#define BH_IOC_READ _IOW(BH_IOC, 8, struct bh_ioc_read)
#define BH_IOC_ROOT_LOAD _IOW(BH_IOC, 9, struct bh_ioc_root_load)
#define BH_IOC_ROOT_UNLOAD _IO(BH_IOC, 10)

/* poll(): POLLIN when bh_public.event_head differs from what was last read through this file
 * descriptor by BH_READ_PUBLIC. */

#endif
