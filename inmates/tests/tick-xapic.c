/* SPDX-License-Identifier: GPL-2.0-only */
/* Property: a cell may use the xAPIC page even where it could have x2APIC; few exits a tick. */
#include "tick.h"

int inmate_main(void)
{
	uint64_t seconds = platform_option("seconds", platform_info() ? 0 : 2);

	return tick_run(APIC_XAPIC, (uint32_t)platform_option("hz", 1000), seconds);
}
