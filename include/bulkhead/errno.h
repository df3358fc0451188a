/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Error numbers, the same in the hypervisor, the driver, the tools and on the hypercall
 * interface: those of Linux. Freestanding code has no <errno.h>, so they are spelled out.
 */
#ifndef BULKHEAD_ERRNO_H
#define BULKHEAD_ERRNO_H

#if defined(__KERNEL__)
#include <linux/errno.h>
#elif __STDC_HOSTED__
#include <errno.h>
#else
#define EPERM 1
#define ENOENT 2
#define EIO 5
#define E2BIG 7
#define EAGAIN 11
#define ENOMEM 12
#define EACCES 13
#define EBUSY 16
#define EEXIST 17
#define ENODEV 19
#define EINVAL 22
#define ENOSPC 28
#define ERANGE 34
#define ENOSYS 38
#define ENODATA 61
#define EOVERFLOW 75
#define EOPNOTSUPP 95
#define ETIMEDOUT 110
#endif

#endif
