/* SPDX-License-Identifier: GPL-2.0-only */
/* Attacks by ports and by configuration space. Port numbers are those of a PC with an ICH9. */
#include <inmate/cpu.h>
#include <inmate/pci.h>
#include <inmate/platform.h>
#include "attack.h"

#define PORT_RESET 0xcf9
#define PORT_KEYBOARD 0x64
#define PORT_PM1_CONTROL 0x604
#define PM1_SLEEP_S5 0x2000
#define PORT_PIT 0x40
#define PORT_PIT_MODE 0x43
#define PORT_PIC1 0x21
#define PORT_PIC2 0xa1
#define ICH9_BDF 0xf8	  /* 1f.0: the south bridge of the AMD machines */
#define PIIX_IDE_BDF 0x09 /* 01.1 of the Intel machines; the cell has its link at 01.0 */

void attack_port_reset(void)
{
	outb(PORT_RESET, 0x02);
	outb(PORT_RESET, 0x06);
}

void attack_port_keyboard_reset(void)
{
	outb(PORT_KEYBOARD, 0xfe);
}

void attack_port_power_off(void)
{
	outw(PORT_PM1_CONTROL, PM1_SLEEP_S5);
}

void attack_port_pit(void)
{
	outb(PORT_PIT_MODE, 0x34);
	outb(PORT_PIT, 1);
	outb(PORT_PIT, 0);
}

void attack_port_pic(void)
{
	outb(PORT_PIC1, 0);
	outb(PORT_PIC2, 0);
}

void attack_port_string(void)
{
	const char *text = "attack";
	size_t n = 6;

	__asm__ volatile("rep outsb" : "+S"(text), "+c"(n) : "d"(PORT_RESET) : "memory");
}

static void disable_bridge(enum pci_how how)
{
	pci_use(how);
	if (platform_info()->vendor == BH_VENDOR_INTEL) {
		pci_write(PIIX_IDE_BDF, 0x42, 1, 0xff); /* timing of the second channel */
		pci_write(PIIX_IDE_BDF, 0x48, 1, 0xff); /* both channels by DMA */
		return;
	}
	pci_write(ICH9_BDF, PCI_COMMAND, 2, 0);
	pci_write(ICH9_BDF, 0x40, 4, 0); /* base of the power management ports */
}

void attack_port_pci_foreign(void)
{
	disable_bridge(PCI_BY_PORTS);
}

void attack_pci_ecam_foreign(void)
{
	disable_bridge(PCI_BY_ECAM);
}
