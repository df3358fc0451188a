/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Property: configuration space reads the same by ports and by ECAM, a host bridge answers at
 * 00:00.0, sizing a BAR works and leaves it where it was. Exit code: the step that failed.
 */
#include <inmate/console.h>
#include <inmate/link.h>
#include <inmate/pci.h>
#include <inmate/platform.h>

enum { OK, FAIL_BRIDGE, FAIL_MISMATCH, FAIL_BAR };

static int same_both_ways(uint32_t bdf)
{
	uint32_t by_ports[64], i;

	pci_use(PCI_BY_PORTS);
	for (i = 0; i < 64; i++)
		by_ports[i] = pci_read(bdf, 4 * i, 4);
	if (pci_use(PCI_BY_ECAM))
		return 1;
	for (i = 0; i < 64; i++)
		if (pci_read(bdf, 4 * i, 4) != by_ports[i])
			return 0;
	return 1;
}

static int bar_sizes(uint32_t bdf)
{
	uint32_t before = pci_read(bdf, PCI_BAR0, 4), mask;

	pci_write(bdf, PCI_BAR0, 4, 0xffffffff);
	mask = pci_read(bdf, PCI_BAR0, 4);
	pci_write(bdf, PCI_BAR0, 4, before);
	printf("pci: %02x.%u BAR0 %x, size %x\n", bdf >> 3, bdf & 7, before, ~(mask & ~0xfu) + 1);
	return (mask & ~0xfu) == 0xfffff000 && pci_read(bdf, PCI_BAR0, 4) == before;
}

int inmate_main(void)
{
	uint32_t bdf;

	if (pci_read(0, PCI_VENDOR, 2) == 0xffff)
		inmate_fail(FAIL_BRIDGE, "00:00.0 is empty");
	for (bdf = pci_find(0, PCI_NONE, PCI_NONE); bdf != PCI_NONE;
	     bdf = pci_find(bdf + 1, PCI_NONE, PCI_NONE)) {
		printf("pci: %02x.%u %08x class %06x\n", bdf >> 3, bdf & 7,
		       pci_read(bdf, PCI_VENDOR, 4), pci_read(bdf, PCI_CLASS, 4) >> 8);
		if (!same_both_ways(bdf))
			inmate_fail(FAIL_MISMATCH, "ports and ECAM differ");
		if (pci_read(bdf, PCI_VENDOR, 2) == IVSHMEM_VENDOR_ID && !bar_sizes(bdf))
			inmate_fail(FAIL_BAR, "BAR0 does not size");
	}
	return OK;
}
