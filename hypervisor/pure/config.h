/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading and judging descriptions in wire format. The same two steps run in hvctl, in the
 * driver and in the hypervisor: config_parse_*() believes nothing and only looks at the shape
 * (sizes, offsets, counts); config_check_*() applies the rules to a parsed description.
 *
 * Both return 0 or -EINVAL and then say in *err which rule failed on which record. No side
 * effects, no allocation; the parsed view points into the blob, which must stay unchanged.
 * The blob is aligned to 8 bytes.
 */
#ifndef PURE_CONFIG_H
#define PURE_CONFIG_H

#include <bulkhead/config.h>
#include <bulkhead/errno.h>
#include "config_rules.h" /* enum config_rule, CONFIG_RULES(X) */

struct config_error {
	uint32_t rule;	 /* enum config_rule */
	uint32_t record; /* index in the table the rule is about, or 0 */
	uint64_t value;	 /* the offending address, id, size ... */
};

struct config_system {
	const struct bh_system_config *c;
	const struct bh_config_cpu *cpus;
	const struct bh_config_ioapic *ioapics;
	const struct bh_config_iommu *iommus;
	const struct bh_config_slot *slots;
	const struct bh_config_range *pool;
	const struct bh_config_stop *stops;
	uint32_t cpu_count, ioapic_count, iommu_count, slot_count, pool_count, stop_count;
};

struct config_cell {
	const struct bh_cell_config *c;
	const struct bh_config_cpu *cpus;
	const struct bh_config_link *links;
	const struct bh_config_port *ports;
	const struct bh_config_pci *devices;
	const struct bh_config_pin *pins;
	const struct bh_config_memory *memory;
	uint32_t cpu_count, link_count, port_count, device_count, pin_count, memory_count;
};

/* Whether addresses that the driver chooses (BH_ADDR_NONE) may still be open: yes in hvctl and
 * the driver, no in the hypervisor. */
enum config_stage { CONFIG_OPEN, CONFIG_FINAL };

int config_parse_system(struct config_system *out, const void *blob, size_t size,
			struct config_error *err);
int config_parse_cell(struct config_cell *out, const void *blob, size_t size,
		      struct config_error *err);

int config_check_system(const struct config_system *sys, enum config_stage stage,
			struct config_error *err);

/* sys may be NULL: then only what the cell's own description can tell is checked. */
int config_check_cell(const struct config_cell *cell, const struct config_system *sys,
		      enum config_stage stage, struct config_error *err);

/* Whether the BH_NAME_LEN bytes hold a name as descriptions may use it: 1 or 0. */
int config_name_is_valid(const char *name);

/* Short name of a rule ("memory-overlap"); "?" for an unknown number. */
const char *config_rule_name(uint32_t rule);

#endif
