/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Property: the registers C001_0000h to C001_1FFFh, which hold VM_HSAVE_PA and the memory
 * controller's secrets, are closed to a cell: each read and each write of all bits raises an
 * exception or meets a constant. Prints what does not raise one; fails if a write is remembered.
 */
#include <inmate/console.h>
#include <inmate/cpu.h>
#include <inmate/irq.h>
#include <inmate/platform.h>

#define FIRST 0xc0010000u
#define LAST 0xc0011fffu
#define VIRT_SPEC_CTRL 0xc001011fu /* the CPU's own speculation control, switched with the guest */

struct access {
	uint32_t msr;
	uint64_t value;
};

static void read_it(void *arg)
{
	struct access *a = arg;

	a->value = rdmsr(a->msr);
}

static void write_it(void *arg)
{
	const struct access *a = arg;

	wrmsr(a->msr, a->value);
}

static int remembers(uint32_t msr, uint64_t before)
{
	struct access a = { msr, ~before };
	int refused = irq_try(write_it, &a) >= 0;

	if (!refused)
		irq_try(read_it, &a);
	printf("msr-range: %x reads %lx, writes %s\n", msr, before,
	       refused ? "refused" : "ignored");
	return !refused && a.value != before;
}

int inmate_main(void)
{
	uint32_t refused = 0, remembered = 0;
	struct access a;

	for (a.msr = FIRST; a.msr <= LAST; a.msr++) {
		if (a.msr == VIRT_SPEC_CTRL)
			continue;
		a.value = ~UINT64_C(0);
		if (irq_try(read_it, &a) < 0) {
			remembered += remembers(a.msr, a.value);
			continue;
		}
		a.value = 0x1000;
		if (irq_try(write_it, &a) >= 0)
			refused++;
		else
			printf("msr-range: %x is write-only and ignored\n", a.msr);
	}
	printf("msr-range: %u closed, %u remembered a write\n", refused, remembered);
	return remembered ? 1 : 0;
}
