/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Attacks by the configuration space, the MSI-X table and the pin of functions that are the cell's: an edu device,
 * which has MSI, and a network card, which has MSI-X. PCI Local Bus 3.0, 6.2, 6.8; messages: SDM vol. 3, 11.11
 */
#include <inmate/console.h>
#include <inmate/cpu.h>
#include <inmate/edu.h>
#include <inmate/ioapic.h>
#include <inmate/nic.h>
#include <inmate/pci.h>
#include <inmate/platform.h>
#include "attack.h"

#define BARS 6
#define PCI_CAP_PM 0x01
#define PCI_CAP_EXPRESS 0x10
#define PM_STATE 4
#define PM_D3 3
#define EXPRESS_CONTROL 8
#define EXPRESS_RESET 0x8000
#define MSI_CONTROL 2
#define MSI_ENABLE 0x1u
#define MSI_64BIT 0x80u
#define MSI_ADDRESS 4
#define MSIX_CONTROL 2
#define MSIX_ENABLE 0x8000u
#define BUSES 3u
#define FUNCTIONS (BUSES << 8)
#define STATUS 0x8 /* of the card: its link is up */

#define LINUX (MESSAGES | LINUX_APIC_ID << 12)
#define VICTIM (MESSAGES | VICTIM_APIC_ID << 12)
#define OWN (MESSAGES | OWN_APIC_ID << 12)
#define BROADCAST (MESSAGES | 0xffu << 12)
#define LOGICAL (BROADCAST | 0xcu)
#define HANDLE(n) (MESSAGES | (n) << 5 | 0x10u)
#define OWN_APIC_ID 1u
#define VECTOR 0xd0u
#define SMI 0x200u
#define NMI 0x400u
#define INIT 0x500u
#define EXTINT 0x700u

static uint32_t find(uint32_t vendor, uint32_t device)
{
	uint32_t bdf = pci_find(0, vendor, device);

	if (pci_enable(bdf))
		inmate_fail(ENODEV, "this attack needs a function of its own");
	return bdf;
}

static uint32_t find_edu(void)
{
	return find(EDU_VENDOR, EDU_DEVICE);
}

static uint32_t find_card(void)
{
	return find(NIC_VENDOR, NIC_82574L);
}

static void unchanged(uint32_t bdf, unsigned int at, uint32_t value)
{
	uint32_t before = pci_read(bdf, at, 2);

	pci_write(bdf, at, 2, value);
	if (pci_read(bdf, at, 2) != before)
		inmate_fail(EPERM, "%x at %x has become %x", before, at, pci_read(bdf, at, 2));
}

static void move_bars(uint32_t bdf, uint32_t to)
{
	uint32_t before;
	unsigned int n;

	for (n = 0; n < BARS; n++) {
		before = pci_read(bdf, PCI_BAR0 + 4 * n, 4);
		pci_write(bdf, PCI_BAR0 + 4 * n, 4, to);
		if (pci_read(bdf, PCI_BAR0 + 4 * n, 4) != before)
			inmate_fail(EPERM, "BAR %u has moved to %x", n, to);
	}
}

static void move_all(uint32_t to)
{
	move_bars(find_edu(), to);
	move_bars(find_card(), to);
	if (!mmio_read32((uintptr_t)pci_bar(find_card(), 0) + STATUS))
		inmate_fail(EPERM, "the card's registers are gone");
}

void attack_owned_bar_memory(void)
{
	move_all((uint32_t)platform_option("hv", 0));
	move_all((uint32_t)platform_option("root", 0));
	move_all((uint32_t)platform_option("victim", 0));
}

void attack_owned_bar_registers(void)
{
	move_all(LAPIC);
	move_all(IOAPIC);
	move_all(HPET);
	move_all((uint32_t)platform_option("unit", 0));
	move_all(ECAM);
}

void attack_owned_bar_sizing(void)
{
	uint32_t bdf = find_card(), before, size;
	unsigned int n;

	for (n = 0; n < BARS; n++) {
		before = pci_read(bdf, PCI_BAR0 + 4 * n, 4);
		pci_write(bdf, PCI_BAR0 + 4 * n, 4, UINT32_MAX);
		size = ~(pci_read(bdf, PCI_BAR0 + 4 * n, 4) & ~0xfu) + 1;
		if (before && (size < 0x1000 || size & (size - 1)))
			inmate_fail(EPERM, "BAR %u has %x bytes", n, size);
		if (mmio_read32((uintptr_t)before) == UINT32_MAX && n == 0)
			inmate_fail(EPERM, "the card has moved");
		pci_write(bdf, PCI_BAR0 + 4 * n, 4, before);
	}
}

void attack_owned_identity(void)
{
	uint32_t bdf = find_card();

	unchanged(bdf, PCI_VENDOR, 0);
	unchanged(bdf, PCI_DEVICE, EDU_DEVICE);
	unchanged(bdf, PCI_CLASS, 0);
	unchanged(bdf, PCI_HEADER, 1);
	unchanged(bdf, PCI_CAPS, 0);
}

void attack_owned_power(void)
{
	uint32_t bdf = find_card();

	unchanged(bdf, pci_capability(bdf, PCI_CAP_PM) + PM_STATE, PM_D3);
}

void attack_owned_reset(void)
{
	uint32_t bdf = find_card();

	unchanged(bdf, pci_capability(bdf, PCI_CAP_EXPRESS) + EXPRESS_CONTROL, EXPRESS_RESET);
}

/* What the cell does not see is there all the same: every word of the functions of the first buses. */
static void write_foreign(enum pci_how how)
{
	uint32_t bdf, at, count = how == PCI_BY_ECAM ? 0x100 : FUNCTIONS;

	find_edu();
	pci_use(how);
	for (bdf = 0; bdf < count; bdf++) {
		if (pci_read(bdf, PCI_VENDOR, 2) != 0xffff)
			continue;
		for (at = 0; at < 0x100; at += 4)
			pci_write(bdf, at, 4, 0);
	}
}

void attack_owned_config_cf8(void)
{
	write_foreign(PCI_BY_PORTS);
}

void attack_owned_config_ecam(void)
{
	write_foreign(PCI_BY_ECAM);
}

/* ------------------------------------------------------------------------------------ messages */

static void msi(uint64_t address, uint32_t data)
{
	uint32_t bdf = find_edu();
	unsigned int at = pci_capability(bdf, PCI_CAP_MSI), data_at = at + 8;

	if (!at)
		inmate_fail(ENODEV, "this attack needs MSI");
	pci_write(bdf, at + MSI_ADDRESS, 4, (uint32_t)address);
	if (pci_read(bdf, at + MSI_CONTROL, 2) & MSI_64BIT) {
		pci_write(bdf, at + MSI_ADDRESS + 4, 4, (uint32_t)(address >> 32));
		data_at += 4;
	}
	pci_write(bdf, data_at, 2, data);
	pci_write(bdf, at + MSI_CONTROL, 2, MSI_ENABLE);
}

static void msix(uint64_t address, uint32_t data)
{
	uint32_t bdf = find_card();

	pci_write(bdf, pci_capability(bdf, PCI_CAP_MSIX) + MSIX_CONTROL, 2, MSIX_ENABLE);
	if (pci_msix_write(bdf, 0, address, data))
		inmate_fail(ENODEV, "this attack needs MSI-X");
}

#define ROWS(name, address, data)           \
	void attack_owned_msi_##name(void)  \
	{                                   \
		msi(address, data);         \
	}                                   \
	void attack_owned_msix_##name(void) \
	{                                   \
		msix(address, data);        \
	}

ROWS(linux, LINUX, VECTOR)
ROWS(victim, VICTIM, VECTOR)
ROWS(broadcast, BROADCAST, VECTOR)
ROWS(logical, LOGICAL, VECTOR)
ROWS(smi, OWN, SMI)
ROWS(nmi, OWN, NMI)
ROWS(init, OWN, INIT)
ROWS(extint, OWN, EXTINT)
ROWS(low_vector, OWN, 3)
ROWS(handle, HANDLE(5u), 0)
ROWS(elsewhere, platform_option("victim", 0), VECTOR)

/* ----------------------------------------------------------------------------------------- pin */

static void pin(uint32_t apic_id)
{
	find_edu();
	if (ioapic_route_level(OWNED_PIN, VECTOR, apic_id))
		inmate_fail(ENODEV, "this attack needs an IO-APIC");
}

void attack_owned_pin_linux(void)
{
	pin(LINUX_APIC_ID);
}

void attack_owned_pin_victim(void)
{
	pin(VICTIM_APIC_ID);
}

void attack_owned_pin_broadcast(void)
{
	pin(0xff);
}
