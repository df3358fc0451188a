/* SPDX-License-Identifier: GPL-2.0-only */
/* Property: a triple fault stops this cell and nothing else. */
#include <inmate/console.h>
#include <inmate/platform.h>

int inmate_main(void)
{
	static const struct __attribute__((packed)) {
		uint16_t limit;
		uint64_t base;
	} no_table;

	printf("crash-triple: no interrupt table, and a breakpoint\n");
	__asm__ volatile("lidt %0; int3" : : "m"(no_table));
	return 1;
}
