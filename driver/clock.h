/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How fast the TSC counts. Linux's own figure is wrong where its calibration at boot was
 * disturbed (it then keeps time by something else), and the hypervisor has nothing but the TSC.
 */
#ifndef BULKHEAD_CLOCK_H
#define BULKHEAD_CLOCK_H

#include <linux/types.h>

/* The measurement begins: when the driver is loaded, and again after each sleep of the machine. */
void clock_begin(void);

/* Hz, as counted since then. Waits some milliseconds if that was just now. */
u64 clock_tsc_hz(void);

#endif
