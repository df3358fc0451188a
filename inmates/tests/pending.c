/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Property: interrupts that a cell leaves pending harm nobody, whatever their vectors, which an
 * APIC accepts from 16 on: numbers that exceptions have as well. The cell must start again.
 */
#include <inmate/apic.h>
#include <inmate/cpu.h>
#include <inmate/platform.h>

#define FIRST_VECTOR 16u

int inmate_main(void)
{
	irq_disable();
	for (unsigned int vector = FIRST_VECTOR; vector < 256; vector++)
		apic_send(apic_id(), APIC_ICR_FIXED | vector);
	return 0;
}
