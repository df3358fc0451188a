/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Property: a cell that neither answers requests nor takes interrupts can still be stopped. Its
 * heartbeat ends after the third beat.
 */
#include <inmate/console.h>
#include <inmate/cpu.h>
#include <inmate/platform.h>

int inmate_main(void)
{
	uint32_t i;

	for (i = 1; i <= 3; i++)
		platform_heartbeat(i);
	printf("hang: from here on, nothing\n");
	irq_disable();
	for (;;)
		cpu_relax();
}
