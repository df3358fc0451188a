/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A valid system and a valid cell description in wire format, with some of everything, for
 * tests and fuzzers to spoil.
 */
#ifndef TEST_CONFIG_BLOB_H
#define TEST_CONFIG_BLOB_H

#include "pure/config.h"

#define BLOB_GIB UINT64_C(0x40000000)

struct system_blob {
	struct bh_system_config c;
	struct bh_config_cpu cpu[3];
	struct bh_config_ioapic ioapic[2];
	struct bh_config_iommu iommu[2];
	struct bh_config_slot slot[2];
	struct bh_config_range pool[2];
	struct bh_config_stop stop[2];
};

struct cell_blob {
	struct bh_cell_config c;
	struct bh_config_cpu cpu[2];
	struct bh_config_link link[2];
	struct bh_config_port port[2];
	struct bh_config_pci device[2];
	struct bh_config_pin pin[2];
	struct bh_config_memory memory[3];
};

#define BLOB_TABLE(type, field, n)              \
	{                                       \
		offsetof(struct type, field), n \
	}

static inline struct system_blob good_system(void)
{
	return (struct system_blob){
		.c = {
			.header = { BH_CONFIG_MAGIC, BH_CONFIG_REVISION, BH_CONFIG_SYSTEM,
				    sizeof(struct system_blob), 0, "machine" },
			.flags = BH_SYSTEM_ACCEPT_UNMODERATED_MSI |
				 BH_SYSTEM_ACCEPT_UNPROTECTED_DMA,
			.console_type = BH_CONSOLE_16550,
			.address_limit = 8 * BLOB_GIB,
			.memory_hpa = 0x20000000,
			.memory_size = 0x400000,
			.ecam_hpa = 0xb0000000,
			.ecam_bus_first = 0,
			.ecam_bus_last = 255,
			.console_port = 0x3f8,
			.cpus = BLOB_TABLE(system_blob, cpu, 3),
			.ioapics = BLOB_TABLE(system_blob, ioapic, 2),
			.iommus = BLOB_TABLE(system_blob, iommu, 2),
			.slots = BLOB_TABLE(system_blob, slot, 2),
			.pool = BLOB_TABLE(system_blob, pool, 2),
			.root_end = BH_ROOT_END_ASK,
			.root_end_limit = 30,
			.stops = BLOB_TABLE(system_blob, stop, 2),
		},
		.cpu = { { 0, 0 }, { 2, 1 }, { 300, 2 } },
		.ioapic = { { 0xfec00000, 0, 0, 24, 0 }, { 0xfec01000, 1, 24, 32, 0 } },
		.iommu = { { 0xfed90000, 0x1000, BH_IOMMU_VTD, BH_IOMMU_LEFT_TO_ROOT,
			     BH_BDF_NONE, 255, 0 },
			   { 0xfeb80000, 0x80000, BH_IOMMU_AMDVI, BH_IOMMU_LEFT_TO_ROOT,
			     0x10, 255, 0 } },
		.slot = { { 8 << 3, { 0 } }, { 0x100 | 9 << 3, { 0 } } },
		.pool = { { 0x40000000, 0x10000000 }, { 0x60000000, 0x200000 } },
		.stop = { { 0x605, 0x20, 0x20, 0 }, { 0xcf9, 0xff, 0x0f, 0 } },
	};
}

static inline struct cell_blob good_cell(void)
{
	return (struct cell_blob){
		.c = {
			.header = { BH_CONFIG_MAGIC, BH_CONFIG_REVISION, BH_CONFIG_CELL,
				    sizeof(struct cell_blob), 0, "plc.1_a-b" },
			.flags = BH_CELL_STRICT,
			.console_size = 0x4000,
			.info_gpa = 0xfd000000,
			.ecam_gpa = 0xe0000000,
			.bar_gpa = 0xf0000000,
			.ioapic_gpa = 0xfec00000,
			.cpus = BLOB_TABLE(cell_blob, cpu, 2),
			.links = BLOB_TABLE(cell_blob, link, 2),
			.ports = BLOB_TABLE(cell_blob, port, 2),
			.devices = BLOB_TABLE(cell_blob, device, 2),
			.pins = BLOB_TABLE(cell_blob, pin, 2),
			.memory = BLOB_TABLE(cell_blob, memory, 3),
		},
		.cpu = { { 2, 1 }, { 300, 2 } },
		.link = { { "plc", 2, 1, 0, 2, 4, 1 << 3, 0x4000, 0, 0xd0000000, 0x41000000, 0x10000,
			    0x8000 },
			  { "net", 3, 0, BH_ID_NONE, 1, 0, 31 << 3, 1, BH_LINK_INTX, 0xd0200000,
			    0x42000000, 0, 0x1000 } },
		.port = { { 0x60, 0x63, 0 }, { 0x2f8, 0x2ff, 0 } },
		.device = { { 0x20, 0x18, BH_BDF_NONE, BH_PCI_ACCEPT_NO_RESET | BH_PCI_INTX, 0, 0, 9,
			      { { 0xf1000000, 0xfe000000, 0x20000 },
				{ 0, 0, 0 },
				{ 0xf1020000, 0xfe020000, 0x1000 } } },
			    { 0x281, 0x19, 0x280, 0, 0x8086, 0x10ca, BH_ID_NONE,
			      { { 0xf1200000, 5 * BLOB_GIB, 0x200000 } } } },
		.pin = { { 22, 9 }, { 50, 23 } },
		.memory = { { 0, 0x40000000, 0x200000, BH_MEM_FLAGS, 0 },
			    { 0x200000, 0x40400000, 0x201000, BH_MEM_READ | BH_MEM_WRITE, 0 },
			    { 4 * BLOB_GIB, 0x1000, 0x1000, BH_MEM_READ, 0 } },
	};
}

#endif
