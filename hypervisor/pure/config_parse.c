// SPDX-License-Identifier: GPL-2.0-only
/*
 * The shape of a description: header, sizes, and where its tables lie. Nothing of the blob is
 * believed; after success every record that the parsed view points to is inside it.
 */
#include "config.h"

/* A table of the format: its {offset, count} in the fixed part, and what it may hold. */
struct table_shape {
	uint32_t field;	 /* offset of the struct bh_table */
	uint32_t record; /* bytes */
	uint32_t limit;	 /* records */
};

struct blob_shape {
	uint32_t kind;
	uint32_t fixed; /* bytes of the fixed part */
	uint32_t tables;
	const struct table_shape *table;
};

/* Slots and pool ranges have no limit of their own in the ABI; one page of them is plenty. */
#define MAX_SLOTS 256
#define MAX_POOL 128
#define MAX_PORTS 128

#define TABLE(type, field, record, limit)                           \
	{                                                           \
		offsetof(struct type, field), sizeof(record), limit \
	}

static const struct table_shape system_tables[] = {
	TABLE(bh_system_config, cpus, struct bh_config_cpu, BH_MAX_CPUS),
	TABLE(bh_system_config, ioapics, struct bh_config_ioapic, BH_MAX_IOAPICS),
	TABLE(bh_system_config, iommus, struct bh_config_iommu, BH_MAX_IOMMUS),
	TABLE(bh_system_config, slots, struct bh_config_slot, MAX_SLOTS),
	TABLE(bh_system_config, pool, struct bh_config_range, MAX_POOL),
	TABLE(bh_system_config, stops, struct bh_config_stop, BH_MAX_STOPS),
};

/* The last one is the memory table. */
static const struct table_shape cell_tables[] = {
	TABLE(bh_cell_config, cpus, struct bh_config_cpu, BH_MAX_CPUS),
	TABLE(bh_cell_config, links, struct bh_config_link, BH_MAX_CELL_LINKS),
	TABLE(bh_cell_config, ports, struct bh_config_port, MAX_PORTS),
	TABLE(bh_cell_config, devices, struct bh_config_pci, BH_MAX_DEVICES),
	TABLE(bh_cell_config, pins, struct bh_config_pin, BH_MAX_PINS),
	TABLE(bh_cell_config, memory, struct bh_config_memory, BH_MAX_MEMORY),
};

#undef TABLE

static const struct blob_shape system_shape = { BH_CONFIG_SYSTEM, sizeof(struct bh_system_config),
						6, system_tables };
static const struct blob_shape cell_shape = { BH_CONFIG_CELL, sizeof(struct bh_cell_config), 6,
					      cell_tables };
#define MEMORY_TABLE 5

static int broken(struct config_error *err, enum config_rule rule, uint32_t record, uint64_t value)
{
	err->rule = rule;
	err->record = record;
	err->value = value;
	return -EINVAL;
}

static const struct bh_table *table_at(const void *blob, const struct table_shape *t)
{
	return (const void *)((const uint8_t *)blob + t->field);
}

static uint64_t table_end(const struct bh_table *table, const struct table_shape *t)
{
	return table->offset + (uint64_t)table->count * t->record;
}

static int parse_table(const struct blob_shape *shape, const void *blob, uint32_t n, uint32_t size,
		       struct config_error *err)
{
	const struct table_shape *t = &shape->table[n];
	const struct bh_table *table = table_at(blob, t);
	const struct bh_table *other;
	uint32_t i;

	if (table->offset % 8)
		return broken(err, RULE_TABLE_ALIGN, n, table->offset);
	if (table->count > t->limit)
		return broken(err, RULE_TABLE_COUNT, n, table->count);
	if (table->offset < shape->fixed || table_end(table, t) > size)
		return broken(err, RULE_TABLE_BOUNDS, n, table->offset);
	for (i = 0; i < n; i++) {
		other = table_at(blob, &shape->table[i]);
		if (table->offset < table_end(other, &shape->table[i]) &&
		    other->offset < table_end(table, t) && table->count && other->count)
			return broken(err, RULE_TABLE_OVERLAP, n, table->offset);
	}
	return 0;
}

int config_name_is_valid(const char *name)
{
	uint32_t i;
	char c;

	if (name[0] < 'a' || name[0] > 'z')
		return 0;
	for (i = 1; i < BH_NAME_LEN; i++) {
		c = name[i];
		if (!c)
			return 1;
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
		      c == '-'))
			return 0;
	}
	return 0;
}

static int parse_blob(const struct blob_shape *shape, const void *blob, size_t size,
		      struct config_error *err)
{
	const struct bh_config_header *h = blob;
	uint32_t i;
	int ret;

	if ((uintptr_t)blob % 8)
		return broken(err, RULE_TABLE_ALIGN, 0, 0);
	if (size < sizeof(*h) || size > BH_CONFIG_MAX_SIZE)
		return broken(err, RULE_SIZE, 0, size);
	if (h->magic != BH_CONFIG_MAGIC)
		return broken(err, RULE_MAGIC, 0, h->magic);
	if (h->revision != BH_CONFIG_REVISION)
		return broken(err, RULE_REVISION, 0, h->revision);
	if (h->kind != shape->kind)
		return broken(err, RULE_KIND, 0, h->kind);
	if (h->size != size || size < shape->fixed)
		return broken(err, RULE_SIZE, 0, h->size);
	if (h->reserved)
		return broken(err, RULE_RESERVED, 0, h->reserved);
	for (i = 0; i < shape->tables; i++) {
		ret = parse_table(shape, blob, i, h->size, err);
		if (ret)
			return ret;
	}
	if (!config_name_is_valid(h->name))
		return broken(err, RULE_NAME, 0, 0);
	return 0;
}

static const void *records(const void *blob, const struct bh_table *table, uint32_t *count)
{
	*count = table->count;
	return (const uint8_t *)blob + table->offset;
}

int config_parse_system(struct config_system *out, const void *blob, size_t size,
			struct config_error *err)
{
	const struct bh_system_config *c = blob;
	int ret = parse_blob(&system_shape, blob, size, err);

	if (ret)
		return ret;
	if (c->reserved)
		return broken(err, RULE_RESERVED, 0, c->reserved);
	out->c = c;
	out->cpus = records(blob, &c->cpus, &out->cpu_count);
	out->ioapics = records(blob, &c->ioapics, &out->ioapic_count);
	out->iommus = records(blob, &c->iommus, &out->iommu_count);
	out->slots = records(blob, &c->slots, &out->slot_count);
	out->pool = records(blob, &c->pool, &out->pool_count);
	out->stops = records(blob, &c->stops, &out->stop_count);
	return 0;
}

int config_parse_cell(struct config_cell *out, const void *blob, size_t size,
		      struct config_error *err)
{
	const struct bh_cell_config *c = blob;
	int ret = parse_blob(&cell_shape, blob, size, err);

	if (ret)
		return ret;
	if (table_end(&c->memory, &cell_tables[MEMORY_TABLE]) != size)
		return broken(err, RULE_MEMORY_LAST, MEMORY_TABLE, c->memory.offset);
	out->c = c;
	out->cpus = records(blob, &c->cpus, &out->cpu_count);
	out->links = records(blob, &c->links, &out->link_count);
	out->ports = records(blob, &c->ports, &out->port_count);
	out->devices = records(blob, &c->devices, &out->device_count);
	out->pins = records(blob, &c->pins, &out->pin_count);
	out->memory = records(blob, &c->memory, &out->memory_count);
	return 0;
}

const char *config_rule_name(uint32_t rule)
{
	static const char *const names[] = {
#define X(id, name, subject, function) name,
		CONFIG_RULES(X)
#undef X
	};

	return rule < RULE_COUNT ? names[rule] : "?";
}
