/* SPDX-License-Identifier: GPL-2.0-only */
/* Property: a timer at 1 kHz costs no exit in x2APIC mode. */
#include "tick.h"

int inmate_main(void)
{
	uint64_t seconds = platform_option("seconds", platform_info() ? 0 : 2);

	return tick_run(apic_best_mode(), (uint32_t)platform_option("hz", 1000), seconds);
}
