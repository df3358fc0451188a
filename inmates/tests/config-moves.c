/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Property: a function's configuration space is moderated. Tries to move its BARs, to hide its capabilities, to
 * reset it and to change its power state, and finds all as it was. Then an interrupt is aimed at Linux's CPU, which
 * ends the cell: by foreign=1 that of an MSI-X entry, by foreign=2 the MSI, by foreign=3 that of pin=. Exit
 * code: the step that failed.
 */
#include <inmate/apic.h>
#include <inmate/console.h>
#include <inmate/cpu.h>
#include <inmate/ioapic.h>
#include <inmate/nic.h>
#include <inmate/pci.h>
#include <inmate/platform.h>

#define PCI_CAP_PM 0x01
#define PCI_CAP_EXPRESS 0x10
#define PM_STATE 4
#define EXPRESS_CONTROL 8
#define MSI_CONTROL 2
#define MSI_ADDRESS 4
#define MSI_DATA 12 /* of a message with an address of 64 bits */
#define MSI_ENABLE 1
#define LINUX_APIC_ID 0
#define LINUX_ADDRESS (0xfee00000u | LINUX_APIC_ID << 12)

enum { OK, FAIL_BAR, FAIL_SIZE, FAIL_STATE, FAIL_FOREIGN };

static void move_bars(uint32_t bdf)
{
	unsigned int n;
	uint32_t before, size;

	for (n = 0; n < 6; n++) {
		before = pci_read(bdf, PCI_BAR0 + 4 * n, 4);
		pci_write(bdf, PCI_BAR0 + 4 * n, 4, 0xffffffff);
		size = ~(pci_read(bdf, PCI_BAR0 + 4 * n, 4) & ~0xfu) + 1;
		if (before && (size < 0x1000 || size & (size - 1)))
			inmate_fail(FAIL_SIZE, "BAR %u has %x bytes", n, size);
		pci_write(bdf, PCI_BAR0 + 4 * n, 4, APIC_PAGE);
		if (pci_read(bdf, PCI_BAR0 + 4 * n, 4) != before)
			inmate_fail(FAIL_BAR, "BAR %u has moved from %x", n, before);
	}
}

static void unchanged(uint32_t bdf, unsigned int at, uint32_t value)
{
	uint32_t before = pci_read(bdf, at, 2);

	pci_write(bdf, at, 2, value);
	if (pci_read(bdf, at, 2) != before)
		inmate_fail(FAIL_STATE, "%x has changed from %x", at, before);
}

static void interrupt_linux(uint32_t bdf, uint64_t way)
{
	unsigned int msi = pci_capability(bdf, PCI_CAP_MSI);

	pci_enable(bdf);
	switch (way) {
	case 1:
		pci_msix_write(bdf, 0, LINUX_ADDRESS, IRQ_FIRST_FREE);
		break;
	case 2:
		pci_write(bdf, msi + MSI_ADDRESS, 4, LINUX_ADDRESS);
		pci_write(bdf, msi + MSI_DATA, 2, IRQ_FIRST_FREE);
		pci_write(bdf, msi + MSI_CONTROL, 2, MSI_ENABLE);
		break;
	case 3:
		ioapic_route_level((unsigned int)platform_option("pin", 0), IRQ_FIRST_FREE,
				   LINUX_APIC_ID);
		break;
	}
}

int inmate_main(void)
{
	uint64_t way = platform_option("foreign", 0);
	uint32_t bdf = pci_find(0, NIC_VENDOR, PCI_NONE);
	unsigned int pm = pci_capability(bdf, PCI_CAP_PM);
	unsigned int express = pci_capability(bdf, PCI_CAP_EXPRESS);

	apic_init(apic_best_mode());
	move_bars(bdf);
	unchanged(bdf, PCI_VENDOR, 0);
	unchanged(bdf, PCI_CAPS, 0);
	unchanged(bdf, pm + PM_STATE, 3);
	unchanged(bdf, express + EXPRESS_CONTROL, 0x8000);
	if (!mmio_read32((uintptr_t)pci_bar(bdf, 0) + 8))
		inmate_fail(FAIL_STATE, "its registers are gone");
	printf("config-moves: all as it was\n");
	interrupt_linux(bdf, way);
	return way ? FAIL_FOREIGN : OK;
}
