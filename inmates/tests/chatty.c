/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Property: the console ring loses nothing that a reader keeps up with, and wraps: numbered
 * lines, about ten times the ring's usual size.
 */
#include <inmate/console.h>
#include <inmate/platform.h>

#define LINES 2000

int inmate_main(void)
{
	int i;

	for (i = 0; i < LINES; i++)
		printf("chatty: line %04d of %d, some padding\n", i, LINES);
	return 0;
}
