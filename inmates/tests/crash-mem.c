/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Property: a write outside the cell's memory is reported with its address and value. A cell
 * that is not strict may survive the write; it never survives executing there.
 */
#include <inmate/console.h>
#include <inmate/cpu.h>
#include <inmate/platform.h>

#define NOBODYS_MEMORY UINT64_C(0xc0000000)

int inmate_main(void)
{
	void (*nowhere)(void) = (void (*)(void))NOBODYS_MEMORY;

	printf("crash-mem: writing to %lx\n", NOBODYS_MEMORY);
	mmio_write32(NOBODYS_MEMORY, 0x12345678);
	printf("crash-mem: survived; jumping there\n");
	nowhere();
	return 1;
}
