// SPDX-License-Identifier: GPL-2.0-only
/*
 * The wire format of a system description, from a tree whose schema has been checked.
 */
#include <libfdt.h>
#include <string.h>
#include "describe_dt.h"

#define RECORD(r, table, type) \
	((type *)blob_append((r)->out, offsetof(struct bh_system_config, table), sizeof(type)))

static struct bh_system_config *fixed(struct reader *r)
{
	return r->out->blob;
}

static void build_root(struct reader *r)
{
	const char *policy = dt_string(r, 0, "root-policy");
	int accept = dt_node(r, 0, "accept");

	map_add(r, FROM_ACCEPT, 0, accept == DT_NONE ? 0 : accept);
	if (policy && !strcmp(policy, "strict"))
		fixed(r)->flags |= BH_SYSTEM_ROOT_STRICT;
	if (dt_has(r, accept, "unmoderated-msi"))
		fixed(r)->flags |= BH_SYSTEM_ACCEPT_UNMODERATED_MSI;
	if (dt_has(r, accept, "unprotected-dma"))
		fixed(r)->flags |= BH_SYSTEM_ACCEPT_UNPROTECTED_DMA;
	fixed(r)->address_limit = dt_u64(r, 0, "address-limit", 0);
}

static int build_hypervisor(struct reader *r)
{
	int node = dt_node(r, 0, "hypervisor");
	uint64_t address = BH_ADDR_NONE, size = BH_PIECE_SIZE;

	if (node != DT_NONE)
		map_add(r, FROM_HYPERVISOR, 0, node);
	if (dt_has(r, node, "reg") && dt_has(r, node, "memory-size"))
		return dt_bad(r, node, "memory-size", "is in \"reg\" already; give one of the two");
	if (node != DT_NONE)
		dt_reg(r, node, 0, &address, &size);
	fixed(r)->memory_hpa = address;
	fixed(r)->memory_size = dt_u64(r, node, "memory-size", size);
	return 0;
}

static int build_cpus(struct reader *r)
{
	int node = dt_node(r, 0, "cpus");
	int count = dt_count(r, node, "apic-ids");
	bool numbered = dt_has(r, node, "linux-cpus");

	if (numbered && dt_count(r, node, "linux-cpus") != count)
		return dt_bad(r, node, "linux-cpus", "needs as many numbers as \"apic-ids\"");
	for (int i = 0; i < count; i++) {
		struct bh_config_cpu *cpu = RECORD(r, cpus, struct bh_config_cpu);

		cpu->apic_id = dt_cell(r, node, "apic-ids", i);
		cpu->linux_cpu = numbered ? dt_cell(r, node, "linux-cpus", i) : (uint32_t)i;
		map_add(r, FROM_CPUS, (uint32_t)i, node);
	}
	return 0;
}

static void build_ioapic(struct reader *r, int node, uint32_t n)
{
	struct bh_config_ioapic *io = RECORD(r, ioapics, struct bh_config_ioapic);
	uint16_t requester;

	dt_reg(r, node, 0, &io->base_hpa, NULL);
	io->id = dt_u32(r, node, "id", 0);
	io->gsi_base = dt_u32(r, node, "gsi-base", 0);
	io->pins = dt_u32(r, node, "pins", 0);
	io->requester = BH_ID_NONE;
	if (dt_has(r, node, "requester") &&
	    dt_parse_bdf(dt_string(r, node, "requester"), &requester))
		io->requester = requester;
	map_add(r, FROM_IOAPIC, n, node);
}

static void build_iommu(struct reader *r, int node, uint32_t n)
{
	struct bh_config_iommu *unit = RECORD(r, iommus, struct bh_config_iommu);
	bool vtd = !strcmp(dt_string(r, node, "compatible"), "intel,vt-d");

	dt_reg(r, node, 0, &unit->base_hpa, &unit->size);
	unit->type = vtd ? BH_IOMMU_VTD : BH_IOMMU_AMDVI;
	if (dt_has(r, node, "left-to-root"))
		unit->flags = BH_IOMMU_LEFT_TO_ROOT;
	unit->bdf = BH_BDF_NONE;
	if (dt_has(r, node, "function"))
		dt_parse_bdf(dt_string(r, node, "function"), &unit->bdf);
	unit->bus_last = (uint16_t)dt_u32(r, node, "bus-last", 255);
	map_add(r, FROM_IOMMU, n, node);
}

static void build_pool(struct reader *r, int node, uint32_t *n)
{
	uint64_t address, size;

	for (int i = 0; dt_reg(r, node, i, &address, &size); i++) {
		struct bh_config_range *range = RECORD(r, pool, struct bh_config_range);

		range->hpa = address;
		range->size = size;
		map_add(r, FROM_POOL, (*n)++, node);
	}
}

/* Nodes of which there may be many, one kind after the other: a table lies in one piece. */
static void build_each(struct reader *r, const char *name)
{
	uint32_t n = 0;
	int node;

	fdt_for_each_subnode(node, r->fdt, 0) {
		const char *is = fdt_get_name(r->fdt, node, NULL);

		if (strcspn(is, "@") != strlen(name) || strncmp(is, name, strlen(name)))
			continue;
		if (!strcmp(name, "ioapic"))
			build_ioapic(r, node, n++);
		else if (!strcmp(name, "iommu"))
			build_iommu(r, node, n++);
		else
			build_pool(r, node, &n);
	}
}

static int build_pci(struct reader *r)
{
	int node = dt_node(r, 0, "pci");
	bool window = dt_has(r, node, "reg");
	uint64_t address = BH_ADDR_NONE, size = 0;
	int slots;

	fixed(r)->ecam_hpa = address;
	if (node == DT_NONE)
		return 0;
	map_add(r, FROM_PCI, 0, node);
	if (window != (dt_count(r, node, "bus-range") == 2))
		return dt_bad(r, node, "bus-range",
			      "goes with \"reg\": bus-range = <first last>, or neither");
	if (window) {
		dt_reg(r, node, 0, &address, &size);
		fixed(r)->ecam_hpa = address;
		fixed(r)->ecam_bus_first = (uint8_t)dt_cell(r, node, "bus-range", 0);
		fixed(r)->ecam_bus_last = (uint8_t)dt_cell(r, node, "bus-range", 1);
	}
	slots = fdt_stringlist_count(r->fdt, node, "link-slots");
	for (int i = 0; i < slots; i++) {
		struct bh_config_slot *slot = RECORD(r, slots, struct bh_config_slot);
		const char *s = fdt_stringlist_get(r->fdt, node, "link-slots", i, NULL);

		dt_parse_bdf(s, &slot->bdf);
		map_add(r, FROM_SLOT, (uint32_t)i, node);
	}
	return 0;
}

/* "reg" of the pci node says how long the window is, and "bus-range" says it again. */
static int check_ecam_size(struct reader *r)
{
	const struct bh_system_config *c = fixed(r);
	int node = dt_node(r, 0, "pci");
	uint64_t address, size, want;

	if (c->ecam_hpa == BH_ADDR_NONE || c->ecam_bus_last < c->ecam_bus_first)
		return 0;
	dt_reg(r, node, 0, &address, &size);
	want = (uint64_t)(c->ecam_bus_last - c->ecam_bus_first + 1) << 20;
	if (size != want)
		return dt_bad(r, node, "reg",
			      "has size 0x%llx, but \"bus-range\" makes it 0x%llx (1 MiB a bus)",
			      (unsigned long long)size, (unsigned long long)want);
	return 0;
}

static int build_console(struct reader *r)
{
	int node = dt_node(r, 0, "console");
	const char *type = dt_string(r, node, "type");

	if (node == DT_NONE)
		return 0;
	map_add(r, FROM_CONSOLE, 0, node);
	if (!strcmp(type, "16550"))
		fixed(r)->console_type = BH_CONSOLE_16550;
	if (!strcmp(type, "debugcon"))
		fixed(r)->console_type = BH_CONSOLE_DEBUGCON;
	if (fixed(r)->console_type != BH_CONSOLE_NONE && !dt_has(r, node, "port"))
		return dt_bad(r, node, "port", "is missing, and type \"%s\" needs it", type);
	fixed(r)->console_port = (uint16_t)dt_u32(r, node, "port", 0);
	return 0;
}

const char *const describe_root_ends[] = {
	[BH_ROOT_END_STAY] = "stay",
	[BH_ROOT_END_ASK] = "ask",
	[BH_ROOT_END_RESET] = "reset",
	[BH_ROOT_END_RESTART] = "restart",
};

static uint32_t root_end_policy(const char *name)
{
	uint32_t policy = BH_ROOT_END_STAY;

	while (name && strcmp(name, describe_root_ends[policy]))
		policy++;
	return policy;
}

static int build_root_end(struct reader *r)
{
	int node = dt_node(r, 0, "root-end");
	int count = dt_count(r, node, "stop-ports");

	if (node == DT_NONE)
		return 0;
	map_add(r, FROM_ROOT_END, 0, node);
	fixed(r)->root_end = root_end_policy(dt_string(r, node, "policy"));
	fixed(r)->root_end_limit = dt_u32(r, node, "limit", 0);
	if (count % 3)
		return dt_bad(r, node, "stop-ports", "has to be triples: <port mask value>, ...");
	for (int i = 0; i < count; i += 3) {
		struct bh_config_stop *stop = RECORD(r, stops, struct bh_config_stop);
		uint32_t mask = dt_cell(r, node, "stop-ports", i + 1);
		uint32_t value = dt_cell(r, node, "stop-ports", i + 2);

		if (mask > 0xff || value > 0xff)
			return dt_bad(r, node, "stop-ports",
				      "has a mask or value above 0xff; each is about one byte");
		stop->port = (uint16_t)dt_cell(r, node, "stop-ports", i);
		stop->mask = (uint8_t)mask;
		stop->value = (uint8_t)value;
		map_add(r, FROM_STOP, (uint32_t)i / 3, node);
	}
	return 0;
}

int describe_build_system(struct reader *r)
{
	int ret;

	build_root(r);
	ret = build_hypervisor(r);
	if (!ret)
		ret = build_cpus(r);
	if (ret)
		return ret;
	build_each(r, "ioapic");
	build_each(r, "iommu");
	ret = build_pci(r);
	if (!ret)
		ret = check_ecam_size(r);
	if (ret)
		return ret;
	build_each(r, "pool");
	ret = build_root_end(r);
	return ret ? ret : build_console(r);
}
