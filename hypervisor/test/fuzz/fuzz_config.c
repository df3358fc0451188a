// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptions from anyone: parsed and judged without a look outside the blob; and what is
 * accepted keeps, by another calculation than the rules', what the hypervisor relies on.
 *
 * Input: first byte: kind and how; the rest is the blob, or says how to spoil a good one.
 */
#include <stdlib.h>
#include <string.h>
#include "test/config_blob.h"

#define BLOB_MAX 0x11000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The header that lets the rest be looked at. */
static void mend_header(uint8_t *blob, size_t size, uint16_t kind)
{
	struct bh_config_header *h = (struct bh_config_header *)blob;

	if (size < sizeof(*h))
		return;
	h->magic = BH_CONFIG_MAGIC;
	h->revision = BH_CONFIG_REVISION;
	h->kind = kind;
	h->size = (uint32_t)size;
	h->reserved = 0;
	memcpy(h->name, "fuzz", 5);
}

static void require(int condition)
{
	if (!condition)
		abort();
}

/* Ends without wrapping, at or below the limit. */
static void require_inside(uint64_t start, uint64_t size, uint64_t limit)
{
	uint64_t end;

	require(!__builtin_add_overflow(start, size, &end) && end <= limit);
}

static int apart(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
	return a + a_size <= b || b + b_size <= a;
}

static void judge_cell(const struct config_cell *cell, const struct config_system *sys)
{
	for (uint32_t i = 0; i < cell->memory_count; i++) {
		const struct bh_config_memory *m = &cell->memory[i];

		require_inside(m->gpa, m->size, UINT64_C(1) << 48);
		require_inside(m->hpa, m->size, sys->c->address_limit);
		require(!((m->gpa | m->hpa | m->size) & 0xfff) && m->size);
		require(apart(m->hpa, m->size, sys->c->memory_hpa, sys->c->memory_size));
		require(apart(m->hpa, m->size, 0xfee00000, 0x1000));
		require(apart(m->gpa, m->size, 0xfee00000, 0x1000));
		require(apart(m->gpa, m->size, cell->c->info_gpa, 0x3000 + cell->c->console_size));
		for (uint32_t j = 0; j < i; j++)
			require(apart(m->gpa, m->size, m[(int)j - (int)i].gpa,
				      m[(int)j - (int)i].size));
	}
	for (uint32_t i = 0; i < cell->link_count; i++) {
		const struct bh_config_link *l = &cell->links[i];

		require(l->peer < l->peers && l->peers <= BH_MAX_PEERS);
		require(l->rw_size <= BLOB_GIB && l->output_size <= BLOB_GIB);
		require(bh_link_size(l) <= BLOB_GIB);
		require_inside(l->gpa, bh_link_size(l), UINT64_C(1) << 48);
		require_inside(l->hpa, bh_link_size(l), sys->c->address_limit);
		require(memchr(l->name, 0, BH_NAME_LEN) != NULL);
	}
	for (uint32_t i = 0; i < cell->cpu_count; i++)
		require(cell->cpus[i].apic_id != sys->cpus[0].apic_id);
}

static void try_cell(const void *blob, size_t size)
{
	struct system_blob good = good_system();
	struct config_system sys;
	struct config_cell cell;
	struct config_error err;

	if (config_parse_cell(&cell, blob, size, &err)) {
		require(err.rule < RULE_COUNT);
		return;
	}
	require(!config_parse_system(&sys, &good, sizeof(good), &err));
	config_check_cell(&cell, NULL, CONFIG_OPEN, &err);
	config_check_cell(&cell, &sys, CONFIG_OPEN, &err);
	if (!config_check_cell(&cell, &sys, CONFIG_FINAL, &err))
		judge_cell(&cell, &sys);
}

static void try_system(const void *blob, size_t size)
{
	struct config_system sys;
	struct config_error err;

	if (config_parse_system(&sys, blob, size, &err) ||
	    config_check_system(&sys, CONFIG_FINAL, &err)) {
		require(err.rule < RULE_COUNT);
		return;
	}
	require(sys.cpu_count && sys.c->address_limit);
	for (uint32_t i = 0; i < sys.iommu_count; i++)
		require_inside(sys.iommus[i].base_hpa, sys.iommus[i].size, sys.c->address_limit);
	for (uint32_t i = 0; i < sys.pool_count; i++)
		require_inside(sys.pool[i].hpa, sys.pool[i].size, sys.c->address_limit);
}

/* Values at which arithmetic goes wrong. */
static const uint64_t extremes[] = {
	0,
	1,
	0xfff,
	0x1000,
	0x200000,
	0xfee00000,
	UINT64_C(1) << 32,
	UINT64_C(1) << 48,
	UINT64_C(1) << 63,
	UINT64_C(0xfffffffffffff000),
	UINT64_C(0xffffffffffe00000),
	UINT64_C(0xfffffffeffff0000),
	BH_ADDR_NONE,
};

/* Input in triples, offset in two bytes and what to do there: small inputs already reach deep
 * rules. */
static void spoil(uint8_t *blob, size_t blob_size, const uint8_t *data, size_t size)
{
	for (size_t i = 0; i + 3 <= size; i += 3) {
		size_t at = (data[i] | data[i + 1] << 8) % blob_size;
		size_t n = data[i + 2] % 32;

		if (n < sizeof(extremes) / sizeof(extremes[0]))
			memcpy(blob + at / 8 * 8, &extremes[n], 8);
		else
			blob[at] ^= data[i + 2];
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct system_blob system = good_system();
	struct cell_blob cell = good_cell();
	uint8_t *blob;
	uint8_t how;

	if (!size || size > BLOB_MAX)
		return 0;
	how = data[0];
	data++, size--;
	if (how & 4) {
		spoil((uint8_t *)&system, sizeof(system), data, how & 1 ? size : 0);
		spoil((uint8_t *)&cell, sizeof(cell), data, how & 1 ? 0 : size);
		try_system(&system, sizeof(system));
		try_cell(&cell, sizeof(cell));
		return 0;
	}
	blob = malloc(size ? size : 1); /* aligned, and exactly as long */
	if (!blob)
		return 0;
	memcpy(blob, data, size);
	if (how & 2)
		mend_header(blob, size, how & 1 ? BH_CONFIG_SYSTEM : BH_CONFIG_CELL);
	try_system(blob, size);
	try_cell(blob, size);
	free(blob);
	return 0;
}
