/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calls into the hypervisor. Only while it is enabled: without one below, the instruction is
 * an invalid opcode.
 */
#ifndef BULKHEAD_DRIVER_HYPERCALL_H
#define BULKHEAD_DRIVER_HYPERCALL_H

#include <bulkhead/comm.h>
#include <bulkhead/hypercall.h>
#include "driver.h"

static inline long hypercall(u64 number, u64 a, u64 b, u64 c)
{
	long result;

	if (hv.vendor == BH_VENDOR_AMD)
		asm volatile("vmmcall"
			     : "=a"(result)
			     : "a"(number), "D"(a), "S"(b), "d"(c)
			     : "memory");
	else
		asm volatile("vmcall"
			     : "=a"(result)
			     : "a"(number), "D"(a), "S"(b), "d"(c)
			     : "memory");
	return result;
}

#endif
