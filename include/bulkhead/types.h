/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Fixed-width integer types for every user of the ABI: the hypervisor (freestanding), the
 * Linux driver, the tools, and inmates.
 */
#ifndef BULKHEAD_TYPES_H
#define BULKHEAD_TYPES_H

#ifdef __KERNEL__
#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>
#else
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#endif

/* "No such thing" in a field that holds an address, and in one that holds a 16-bit id. */
#define BH_ADDR_NONE UINT64_C(0xffffffffffffffff)
#define BH_ID_NONE 0xffffu

#ifdef __KERNEL__
#ifndef UINT64_C
#define UINT64_C(x) x##ULL
#endif
#endif

#define BH_NAME_LEN 32 /* bytes of a cell or link name, NUL included */
#define BH_PAGE_SIZE 4096u
#define BH_PIECE_SIZE 0x200000u /* memory is taken from Linux in pieces of this size */

#endif
