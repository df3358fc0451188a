/* SPDX-License-Identifier: GPL-2.0-only */
/* Property: an exception that the program does not handle prints registers and fails with 134. */
#include <inmate/console.h>
#include <inmate/platform.h>

int inmate_main(void)
{
	printf("crash-fault: an invalid instruction\n");
	__asm__ volatile("ud2");
	return 1;
}
