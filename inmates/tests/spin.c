/* SPDX-License-Identifier: GPL-2.0-only */
/* Property: pure computation causes no exit at all; answers a shutdown request. */
#include <inmate/console.h>
#include <inmate/cpu.h>
#include <inmate/platform.h>

int inmate_main(void)
{
	uint32_t n = 0;

	printf("spin: computing\n");
	while (!platform_shutdown_requested())
		platform_heartbeat(n++);
	printf("spin: asked to finish\n");
	return 0;
}
