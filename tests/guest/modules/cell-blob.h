/* SPDX-License-Identifier: GPL-2.0-only */
/* A cell's description in wire format, made by a test: good, of one CPU, with a link and 2 MiB of memory. */
#ifndef GUEST_CELL_BLOB_H
#define GUEST_CELL_BLOB_H

#include <bulkhead/config.h>

struct cell_blob {
	struct bh_cell_config c;
	struct bh_config_cpu cpu[1];
	struct bh_config_link link[1];
	struct bh_config_port port[1];
	struct bh_config_memory memory[1];
};

/* The memory and the link's sections are left to the driver. */
static inline struct cell_blob cell_blob_good(uint32_t apic_id, uint32_t cpu)
{
	struct cell_blob b = {
		.c = {
			.header = { BH_CONFIG_MAGIC, BH_CONFIG_REVISION, BH_CONFIG_CELL, sizeof(b),
				    0, "made" },
			.console_size = 0x4000,
			.info_gpa = 0xfd000000,
			.ecam_gpa = 0xe0000000,
			.bar_gpa = 0xf0000000,
			.ioapic_gpa = 0xfec00000,
			.cpus = { offsetof(struct cell_blob, cpu), 1 },
			.links = { offsetof(struct cell_blob, link), 1 },
			.ports = { offsetof(struct cell_blob, port), 1 },
			.devices = { offsetof(struct cell_blob, memory), 0 },
			.pins = { offsetof(struct cell_blob, memory), 0 },
			.memory = { offsetof(struct cell_blob, memory), 1 },
		},
		.cpu = { { apic_id, cpu } },
		.link = { { "made", 2, 1, 0, 1, 1, 1 << 3, 0x4000, 0, 0xd0000000, BH_ADDR_NONE, 0x1000,
			    0x1000 } },
		.port = { { 0x310, 0x310, 0 } },
		.memory = { { 0, BH_ADDR_NONE, 0x200000, BH_MEM_READ | BH_MEM_WRITE | BH_MEM_EXEC, 0 } },
	};

	return b;
}

#endif
