// SPDX-License-Identifier: GPL-2.0-only
/*
 * The shape of descriptions: what is cut short, moved or miscounted is refused by the right
 * rule, and what is accepted points into the blob.
 */
#include <string.h>
#include "check.h"
#include "test/config_blob.h"

static const enum config_rule NO_RULE = RULE_COUNT;

static enum config_rule parse_system(const struct system_blob *blob, size_t size)
{
	struct config_error err = { 0 };
	struct config_system out;

	return config_parse_system(&out, blob, size, &err) ? err.rule : NO_RULE;
}

static enum config_rule parse_cell(const struct cell_blob *blob, size_t size,
				   struct config_error *err)
{
	struct config_cell out;

	return config_parse_cell(&out, blob, size, err) ? err->rule : NO_RULE;
}

static void test_good_views(void)
{
	struct system_blob s = good_system();
	struct cell_blob c = good_cell();
	struct config_system sys;
	struct config_cell cell;
	struct config_error err;

	CHECK_EQ(config_parse_system(&sys, &s, sizeof(s), &err), 0);
	CHECK(sys.c == &s.c && sys.cpus == s.cpu && sys.ioapics == s.ioapic);
	CHECK(sys.iommus == s.iommu && sys.slots == s.slot && sys.pool == s.pool);
	CHECK_EQ(sys.cpu_count, 3);
	CHECK_EQ(sys.ioapic_count, 2);
	CHECK_EQ(sys.iommu_count, 2);
	CHECK_EQ(sys.slot_count, 2);
	CHECK_EQ(sys.pool_count, 2);
	CHECK_EQ(config_parse_cell(&cell, &c, sizeof(c), &err), 0);
	CHECK(cell.c == &c.c && cell.cpus == c.cpu && cell.links == c.link);
	CHECK(cell.ports == c.port && cell.memory == c.memory);
	CHECK_EQ(cell.cpu_count, 2);
	CHECK_EQ(cell.link_count, 2);
	CHECK_EQ(cell.port_count, 2);
	CHECK_EQ(cell.memory_count, 3);
}

/* In a buffer of exactly that size, so that ASan sees any look beyond. */
static void test_every_truncation(void)
{
	struct cell_blob c = good_cell();
	struct system_blob s = good_system();
	struct config_error err;

	for (size_t size = 0; size < sizeof(c); size++) {
		void *cut = malloc(size ? size : 1);

		memcpy(cut, &c, size);
		CHECK_EQ(parse_cell(cut, size, &err), RULE_SIZE);
		if (size >= sizeof(c.c.header)) { /* a header that agrees does not help */
			((struct bh_config_header *)cut)->size = size;
			CHECK(parse_cell(cut, size, &err) != NO_RULE);
		}
		free(cut);
	}
	for (size_t size = 0; size < sizeof(s); size++) {
		void *cut = malloc(size ? size : 1);

		memcpy(cut, &s, size);
		CHECK_EQ(parse_system(cut, size), RULE_SIZE);
		free(cut);
	}
}

static void test_header(void)
{
	struct system_blob s = good_system();

	s.c.header.magic++;
	CHECK_EQ(parse_system(&s, sizeof(s)), RULE_MAGIC);
	s = good_system();
	s.c.header.revision = 0;
	CHECK_EQ(parse_system(&s, sizeof(s)), RULE_REVISION);
	s = good_system();
	s.c.header.kind = BH_CONFIG_CELL;
	CHECK_EQ(parse_system(&s, sizeof(s)), RULE_KIND);
	s = good_system();
	s.c.header.size--;
	CHECK_EQ(parse_system(&s, sizeof(s)), RULE_SIZE);
	s = good_system();
	s.c.header.reserved = 1;
	CHECK_EQ(parse_system(&s, sizeof(s)), RULE_RESERVED);
	s = good_system();
	s.c.reserved = 1;
	CHECK_EQ(parse_system(&s, sizeof(s)), RULE_RESERVED);
}

static void test_too_large(void)
{
	static _Alignas(8) uint8_t large[BH_CONFIG_MAX_SIZE + 8];
	struct config_system out;
	struct config_error err;
	struct system_blob s = good_system();

	s.c.header.size = sizeof(large);
	memcpy(large, &s, sizeof(s));
	CHECK(config_parse_system(&out, large, sizeof(large), &err) != 0);
	CHECK_EQ(err.rule, RULE_SIZE);
	((struct system_blob *)large)->c.header.size = BH_CONFIG_MAX_SIZE;
	CHECK_EQ(config_parse_system(&out, large, BH_CONFIG_MAX_SIZE, &err), 0);
}

static void test_unaligned_blob(void)
{
	static _Alignas(8) uint8_t bytes[sizeof(struct system_blob) + 1];
	struct config_system out;
	struct config_error err;
	struct system_blob s = good_system();

	memcpy(bytes + 1, &s, sizeof(s));
	CHECK(config_parse_system(&out, bytes + 1, sizeof(s), &err) != 0);
	CHECK_EQ(err.rule, RULE_TABLE_ALIGN);
}

static const struct {
	enum config_rule rule;
	struct bh_table links; /* 80 bytes each */
} bad_tables[] = {
	{ RULE_TABLE_ALIGN, { offsetof(struct cell_blob, link) + 4, 2 } },
	{ RULE_TABLE_COUNT, { offsetof(struct cell_blob, link), BH_MAX_CELL_LINKS + 1 } },
	{ RULE_TABLE_COUNT, { offsetof(struct cell_blob, link), 0xffffffff } },
	{ RULE_TABLE_BOUNDS, { 0, 1 } },
	{ RULE_TABLE_BOUNDS, { sizeof(struct bh_cell_config) - 8, 1 } },
	{ RULE_TABLE_BOUNDS, { sizeof(struct cell_blob) - 72, 1 } },
	{ RULE_TABLE_BOUNDS, { 0xfffffff8, 0 } },
	{ RULE_TABLE_BOUNDS, { 0xfffffff8, 8 } },
	{ RULE_TABLE_OVERLAP, { offsetof(struct cell_blob, cpu), 1 } },
	{ RULE_TABLE_OVERLAP, { offsetof(struct cell_blob, cpu) + 8, 1 } },
};

static void test_tables(void)
{
	for (size_t i = 0; i < sizeof(bad_tables) / sizeof(bad_tables[0]); i++) {
		struct cell_blob c = good_cell();
		struct config_error err;

		c.c.links = bad_tables[i].links;
		CHECK_EQ(parse_cell(&c, sizeof(c), &err), bad_tables[i].rule);
		CHECK_EQ(err.record, 1);
	}
}

/* In any order, one beginning where another ends. */
static void test_tables_may_touch(void)
{
	struct cell_blob c = good_cell();
	struct bh_table cpus = c.c.cpus;
	struct config_error err;

	c.c.cpus = c.c.ports;
	c.c.ports = cpus;
	CHECK_EQ(parse_cell(&c, sizeof(c), &err), NO_RULE);
}

static void test_nothing_but_the_fixed_part(void)
{
	struct cell_blob c = good_cell();
	const struct bh_table none = { sizeof(c.c), 0 };
	struct config_error err;

	c.c.cpus = c.c.links = c.c.ports = none;
	c.c.devices = c.c.pins = c.c.memory = none;
	c.c.header.size = sizeof(c.c);
	CHECK_EQ(parse_cell(&c, sizeof(c.c), &err), NO_RULE);
}

static void test_memory_is_last(void)
{
	struct cell_blob c = good_cell();
	struct config_error err;

	c.c.memory.count--;
	CHECK_EQ(parse_cell(&c, sizeof(c), &err), RULE_MEMORY_LAST);
	c = good_cell();
	c.c.ports.count = 0;
	c.c.ports.offset = c.c.header.size;
	CHECK_EQ(parse_cell(&c, sizeof(c), &err), NO_RULE);
}

static void test_names(void)
{
	static const struct {
		const char *name;
		int valid;
	} names[] = {
		{ "a", 1 },
		{ "plc", 1 },
		{ "a.b_c-9", 1 },
		{ "z", 1 },
		{ "a0z9", 1 },
		{ "a{", 0 },
		{ "", 0 },
		{ "1st", 0 },
		{ "-a", 0 },
		{ "Plc", 0 },
		{ "pLc", 0 },
		{ "a b", 0 },
		{ "a/b", 0 },
		{ "a\x80", 0 },
		{ "a\n", 0 },
		{ "abcdefghijklmnopqrstuvwxyz12345", 1 }, /* 31 */
		{ "abcdefghijklmnopqrstuvwxyz123456", 0 },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct cell_blob c = good_cell();
		struct config_error err;

		c.c.flags = 0; /* no NUL, but what follows is one */
		memset(c.c.header.name, 0, BH_NAME_LEN);
		memcpy(c.c.header.name, names[i].name, strnlen(names[i].name, BH_NAME_LEN));
		CHECK_EQ(parse_cell(&c, sizeof(c), &err), names[i].valid ? NO_RULE : RULE_NAME);
	}
}

static void test_rule_names(void)
{
	CHECK(!strcmp(config_rule_name(RULE_MAGIC), "magic"));
	CHECK(!strcmp(config_rule_name(RULE_MEMORY_OVERLAP), "memory-overlap"));
	CHECK(!strcmp(config_rule_name(RULE_COUNT), "?"));
	CHECK(!strcmp(config_rule_name(0xffffffff), "?"));
}

int main(void)
{
	test_good_views();
	test_every_truncation();
	test_header();
	test_too_large();
	test_unaligned_blob();
	test_tables();
	test_tables_may_touch();
	test_nothing_but_the_fixed_part();
	test_memory_is_last();
	test_names();
	test_rule_names();
	return check_done();
}
