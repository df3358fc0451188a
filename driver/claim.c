// SPDX-License-Identifier: GPL-2.0-only
/*
 * Claiming PCI functions for cells (see claim.h). Our driver says that it fits all of them, and
 * refuses those that are not claimed: then Linux asks the next driver.
 */
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/pci.h>
#include <linux/pm_runtime.h>
#include <linux/slab.h>
#include <bulkhead/config.h>
#include "claim.h"
#include "driver.h"

struct claim {
	struct list_head list;
	struct pci_dev *dev;
	struct pci_saved_state *saved; /* of its configuration space, before */
	bool gone;		       /* Linux has removed it meanwhile */
};

/* Functions that our driver may bind, and has bound. */
static LIST_HEAD(claims);
static DEFINE_SPINLOCK(claims_lock); /* probe and remove are called without driver_lock */

static struct claim *find(const struct pci_dev *dev)
{
	struct claim *claim;

	list_for_each_entry(claim, &claims, list)
		if (claim->dev == dev)
			return claim;
	return NULL;
}

/* ------------------------------------------------------------------------- Linux's view */

static int probe(struct pci_dev *dev, const struct pci_device_id *id)
{
	const struct claim *claim;

	spin_lock(&claims_lock);
	claim = find(dev);
	spin_unlock(&claims_lock);
	return claim ? 0 : -ENODEV;
}

/* Also when somebody takes the function out of Linux, by hand or by unplugging it. */
static void remove(struct pci_dev *dev)
{
	struct claim *claim;

	spin_lock(&claims_lock);
	claim = find(dev);
	if (claim)
		claim->gone = true;
	spin_unlock(&claims_lock);
	if (claim)
		pci_warn(
			dev,
			"removed from Linux while it belongs to a cell; \"hvctl cell destroy\", then rescan the bus, brings it back\n");
}

static const struct pci_device_id ids[] = {
	{ PCI_DEVICE(PCI_ANY_ID, PCI_ANY_ID) },
	{},
};

static struct pci_driver driver = {
	.name = "bulkhead",
	.id_table = ids,
	.probe = probe,
	.remove = remove,
	/* neither bound nor unbound by hand */
	.driver.suppress_bind_attrs = true,
};

int claim_init(void)
{
	return pci_register_driver(&driver);
}

void claim_exit(void)
{
	pci_unregister_driver(&driver);
}

/* -------------------------------------------------------------------------------- taking */

static struct pci_dev *find_function(const char *cell, const struct bh_config_pci *wanted)
{
	u16 bdf = wanted->host_bdf;
	struct pci_dev *dev = NULL;

	if (bdf != BH_BDF_NONE)
		dev = pci_get_domain_bus_and_slot(0, bdf >> 8, bdf & 0xff);
	if (!dev) {
		pr_err("cell %s: this machine has no PCI function %02x:%02x.%x; lspci lists them\n",
		       cell, bdf >> 8, bdf >> 3 & 0x1f, bdf & 7);
		return NULL;
	}
	if ((wanted->vendor && wanted->vendor != dev->vendor) ||
	    (wanted->device && wanted->device != dev->device)) {
		pr_err("cell %s: PCI function %s is %04x:%04x, not %04x:%04x as described\n", cell,
		       pci_name(dev), dev->vendor, dev->device, wanted->vendor, wanted->device);
		pci_dev_put(dev);
		return NULL;
	}
	return dev;
}

static int check_function(const char *cell, struct pci_dev *dev)
{
	if (dev->hdr_type != PCI_HEADER_TYPE_NORMAL) {
		pr_err("cell %s: PCI function %s is a bridge; only devices can be given to cells\n",
		       cell, pci_name(dev));
		return -EOPNOTSUPP;
	}
	if (find(dev)) {
		pr_err("cell %s: PCI function %s belongs to another cell, or is named twice\n",
		       cell, pci_name(dev));
		return -EBUSY;
	}
	if (pci_num_vf(dev)) {
		pr_err("cell %s: PCI function %s has virtual functions enabled; write 0 to its sriov_numvfs, or give the cell one of them\n",
		       cell, pci_name(dev));
		return -EBUSY;
	}
	return 0;
}

/* --------------------------------------------------------------------------- IOMMU groups */

struct party {
	const char *cell;
	const struct bh_config_pci *wanted;
	u32 count;
	const struct pci_dev *dev; /* that is looked at */
};

static int check_neighbour(struct device *other, void *data)
{
	const struct party *party = data;
	u32 i;

	if (!dev_is_pci(other) || to_pci_dev(other)->class >> 16 == PCI_BASE_CLASS_BRIDGE)
		return 0;
	for (i = 0; i < party->count; i++)
		if (pci_dev_id(to_pci_dev(other)) == party->wanted[i].host_bdf)
			return 0;
	pr_err("cell %s: PCI function %s shares its IOMMU group with %s: no unit can keep the two apart; give the cell both, or put one of them into another slot\n",
	       party->cell, pci_name(party->dev), dev_name(other));
	return -EBUSY;
}

/* Memory that the firmware goes on using by the function (RMRR, IVMD). */
static int check_reserved(const struct party *party, struct iommu_group *group)
{
	struct iommu_resv_region *region, *next;
	LIST_HEAD(regions);
	int err = iommu_get_group_resv_regions(group, &regions);

	list_for_each_entry_safe(region, next, &regions, list) {
		if (!err && region->type == IOMMU_RESV_DIRECT) {
			pr_err("cell %s: PCI function %s has memory that the firmware reserved for it; choose another function\n",
			       party->cell, pci_name(party->dev));
			err = -EBUSY;
		}
		kfree(region);
	}
	return err;
}

int claim_check_groups(const char *cell, const struct bh_config_pci *wanted, u32 count)
{
	struct party party = { cell, wanted, count, NULL };
	struct iommu_group *group;
	struct pci_dev *dev;
	int err = 0;
	u32 i;

	for (i = 0; i < count && !err; i++) {
		dev = find_function(cell, &wanted[i]);
		if (!dev)
			return -ENODEV;
		party.dev = dev;
		group = iommu_group_get(&dev->dev);
		if (group) {
			err = iommu_group_for_each_dev(group, &party, check_neighbour);
			if (!err)
				err = check_reserved(&party, group);
			iommu_group_put(group);
		}
		pci_dev_put(dev);
	}
	return err;
}

/* With our claim in the list. */
static int bind(struct pci_dev *dev)
{
	device_release_driver(&dev->dev);
	return device_driver_attach(&driver.driver, &dev->dev);
}

/* Linux's driver is welcome again. */
static void give_up(struct claim *claim)
{
	struct pci_dev *dev = claim->dev;

	spin_lock(&claims_lock);
	list_del(&claim->list);
	spin_unlock(&claims_lock);
	if (!claim->gone) {
		device_release_driver(&dev->dev);
		if (device_attach(&dev->dev) < 0)
			pci_warn(dev, "no driver could be bound again\n");
	}
	pci_dev_put(dev);
	kfree(claim->saved);
	kfree(claim);
}

/* Quiet and reset, its state kept for the way back. */
static int quiesce(const char *cell, struct claim *claim, bool accept_no_reset)
{
	struct pci_dev *dev = claim->dev;
	int err;

	pci_save_state(dev);
	claim->saved = pci_store_saved_state(dev);
	if (!claim->saved)
		return -ENOMEM;
	pci_clear_master(dev);
	pci_intx(dev, 0);
	err = pci_reset_function(dev);
	if (!err || accept_no_reset)
		return 0;
	pr_err("cell %s: PCI function %s cannot be reset (error %d): what one owner leaves in it the next one finds; \"accept-no-reset\" accepts that\n",
	       cell, pci_name(dev), err);
	return -EOPNOTSUPP;
}

int claim_take(const char *cell, const struct bh_config_pci *wanted, struct claim **out)
{
	struct pci_dev *dev = find_function(cell, wanted);
	struct claim *claim;
	int err;

	if (!dev)
		return -ENXIO;
	err = check_function(cell, dev);
	claim = err ? NULL : kzalloc(sizeof(*claim), GFP_KERNEL);
	if (!claim) {
		pci_dev_put(dev);
		return err ? err : -ENOMEM;
	}
	claim->dev = dev;
	spin_lock(&claims_lock);
	list_add_tail(&claim->list, &claims);
	spin_unlock(&claims_lock);
	err = bind(dev);
	if (err)
		pr_err("cell %s: Linux's driver does not let go of PCI function %s (error %d)\n",
		       cell, pci_name(dev), err);
	else
		err = quiesce(cell, claim, wanted->flags & BH_PCI_ACCEPT_NO_RESET);
	if (err) {
		give_up(claim);
		return err;
	}
	*out = claim;
	return 0;
}

void claim_describe(const struct claim *claim, struct bh_config_pci *record, u64 *place)
{
	struct pci_dev *dev = claim->dev;
	int bar;

	record->vendor = dev->vendor;
	record->device = dev->device;
	record->pf_bdf = dev->is_virtfn ? pci_dev_id(pci_physfn(dev)) : BH_BDF_NONE;
	for (bar = 0; bar < PCI_STD_NUM_BARS; bar++) {
		const struct resource *r = &dev->resource[bar];

		record->bar[bar].hpa = BH_ADDR_NONE;
		record->bar[bar].size = 0;
		if (!(r->flags & IORESOURCE_MEM) || !resource_size(r))
			continue;
		record->bar[bar].hpa = r->start;
		record->bar[bar].size = resource_size(r);
		if (record->bar[bar].gpa != BH_ADDR_NONE)
			continue;
		record->bar[bar].gpa = ALIGN(*place, resource_size(r));
		*place = record->bar[bar].gpa + resource_size(r);
	}
}

void claim_return(struct claim *claim)
{
	struct pci_dev *dev;

	if (!claim)
		return;
	dev = claim->dev;
	if (!claim->gone) {
		pci_load_and_free_saved_state(dev, &claim->saved);
		pci_restore_state(dev);
		pci_reset_function(dev); /* keeps what has just been restored */
	}
	give_up(claim);
}
