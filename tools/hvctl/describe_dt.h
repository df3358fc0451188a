/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files describe_*.c share: the device tree being read, accessors that never fail
 * because the schema has been checked before, the blob being built. Private to them.
 */
#ifndef HVCTL_DESCRIBE_DT_H
#define HVCTL_DESCRIBE_DT_H

#include <stdbool.h>
#include "config.h" /* hypervisor/pure */
#include "describe.h"

struct reader {
	const char *path;
	void *fdt;
	int address_cells, size_cells; /* of the root node: all "reg" are below it */
	const struct description *system;
	struct description *out;
	struct describe_error *err;
};

/* Describes what is wrong and returns -EINVAL. property may be NULL. */
int dt_bad(struct reader *r, int node, const char *property, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* describe_dts.c: the tree from a file. 0 or a negative errno with *err filled. */
int dt_load(struct reader *r);

/* describe_schema.c: after this the accessors below meet what they expect. */
int dt_check_schema(struct reader *r, bool system);

#define DT_NONE (-1) /* no such node */
int dt_node(const struct reader *r, int parent, const char *name);
bool dt_has(const struct reader *r, int node, const char *property);
int dt_count(const struct reader *r, int node, const char *property); /* of 32-bit cells */
uint32_t dt_cell(const struct reader *r, int node, const char *property, int n);
/* The values when the property or node is missing: */
uint32_t dt_u32(const struct reader *r, int node, const char *property, uint32_t missing);
uint64_t dt_u64(const struct reader *r, int node, const char *property, uint64_t missing);
const char *dt_string(const struct reader *r, int node, const char *property);
/* Entry n of "reg": returns false past the last. size may be NULL. */
bool dt_reg(const struct reader *r, int node, int n, uint64_t *address, uint64_t *size);
/* "00:03.0" */
bool dt_parse_bdf(const char *s, uint16_t *bdf);

/* Where a record came from. */
enum origin {
	FROM_ROOT,
	FROM_HYPERVISOR,
	FROM_CPUS,
	FROM_IOAPIC,
	FROM_IOMMU,
	FROM_PCI,
	FROM_SLOT,
	FROM_ACCEPT,
	FROM_CONSOLE,
	FROM_POOL,
	FROM_ROOT_END,
	FROM_STOP,
	FROM_LINK,
	FROM_PORT,
	FROM_DEVICE,
	FROM_PIN,
	FROM_MEMORY,
};

struct describe_map {
	const char *cpu_property; /* "cpus" or "apic-ids" */
	size_t count;
	struct {
		enum origin from;
		uint32_t record;
		char node[128];
	} * entry;
};

/* Both end the program when memory is exhausted. */
void map_add(struct reader *r, enum origin from, uint32_t record, int node);
/* A zeroed record at the end of the blob, counted in the table at this offset of the fixed
 * part; the pointer is good until the next call. */
void *blob_append(struct description *d, size_t table, size_t record_size);
/* Into a zeroed field. A name that is too long is cut and lacks the NUL, which the rules find. */
void blob_name(char to[BH_NAME_LEN], const char *from);

int describe_build_system(struct reader *r);
extern const char *const describe_root_ends[]; /* by BH_ROOT_END_* */
int describe_build_cell(struct reader *r);
int describe_build_devices(struct reader *r); /* a part of that */

/* describe_cpu.c: APIC ID of a Linux CPU, by the system description or this machine. 0 or
 * -ENOENT. */
int describe_apic_id(const struct description *system, uint32_t linux_cpu, uint32_t *apic_id);
/* The same with another place for /proc and /sys, for tests. */
int describe_apic_id_at(const char *host, uint32_t linux_cpu, uint32_t *apic_id);

/* describe_rules.c: what people should know about each rule. */
enum value_kind { VALUE_NONE, VALUE_NUMBER, VALUE_HEX, VALUE_SIZE, VALUE_BDF, VALUE_CPU };
struct rule_text {
	enum origin from;
	const char *property;
	enum value_kind value;
	const char *rule; /* what must hold: a sentence */
	const char *mend; /* what to do */
};
extern const struct rule_text rule_texts[RULE_COUNT];

#endif
