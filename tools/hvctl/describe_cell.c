// SPDX-License-Identifier: GPL-2.0-only
/*
 * The wire format of a cell description, from a tree whose schema has been checked, with the
 * layout that a cell has where its description is silent.
 */
#include <inttypes.h>
#include <libfdt.h>
#include <string.h>
#include <bulkhead/ivshmem.h>
#include "describe_dt.h"

#define DEFAULT_CONSOLE_SIZE 0x4000
#define DEFAULT_INFO 0xfd000000
#define DEFAULT_ECAM 0xe0000000
#define DEFAULT_BAR 0xf0000000
#define DEFAULT_IOAPIC 0xfec00000
#define DEFAULT_LINKS 0xd0000000 /* upwards, each aligned to 2 MiB */
#define DEFAULT_PEERS 2
#define DEFAULT_VECTORS 1

#define RECORD(r, table, type) \
	((type *)blob_append((r)->out, offsetof(struct bh_cell_config, table), sizeof(type)))

static struct bh_cell_config *fixed(struct reader *r)
{
	return r->out->blob;
}

static int build_fixed(struct reader *r)
{
	if (dt_has(r, 0, "no-ecam") && dt_has(r, 0, "ecam-address"))
		return dt_bad(r, 0, "no-ecam", "contradicts \"ecam-address\"; give one of the two");
	if (dt_has(r, 0, "no-ioapic") && dt_has(r, 0, "ioapic-address"))
		return dt_bad(r, 0, "no-ioapic",
			      "contradicts \"ioapic-address\"; give one of the two");
	if (dt_has(r, 0, "xapic-only") && dt_has(r, 0, "x2apic"))
		return dt_bad(r, 0, "x2apic", "contradicts \"xapic-only\"; give one of the two");
	if (dt_has(r, 0, "strict"))
		fixed(r)->flags |= BH_CELL_STRICT;
	if (dt_has(r, 0, "xapic-only"))
		fixed(r)->flags |= BH_CELL_XAPIC_ONLY;
	if (dt_has(r, 0, "x2apic"))
		fixed(r)->flags |= BH_CELL_X2APIC;
	fixed(r)->console_size = dt_u32(r, 0, "console-size", DEFAULT_CONSOLE_SIZE);
	fixed(r)->info_gpa = dt_u64(r, 0, "info-address", DEFAULT_INFO);
	fixed(r)->bar_gpa = dt_u64(r, 0, "bar-address", DEFAULT_BAR);
	fixed(r)->ecam_gpa = dt_has(r, 0, "no-ecam") ? BH_ADDR_NONE :
						       dt_u64(r, 0, "ecam-address", DEFAULT_ECAM);
	fixed(r)->ioapic_gpa = dt_has(r, 0, "no-ioapic") ?
				       BH_ADDR_NONE :
				       dt_u64(r, 0, "ioapic-address", DEFAULT_IOAPIC);
	return 0;
}

static int build_cpus(struct reader *r)
{
	bool by_linux = dt_has(r, 0, "cpus");
	const char *property = by_linux ? "cpus" : "apic-ids";
	int count = dt_count(r, 0, property);

	if (by_linux && dt_has(r, 0, "apic-ids"))
		return dt_bad(r, 0, "apic-ids", "contradicts \"cpus\"; give one of the two");
	r->out->map->cpu_property = property;
	for (int i = 0; i < count; i++) {
		struct bh_config_cpu *cpu = RECORD(r, cpus, struct bh_config_cpu);
		uint32_t number = dt_cell(r, 0, property, i);

		cpu->linux_cpu = by_linux ? number : BH_ID_NONE;
		cpu->apic_id = number;
		if (by_linux && describe_apic_id(r->system, number, &cpu->apic_id))
			return dt_bad(r, 0, property,
				      "%" PRIu32 " is no CPU of %s; \"apic-ids\" names CPUs by "
				      "APIC ID instead",
				      number, r->system ? r->system->path : "this machine's Linux");
		map_add(r, FROM_CPUS, (uint32_t)i, 0);
	}
	return 0;
}

/* Where a link's memory goes by default: behind the links before it. */
static uint64_t link_place(struct reader *r)
{
	const struct bh_cell_config *c = fixed(r);
	const struct bh_config_link *l =
		(const void *)((const char *)r->out->blob + c->links.offset);
	uint64_t place = DEFAULT_LINKS;

	for (uint32_t i = 0; i < c->links.count; i++) {
		uint64_t end = l[i].gpa + bh_link_size(&l[i]);

		if (l[i].gpa >= DEFAULT_LINKS && end > place)
			place = (end + BH_PIECE_SIZE - 1) & ~(uint64_t)(BH_PIECE_SIZE - 1);
	}
	return place;
}

static void build_link(struct reader *r, int node, uint32_t n)
{
	bool root = dt_has(r, node, "root-peer");
	const char *pci = dt_string(r, node, "pci-address");
	uint64_t place = link_place(r);
	struct bh_config_link *l = RECORD(r, links, struct bh_config_link);

	blob_name(l->name, fdt_get_name(r->fdt, node, NULL));
	l->peers = (uint16_t)dt_u32(r, node, "peers", DEFAULT_PEERS);
	l->peer = (uint16_t)dt_u32(r, node, "peer", 0);
	l->root_peer = (uint16_t)dt_u32(r, node, "root-peer", BH_ID_NONE);
	l->vectors = (uint16_t)dt_u32(r, node, "vectors", DEFAULT_VECTORS);
	l->root_vectors = (uint16_t)dt_u32(r, node, "root-vectors", root ? l->vectors : 0);
	l->protocol = (uint16_t)dt_u32(r, node, "protocol", IVSHMEM_PROTO_USER);
	l->flags = dt_has(r, node, "intx") ? BH_LINK_INTX : 0;
	l->bdf = (uint16_t)((n + 1) << 3);
	if (pci)
		dt_parse_bdf(pci, &l->bdf);
	l->rw_size = dt_u64(r, node, "rw-size", 0);
	l->output_size = dt_u64(r, node, "output-size", 0);
	l->gpa = dt_u64(r, node, "memory-address", place);
	l->hpa = BH_ADDR_NONE;
	map_add(r, FROM_LINK, n, node);
}

static void build_links(struct reader *r)
{
	int links = dt_node(r, 0, "links");
	uint32_t n = 0;
	int node;

	if (links == DT_NONE)
		return;
	map_add(r, FROM_LINK, BH_ID_NONE, links);
	fdt_for_each_subnode(node, r->fdt, links)
		build_link(r, node, n++);
}

static int build_ports(struct reader *r)
{
	int count = dt_count(r, 0, "ports");

	if (count % 2)
		return dt_bad(r, 0, "ports", "has to be pairs: <first last>, ...");
	for (int i = 0; i < count; i += 2) {
		struct bh_config_port *port = RECORD(r, ports, struct bh_config_port);

		port->first = (uint16_t)dt_cell(r, 0, "ports", i);
		port->last = (uint16_t)dt_cell(r, 0, "ports", i + 1);
		map_add(r, FROM_PORT, (uint32_t)i / 2, 0);
	}
	return 0;
}

static uint32_t rights(const char *letters)
{
	uint32_t flags = 0;

	for (; *letters; letters++)
		flags |= *letters == 'r' ? BH_MEM_READ :
			 *letters == 'w' ? BH_MEM_WRITE :
					   BH_MEM_EXEC;
	return flags;
}

static void build_memory(struct reader *r)
{
	uint32_t n = 0;
	int node;

	fdt_for_each_subnode(node, r->fdt, 0) {
		const char *letters = dt_string(r, node, "rights");
		struct bh_config_memory *m;

		bool io = !strncmp(fdt_get_name(r->fdt, node, NULL), "mmio", 4);

		if (!io && strncmp(fdt_get_name(r->fdt, node, NULL), "memory", 6))
			continue;
		m = RECORD(r, memory, struct bh_config_memory);
		dt_reg(r, node, 0, &m->gpa, &m->size);
		m->hpa = dt_u64(r, node, "host-address", BH_ADDR_NONE);
		m->flags = rights(letters ? letters : io ? "rw" : "rwx") | (io ? BH_MEM_IO : 0);
		map_add(r, FROM_MEMORY, n++, node);
	}
}

int describe_build_cell(struct reader *r)
{
	int ret = build_fixed(r);

	if (!ret)
		ret = build_cpus(r);
	if (ret)
		return ret;
	build_links(r);
	ret = build_ports(r);
	if (!ret)
		ret = describe_build_devices(r);
	if (!ret)
		build_memory(r);
	return ret;
}
