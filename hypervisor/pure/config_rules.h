/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rules of descriptions: enumerator, name, what the rule is applied to (enum subject), and
 * the function in config_check*.c that judges it; those about the blob are in config_parse.c.
 * The order matters twice: the first broken rule is the one that is reported, and a rule about
 * overlaps may rely on those about sizes before it. What a rule says in words, and how to mend
 * a description that breaks it, is in tools/hvctl/describe_rules.c; Documentation/
 * configuration.md repeats the words. tools/check-rules keeps all that in agreement.
 */
#ifndef PURE_CONFIG_RULES_H
#define PURE_CONFIG_RULES_H

/* The shape of the blob: judged by config_parse.c */
#define CONFIG_RULES_SHAPE(X)                          \
	X(MAGIC, "magic", BLOB, parse)                 \
	X(REVISION, "revision", BLOB, parse)           \
	X(KIND, "kind", BLOB, parse)                   \
	X(SIZE, "size", BLOB, parse)                   \
	X(RESERVED, "reserved", BLOB, parse)           \
	X(TABLE_ALIGN, "table-align", BLOB, parse)     \
	X(TABLE_COUNT, "table-count", BLOB, parse)     \
	X(TABLE_BOUNDS, "table-bounds", BLOB, parse)   \
	X(TABLE_OVERLAP, "table-overlap", BLOB, parse) \
	X(MEMORY_LAST, "memory-last", BLOB, parse)     \
	X(NAME, "name", BLOB, parse)

/* CPUs, in both kinds of description */
#define CONFIG_RULES_CPUS(X)                          \
	X(CPU_NONE, "cpu-none", WHOLE, rule_cpu_none) \
	X(CPU_ID, "cpu-id", CPU, rule_cpu_id)         \
	X(CPU_DUPLICATE, "cpu-duplicate", CPU, rule_cpu_duplicate)

/* System descriptions */
#define CONFIG_RULES_SYSTEM(X)                                                      \
	X(SYSTEM_FLAGS, "system-flags", WHOLE, rule_system_flags)                   \
	X(ADDRESS_LIMIT, "address-limit", WHOLE, rule_address_limit)                \
	X(HYPERVISOR_SIZE, "hypervisor-size", WHOLE, rule_hypervisor_size)          \
	X(HYPERVISOR_ADDRESS, "hypervisor-address", WHOLE, rule_hypervisor_address) \
	X(HYPERVISOR_OVERLAP, "hypervisor-overlap", WHOLE, rule_hypervisor_overlap) \
	X(ECAM_BUSES, "ecam-buses", WHOLE, rule_ecam_buses)                         \
	X(ECAM_ADDRESS, "ecam-address", WHOLE, rule_ecam_address)                   \
	X(ECAM_OVERLAP, "ecam-overlap", WHOLE, rule_ecam_overlap)                   \
	X(IOAPIC_ADDRESS, "ioapic-address", IOAPIC, rule_ioapic_address)            \
	X(IOAPIC_PINS, "ioapic-pins", IOAPIC, rule_ioapic_pins)                     \
	X(IOAPIC_GSI, "ioapic-gsi", IOAPIC, rule_ioapic_gsi)                        \
	X(IOAPIC_OVERLAP, "ioapic-overlap", IOAPIC, rule_ioapic_overlap)            \
	X(IOMMU_TYPE, "iommu-type", IOMMU, rule_iommu_type)                         \
	X(IOMMU_FLAGS, "iommu-flags", IOMMU, rule_iommu_flags)                      \
	X(IOMMU_ADDRESS, "iommu-address", IOMMU, rule_iommu_address)                \
	X(IOMMU_OVERLAP, "iommu-overlap", IOMMU, rule_iommu_overlap)                \
	X(IOMMU_CONTROL, "iommu-control", IOMMU, rule_iommu_control)                \
	X(ACCEPT_MSI, "accept-msi", WHOLE, rule_accept_msi)                         \
	X(ACCEPT_DMA, "accept-dma", WHOLE, rule_accept_dma)                         \
	X(SLOT_FUNCTION, "slot-function", SLOT, rule_slot_function)                 \
	X(SLOT_BUS, "slot-bus", SLOT, rule_slot_bus)                                \
	X(SLOT_DUPLICATE, "slot-duplicate", SLOT, rule_slot_duplicate)              \
	X(CONSOLE_TYPE, "console-type", WHOLE, rule_console_type)                   \
	X(CONSOLE_PORT, "console-port", WHOLE, rule_console_port)                   \
	X(POOL_ALIGN, "pool-align", POOL, rule_pool_align)                          \
	X(POOL_LIMIT, "pool-limit", POOL, rule_pool_limit)                          \
	X(POOL_OVERLAP, "pool-overlap", POOL, rule_pool_overlap)

/* Cell descriptions: CPUs, windows, ports, then links, memory, and the host memory of links */
#define CONFIG_RULES_CELL(X)                                                               \
	X(CELL_FLAGS, "cell-flags", WHOLE, rule_cell_flags)                                \
	X(CPU_UNKNOWN, "cpu-unknown", CPU, rule_cpu_unknown)                               \
	X(CPU_BOOT, "cpu-boot", CPU, rule_cpu_boot)                                        \
	X(CPU_XAPIC, "cpu-xapic", CPU, rule_cpu_xapic)                                     \
	X(CONSOLE_SIZE, "console-size", WHOLE, rule_console_size)                          \
	X(INFO_ADDRESS, "info-address", WHOLE, rule_info_address)                          \
	X(INFO_OVERLAP, "info-overlap", WHOLE, rule_info_overlap)                          \
	X(CELL_ECAM_ADDRESS, "cell-ecam-address", WHOLE, rule_cell_ecam_address)           \
	X(CELL_ECAM_OVERLAP, "cell-ecam-overlap", WHOLE, rule_cell_ecam_overlap)           \
	X(BAR_ADDRESS, "bar-address", WHOLE, rule_bar_address)                             \
	X(BAR_OVERLAP, "bar-overlap", WHOLE, rule_bar_overlap)                             \
	X(CELL_IOAPIC_ADDRESS, "cell-ioapic-address", WHOLE, rule_cell_ioapic_address)     \
	X(CELL_IOAPIC_OVERLAP, "cell-ioapic-overlap", WHOLE, rule_cell_ioapic_overlap)     \
	X(PORT_ORDER, "port-order", PORT, rule_port_order)                                 \
	X(PORT_PCI, "port-pci", PORT, rule_port_pci)                                       \
	X(PORT_RESET, "port-reset", PORT, rule_port_reset)                                 \
	X(PORT_CONSOLE, "port-console", PORT, rule_port_console)                           \
	X(LINK_NAME, "link-name", LINK, rule_link_name)                                    \
	X(LINK_DUPLICATE, "link-duplicate", LINK, rule_link_duplicate)                     \
	X(LINK_FLAGS, "link-flags", LINK, rule_link_flags)                                 \
	X(LINK_PEERS, "link-peers", LINK, rule_link_peers)                                 \
	X(LINK_PEER, "link-peer", LINK, rule_link_peer)                                    \
	X(LINK_ROOT_PEER, "link-root-peer", LINK, rule_link_root_peer)                     \
	X(LINK_VECTORS, "link-vectors", LINK, rule_link_vectors)                           \
	X(LINK_ROOT_VECTORS, "link-root-vectors", LINK, rule_link_root_vectors)            \
	X(LINK_INTX_VECTORS, "link-intx-vectors", LINK, rule_link_intx_vectors)            \
	X(LINK_INTX_IOAPIC, "link-intx-ioapic", LINK, rule_link_intx_ioapic)               \
	X(LINK_RW_SIZE, "link-rw-size", LINK, rule_link_rw_size)                           \
	X(LINK_OUTPUT_SIZE, "link-output-size", LINK, rule_link_output_size)               \
	X(LINK_BDF, "link-bdf", LINK, rule_link_bdf)                                       \
	X(LINK_BDF_DUPLICATE, "link-bdf-duplicate", LINK, rule_link_bdf_duplicate)         \
	X(LINK_ADDRESS, "link-address", LINK, rule_link_address)                           \
	X(LINK_OVERLAP, "link-overlap", LINK, rule_link_overlap)                           \
	X(MEMORY_NONE, "memory-none", WHOLE, rule_memory_none)                             \
	X(MEMORY_FLAGS, "memory-flags", MEMORY, rule_memory_flags)                         \
	X(MEMORY_ALIGN, "memory-align", MEMORY, rule_memory_align)                         \
	X(MEMORY_SIZE, "memory-size", MEMORY, rule_memory_size)                            \
	X(MEMORY_LIMIT, "memory-limit", MEMORY, rule_memory_limit)                         \
	X(MEMORY_OVERLAP, "memory-overlap", MEMORY, rule_memory_overlap)                   \
	X(MEMORY_HOST_OPEN, "memory-host-open", MEMORY, rule_memory_host_open)             \
	X(MEMORY_HOST_LIMIT, "memory-host-limit", MEMORY, rule_memory_host_limit)          \
	X(MEMORY_HOST_RESERVED, "memory-host-reserved", MEMORY, rule_memory_host_reserved) \
	X(MEMORY_HOST_OVERLAP, "memory-host-overlap", MEMORY, rule_memory_host_overlap)    \
	X(LINK_HOST_OPEN, "link-host-open", LINK, rule_link_host_open)                     \
	X(LINK_HOST_ALIGN, "link-host-align", LINK, rule_link_host_align)                  \
	X(LINK_HOST_LIMIT, "link-host-limit", LINK, rule_link_host_limit)                  \
	X(LINK_HOST_RESERVED, "link-host-reserved", LINK, rule_link_host_reserved)         \
	X(LINK_HOST_OVERLAP, "link-host-overlap", LINK, rule_link_host_overlap)

#define CONFIG_RULES(X) \
	CONFIG_RULES_SHAPE(X) CONFIG_RULES_CPUS(X) CONFIG_RULES_SYSTEM(X) CONFIG_RULES_CELL(X)

enum config_rule {
#define X(id, name, subject, function) RULE_##id,
	CONFIG_RULES(X)
#undef X
		RULE_COUNT
};

#endif
