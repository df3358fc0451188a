/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rules of descriptions: enumerator, name, what the rule is applied to (enum subject), and
 * the function in config_check*.c that judges it: its own, or one of those about places, that
 * judge all kinds of them alike. Rules about the blob are in config_parse.c.
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
	X(CPU_DUPLICATE, "cpu-duplicate", CPU, place_is_clear)

/* System descriptions */
#define CONFIG_RULES_SYSTEM(X)                                                  \
	X(SYSTEM_FLAGS, "system-flags", WHOLE, rule_system_flags)               \
	X(ADDRESS_LIMIT, "address-limit", WHOLE, rule_address_limit)            \
	X(HYPERVISOR_SIZE, "hypervisor-size", WHOLE, rule_hypervisor_size)      \
	X(HYPERVISOR_ADDRESS, "hypervisor-address", HYPERVISOR, place_fits)     \
	X(HYPERVISOR_OVERLAP, "hypervisor-overlap", HYPERVISOR, place_is_clear) \
	X(ECAM_BUSES, "ecam-buses", WHOLE, rule_ecam_buses)                     \
	X(ECAM_ADDRESS, "ecam-address", ECAM, place_fits)                       \
	X(ECAM_OVERLAP, "ecam-overlap", ECAM, place_is_clear)                   \
	X(IOAPIC_ADDRESS, "ioapic-address", IOAPIC, place_fits)                 \
	X(IOAPIC_PINS, "ioapic-pins", IOAPIC, rule_ioapic_pins)                 \
	X(IOAPIC_GSI, "ioapic-gsi", GSI, place_is_clear)                        \
	X(IOAPIC_OVERLAP, "ioapic-overlap", IOAPIC, place_is_clear)             \
	X(IOMMU_TYPE, "iommu-type", IOMMU, rule_iommu_type)                     \
	X(IOMMU_FLAGS, "iommu-flags", IOMMU, rule_iommu_flags)                  \
	X(IOMMU_ADDRESS, "iommu-address", IOMMU, rule_iommu_address)            \
	X(IOMMU_OVERLAP, "iommu-overlap", IOMMU, place_is_clear)                \
	X(IOMMU_CONTROL, "iommu-control", IOMMU, rule_iommu_control)            \
	X(ACCEPT_MSI, "accept-msi", WHOLE, rule_accept_msi)                     \
	X(ACCEPT_DMA, "accept-dma", WHOLE, rule_accept_dma)                     \
	X(SLOT_FUNCTION, "slot-function", SLOT, rule_slot_function)             \
	X(SLOT_BUS, "slot-bus", SLOT, rule_slot_bus)                            \
	X(SLOT_DUPLICATE, "slot-duplicate", SLOT, place_is_clear)               \
	X(CONSOLE_TYPE, "console-type", WHOLE, rule_console_type)               \
	X(CONSOLE_PORT, "console-port", CONSOLE_PORTS, rule_console_port)       \
	X(POOL_ALIGN, "pool-align", POOL, rule_pool_align)                      \
	X(POOL_LIMIT, "pool-limit", POOL, place_fits)                           \
	X(POOL_OVERLAP, "pool-overlap", POOL, place_is_clear)                   \
	X(ROOT_END_POLICY, "root-end-policy", WHOLE, rule_root_end_policy)      \
	X(ROOT_END_LIMIT, "root-end-limit", WHOLE, rule_root_end_limit)         \
	X(STOP_VALUE, "stop-value", STOP, rule_stop_value)                      \
	X(STOP_PORT, "stop-port", STOP, rule_stop_port)

/* Cell descriptions: CPUs, windows, ports, then links, devices, interrupt
 * lines, memory, and the host memory of links */
#define CONFIG_RULES_CELL(X)                                                              \
	X(CELL_FLAGS, "cell-flags", WHOLE, rule_cell_flags)                               \
	X(CPU_UNKNOWN, "cpu-unknown", CPU, rule_cpu_unknown)                              \
	X(CPU_BOOT, "cpu-boot", CPU, rule_cpu_boot)                                       \
	X(CPU_XAPIC, "cpu-xapic", CPU, rule_cpu_xapic)                                    \
	X(CONSOLE_SIZE, "console-size", WHOLE, rule_console_size)                         \
	X(INFO_ADDRESS, "info-address", INFO, place_fits)                                 \
	X(INFO_OVERLAP, "info-overlap", INFO, place_is_clear)                             \
	X(CELL_ECAM_ADDRESS, "cell-ecam-address", CELL_ECAM, place_fits)                  \
	X(CELL_ECAM_OVERLAP, "cell-ecam-overlap", CELL_ECAM, place_is_clear)              \
	X(BAR_ADDRESS, "bar-address", BAR, place_fits)                                    \
	X(BAR_OVERLAP, "bar-overlap", BAR, place_is_clear)                                \
	X(CELL_IOAPIC_ADDRESS, "cell-ioapic-address", CELL_IOAPIC, place_fits)            \
	X(CELL_IOAPIC_OVERLAP, "cell-ioapic-overlap", CELL_IOAPIC, place_is_clear)        \
	X(PORT_ORDER, "port-order", PORT, rule_port_order)                                \
	X(PORT_PCI, "port-pci", PORT, rule_port_pci)                                      \
	X(PORT_RESET, "port-reset", PORT, rule_port_reset)                                \
	X(PORT_CONSOLE, "port-console", PORT, rule_port_console)                          \
	X(LINK_NAME, "link-name", LINK, rule_link_name)                                   \
	X(LINK_DUPLICATE, "link-duplicate", LINK, rule_link_duplicate)                    \
	X(LINK_FLAGS, "link-flags", LINK, rule_link_flags)                                \
	X(LINK_PEERS, "link-peers", LINK, rule_link_peers)                                \
	X(LINK_PEER, "link-peer", LINK, rule_link_peer)                                   \
	X(LINK_ROOT_PEER, "link-root-peer", LINK, rule_link_root_peer)                    \
	X(LINK_VECTORS, "link-vectors", LINK, rule_link_vectors)                          \
	X(LINK_ROOT_VECTORS, "link-root-vectors", LINK, rule_link_root_vectors)           \
	X(LINK_INTX_VECTORS, "link-intx-vectors", LINK, rule_link_intx_vectors)           \
	X(LINK_INTX_IOAPIC, "link-intx-ioapic", LINK, rule_link_intx_ioapic)              \
	X(LINK_RW_SIZE, "link-rw-size", LINK, rule_link_rw_size)                          \
	X(LINK_OUTPUT_SIZE, "link-output-size", LINK, rule_link_output_size)              \
	X(LINK_BDF, "link-bdf", LINK, rule_link_bdf)                                      \
	X(LINK_BDF_DUPLICATE, "link-bdf-duplicate", LINK_BDF, place_is_clear)             \
	X(LINK_ADDRESS, "link-address", LINK, place_fits)                                 \
	X(LINK_OVERLAP, "link-overlap", LINK, place_is_clear)                             \
	X(DEVICE_FLAGS, "device-flags", DEVICE, rule_device_flags)                        \
	X(DEVICE_HOST_OPEN, "device-host-open", DEVICE, rule_device_host_open)            \
	X(DEVICE_DUPLICATE, "device-duplicate", DEVICE_HOST, place_is_clear)              \
	X(DEVICE_BDF, "device-bdf", DEVICE, rule_device_bdf)                              \
	X(DEVICE_BDF_DUPLICATE, "device-bdf-duplicate", DEVICE_BDF, place_is_clear)       \
	X(DEVICE_INTX, "device-intx", DEVICE, rule_device_intx)                           \
	X(DEVICE_BAR_SIZE, "device-bar-size", DEVICE_BAR, rule_device_bar_size)           \
	X(DEVICE_BAR_ADDRESS, "device-bar-address", DEVICE_BAR, rule_device_bar_address)  \
	X(DEVICE_BAR_OVERLAP, "device-bar-overlap", DEVICE_BAR, place_is_clear)           \
	X(DEVICE_BAR_HOST, "device-bar-host", DEVICE_BAR_HOST, rule_device_bar_host)      \
	X(PIN_IOAPIC, "pin-ioapic", PIN, rule_pin_ioapic)                                 \
	X(PIN_NUMBER, "pin-number", PIN, rule_pin_number)                                 \
	X(PIN_DUPLICATE, "pin-duplicate", PIN, place_is_clear)                            \
	X(PIN_GSI, "pin-gsi", PIN_GSI, rule_pin_gsi)                                      \
	X(PIN_GSI_DUPLICATE, "pin-gsi-duplicate", PIN_GSI, place_is_clear)                \
	X(MEMORY_NONE, "memory-none", WHOLE, rule_memory_none)                            \
	X(MEMORY_FLAGS, "memory-flags", MEMORY, rule_memory_flags)                        \
	X(MEMORY_ALIGN, "memory-align", MEMORY, rule_memory_align)                        \
	X(MEMORY_SIZE, "memory-size", MEMORY, rule_memory_size)                           \
	X(MEMORY_LIMIT, "memory-limit", MEMORY, place_fits)                               \
	X(MEMORY_OVERLAP, "memory-overlap", MEMORY, place_is_clear)                       \
	X(MEMORY_HOST_OPEN, "memory-host-open", MEMORY, rule_memory_host_open)            \
	X(MEMORY_HOST_LIMIT, "memory-host-limit", MEMORY_HOST, place_fits)                \
	X(MEMORY_HOST_RESERVED, "memory-host-reserved", MEMORY_HOST, place_is_unreserved) \
	X(MEMORY_HOST_OVERLAP, "memory-host-overlap", MEMORY_HOST, place_is_clear)        \
	X(LINK_HOST_OPEN, "link-host-open", LINK, rule_link_host_open)                    \
	X(LINK_HOST_ALIGN, "link-host-align", LINK, rule_link_host_align)                 \
	X(LINK_HOST_LIMIT, "link-host-limit", LINK_HOST, place_fits)                      \
	X(LINK_HOST_RESERVED, "link-host-reserved", LINK_HOST, place_is_unreserved)       \
	X(LINK_HOST_OVERLAP, "link-host-overlap", LINK_HOST, place_is_clear)

#define CONFIG_RULES(X) \
	CONFIG_RULES_SHAPE(X) CONFIG_RULES_CPUS(X) CONFIG_RULES_SYSTEM(X) CONFIG_RULES_CELL(X)

enum config_rule {
#define X(id, name, subject, function) RULE_##id,
	CONFIG_RULES(X)
#undef X
		RULE_COUNT
};

#endif
