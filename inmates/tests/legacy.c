/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Property: what operating systems do to a PC at start does no harm in a cell that is not
 * strict: mask the 8259, program two UARTs and the PIT, write port 0x80, mask all pins of the
 * IO-APIC, broadcast INIT de-assert, program LINT0 as ExtINT, write LDR and DFR.
 */
#include <inmate/apic.h>
#include <inmate/console.h>
#include <inmate/cpu.h>
#include <inmate/ioapic.h>
#include <inmate/platform.h>

#define LVT_EXTINT 0x700
#define INIT_DEASSERT 0x8500 /* level, without assert */
#define ICR_ALL 0x80000

static void old_devices(void)
{
	outb(0x21, 0xff);
	outb(0xa1, 0xff);
	outb(0x80, 1);
	outb(0x43, 0x30);
	outb(0x40, 0xff);
	outb(0x40, 0xff);
	outb(0x3f8 + 1, 0);
	outb(0x2f8 + 1, 0);
	(void)inb(0x60);
	(void)inb(0x64);
	outb(0x70, 0x8f);
	(void)inb(0x71);
}

static void old_apic(enum apic_mode mode)
{
	apic_init(mode);
	if (mode == APIC_XAPIC) {
		apic_write(APIC_DFR, 0xffffffff);
		apic_write(APIC_LDR, 1u << 24);
	}
	apic_write(APIC_LVT_LINT0, APIC_MASKED | LVT_EXTINT);
	apic_write(APIC_ESR, 0);
	if (mode == APIC_XAPIC)
		apic_write(APIC_ICR, ICR_ALL | INIT_DEASSERT);
}

int inmate_main(void)
{
	unsigned int pin;

	old_devices();
	for (pin = 0; !ioapic_mask(pin); pin++)
		;
	old_apic(APIC_XAPIC);
	if (apic_best_mode() == APIC_X2APIC)
		old_apic(APIC_X2APIC);
	printf("legacy: %u IO-APIC pins; all tolerated\n", pin);
	return 0;
}
