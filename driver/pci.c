// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hot-plug of link functions in Linux (see pci.h).
 */
#include <linux/kernel.h>
#include <linux/msi.h>
#include <linux/pci.h>
#include <linux/property.h>
#include <bulkhead/ivshmem.h>
#include "driver.h"
#include "pci.h"

#define LINK_ID ((u32)IVSHMEM_DEVICE_ID << 16 | IVSHMEM_VENDOR_ID)

/* Asked of the configuration space, before Linux knows of the function. */
static bool slot_has_link(struct pci_bus *bus, u8 devfn, u64 link_hpa)
{
	u32 id, low, high;
	u8 cap;

	if (pci_bus_read_config_dword(bus, devfn, PCI_VENDOR_ID, &id) || id != LINK_ID)
		return false;
	cap = pci_bus_find_capability(bus, devfn, PCI_CAP_ID_VNDR);
	if (!cap)
		return false;
	pci_bus_read_config_dword(bus, devfn, cap + IVSHMEM_CAP_BASE_ADDRESS, &low);
	pci_bus_read_config_dword(bus, devfn, cap + IVSHMEM_CAP_BASE_ADDRESS + 4, &high);
	return ((u64)high << 32 | low) == link_hpa;
}

static int assign_registers(struct pci_dev *dev)
{
	int bar, err;

	for (bar = 0; bar < PCI_STD_NUM_BARS; bar++) {
		struct resource *r = &dev->resource[bar];

		if (!(r->flags & IORESOURCE_MEM) || r->parent)
			continue;
		err = pci_assign_resource(dev, bar);
		if (err)
			return -ENOSPC;
	}
	return 0;
}

/* A function that the firmware's tables do not assign to a DMA-remapping unit ends with no
 * interrupt domain where Linux remaps interrupts. It is virtual and behind no unit: any domain
 * of its bus will do, since the hypervisor reads the message that Linux makes of it. */
static void find_interrupt_domain(struct pci_dev *dev)
{
	struct pci_dev *other;

	list_for_each_entry(other, &dev->bus->devices, bus_list) {
		if (dev_get_msi_domain(&dev->dev))
			return;
		dev_set_msi_domain(&dev->dev, dev_get_msi_domain(&other->dev));
	}
}

/* Under pci_lock_rescan_remove(). */
static void remove_function(struct pci_bus *bus, u8 devfn)
{
	struct pci_dev *dev = pci_get_slot(bus, devfn);

	if (!dev)
		return;
	pci_stop_and_remove_bus_device(dev);
	pci_dev_put(dev);
}

/* Under pci_lock_rescan_remove(). */
static int plug_slot(struct pci_bus *bus, u8 devfn, const char *name)
{
	const struct property_entry properties[] = {
		PROPERTY_ENTRY_STRING("link-name", name),
		{},
	};
	struct pci_dev *dev;
	int err;

	/* Somebody made Linux look for new functions before we could. */
	remove_function(bus, devfn);
	dev = pci_scan_single_device(bus, devfn);
	if (!dev)
		return -ENXIO;
	find_interrupt_domain(dev);
	err = device_create_managed_software_node(&dev->dev, properties, NULL);
	if (!err)
		err = assign_registers(dev);
	if (err) {
		pci_stop_and_remove_bus_device(dev);
		return err;
	}
	pci_bus_add_device(dev);
	return 0;
}

int pci_plug(const char *name, u64 link_hpa, u16 *bdf)
{
	int err = -ENXIO;
	u32 i;

	pci_lock_rescan_remove();
	for (i = 0; i < hv.system.slot_count; i++) {
		u16 slot = hv.system.slots[i].bdf;
		struct pci_bus *bus = pci_find_bus(0, slot >> 8);

		if (!bus || !slot_has_link(bus, slot & 0xff, link_hpa))
			continue;
		*bdf = slot;
		err = plug_slot(bus, slot & 0xff, name);
		break;
	}
	pci_unlock_rescan_remove();
	return err;
}

void pci_unplug(u64 link_hpa)
{
	u32 i;

	for (i = 0; i < hv.system.slot_count; i++) {
		u16 slot = hv.system.slots[i].bdf;
		struct pci_bus *bus = pci_find_bus(0, slot >> 8);

		if (bus && slot_has_link(bus, slot & 0xff, link_hpa))
			remove_function(bus, slot & 0xff);
	}
}
