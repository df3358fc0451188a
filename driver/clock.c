// SPDX-License-Identifier: GPL-2.0-only
/*
 * How fast the TSC counts (see clock.h).
 */
#include <linux/delay.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/time64.h>
#include <linux/timekeeping.h>
#include <asm/msr.h>
#include <asm/tsc.h>
#include "clock.h"

#define MEASURE_NS (20 * NSEC_PER_MSEC)

/* Linux's figure, where it is right, is better than ours. */
#define TRUST_PPM 1000

static u64 begin_tsc;
static u64 begin_ns;

void clock_begin(void)
{
	begin_tsc = rdtsc_ordered();
	begin_ns = ktime_get_raw_ns();
}

u64 clock_tsc_hz(void)
{
	u64 linux_hz = tsc_khz * 1000ull;
	u64 passed_ns, measured_hz, differ;

	passed_ns = ktime_get_raw_ns() - begin_ns;
	if (passed_ns < MEASURE_NS)
		usleep_range(MEASURE_NS / NSEC_PER_USEC, 2 * MEASURE_NS / NSEC_PER_USEC);
	measured_hz = rdtsc_ordered() - begin_tsc;
	passed_ns = ktime_get_raw_ns() - begin_ns;
	measured_hz = mul_u64_u64_div_u64(measured_hz, NSEC_PER_SEC, passed_ns);

	differ = measured_hz > linux_hz ? measured_hz - linux_hz : linux_hz - measured_hz;
	if (differ < linux_hz / (1000000 / TRUST_PPM))
		return linux_hz;
	pr_notice("the TSC counts at %llu kHz, and not at %u kHz as Linux found at boot\n",
		  div_u64(measured_hz, 1000), tsc_khz);
	return measured_hz;
}
