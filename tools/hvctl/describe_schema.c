// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which nodes and properties descriptions have, and of which form. What is not in these tables
 * is an error that names the nearest thing that is: a misspelt property must not be silently
 * without effect.
 */
#include <errno.h>
#include <libfdt.h>
#include <string.h>
#include "describe_dt.h"

enum form {
	FORM_FLAG,    /* empty */
	FORM_NUMBER,  /* one cell, at most .max */
	FORM_NUMBERS, /* at least one cell, each at most .max */
	FORM_ADDRESS, /* one or two cells */
	FORM_STRING,
	FORM_CHOICE, /* one of .choices */
	FORM_BDF,    /* "00:03.0" */
	FORM_BDFS,
	FORM_REG, /* one address and size in the root's cells */
	FORM_REGS,
};

struct property {
	const char *name;
	enum form form;
	bool required;
	uint32_t max;
	const char *choices; /* separated by spaces */
};

/* How a node is recognised. */
enum which {
	NODE_ONE,  /* its name, at most once */
	NODE_MANY, /* its name and any unit address */
	NODE_ANY,  /* any name: the name is data */
};

struct node_schema {
	const char *name;
	enum which which;
	bool required;
	const struct property *properties; /* up to one without a name, as the nodes */
	const struct node_schema *nodes;
};

#define U16 0xffff
#define U32 0xffffffff

static const struct property hypervisor_properties[] = {
	{ "memory-size", FORM_ADDRESS, false, 0, NULL },
	{ "reg", FORM_REG, false, 0, NULL },
	{ 0 },
};

static const struct property cpus_properties[] = {
	{ "apic-ids", FORM_NUMBERS, true, U32, NULL },
	{ "linux-cpus", FORM_NUMBERS, false, U32, NULL },
	{ 0 },
};

static const struct property ioapic_properties[] = {
	{ "reg", FORM_REG, true, 0, NULL },	      { "id", FORM_NUMBER, true, U32, NULL },
	{ "gsi-base", FORM_NUMBER, true, U32, NULL }, { "pins", FORM_NUMBER, true, U32, NULL },
	{ "requester", FORM_BDF, false, 0, NULL },    { 0 },
};

static const struct property iommu_properties[] = {
	{ "compatible", FORM_CHOICE, true, 0, "intel,vt-d amd,iommu" },
	{ "reg", FORM_REG, true, 0, NULL },
	{ "left-to-root", FORM_FLAG, false, 0, NULL },
	{ "function", FORM_BDF, false, 0, NULL },
	{ "bus-last", FORM_NUMBER, false, 255, NULL },
	{ 0 },
};

static const struct property pci_properties[] = {
	{ "reg", FORM_REG, false, 0, NULL },
	{ "bus-range", FORM_NUMBERS, false, 255, NULL },
	{ "link-slots", FORM_BDFS, false, 0, NULL },
	{ 0 },
};

static const struct property accept_properties[] = {
	{ "unmoderated-msi", FORM_FLAG, false, 0, NULL },
	{ "unprotected-dma", FORM_FLAG, false, 0, NULL },
	{ 0 },
};

static const struct property console_properties[] = {
	{ "type", FORM_CHOICE, true, 0, "none 16550 debugcon" },
	{ "port", FORM_NUMBER, false, U16, NULL },
	{ 0 },
};

static const struct property root_end_properties[] = {
	{ "policy", FORM_CHOICE, false, 0, "stay ask reset restart" },
	{ "limit", FORM_NUMBER, false, U32, NULL },
	{ "stop-ports", FORM_NUMBERS, false, U16, NULL },
	{ 0 },
};

static const struct property pool_properties[] = {
	{ "reg", FORM_REGS, true, 0, NULL },
	{ 0 },
};

static const struct node_schema system_nodes[] = {
	{ "hypervisor", NODE_ONE, false, hypervisor_properties, NULL },
	{ "cpus", NODE_ONE, true, cpus_properties, NULL },
	{ "ioapic", NODE_MANY, false, ioapic_properties, NULL },
	{ "iommu", NODE_MANY, false, iommu_properties, NULL },
	{ "pci", NODE_ONE, false, pci_properties, NULL },
	{ "accept", NODE_ONE, false, accept_properties, NULL },
	{ "console", NODE_ONE, false, console_properties, NULL },
	{ "pool", NODE_MANY, false, pool_properties, NULL },
	{ "root-end", NODE_ONE, false, root_end_properties, NULL },
	{ 0 },
};

static const struct property system_properties[] = {
	{ "compatible", FORM_STRING, true, 0, NULL },
	{ "#address-cells", FORM_NUMBER, false, 2, NULL },
	{ "#size-cells", FORM_NUMBER, false, 2, NULL },
	{ "label", FORM_STRING, true, 0, NULL },
	{ "root-policy", FORM_CHOICE, false, 0, "tolerant strict" },
	{ "address-limit", FORM_ADDRESS, true, 0, NULL },
	{ 0 },
};

static const struct property memory_properties[] = {
	{ "reg", FORM_REG, true, 0, NULL },
	{ "host-address", FORM_ADDRESS, false, 0, NULL },
	{ "rights", FORM_CHOICE, false, 0, "rwx rw rx r wx w x" },
	{ 0 },
};

/* Registers of a device. Linux must not drive it meanwhile. */
static const struct property mmio_properties[] = {
	{ "reg", FORM_REG, true, 0, NULL },
	{ "host-address", FORM_ADDRESS, true, 0, NULL },
	{ "rights", FORM_CHOICE, false, 0, "rw r" },
	{ 0 },
};

static const struct property function_properties[] = {
	{ "address", FORM_STRING, false, 0, NULL },
	{ "vendor-id", FORM_NUMBER, false, U16, NULL },
	{ "device-id", FORM_NUMBER, false, U16, NULL },
	{ "instance", FORM_NUMBER, false, U16, NULL },
	{ "path", FORM_STRING, false, 0, NULL },
	{ "at", FORM_BDF, false, 0, NULL },
	{ "bar-addresses", FORM_NUMBERS, false, U32, NULL },
	{ "intx-pin", FORM_NUMBER, false, U16, NULL },
	{ "accept-no-reset", FORM_FLAG, false, 0, NULL },
	{ 0 },
};

static const struct property link_properties[] = {
	{ "peers", FORM_NUMBER, false, U16, NULL },
	{ "peer", FORM_NUMBER, true, U16, NULL },
	{ "root-peer", FORM_NUMBER, false, U16 - 1, NULL },
	{ "vectors", FORM_NUMBER, false, U16, NULL },
	{ "root-vectors", FORM_NUMBER, false, U16, NULL },
	{ "rw-size", FORM_ADDRESS, true, 0, NULL },
	{ "output-size", FORM_ADDRESS, true, 0, NULL },
	{ "protocol", FORM_NUMBER, false, U16, NULL },
	{ "intx", FORM_FLAG, false, 0, NULL },
	{ "pci-address", FORM_BDF, false, 0, NULL },
	{ "memory-address", FORM_ADDRESS, false, 0, NULL },
	{ 0 },
};

static const struct node_schema link_nodes[] = {
	{ "link", NODE_ANY, false, link_properties, NULL },
	{ 0 },
};

static const struct property no_properties[] = { { 0 } };

static const struct node_schema cell_nodes[] = {
	{ "memory", NODE_MANY, false, memory_properties, NULL },
	{ "mmio", NODE_MANY, false, mmio_properties, NULL },
	{ "pci", NODE_MANY, false, function_properties, NULL },
	{ "links", NODE_ONE, false, no_properties, link_nodes },
	{ 0 },
};

static const struct property cell_properties[] = {
	{ "compatible", FORM_STRING, true, 0, NULL },
	{ "#address-cells", FORM_NUMBER, false, 2, NULL },
	{ "#size-cells", FORM_NUMBER, false, 2, NULL },
	{ "label", FORM_STRING, true, 0, NULL },
	{ "cpus", FORM_NUMBERS, false, U32, NULL },
	{ "apic-ids", FORM_NUMBERS, false, U32, NULL },
	{ "strict", FORM_FLAG, false, 0, NULL },
	{ "xapic-only", FORM_FLAG, false, 0, NULL },
	{ "x2apic", FORM_FLAG, false, 0, NULL },
	{ "console-size", FORM_NUMBER, false, U32, NULL },
	{ "ports", FORM_NUMBERS, false, U16, NULL },
	{ "pins", FORM_NUMBERS, false, U32, NULL },
	{ "info-address", FORM_ADDRESS, false, 0, NULL },
	{ "bar-address", FORM_ADDRESS, false, 0, NULL },
	{ "ecam-address", FORM_ADDRESS, false, 0, NULL },
	{ "no-ecam", FORM_FLAG, false, 0, NULL },
	{ "ioapic-address", FORM_ADDRESS, false, 0, NULL },
	{ "no-ioapic", FORM_FLAG, false, 0, NULL },
	{ 0 },
};

static const struct node_schema system_schema = { "/", NODE_ONE, true, system_properties,
						  system_nodes };
static const struct node_schema cell_schema = { "/", NODE_ONE, true, cell_properties, cell_nodes };

/* ------------------------------------------------------------------------ nearest names */

/* Edits (insert, delete, replace) from a to b; names longer than the table count as far. */
static unsigned int distance(const char *a, size_t a_length, const char *b)
{
	size_t b_length = strlen(b);
	unsigned int row[64], diagonal, above;

	if (b_length >= sizeof(row) / sizeof(row[0]))
		return 64;
	for (size_t j = 0; j <= b_length; j++)
		row[j] = (unsigned int)j;
	for (size_t i = 1; i <= a_length; i++) {
		diagonal = row[0];
		row[0] = (unsigned int)i;
		for (size_t j = 1; j <= b_length; j++) {
			unsigned int best = diagonal + (a[i - 1] != b[j - 1]);

			above = row[j];
			if (above + 1 < best)
				best = above + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
			diagonal = above;
		}
	}
	return row[b_length];
}

struct nearest {
	const char *wrong;
	size_t length;
	const char *best;
	unsigned int distance;
};

static void consider(struct nearest *n, const char *name)
{
	unsigned int d = distance(n->wrong, n->length, name);

	if (n->best && n->distance <= d)
		return;
	n->best = name;
	n->distance = d;
}

/* ---------------------------------------------------------------------------- properties */

static bool one_of(const char *value, const char *choices)
{
	size_t length = strlen(value);

	for (const char *c = choices; *c; c += strcspn(c, " "), c += *c == ' ')
		if (strcspn(c, " ") == length && !strncmp(c, value, length))
			return true;
	return false;
}

static int check_numbers(struct reader *r, int node, const struct property *p, int length)
{
	int count = length / 4;

	if (!count || length % 4 || (p->form == FORM_NUMBER && count != 1))
		return dt_bad(r, node, p->name, "has to be %s, as in %s = <1>",
			      p->form == FORM_NUMBER ? "one number" : "a list of numbers", p->name);
	for (int i = 0; i < count; i++)
		if (dt_cell(r, node, p->name, i) > p->max)
			return dt_bad(r, node, p->name, "is %u, which is above %u",
				      dt_cell(r, node, p->name, i), p->max);
	return 0;
}

static int check_strings(struct reader *r, int node, const struct property *p)
{
	int count = fdt_stringlist_count(r->fdt, node, p->name);
	uint16_t bdf;

	if (count < 1 || (count > 1 && p->form != FORM_BDFS))
		return dt_bad(r, node, p->name, "has to be %s, as in %s = \"...\"",
			      p->form == FORM_BDFS ? "strings" : "one string", p->name);
	if (p->form == FORM_CHOICE && !one_of(dt_string(r, node, p->name), p->choices))
		return dt_bad(r, node, p->name, "is \"%s\"; known are: %s",
			      dt_string(r, node, p->name), p->choices);
	for (int i = 0; i < count && (p->form == FORM_BDF || p->form == FORM_BDFS); i++) {
		const char *s = fdt_stringlist_get(r->fdt, node, p->name, i, NULL);

		if (!dt_parse_bdf(s, &bdf))
			return dt_bad(r, node, p->name,
				      "\"%s\" is no PCI address; write \"00:03.0\"", s);
	}
	return 0;
}

static int check_form(struct reader *r, int node, const struct property *p, int length)
{
	int entry = 4 * (r->address_cells + r->size_cells);

	switch (p->form) {
	case FORM_FLAG:
		if (length)
			return dt_bad(r, node, p->name, "takes no value; write just %s;", p->name);
		return 0;
	case FORM_NUMBER:
	case FORM_NUMBERS:
		return check_numbers(r, node, p, length);
	case FORM_ADDRESS:
		if (length != 4 && length != 8)
			return dt_bad(r, node, p->name,
				      "has to be one number, or two for 64 bits: <0x1 0x80000000>");
		return 0;
	case FORM_REG:
	case FORM_REGS:
		if (!length || length % entry || (p->form == FORM_REG && length != entry))
			return dt_bad(r, node, p->name,
				      "has to be %s of %d cells address and %d cells size "
				      "(#address-cells and #size-cells of /)",
				      p->form == FORM_REG ? "one pair" : "pairs", r->address_cells,
				      r->size_cells);
		return 0;
	default:
		return check_strings(r, node, p);
	}
}

static const struct property *find_property(const struct node_schema *s, const char *name)
{
	for (const struct property *p = s->properties; p->name; p++)
		if (!strcmp(p->name, name))
			return p;
	return NULL;
}

static int unknown_property(struct reader *r, int node, const struct node_schema *s,
			    const char *name)
{
	struct nearest n = { .wrong = name, .length = strlen(name) };

	for (const struct property *p = s->properties; p->name; p++)
		consider(&n, p->name);
	if (!n.best)
		return dt_bad(r, node, name, "is unknown; this node has no properties");
	return dt_bad(r, node, name, "is unknown; the nearest known here is \"%s\"", n.best);
}

static int check_properties(struct reader *r, int node, const struct node_schema *s)
{
	int at, length, ret;

	fdt_for_each_property_offset(at, r->fdt, node) {
		const char *name = NULL;
		const struct property *p;

		if (!fdt_getprop_by_offset(r->fdt, at, &name, &length) || !name)
			return dt_bad(r, node, NULL, "has a damaged property");
		p = find_property(s, name);
		ret = p ? check_form(r, node, p, length) : unknown_property(r, node, s, name);
		if (ret)
			return ret;
	}
	for (const struct property *p = s->properties; p->name; p++)
		if (p->required && !dt_has(r, node, p->name))
			return dt_bad(r, node, p->name, "is missing, and this node needs it");
	return 0;
}

/* --------------------------------------------------------------------------------- nodes */

static int check_node(struct reader *r, int node, const struct node_schema *s);

static int unknown_node(struct reader *r, int node, const struct node_schema *parent,
			const char *name)
{
	struct nearest n = { .wrong = name, .length = strcspn(name, "@") };

	for (const struct node_schema *s = parent->nodes; s && s->name; s++)
		consider(&n, s->name);
	if (!n.best)
		return dt_bad(r, node, NULL, "is unknown; its parent has no nodes");
	return dt_bad(r, node, NULL, "is unknown; the nearest known node here is \"%s\"", n.best);
}

static int check_subnode(struct reader *r, int node, const struct node_schema *parent,
			 unsigned int *seen)
{
	const char *name = fdt_get_name(r->fdt, node, NULL);
	size_t length = strcspn(name, "@");

	for (const struct node_schema *s = parent->nodes; s && s->name; s++) {
		unsigned int bit = 1u << (s - parent->nodes);

		if (s->which != NODE_ANY &&
		    (strlen(s->name) != length || strncmp(s->name, name, length)))
			continue;
		if (s->which == NODE_ONE && (*seen & bit))
			return dt_bad(r, node, NULL, "is the second \"%s\"; there can be one",
				      s->name);
		*seen |= bit;
		return check_node(r, node, s);
	}
	return unknown_node(r, node, parent, name);
}

/* Recursion is as deep as the tables above: three levels. */
static int check_node(struct reader *r, int node, const struct node_schema *s)
{
	unsigned int seen = 0;
	int sub, ret = check_properties(r, node, s);

	if (ret)
		return ret;
	fdt_for_each_subnode(sub, r->fdt, node) {
		ret = check_subnode(r, sub, s, &seen);
		if (ret)
			return ret;
	}
	for (const struct node_schema *n = s->nodes; n && n->name; n++)
		if (n->required && !(seen & 1u << (n - s->nodes)))
			return dt_bad(r, node, NULL, "needs a node \"%s\"", n->name);
	return 0;
}

int dt_check_schema(struct reader *r, bool system)
{
	return check_node(r, 0, system ? &system_schema : &cell_schema);
}
