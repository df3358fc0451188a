// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds the DMA-remapping units that the firmware tells of (see iommu.h): Intel's in the ACPI
 * table DMAR, AMD's in IVRS.
 */
#include <linux/acpi.h>
#include <linux/errno.h>
#include <linux/kernel.h>
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

	return err ? err : check_table(sys, ACPI_SIG_IVRS, check_ivrs);
}
