// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every rule: valid descriptions with one or two fields spoiled, each with the rule, record
 * and value that must be reported; and what lies just inside the rules, which must pass.
 */
#include <string.h>
#include "check.h"
#include "test/config_blob.h"

struct patch {
	size_t offset, size;
	uint64_t value;
};

struct spoiled {
	enum config_rule rule; /* RULE_COUNT: still valid */
	uint32_t record;
	uint64_t value;
	struct patch patch[4];
};

#define VALID RULE_COUNT
#define NONE BH_ADDR_NONE
#define PATCH(type, field, v)                                                      \
	{                                                                          \
		offsetof(struct type, field), sizeof(((struct type *)0)->field), v \
	}
#define S(field, v) PATCH(system_blob, field, v)
#define C(field, v) PATCH(cell_blob, field, v)

static const struct spoiled systems[] = {
	{ RULE_CPU_NONE, 0, 0, { S(c.cpus.count, 0) } },
	{ RULE_CPU_ID, 1, 0xffffffff, { S(cpu[1].apic_id, 0xffffffff) } },
	{ RULE_CPU_DUPLICATE, 2, 2, { S(cpu[2].apic_id, 2) } },
	{ RULE_SYSTEM_FLAGS, 0, 0xe, { S(c.flags, 0xe) } },
	{ VALID, 0, 0, { S(c.flags, 7) } },
	{ RULE_ADDRESS_LIMIT, 0, 0, { S(c.address_limit, 0) } },
	{ RULE_ADDRESS_LIMIT, 0, 0x1fffff000, { S(c.address_limit, 0x1fffff000) } },
	{ RULE_ADDRESS_LIMIT,
	  0,
	  (1ull << 48) + BLOB_GIB,
	  { S(c.address_limit, (1ull << 48) + BLOB_GIB) } },
	{ VALID, 0, 0, { S(c.address_limit, 1ull << 48) } },
	{ RULE_HYPERVISOR_SIZE, 0, 0, { S(c.memory_size, 0) } },
	{ RULE_HYPERVISOR_SIZE, 0, 0x201000, { S(c.memory_size, 0x201000) } },
	{ RULE_HYPERVISOR_SIZE, 0, 0x1200000, { S(c.memory_size, 0x1200000) } },
	{ VALID, 0, 0, { S(c.memory_size, 0x1000000), S(c.memory_hpa, NONE) } },
	{ RULE_HYPERVISOR_ADDRESS, 0, 0x20001000, { S(c.memory_hpa, 0x20001000) } },
	{ RULE_HYPERVISOR_ADDRESS, 0, 0x1ffe00000, { S(c.memory_hpa, 0x1ffe00000) } },
	{ RULE_HYPERVISOR_ADDRESS, 0, 0xffffffffffe00000, { S(c.memory_hpa, 0xffffffffffe00000) } },
	{ VALID, 0, 0, { S(c.memory_hpa, 0x1ffc00000) } },
	{ RULE_HYPERVISOR_OVERLAP, 0, 0xfec00000, { S(c.memory_hpa, 0xfec00000) } },
	{ RULE_ECAM_BUSES, 0, 3, { S(c.ecam_bus_first, 4), S(c.ecam_bus_last, 3) } },
	{ RULE_ECAM_ADDRESS, 0, 0xb0001000, { S(c.ecam_hpa, 0xb0001000) } },
	{ RULE_ECAM_ADDRESS, 0, 0x1f0100000, { S(c.ecam_hpa, 0x1f0100000) } },
	{ VALID, 0, 0, { S(c.ecam_hpa, 0x1f0000000) } },
	{ VALID, 0, 0, { S(c.ecam_hpa, NONE) } },
	{ VALID,
	  0,
	  0,
	  { S(c.ecam_bus_first, 128), S(c.memory_hpa, 0xb8000000), S(c.slots.count, 0) } },
	{ RULE_ECAM_OVERLAP, 0, 0x10400000, { S(c.ecam_hpa, 0x10400000) } },
	{ RULE_IOAPIC_ADDRESS, 1, 0xfec01800, { S(ioapic[1].base_hpa, 0xfec01800) } },
	{ RULE_IOAPIC_ADDRESS, 0, 8 * BLOB_GIB, { S(ioapic[0].base_hpa, 8 * BLOB_GIB) } },
	{ RULE_IOAPIC_ADDRESS, 0, NONE, { S(ioapic[0].base_hpa, NONE) } },
	{ RULE_IOAPIC_PINS, 1, 0, { S(ioapic[1].pins, 0) } },
	{ RULE_IOAPIC_PINS, 1, 241, { S(ioapic[1].pins, 241) } },
	{ VALID, 0, 0, { S(ioapic[1].pins, 240) } },
	{ RULE_IOAPIC_GSI, 1, 23, { S(ioapic[1].gsi_base, 23) } },
	{ RULE_IOAPIC_OVERLAP, 1, 0xfec00000, { S(ioapic[1].base_hpa, 0xfec00000) } },
	{ RULE_IOAPIC_OVERLAP, 0, 0xfee00000, { S(ioapic[0].base_hpa, 0xfee00000) } },
	{ RULE_IOMMU_TYPE, 0, 0, { S(iommu[0].type, 0) } },
	{ RULE_IOMMU_TYPE, 1, 3, { S(iommu[1].type, 3) } },
	{ RULE_IOMMU_FLAGS, 1, 3, { S(iommu[1].flags, 3) } },
	{ RULE_IOMMU_ADDRESS, 0, 0, { S(iommu[0].size, 0) } },
	{ RULE_IOMMU_ADDRESS, 0, 0x800, { S(iommu[0].size, 0x800) } },
	{ RULE_IOMMU_ADDRESS, 0, 0xfed90800, { S(iommu[0].base_hpa, 0xfed90800) } },
	{ RULE_IOMMU_ADDRESS, 0, 0x1000, { S(iommu[0].base_hpa, NONE) } },
	{ RULE_IOMMU_ADDRESS, 0, 0xfed90000, { S(iommu[0].size, 0xfffffffffffff000) } },
	{ RULE_IOMMU_OVERLAP, 1, 0xfed11000, { S(iommu[1].base_hpa, 0xfed11000) } },
	{ RULE_IOMMU_CONTROL, 1, 0xfeb80000, { S(iommu[1].flags, 0) } },
	{ RULE_ACCEPT_MSI, 0, 4, { S(c.flags, 4) } },
	{ RULE_ACCEPT_DMA, 0, 2, { S(c.flags, 2) } },
	{ RULE_SLOT_FUNCTION, 1, 9, { S(slot[1].bdf, 9) } },
	{ RULE_SLOT_BUS, 0, 0x140, { S(slot[0].bdf, 0x140), S(c.ecam_bus_last, 0) } },
	{ RULE_SLOT_BUS, 0, 0x40, { S(c.ecam_bus_first, 1) } },
	{ VALID, 0, 0, { S(slot[0].bdf, 0xff00) } },
	{ RULE_SLOT_DUPLICATE, 1, 8 << 3, { S(slot[1].bdf, 8 << 3) } },
	{ RULE_CONSOLE_TYPE, 0, 3, { S(c.console_type, 3) } },
	{ RULE_CONSOLE_PORT, 0, 0, { S(c.console_port, 0) } },
	{ RULE_CONSOLE_PORT, 0, 0xfff9, { S(c.console_port, 0xfff9) } },
	{ VALID, 0, 0, { S(c.console_port, 0xfff8) } },
	{ RULE_CONSOLE_PORT, 0, 0xcf1, { S(c.console_port, 0xcf1) } },
	{ RULE_CONSOLE_PORT,
	  0,
	  0xcff,
	  { S(c.console_type, BH_CONSOLE_DEBUGCON), S(c.console_port, 0xcff) } },
	{ VALID, 0, 0, { S(c.console_type, BH_CONSOLE_DEBUGCON), S(c.console_port, 0xcf7) } },
	{ VALID, 0, 0, { S(c.console_type, BH_CONSOLE_NONE), S(c.console_port, 0) } },
	{ RULE_POOL_ALIGN, 1, 0x60001000, { S(pool[1].hpa, 0x60001000) } },
	{ RULE_POOL_ALIGN, 1, 0x60000000, { S(pool[1].size, 0x1000) } },
	{ RULE_POOL_ALIGN, 0, 0x40000000, { S(pool[0].size, 0) } },
	{ RULE_POOL_LIMIT, 1, 8 * BLOB_GIB, { S(pool[1].hpa, 8 * BLOB_GIB) } },
	{ RULE_POOL_LIMIT, 0, 0x40000000, { S(pool[0].size, 0xffffffffffe00000) } },
	{ RULE_POOL_OVERLAP, 1, 0x4fe00000, { S(pool[1].hpa, 0x4fe00000) } },
	{ RULE_POOL_OVERLAP, 0, 0x20200000, { S(pool[0].hpa, 0x20200000) } },
	{ VALID, 0, 0, { S(pool[1].hpa, 0x50000000) } },
	{ VALID, 0, 0, { S(c.ioapics.count, 0), S(c.iommus.count, 0), S(c.slots.count, 0) } },
	{ RULE_ROOT_END_POLICY, 0, 4, { S(c.root_end, 4) } },
	{ VALID, 0, 0, { S(c.root_end, 3), S(c.root_end_limit, 604800) } },
	{ RULE_ROOT_END_LIMIT, 0, 604801, { S(c.root_end_limit, 604801) } },
	{ RULE_STOP_VALUE, 1, 0x0f, { S(stop[1].mask, 0xfe) } },
	{ RULE_STOP_VALUE, 0, 0, { S(stop[0].mask, 0), S(stop[0].value, 0) } },
	{ RULE_STOP_PORT, 0, 0xcf8, { S(stop[0].port, 0xcf8) } },
	{ RULE_STOP_PORT, 0, 0xcfc, { S(stop[0].port, 0xcfc) } },
	{ RULE_STOP_PORT, 0, 0x3f8, { S(stop[0].port, 0x3f8) } },
	{ VALID, 0, 0, { S(stop[0].port, 0x3f7) } },
};

static const struct spoiled cells[] = {
	{ VALID, 0, 0, { { 0 } } },
	{ RULE_CPU_NONE, 0, 0, { C(c.cpus.count, 0) } },
	{ RULE_CPU_ID, 0, 0xffffffff, { C(cpu[0].apic_id, 0xffffffff) } },
	{ RULE_CPU_DUPLICATE, 1, 2, { C(cpu[1].apic_id, 2) } },
	{ RULE_CELL_FLAGS, 0, 8, { C(c.flags, 8) } },
	{ RULE_CPU_UNKNOWN, 1, 3, { C(cpu[1].apic_id, 3) } },
	{ RULE_CPU_UNKNOWN,
	  1,
	  0xfec00000,
	  { C(cpu[1].apic_id, 0xfec00000) } }, /* what follows them */
	{ RULE_CPU_BOOT, 1, 0, { C(cpu[1].apic_id, 0) } },
	{ RULE_CPU_XAPIC, 1, 300, { C(c.flags, BH_CELL_XAPIC_ONLY) } },
	{ RULE_CONSOLE_SIZE, 0, 0, { C(c.console_size, 0) } },
	{ RULE_CONSOLE_SIZE, 0, 0x800, { C(c.console_size, 0x800) } },
	{ RULE_CONSOLE_SIZE, 0, 0x6000, { C(c.console_size, 0x6000) } },
	{ RULE_CONSOLE_SIZE, 0, 0x20000, { C(c.console_size, 0x20000) } },
	{ VALID, 0, 0, { C(c.console_size, 0x10000) } },
	{ VALID, 0, 0, { C(c.console_size, 0x1000) } },
	{ RULE_INFO_ADDRESS, 0, 0xfd000800, { C(c.info_gpa, 0xfd000800) } },
	{ RULE_INFO_ADDRESS, 0, NONE, { C(c.info_gpa, NONE) } },
	{ RULE_INFO_ADDRESS, 0, 0xffffffffa000, { C(c.info_gpa, 0xffffffffa000) } },
	{ VALID, 0, 0, { C(c.info_gpa, 0xffffffff9000) } },
	{ RULE_INFO_OVERLAP, 0, 0xfedfa000, { C(c.info_gpa, 0xfedfa000) } },
	{ VALID, 0, 0, { C(c.info_gpa, 0xfedf9000) } },
	{ RULE_CELL_ECAM_ADDRESS, 0, 0xe0001000, { C(c.ecam_gpa, 0xe0001000) } },
	{ RULE_CELL_ECAM_ADDRESS, 0, 1ull << 48, { C(c.ecam_gpa, 1ull << 48) } },
	{ RULE_CELL_ECAM_OVERLAP, 0, 0xfd000000, { C(c.ecam_gpa, 0xfd000000) } },
	{ VALID, 0, 0, { C(c.ecam_gpa, NONE) } },
	{ RULE_BAR_ADDRESS, 0, 0xf0080000, { C(c.bar_gpa, 0xf0080000) } },
	{ RULE_BAR_ADDRESS, 0, 4 * BLOB_GIB, { C(c.bar_gpa, 4 * BLOB_GIB) } },
	{ RULE_BAR_ADDRESS, 0, NONE, { C(c.bar_gpa, NONE) } },
	{ VALID, 0, 0, { C(c.bar_gpa, 0xfff00000) } },
	{ RULE_BAR_OVERLAP, 0, 0xe0000000, { C(c.bar_gpa, 0xe0000000) } },
	{ RULE_CELL_IOAPIC_ADDRESS, 0, 0xfec00010, { C(c.ioapic_gpa, 0xfec00010) } },
	{ RULE_CELL_IOAPIC_ADDRESS, 0, 4 * BLOB_GIB, { C(c.ioapic_gpa, 4 * BLOB_GIB) } },
	{ RULE_CELL_IOAPIC_OVERLAP, 0, 0xfee00000, { C(c.ioapic_gpa, 0xfee00000) } },
	{ RULE_CELL_IOAPIC_OVERLAP, 0, 0xf00ff000, { C(c.ioapic_gpa, 0xf00ff000) } },
	{ RULE_PORT_ORDER, 1, 0x2f8, { C(port[1].last, 0x2f7) } },
	{ RULE_PORT_PCI, 1, 0xcff, { C(port[1].first, 0xcff), C(port[1].last, 0xcff) } },
	{ RULE_PORT_PCI, 1, 0, { C(port[1].first, 0), C(port[1].last, 0xffff) } },
	{ VALID, 0, 0, { C(port[1].first, 0xd00), C(port[1].last, 0xffff) } },
	{ RULE_PORT_RESET, 0, 0x60, { C(port[0].last, 0x64) } },
	{ RULE_PORT_RESET, 0, 0x70, { C(port[0].first, 0x70), C(port[0].last, 0x92) } },
	{ VALID, 0, 0, { C(port[0].first, 0x65), C(port[0].last, 0x91) } },
	{ RULE_PORT_CONSOLE, 1, 0x2f8, { C(port[1].last, 0x3f8) } },
	{ VALID, 0, 0, { C(port[1].last, 0x3f7) } },
	{ RULE_LINK_NAME, 1, 1, { C(link[1].name[0], 'N') } },
	{ RULE_LINK_DUPLICATE,
	  1,
	  0,
	  { C(link[1].name[0], 'p'), C(link[1].name[1], 'l'), C(link[1].name[2], 'c') } },
	{ RULE_LINK_FLAGS, 0, 2, { C(link[0].flags, 2) } },
	{ RULE_LINK_PEERS, 0, 1, { C(link[0].peers, 1) } },
	{ RULE_LINK_PEERS, 1, 17, { C(link[1].peers, 17) } },
	{ VALID, 0, 0, { C(link[1].peers, 16), C(link[1].peer, 15) } },
	{ RULE_LINK_PEER, 1, 3, { C(link[1].peer, 3) } },
	{ RULE_LINK_ROOT_PEER, 0, 1, { C(link[0].root_peer, 1) } },
	{ RULE_LINK_ROOT_PEER, 0, 2, { C(link[0].root_peer, 2) } },
	{ RULE_LINK_VECTORS, 0, 0, { C(link[0].vectors, 0) } },
	{ RULE_LINK_VECTORS, 0, 17, { C(link[0].vectors, 17) } },
	{ VALID, 0, 0, { C(link[0].vectors, 16), C(link[0].root_vectors, 16) } },
	{ RULE_LINK_ROOT_VECTORS, 0, 0, { C(link[0].root_vectors, 0) } },
	{ RULE_LINK_ROOT_VECTORS, 0, 17, { C(link[0].root_vectors, 17) } },
	{ RULE_LINK_ROOT_VECTORS, 1, 1, { C(link[1].root_vectors, 1) } },
	{ RULE_LINK_INTX_VECTORS, 1, 2, { C(link[1].vectors, 2) } },
	{ RULE_LINK_INTX_IOAPIC, 1, 1, { C(c.ioapic_gpa, NONE) } },
	{ VALID,
	  0,
	  0,
	  { C(c.ioapic_gpa, NONE), C(link[1].flags, 0), C(c.pins.count, 0),
	    C(device[0].flags, 0) } },
	{ RULE_LINK_RW_SIZE, 0, 0x800, { C(link[0].rw_size, 0x800) } },
	{ RULE_LINK_RW_SIZE, 0, 0xfffffffffffff000, { C(link[0].rw_size, 0xfffffffffffff000) } },
	{ RULE_LINK_OUTPUT_SIZE, 0, 0x800, { C(link[0].output_size, 0x800) } },
	{ RULE_LINK_OUTPUT_SIZE, 0, 0x20000000, { C(link[0].output_size, 0x20000000) } },
	{ RULE_LINK_OUTPUT_SIZE,
	  1,
	  1ull << 63,
	  { C(link[1].output_size, 1ull << 63) } }, /* 3 times that is 2^63 + 2^64 */
	{ RULE_LINK_OUTPUT_SIZE, 0, 0x8000, { C(link[0].rw_size, BLOB_GIB) } },
	{ VALID, 0, 0, { C(link[1].output_size, 0) } },
	{ VALID,
	  0,
	  0,
	  { C(link[0].rw_size, BLOB_GIB - 0x11000), C(link[0].gpa, 1ull << 40),
	    C(link[0].hpa, 5 * BLOB_GIB) } },
	{ RULE_LINK_BDF, 0, 0, { C(link[0].bdf, 0) } },
	{ RULE_LINK_BDF, 0, 9, { C(link[0].bdf, 9) } },
	{ RULE_LINK_BDF, 0, 0x108, { C(link[0].bdf, 0x108) } },
	{ RULE_LINK_BDF_DUPLICATE, 1, 8, { C(link[1].bdf, 8) } },
	{ RULE_LINK_ADDRESS, 1, 0xd0200800, { C(link[1].gpa, 0xd0200800) } },
	{ RULE_LINK_ADDRESS, 1, NONE, { C(link[1].gpa, NONE) } },
	{ RULE_LINK_ADDRESS, 1, 0xffffffffd000, { C(link[1].gpa, 0xffffffffd000) } },
	{ VALID, 0, 0, { C(link[1].gpa, 0xffffffffc000) } },
	{ RULE_LINK_OVERLAP, 1, 0xd0020000, { C(link[1].gpa, 0xd0020000) } },
	{ VALID, 0, 0, { C(link[1].gpa, 0xd0021000) } },
	{ RULE_LINK_OVERLAP, 0, 0xfec00000, { C(link[0].gpa, 0xfec00000) } },
	{ RULE_MEMORY_NONE,
	  0,
	  0,
	  { C(c.memory.count, 0), C(c.memory.offset, sizeof(struct cell_blob)) } },
	{ RULE_MEMORY_FLAGS, 1, 0, { C(memory[1].flags, 0) } },
	{ RULE_MEMORY_FLAGS, 1, 6, { C(memory[1].flags, 6) } },
	{ RULE_MEMORY_FLAGS, 1, 0x11, { C(memory[1].flags, 0x11) } },
	{ RULE_MEMORY_ALIGN, 1, 0x200800, { C(memory[1].gpa, 0x200800) } },
	{ RULE_MEMORY_ALIGN, 1, 0x40400800, { C(memory[1].hpa, 0x40400800) } },
	{ RULE_MEMORY_SIZE, 1, 0, { C(memory[1].size, 0) } },
	{ RULE_MEMORY_SIZE, 1, 0x1800, { C(memory[1].size, 0x1800) } },
	{ RULE_MEMORY_SIZE, 1, 0x201000, { C(memory[1].hpa, NONE) } },
	{ RULE_MEMORY_LIMIT,
	  2,
	  (1ull << 48) - 0x1000,
	  { C(memory[2].gpa, (1ull << 48) - 0x1000), C(memory[2].size, 0x2000) } },
	{ RULE_MEMORY_LIMIT, 2, 4 * BLOB_GIB, { C(memory[2].size, 0xfffffffffffff000) } },
	{ VALID, 0, 0, { C(memory[2].gpa, (1ull << 48) - 0x1000) } },
	{ RULE_MEMORY_OVERLAP, 1, 0x1ff000, { C(memory[1].gpa, 0x1ff000) } },
	{ RULE_MEMORY_OVERLAP, 2, 0xfee00000, { C(memory[2].gpa, 0xfee00000) } },
	{ RULE_MEMORY_OVERLAP, 2, 0xfd006000, { C(memory[2].gpa, 0xfd006000) } },
	{ RULE_MEMORY_OVERLAP, 2, 0xe00ff000, { C(memory[2].gpa, 0xe00ff000) } },
	{ RULE_MEMORY_OVERLAP, 2, 0xf0000000, { C(memory[2].gpa, 0xf0000000) } },
	{ RULE_MEMORY_OVERLAP, 2, 0xfec00000, { C(memory[2].gpa, 0xfec00000) } },
	{ RULE_MEMORY_OVERLAP, 2, 0xd0020000, { C(memory[2].gpa, 0xd0020000) } },
	{ VALID, 0, 0, { C(memory[2].gpa, 0xfd007000) } },
	{ RULE_MEMORY_HOST_LIMIT, 2, 8 * BLOB_GIB, { C(memory[2].hpa, 8 * BLOB_GIB) } },
	{ RULE_MEMORY_HOST_LIMIT, 2, 0xfffffffffffff000, { C(memory[2].hpa, 0xfffffffffffff000) } },
	{ VALID, 0, 0, { C(memory[2].hpa, 8 * BLOB_GIB - 0x1000) } },
	{ RULE_MEMORY_HOST_RESERVED, 2, 0x203ff000, { C(memory[2].hpa, 0x203ff000) } },
	{ RULE_MEMORY_HOST_RESERVED, 2, 0xbffff000, { C(memory[2].hpa, 0xbffff000) } },
	{ RULE_MEMORY_HOST_RESERVED, 2, 0xfec01000, { C(memory[2].hpa, 0xfec01000) } },
	{ RULE_MEMORY_HOST_RESERVED, 2, 0xfebff000, { C(memory[2].hpa, 0xfebff000) } },
	{ RULE_MEMORY_HOST_RESERVED, 2, 0xfee00000, { C(memory[2].hpa, 0xfee00000) } },
	{ RULE_MEMORY_HOST_RESERVED, 2, 0xfeeff000, { C(memory[2].hpa, 0xfeeff000) } },
	{ VALID, 0, 0, { C(memory[2].hpa, 0xfef00000) } },
	{ RULE_DEVICE_FLAGS, 1, 4, { C(device[1].flags, 4) } },
	{ RULE_DEVICE_DUPLICATE, 1, 0x20, { C(device[1].host_bdf, 0x20) } },
	{ RULE_DEVICE_BDF, 0, 7, { C(device[0].bdf, 7) } },
	{ RULE_DEVICE_BDF, 0, 0x100, { C(device[0].bdf, 0x100) } },
	{ VALID, 0, 0, { C(device[0].bdf, 0xff) } },
	{ RULE_DEVICE_BDF_DUPLICATE, 1, 0x18, { C(device[1].bdf, 0x18) } },
	{ RULE_DEVICE_BDF_DUPLICATE, 0, 8, { C(device[0].bdf, 8) } },
	{ RULE_DEVICE_INTX, 0, 10, { C(device[0].intx_pin, 10) } },
	{ VALID, 0, 0, { C(device[0].flags, 0), C(device[0].intx_pin, 10) } },
	{ RULE_DEVICE_BAR_SIZE, 2, 0x800, { C(device[0].bar[2].size, 0x800) } },
	{ RULE_DEVICE_BAR_SIZE, 0, 0x3000, { C(device[0].bar[0].size, 0x3000) } },
	{ RULE_DEVICE_BAR_ADDRESS, 0, 0xf1010000, { C(device[0].bar[0].gpa, 0xf1010000) } },
	{ RULE_DEVICE_BAR_ADDRESS, 6, 4 * BLOB_GIB, { C(device[1].bar[0].gpa, 4 * BLOB_GIB) } },
	{ RULE_DEVICE_BAR_OVERLAP, 2, 0xf1010000, { C(device[0].bar[2].gpa, 0xf1010000) } },
	{ RULE_DEVICE_BAR_OVERLAP, 2, 0xfd000000, { C(device[0].bar[2].gpa, 0xfd000000) } },
	{ RULE_DEVICE_BAR_OVERLAP, 2, 0xfee00000, { C(device[0].bar[2].gpa, 0xfee00000) } },
	{ RULE_DEVICE_BAR_HOST, 0, 0xfe010000, { C(device[0].bar[0].hpa, 0xfe010000) } },
	{ RULE_DEVICE_BAR_HOST, 6, 8 * BLOB_GIB, { C(device[1].bar[0].hpa, 8 * BLOB_GIB) } },
	{ RULE_DEVICE_BAR_HOST, 2, 0xfec00000, { C(device[0].bar[2].hpa, 0xfec00000) } },
	{ RULE_PIN_IOAPIC, 0, 0, { C(c.ioapic_gpa, NONE), C(link[1].flags, 0) } },
	{ RULE_PIN_NUMBER, 1, 24, { C(pin[1].pin, 24) } },
	{ RULE_PIN_NUMBER, 1, 17, { C(pin[1].pin, 17) } },
	{ VALID, 0, 0, { C(pin[1].pin, 16) } },
	{ RULE_PIN_DUPLICATE, 1, 9, { C(pin[1].pin, 9) } },
	{ RULE_PIN_GSI, 1, 56, { C(pin[1].gsi, 56) } },
	{ VALID, 0, 0, { C(pin[1].gsi, 55) } },
	{ RULE_PIN_GSI_DUPLICATE, 1, 22, { C(pin[1].gsi, 22) } },
	{ RULE_MEMORY_OVERLAP, 2, 0xf1000000, { C(memory[2].gpa, 0xf1000000) } },
	{ RULE_MEMORY_FLAGS, 1, 0xf, { C(memory[1].flags, 0xf) } },
	{ RULE_MEMORY_FLAGS, 1, 0xb, { C(memory[1].flags, 0xb), C(memory[1].hpa, NONE) } },
	{ VALID, 0, 0, { C(memory[1].flags, 0xb) } },
	{ RULE_MEMORY_HOST_OVERLAP, 2, 0x40600000, { C(memory[2].hpa, 0x40600000) } },
	{ VALID, 0, 0, { C(memory[2].hpa, 0x40601000) } },
	{ RULE_LINK_HOST_ALIGN, 0, 0x41000800, { C(link[0].hpa, 0x41000800) } },
	{ RULE_LINK_HOST_LIMIT,
	  1,
	  8 * BLOB_GIB - 0x3000,
	  { C(link[1].hpa, 8 * BLOB_GIB - 0x3000) } },
	{ VALID, 0, 0, { C(link[1].hpa, 8 * BLOB_GIB - 0x4000) } },
	{ RULE_LINK_HOST_RESERVED, 1, 0xfed8e000, { C(link[1].hpa, 0xfed8e000) } },
	{ RULE_LINK_HOST_OVERLAP, 0, 0x40000000, { C(link[0].hpa, 0x40000000) } },
	{ RULE_LINK_HOST_OVERLAP, 1, 0x41020000, { C(link[1].hpa, 0x41020000) } },
};

static int seen[RULE_COUNT + 1];

static void apply(uint8_t *blob, const struct spoiled *s)
{
	for (size_t i = 0; i < 4; i++)
		memcpy(blob + s->patch[i].offset, &s->patch[i].value, s->patch[i].size);
}

static void expect(int ret, const struct config_error *err, const struct spoiled *s, size_t n,
		   const char *list)
{
	seen[s->rule] = 1;
	if (s->rule == VALID) {
		if (!CHECK_EQ(ret, 0))
			fprintf(stderr, "%s[%zu]: broke %s\n", list, n,
				config_rule_name(err->rule));
		return;
	}
	if (CHECK_EQ(ret, -EINVAL) & CHECK_EQ(err->rule, s->rule) &
	    CHECK_EQ(err->record, s->record) & CHECK_EQ(err->value, s->value))
		return;
	fprintf(stderr, "%s[%zu]: wanted %s, was %s\n", list, n, config_rule_name(s->rule),
		ret ? config_rule_name(err->rule) : "none");
}

static void test_systems(void)
{
	for (size_t i = 0; i < sizeof(systems) / sizeof(systems[0]); i++) {
		struct system_blob blob = good_system();
		struct config_error err = { 0 };
		struct config_system sys;

		apply((uint8_t *)&blob, &systems[i]);
		REQUIRE(!config_parse_system(&sys, &blob, sizeof(blob), &err));
		expect(config_check_system(&sys, CONFIG_FINAL, &err), &err, &systems[i], i,
		       "systems");
	}
}

static int check_cell(struct cell_blob *blob, enum config_stage stage, int with_system,
		      struct config_error *err)
{
	struct system_blob good = good_system();
	struct config_system sys;
	struct config_cell cell;

	REQUIRE(!config_parse_system(&sys, &good, sizeof(good), err));
	if (!blob->c.memory.count) /* the blob ends where its memory would begin */
		blob->c.header.size = blob->c.memory.offset;
	REQUIRE(!config_parse_cell(&cell, blob, blob->c.header.size, err));
	return config_check_cell(&cell, with_system ? &sys : NULL, stage, err);
}

static void test_cells(void)
{
	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
		struct cell_blob blob = good_cell();
		struct config_error err = { 0 };

		apply((uint8_t *)&blob, &cells[i]);
		expect(check_cell(&blob, CONFIG_OPEN, 1, &err), &err, &cells[i], i, "cells");
		if (cells[i].rule == VALID)
			expect(check_cell(&blob, CONFIG_FINAL, 1, &err), &err, &cells[i], i,
			       "final cells");
	}
}

/* What the driver chooses may be open before it has chosen, and only then. */
static void test_open_addresses(void)
{
	struct cell_blob blob = good_cell();
	struct config_error err = { 0 };

	blob.memory[0].hpa = BH_ADDR_NONE;
	blob.link[1].hpa = BH_ADDR_NONE;
	blob.device[0].host_bdf = BH_BDF_NONE;
	blob.device[1].host_bdf = BH_BDF_NONE;
	blob.device[1].bar[0].gpa = blob.device[1].bar[0].hpa = BH_ADDR_NONE;
	CHECK_EQ(check_cell(&blob, CONFIG_OPEN, 1, &err), 0);
	CHECK_EQ(check_cell(&blob, CONFIG_FINAL, 1, &err), -EINVAL);
	CHECK_EQ(err.rule, RULE_DEVICE_HOST_OPEN);
	seen[RULE_DEVICE_HOST_OPEN] = 1;
	blob.device[0].host_bdf = 0x20;
	blob.device[1].host_bdf = 0x281;
	CHECK_EQ(check_cell(&blob, CONFIG_FINAL, 1, &err), -EINVAL);
	CHECK_EQ(err.rule, RULE_DEVICE_BAR_ADDRESS);
	blob.device[1].bar[0].gpa = 0xf1200000;
	CHECK_EQ(check_cell(&blob, CONFIG_FINAL, 1, &err), -EINVAL);
	CHECK_EQ(err.rule, RULE_DEVICE_BAR_HOST);
	blob.device[1].bar[0].hpa = 0xfc000000;
	CHECK_EQ(check_cell(&blob, CONFIG_FINAL, 1, &err), -EINVAL);
	CHECK_EQ(err.rule, RULE_MEMORY_HOST_OPEN);
	seen[RULE_MEMORY_HOST_OPEN] = 1;
	CHECK_EQ(err.record, 0);
	blob.memory[0].hpa = 0x40000000;
	CHECK_EQ(check_cell(&blob, CONFIG_FINAL, 1, &err), -EINVAL);
	CHECK_EQ(err.rule, RULE_LINK_HOST_OPEN);
	seen[RULE_LINK_HOST_OPEN] = 1;
	CHECK_EQ(err.record, 1);
}

/* Without a system, what only the system can tell passes, and nothing is read from it. */
static void test_cell_alone(void)
{
	struct cell_blob blob = good_cell();
	struct config_error err = { 0 };

	blob.cpu[0].apic_id = 77;
	blob.port[1].last = 0x3ff;
	blob.memory[2].hpa = 0xfee00000;
	CHECK_EQ(check_cell(&blob, CONFIG_OPEN, 0, &err), 0);
	blob.c.flags = BH_CELL_XAPIC_ONLY;
	blob.cpu[1].apic_id = 254;
	CHECK_EQ(check_cell(&blob, CONFIG_OPEN, 0, &err), 0);
	blob.cpu[1].apic_id = 255;
	CHECK_EQ(check_cell(&blob, CONFIG_OPEN, 0, &err), -EINVAL);
	CHECK_EQ(err.rule, RULE_CPU_XAPIC);
	blob.c.flags = 0;
	blob.memory[2].hpa = UINT64_C(1) << 48;
	CHECK_EQ(check_cell(&blob, CONFIG_OPEN, 0, &err), -EINVAL);
	CHECK_EQ(err.rule, RULE_MEMORY_HOST_LIMIT);
}

/* Without a console of the hypervisor, the port that is left in the field means nothing. */
static void test_no_console_in_the_way(void)
{
	struct system_blob system = good_system();
	struct cell_blob blob = good_cell();
	struct config_error err = { 0 };
	struct config_system sys;
	struct config_cell cell;

	system.c.console_type = BH_CONSOLE_NONE;
	system.c.console_port = 0x2f9;
	REQUIRE(!config_parse_system(&sys, &system, sizeof(system), &err));
	REQUIRE(!config_parse_cell(&cell, &blob, sizeof(blob), &err));
	CHECK_EQ(config_check_system(&sys, CONFIG_FINAL, &err), 0);
	CHECK_EQ(config_check_cell(&cell, &sys, CONFIG_FINAL, &err), 0);
	system.c.console_type = BH_CONSOLE_DEBUGCON;
	CHECK_EQ(config_check_cell(&cell, &sys, CONFIG_FINAL, &err), -EINVAL);
	CHECK_EQ(err.rule, RULE_PORT_CONSOLE);
}

/* The rules about the shape have their tests in test_config_parse.c. */
static void test_every_rule_was_broken(void)
{
	for (uint32_t rule = RULE_CPU_NONE; rule < RULE_COUNT; rule++)
		if (!CHECK(seen[rule]))
			fprintf(stderr, "no case for %s\n", config_rule_name(rule));
}

int main(void)
{
	test_systems();
	test_cells();
	test_open_addresses();
	test_cell_alone();
	test_no_console_in_the_way();
	test_every_rule_was_broken();
	return check_done();
}
