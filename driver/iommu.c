// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds the DMA-remapping units that the firmware tells of (see iommu.h): Intel's in the ACPI
 * table DMAR, AMD's in IVRS. Looks whether Linux translates with them.
 */
#include <linux/acpi.h>
#include <linux/errno.h>
#include <linux/iommu.h>
#include <linux/kernel.h>
#include <linux/pci.h>
#include "iommu.h"

#define IVRS_FIRST 48 /* offset of the first block */
#define IVHD_MIN 0x10
#define IVHD_MAX 0x11

static int check_unit(const struct config_system *sys, u64 base, const char *table)
{
	u32 i;

	for (i = 0; i < sys->iommu_count; i++)
		if (sys->iommus[i].base_hpa == base)
			return 0;
	pr_err("the DMA-remapping unit at %#llx (ACPI table %s) is not in the description; add it, as \"hvctl config generate\" does\n",
	       base, table);
	return -ENXIO;
}

static int check_dmar(const struct config_system *sys, const struct acpi_table_header *table)
{
	u32 at = sizeof(struct acpi_table_dmar);

	while (at + sizeof(struct acpi_dmar_hardware_unit) <= table->length) {
		const struct acpi_dmar_header *h = (const void *)table + at;
		const struct acpi_dmar_hardware_unit *unit = (const void *)h;

		if (h->length < sizeof(*h))
			break;
		if (h->type == ACPI_DMAR_TYPE_HARDWARE_UNIT &&
		    check_unit(sys, unit->address, "DMAR"))
			return -ENXIO;
		at += h->length;
	}
	return 0;
}

static int check_ivrs(const struct config_system *sys, const struct acpi_table_header *table)
{
	u32 at = IVRS_FIRST;

	while (at + sizeof(struct acpi_ivrs_hardware_10) <= table->length) {
		const struct acpi_ivrs_hardware_10 *unit = (const void *)table + at;

		if (unit->header.length < sizeof(unit->header))
			break;
		if (unit->header.type >= IVHD_MIN && unit->header.type <= IVHD_MAX &&
		    check_unit(sys, unit->base_address, "IVRS"))
			return -ENXIO;
		at += unit->header.length;
	}
	return 0;
}

static int check_table(const struct config_system *sys, char *signature,
		       int (*check)(const struct config_system *, const struct acpi_table_header *))
{
	struct acpi_table_header *table;
	int err;

	if (ACPI_FAILURE(acpi_get_table(signature, 0, &table)))
		return 0; /* no such table: no such unit */
	err = check(sys, table);
	acpi_put_table(table);
	return err;
}

/* The hypervisor checks again, from Linux's tables. Here it can be said by group. */
static int check_domains(void)
{
	struct pci_dev *dev = NULL;
	struct iommu_domain *domain;
	struct iommu_group *group;

	for_each_pci_dev(dev)
	{
		domain = iommu_get_domain_for_dev(&dev->dev);
		if (!domain || domain->type == IOMMU_DOMAIN_IDENTITY)
			continue;
		group = iommu_group_get(&dev->dev);
		pr_err("Linux translates DMA of %s: boot with iommu=pt, or, without its driver, write \"identity\" to /sys/kernel/iommu_groups/%d/type\n",
		       pci_name(dev), group ? iommu_group_id(group) : -1);
		iommu_group_put(group);
		pci_dev_put(dev);
		return -EOPNOTSUPP;
	}
	return 0;
}

bool iommu_is_taken(const struct config_system *sys)
{
	u32 i;

	for (i = 0; i < sys->iommu_count; i++)
		if (!(sys->iommus[i].flags & BH_IOMMU_LEFT_TO_ROOT))
			return true;
	return false;
}

int iommu_check(const struct config_system *sys)
{
	int err = check_table(sys, ACPI_SIG_DMAR, check_dmar);

	if (!err)
		err = check_table(sys, ACPI_SIG_IVRS, check_ivrs);
	return err || !iommu_is_taken(sys) ? err : check_domains();
}
