/* SPDX-License-Identifier: GPL-2.0-only */
/* Property: a window of device registers (edu's, at=, by default 0xe8000000) is the cell's, at the address of its
 * description. */
#include <inmate/console.h>
#include <inmate/cpu.h>
#include <inmate/platform.h>

#define LIVENESS 4 /* gives back the complement of what was written */

int inmate_main(void)
{
	uintptr_t at = (uintptr_t)platform_option("at", 0xe8000000);

	mmio_write32(at + LIVENESS, 0x12345678);
	printf("mmio: %08x %08x\n", mmio_read32(at), mmio_read32(at + LIVENESS));
	return mmio_read32(at + LIVENESS) == ~0x12345678u ? 0 : EIO;
}
