// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices of a cell in the wire format: PCI functions, interrupt lines, windows of device registers. A
 * function that is named by its IDs or its path is looked for on this machine; on another one it
 * stays open.
 */
#include <inttypes.h>
#include <libfdt.h>
#include <string.h>
#include "describe_dt.h"
#include "sysfs_pci.h"

#define RECORD(r, table, type) \
	((type *)blob_append((r)->out, offsetof(struct bh_cell_config, table), sizeof(type)))

static int find_by_ids(struct reader *r, int node, uint16_t *bdf)
{
	uint16_t vendor = (uint16_t)dt_u32(r, node, "vendor-id", 0);
	uint16_t device = (uint16_t)dt_u32(r, node, "device-id", 0);
	uint16_t found[SYSFS_PCI_MAX];
	size_t count = sysfs_pci_find("", vendor, device, found);
	uint32_t instance = dt_u32(r, node, "instance", 0);
	char first[SYSFS_PCI_NAME], second[SYSFS_PCI_NAME];

	if (count > 1 && !dt_has(r, node, "instance")) {
		sysfs_pci_name(found[0], first);
		sysfs_pci_name(found[1], second);
		return dt_bad(
			r, node, "device-id",
			"fits %zu functions of this machine (%s, %s%s); add instance = <0>, <1>, "
			"..., or give their address",
			count, first, second, count > 2 ? " ..." : "");
	}
	if (instance < count)
		*bdf = found[instance];
	return 0;
}

static int find_function(struct reader *r, int node, uint16_t *bdf)
{
	const char *address = dt_string(r, node, "address");
	const char *path = dt_string(r, node, "path");
	bool ids = dt_has(r, node, "vendor-id") && dt_has(r, node, "device-id");

	*bdf = BH_BDF_NONE;
	if (!!address + !!path + (ids && !address) != 1)
		return dt_bad(
			r, node, "address",
			"has to be given, or \"path\", or \"vendor-id\" with \"device-id\": one of "
			"the three");
	if (address && !sysfs_pci_parse(address, bdf))
		return dt_bad(r, node, "address",
			      "\"%s\" is no PCI address; write \"0000:03:00.0\"", address);
	if (path)
		sysfs_pci_at_path("", path, bdf);
	return ids && !address ? find_by_ids(r, node, bdf) : 0;
}

static int build_bars(struct reader *r, int node, struct bh_config_pci *pci)
{
	int count = dt_count(r, node, "bar-addresses");

	if (count > 12 || count % 2)
		return dt_bad(r, node, "bar-addresses",
			      "has to be up to six addresses of two cells: <0x0 0xe8000000>, ...");
	for (int bar = 0; bar < 6; bar++) {
		pci->bar[bar].gpa = BH_ADDR_NONE;
		pci->bar[bar].hpa = BH_ADDR_NONE;
		if (2 * bar < count)
			pci->bar[bar].gpa = (uint64_t)dt_cell(r, node, "bar-addresses", 2 * bar)
						    << 32 |
					    dt_cell(r, node, "bar-addresses", 2 * bar + 1);
	}
	return 0;
}

static int build_function(struct reader *r, int node, uint32_t n)
{
	const struct bh_cell_config *c = r->out->blob;
	uint16_t place = (uint16_t)((c->links.count + n + 1) << 3);
	const char *at = dt_string(r, node, "at");
	struct bh_config_pci pci = { .bdf = place, .pf_bdf = BH_BDF_NONE };
	int ret = find_function(r, node, &pci.host_bdf);

	if (!ret)
		ret = build_bars(r, node, &pci);
	if (ret)
		return ret;
	if (at)
		dt_parse_bdf(at, &pci.bdf);
	pci.vendor = (uint16_t)dt_u32(r, node, "vendor-id", 0);
	pci.device = (uint16_t)dt_u32(r, node, "device-id", 0);
	pci.flags = (dt_has(r, node, "accept-no-reset") ? BH_PCI_ACCEPT_NO_RESET : 0) |
		    (dt_has(r, node, "intx-pin") ? BH_PCI_INTX : 0);
	pci.intx_pin = dt_u32(r, node, "intx-pin", BH_ID_NONE);
	*RECORD(r, devices, struct bh_config_pci) = pci;
	map_add(r, FROM_DEVICE, n, node);
	return 0;
}

static int build_functions(struct reader *r)
{
	uint32_t n = 0;
	int node, ret = 0;

	fdt_for_each_subnode(node, r->fdt, 0) {
		if (!ret && !strncmp(fdt_get_name(r->fdt, node, NULL), "pci", 3))
			ret = build_function(r, node, n++);
	}
	return ret;
}

static int build_pins(struct reader *r)
{
	int count = dt_count(r, 0, "pins");

	if (count % 2)
		return dt_bad(r, 0, "pins", "has to be pairs: <gsi pin>, ...");
	for (int i = 0; i < count; i += 2) {
		struct bh_config_pin *pin = RECORD(r, pins, struct bh_config_pin);

		pin->gsi = dt_cell(r, 0, "pins", i);
		pin->pin = dt_cell(r, 0, "pins", i + 1);
		map_add(r, FROM_PIN, (uint32_t)i / 2, 0);
	}
	return 0;
}

int describe_build_devices(struct reader *r)
{
	int ret = build_functions(r);

	return ret ? ret : build_pins(r);
}
