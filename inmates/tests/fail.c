/* SPDX-License-Identifier: GPL-2.0-only */
/* Property: a cell that ends with a code of its own is reported as failed with that code: 42. */
#include <inmate/console.h>
#include <inmate/platform.h>

int inmate_main(void)
{
	printf("fail: giving up as planned\n");
	return 42;
}
