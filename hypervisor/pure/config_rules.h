/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rules of descriptions: enumerator and name. config_parse.c and config_check*.c judge
 * them; what a rule says in words, and how to mend a description that breaks it, is in
 * tools/hvctl/describe_rules.c and in Documentation/configuration.md. tools/check-rules keeps
 * these places and configs/bad/ in agreement.
 */
#ifndef PURE_CONFIG_RULES_H
#define PURE_CONFIG_RULES_H

/* The shape of the blob */
#define CONFIG_RULES_SHAPE(X)             \
	X(MAGIC, "magic")                 \
	X(REVISION, "revision")           \
	X(KIND, "kind")                   \
	X(SIZE, "size")                   \
	X(RESERVED, "reserved")           \
	X(TABLE_ALIGN, "table-align")     \
	X(TABLE_COUNT, "table-count")     \
	X(TABLE_BOUNDS, "table-bounds")   \
	X(TABLE_OVERLAP, "table-overlap") \
	X(MEMORY_LAST, "memory-last")     \
	X(NAME, "name")

/* CPUs, in both kinds of description */
#define CONFIG_RULES_CPUS(X)    \
	X(CPU_NONE, "cpu-none") \
	X(CPU_ID, "cpu-id")     \
	X(CPU_DUPLICATE, "cpu-duplicate")

/* System descriptions */
#define CONFIG_RULES_SYSTEM(X)                      \
	X(SYSTEM_FLAGS, "system-flags")             \
	X(ADDRESS_LIMIT, "address-limit")           \
	X(HYPERVISOR_SIZE, "hypervisor-size")       \
	X(HYPERVISOR_ADDRESS, "hypervisor-address") \
	X(HYPERVISOR_OVERLAP, "hypervisor-overlap") \
	X(ECAM_BUSES, "ecam-buses")                 \
	X(ECAM_ADDRESS, "ecam-address")             \
	X(ECAM_OVERLAP, "ecam-overlap")             \
	X(IOAPIC_ADDRESS, "ioapic-address")         \
	X(IOAPIC_PINS, "ioapic-pins")               \
	X(IOAPIC_GSI, "ioapic-gsi")                 \
	X(IOAPIC_OVERLAP, "ioapic-overlap")         \
	X(IOMMU_TYPE, "iommu-type")                 \
	X(IOMMU_FLAGS, "iommu-flags")               \
	X(IOMMU_ADDRESS, "iommu-address")           \
	X(IOMMU_OVERLAP, "iommu-overlap")           \
	X(IOMMU_CONTROL, "iommu-control")           \
	X(ACCEPT_MSI, "accept-msi")                 \
	X(ACCEPT_DMA, "accept-dma")                 \
	X(SLOT_FUNCTION, "slot-function")           \
	X(SLOT_BUS, "slot-bus")                     \
	X(SLOT_DUPLICATE, "slot-duplicate")         \
	X(CONSOLE_TYPE, "console-type")             \
	X(CONSOLE_PORT, "console-port")             \
	X(POOL_ALIGN, "pool-align")                 \
	X(POOL_LIMIT, "pool-limit")                 \
	X(POOL_OVERLAP, "pool-overlap")

/* Cell descriptions */
#define CONFIG_RULES_CELL(X)                            \
	X(CELL_FLAGS, "cell-flags")                     \
	X(CPU_UNKNOWN, "cpu-unknown")                   \
	X(CPU_BOOT, "cpu-boot")                         \
	X(CPU_XAPIC, "cpu-xapic")                       \
	X(CONSOLE_SIZE, "console-size")                 \
	X(INFO_ADDRESS, "info-address")                 \
	X(INFO_OVERLAP, "info-overlap")                 \
	X(CELL_ECAM_ADDRESS, "cell-ecam-address")       \
	X(CELL_ECAM_OVERLAP, "cell-ecam-overlap")       \
	X(BAR_ADDRESS, "bar-address")                   \
	X(BAR_OVERLAP, "bar-overlap")                   \
	X(CELL_IOAPIC_ADDRESS, "cell-ioapic-address")   \
	X(CELL_IOAPIC_OVERLAP, "cell-ioapic-overlap")   \
	X(LINK_NAME, "link-name")                       \
	X(LINK_DUPLICATE, "link-duplicate")             \
	X(LINK_FLAGS, "link-flags")                     \
	X(LINK_PEERS, "link-peers")                     \
	X(LINK_PEER, "link-peer")                       \
	X(LINK_ROOT_PEER, "link-root-peer")             \
	X(LINK_VECTORS, "link-vectors")                 \
	X(LINK_ROOT_VECTORS, "link-root-vectors")       \
	X(LINK_INTX_VECTORS, "link-intx-vectors")       \
	X(LINK_INTX_IOAPIC, "link-intx-ioapic")         \
	X(LINK_RW_SIZE, "link-rw-size")                 \
	X(LINK_OUTPUT_SIZE, "link-output-size")         \
	X(LINK_BDF, "link-bdf")                         \
	X(LINK_BDF_DUPLICATE, "link-bdf-duplicate")     \
	X(LINK_ADDRESS, "link-address")                 \
	X(LINK_OVERLAP, "link-overlap")                 \
	X(PORT_ORDER, "port-order")                     \
	X(PORT_PCI, "port-pci")                         \
	X(PORT_RESET, "port-reset")                     \
	X(PORT_CONSOLE, "port-console")                 \
	X(MEMORY_NONE, "memory-none")                   \
	X(MEMORY_FLAGS, "memory-flags")                 \
	X(MEMORY_ALIGN, "memory-align")                 \
	X(MEMORY_SIZE, "memory-size")                   \
	X(MEMORY_LIMIT, "memory-limit")                 \
	X(MEMORY_OVERLAP, "memory-overlap")             \
	X(MEMORY_HOST_OPEN, "memory-host-open")         \
	X(MEMORY_HOST_LIMIT, "memory-host-limit")       \
	X(MEMORY_HOST_RESERVED, "memory-host-reserved") \
	X(MEMORY_HOST_OVERLAP, "memory-host-overlap")   \
	X(LINK_HOST_OPEN, "link-host-open")             \
	X(LINK_HOST_ALIGN, "link-host-align")           \
	X(LINK_HOST_LIMIT, "link-host-limit")           \
	X(LINK_HOST_RESERVED, "link-host-reserved")     \
	X(LINK_HOST_OVERLAP, "link-host-overlap")

#define CONFIG_RULES(X) \
	CONFIG_RULES_SHAPE(X) CONFIG_RULES_CPUS(X) CONFIG_RULES_SYSTEM(X) CONFIG_RULES_CELL(X)

enum config_rule {
#define X(id, name) RULE_##id,
	CONFIG_RULES(X)
#undef X
		RULE_COUNT
};

#endif
