// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading a description from end to end, and explaining a broken rule in the words of the
 * file that it came from.
 */
#include <errno.h>
#include <inttypes.h>
#include <libfdt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "describe_dt.h"

static void set(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from ? from : "");
}

int dt_bad(struct reader *r, int node, const char *property, const char *format, ...)
{
	struct describe_error *err = r->err;
	char what[512];
	va_list ap;

	va_start(ap, format);
	vsnprintf(what, sizeof(what), format, ap);
	va_end(ap);
	set(err->file, sizeof(err->file), r->path);
	if (node < 0 || fdt_get_path(r->fdt, node, err->node, sizeof(err->node)))
		set(err->node, sizeof(err->node), "/");
	set(err->property, sizeof(err->property), property);
	err->rule[0] = 0;
	if (property)
		snprintf(err->text, sizeof(err->text), "%s: %s: property \"%s\": %s", err->file,
			 err->node, property, what);
	else
		snprintf(err->text, sizeof(err->text), "%s: %s: %s", err->file, err->node, what);
	return -EINVAL;
}

/* -------------------------------------------------------------------- building the blob */

static void *grow(void *p, size_t size)
{
	p = realloc(p, size);
	if (!p) {
		fputs("hvctl: out of memory\n", stderr);
		exit(EXIT_FAILURE);
	}
	return p;
}

void map_add(struct reader *r, enum origin from, uint32_t record, int node)
{
	struct describe_map *map = r->out->map;

	map->entry = grow(map->entry, (map->count + 1) * sizeof(*map->entry));
	map->entry[map->count].from = from;
	map->entry[map->count].record = record;
	if (fdt_get_path(r->fdt, node, map->entry[map->count].node,
			 sizeof(map->entry[map->count].node)))
		set(map->entry[map->count].node, sizeof(map->entry[map->count].node), "/");
	map->count++;
}

void *blob_append(struct description *d, size_t table, size_t record_size)
{
	struct bh_table *t;
	uint8_t *record;

	d->blob = grow(d->blob, d->size + record_size);
	t = (struct bh_table *)((uint8_t *)d->blob + table);
	if (!t->count++)
		t->offset = d->size;
	record = (uint8_t *)d->blob + d->size;
	memset(record, 0, record_size);
	d->size += record_size;
	return record;
}

void blob_name(char to[BH_NAME_LEN], const char *from)
{
	memcpy(to, from, strnlen(from, BH_NAME_LEN));
}

static void begin_blob(struct reader *r)
{
	struct description *d = r->out;
	struct bh_config_header *h;

	d->size = d->kind == BH_CONFIG_SYSTEM ? sizeof(struct bh_system_config) :
						sizeof(struct bh_cell_config);
	d->blob = grow(NULL, d->size);
	memset(d->blob, 0, d->size);
	h = d->blob;
	h->magic = BH_CONFIG_MAGIC;
	h->revision = BH_CONFIG_REVISION;
	h->kind = d->kind;
	blob_name(h->name, dt_string(r, 0, "label"));
	set(d->name, sizeof(d->name), dt_string(r, 0, "label"));
}

/* Tables without records still need a place. */
static void end_blob(struct description *d)
{
	static const size_t system_tables[] = {
		offsetof(struct bh_system_config, cpus),
		offsetof(struct bh_system_config, ioapics),
		offsetof(struct bh_system_config, iommus),
		offsetof(struct bh_system_config, slots),
		offsetof(struct bh_system_config, pool),
		offsetof(struct bh_system_config, stops),
	};
	static const size_t cell_tables[] = {
		offsetof(struct bh_cell_config, cpus),	offsetof(struct bh_cell_config, links),
		offsetof(struct bh_cell_config, ports), offsetof(struct bh_cell_config, devices),
		offsetof(struct bh_cell_config, pins),	offsetof(struct bh_cell_config, memory),
	};
	bool system = d->kind == BH_CONFIG_SYSTEM;
	const size_t *tables = system ? system_tables : cell_tables;
	size_t count = system ? sizeof(system_tables) : sizeof(cell_tables);

	for (size_t i = 0; i < count / sizeof(size_t); i++) {
		struct bh_table *t = (struct bh_table *)((uint8_t *)d->blob + tables[i]);

		if (!t->count)
			t->offset = d->size;
	}
	((struct bh_config_header *)d->blob)->size = d->size;
}

/* ------------------------------------------------------------------------- broken rules */

static const char *origin_node(const struct description *d, enum origin from, uint32_t record)
{
	for (size_t i = 0; d->map && i < d->map->count; i++)
		if (d->map->entry[i].from == from && d->map->entry[i].record == record)
			return d->map->entry[i].node;
	return "/";
}

/* What people call the CPU with this APIC ID. */
static void print_cpu(char *to, size_t size, const struct description *d, uint64_t apic_id)
{
	const struct bh_config_header *h = d->blob;
	const struct bh_table *t = h->kind == BH_CONFIG_SYSTEM ?
					   &((const struct bh_system_config *)d->blob)->cpus :
					   &((const struct bh_cell_config *)d->blob)->cpus;
	const struct bh_config_cpu *cpu = (const void *)((const char *)d->blob + t->offset);

	snprintf(to, size, "names APIC ID %" PRIu64 ", but ", apic_id);
	for (uint32_t i = 0; i < t->count; i++)
		if (cpu[i].apic_id == apic_id && cpu[i].linux_cpu != BH_ID_NONE)
			snprintf(to, size,
				 "names Linux CPU %" PRIu32 " (APIC ID %" PRIu64 "), but ",
				 cpu[i].linux_cpu, apic_id);
}

static void print_value(char *to, size_t size, const struct description *d, enum value_kind kind,
			uint64_t value)
{
	switch (kind) {
	case VALUE_NONE:
		snprintf(to, size, "breaks a rule: ");
		break;
	case VALUE_NUMBER:
		snprintf(to, size, "is %" PRIu64 ", but ", value);
		break;
	case VALUE_HEX:
		snprintf(to, size, "is 0x%" PRIx64 ", but ", value);
		break;
	case VALUE_SIZE:
		snprintf(to, size, "is 0x%" PRIx64 " (%" PRIu64 "%s), but ", value,
			 value % 1024 ? value : value / 1024, value % 1024 ? "" : " KiB");
		break;
	case VALUE_BDF:
		snprintf(to, size, "is %02x:%02x.%x, but ", (unsigned int)value >> 8 & 0xff,
			 (unsigned int)value >> 3 & 0x1f, (unsigned int)value & 7);
		break;
	case VALUE_CPU:
		print_cpu(to, size, d, value);
		break;
	}
}

/* The rules about the number of records do not belong to one table. */
static void count_origin(const struct description *d, uint32_t table, enum origin *from,
			 const char **property)
{
	static const struct {
		enum origin from;
		const char *property;
	} system_tables[] = { { FROM_CPUS, "apic-ids" }, { FROM_IOAPIC, "" },
			      { FROM_IOMMU, "" },	 { FROM_PCI, "link-slots" },
			      { FROM_POOL, "reg" },	 { FROM_ROOT_END, "stop-ports" } },
	  cell_tables[] = { { FROM_CPUS, "cpus" }, { FROM_LINK, "" },	 { FROM_PORT, "ports" },
			    { FROM_DEVICE, "" },   { FROM_PIN, "pins" }, { FROM_MEMORY, "" } };
	bool system = d->kind == BH_CONFIG_SYSTEM;

	if (table >= 6)
		return;
	*from = system ? system_tables[table].from : cell_tables[table].from;
	*property = system ? system_tables[table].property : cell_tables[table].property;
}

void describe_explain_rule(const struct description *d, uint32_t rule, uint32_t record,
			   uint64_t value, struct describe_error *err)
{
	const struct rule_text *text;
	enum origin from;
	const char *property;
	char found[96];

	memset(err, 0, sizeof(*err));
	set(err->file, sizeof(err->file), d->path);
	if (rule >= RULE_COUNT) {
		snprintf(err->text, sizeof(err->text),
			 "%s: refused by rule %u, which this hvctl does not know: driver and tools "
			 "are of different versions",
			 err->file, rule);
		return;
	}
	text = &rule_texts[rule];
	from = text->from;
	property = text->property;
	if (rule == RULE_TABLE_COUNT) {
		count_origin(d, record, &from, &property);
		record = value ? (uint32_t)value - 1 : 0; /* the last of them */
	}
	if (from == FROM_CPUS && d->map && d->map->cpu_property)
		property = d->map->cpu_property;
	set(err->node, sizeof(err->node), origin_node(d, from, record));
	set(err->property, sizeof(err->property), property);
	set(err->rule, sizeof(err->rule), config_rule_name(rule));
	print_value(found, sizeof(found), d, text->value, value);
	if (*property)
		snprintf(err->text, sizeof(err->text), "%s: %s: property \"%s\" %s%s (rule %s): %s",
			 err->file, err->node, property, found, text->rule, err->rule, text->mend);
	else
		snprintf(err->text, sizeof(err->text), "%s: %s: %s (rule %s): %s", err->file,
			 err->node, text->rule, err->rule, text->mend);
}

/* Parses and checks what was built, by the code that driver and hypervisor run, too. */
static int judge(struct reader *r)
{
	struct description *d = r->out;
	struct config_system sys;
	struct config_cell cell;
	struct config_error e;
	int ret;

	if (d->kind == BH_CONFIG_SYSTEM) {
		ret = config_parse_system(&sys, d->blob, d->size, &e);
		if (!ret)
			ret = config_check_system(&sys, CONFIG_OPEN, &e);
	} else {
		ret = config_parse_cell(&cell, d->blob, d->size, &e);
		if (!ret && r->system)
			ret = config_parse_system(&sys, r->system->blob, r->system->size, &e);
		if (!ret)
			ret = config_check_cell(&cell, r->system ? &sys : NULL, CONFIG_OPEN, &e);
	}
	if (ret)
		describe_explain_rule(d, e.rule, e.record, e.value, r->err);
	return ret;
}

/* --------------------------------------------------------------------------- all of it */

static int read_kind(struct reader *r)
{
	static const char want[] = "has to be \"bulkhead,system\" or \"bulkhead,cell\"";
	const char *compatible = fdt_stringlist_get(r->fdt, 0, "compatible", 0, NULL);

	r->address_cells = fdt_address_cells(r->fdt, 0);
	r->size_cells = fdt_size_cells(r->fdt, 0);
	if (r->address_cells < 1 || r->address_cells > 2)
		return dt_bad(r, 0, "#address-cells", "has to be 1 or 2");
	if (r->size_cells < 1 || r->size_cells > 2)
		return dt_bad(r, 0, "#size-cells", "has to be 1 or 2");
	if (!compatible)
		return dt_bad(r, 0, "compatible", "is missing; it %s", want);
	if (!strcmp(compatible, "bulkhead,system"))
		r->out->kind = BH_CONFIG_SYSTEM;
	else if (!strcmp(compatible, "bulkhead,cell"))
		r->out->kind = BH_CONFIG_CELL;
	else
		return dt_bad(r, 0, "compatible", "is \"%s\"; it %s", compatible, want);
	return 0;
}

static int read_all(struct reader *r)
{
	int ret = dt_load(r);

	if (!ret)
		ret = read_kind(r);
	if (!ret)
		ret = dt_check_schema(r, r->out->kind == BH_CONFIG_SYSTEM);
	if (ret)
		return ret;
	begin_blob(r);
	ret = r->out->kind == BH_CONFIG_SYSTEM ? describe_build_system(r) : describe_build_cell(r);
	if (ret)
		return ret;
	end_blob(r->out);
	return judge(r);
}

int describe_load_for(const char *path, const struct description *system, struct description *out,
		      struct describe_error *err)
{
	struct reader r = { .path = path, .system = system, .out = out, .err = err };
	int ret;

	memset(out, 0, sizeof(*out));
	memset(err, 0, sizeof(*err));
	out->path = strcpy(grow(NULL, strlen(path) + 1), path);
	out->map = grow(NULL, sizeof(*out->map));
	memset(out->map, 0, sizeof(*out->map));
	ret = read_all(&r);
	free(r.fdt);
	if (ret)
		describe_free(out);
	return ret;
}

void describe_free(struct description *d)
{
	if (d->map)
		free(d->map->entry);
	free(d->map);
	free(d->blob);
	free(d->path);
	memset(d, 0, sizeof(*d));
}
