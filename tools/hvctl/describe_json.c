// SPDX-License-Identifier: GPL-2.0-only
/*
 * A description as JSON, with all defaults filled in: for hvctl check --json, and through it
 * for hvctl config explain.
 */
#include "describe_json.h"
#include "describe_dt.h"

static void put_bdf(struct json *j, const char *key, uint16_t bdf)
{
	char text[16];

	snprintf(text, sizeof(text), "%02x:%02x.%x", bdf >> 8, bdf >> 3 & 0x1f, bdf & 7);
	json_string(j, key, text);
}

static void put_address(struct json *j, const char *key, uint64_t address)
{
	if (address != BH_ADDR_NONE)
		json_address(j, key, address);
}

static void put_cpus(struct json *j, const struct bh_config_cpu *cpus, uint32_t count)
{
	json_array(j, "cpus");
	for (uint32_t i = 0; i < count; i++) {
		json_object(j, NULL);
		json_number(j, "apic_id", cpus[i].apic_id);
		if (cpus[i].linux_cpu != BH_ID_NONE)
			json_number(j, "linux_cpu", cpus[i].linux_cpu);
		json_object_end(j);
	}
	json_array_end(j);
}

static void put_units(struct json *j, const struct config_system *sys)
{
	json_array(j, "ioapics");
	for (uint32_t i = 0; i < sys->ioapic_count; i++) {
		json_object(j, NULL);
		json_address(j, "address", sys->ioapics[i].base_hpa);
		json_number(j, "gsi_base", sys->ioapics[i].gsi_base);
		json_number(j, "pins", sys->ioapics[i].pins);
		json_object_end(j);
	}
	json_array_end(j);
	json_array(j, "iommus");
	for (uint32_t i = 0; i < sys->iommu_count; i++) {
		json_object(j, NULL);
		json_address(j, "address", sys->iommus[i].base_hpa);
		json_string(j, "type", sys->iommus[i].type == BH_IOMMU_VTD ? "vt-d" : "amd-vi");
		json_bool(j, "left_to_root", sys->iommus[i].flags & BH_IOMMU_LEFT_TO_ROOT);
		json_object_end(j);
	}
	json_array_end(j);
}

static void put_root_end(struct json *j, const struct config_system *sys)
{
	json_string(j, "root_end", describe_root_ends[sys->c->root_end]);
	json_number(j, "root_end_limit", sys->c->root_end_limit);
	json_array(j, "stop_ports");
	for (uint32_t i = 0; i < sys->stop_count; i++) {
		json_object(j, NULL);
		json_number(j, "port", sys->stops[i].port);
		json_number(j, "mask", sys->stops[i].mask);
		json_number(j, "value", sys->stops[i].value);
		json_object_end(j);
	}
	json_array_end(j);
}

static void put_system(struct json *j, const struct config_system *sys)
{
	const struct bh_system_config *c = sys->c;

	json_bool(j, "root_strict", c->flags & BH_SYSTEM_ROOT_STRICT);
	json_bool(j, "accept_unmoderated_msi", c->flags & BH_SYSTEM_ACCEPT_UNMODERATED_MSI);
	json_bool(j, "accept_unprotected_dma", c->flags & BH_SYSTEM_ACCEPT_UNPROTECTED_DMA);
	json_address(j, "address_limit", c->address_limit);
	put_address(j, "memory_address", c->memory_hpa);
	json_number(j, "memory_size", c->memory_size);
	put_address(j, "ecam_address", c->ecam_hpa);
	put_cpus(j, sys->cpus, sys->cpu_count);
	put_units(j, sys);
	json_array(j, "link_slots");
	for (uint32_t i = 0; i < sys->slot_count; i++)
		put_bdf(j, NULL, sys->slots[i].bdf);
	json_array_end(j);
	json_array(j, "pool");
	for (uint32_t i = 0; i < sys->pool_count; i++) {
		json_object(j, NULL);
		json_address(j, "address", sys->pool[i].hpa);
		json_number(j, "size", sys->pool[i].size);
		json_object_end(j);
	}
	json_array_end(j);
	put_root_end(j, sys);
}

static void put_link(struct json *j, const struct bh_config_link *l)
{
	json_object(j, NULL);
	json_string(j, "name", l->name);
	json_number(j, "peers", l->peers);
	json_number(j, "peer", l->peer);
	if (l->root_peer != BH_ID_NONE)
		json_number(j, "root_peer", l->root_peer);
	json_number(j, "vectors", l->vectors);
	json_number(j, "root_vectors", l->root_vectors);
	json_bool(j, "intx", l->flags & BH_LINK_INTX);
	json_number(j, "protocol", l->protocol);
	json_number(j, "rw_size", l->rw_size);
	json_number(j, "output_size", l->output_size);
	json_number(j, "size", bh_link_size(l));
	put_bdf(j, "pci_address", l->bdf);
	json_address(j, "memory_address", l->gpa);
	json_object_end(j);
}

static void put_function(struct json *j, const struct bh_config_pci *f)
{
	json_object(j, NULL);
	if (f->host_bdf != BH_BDF_NONE)
		put_bdf(j, "host_address", f->host_bdf);
	put_bdf(j, "pci_address", f->bdf);
	if (f->vendor)
		json_number(j, "vendor_id", f->vendor);
	if (f->device)
		json_number(j, "device_id", f->device);
	if (f->flags & BH_PCI_INTX)
		json_number(j, "intx_pin", f->intx_pin);
	json_bool(j, "accept_no_reset", f->flags & BH_PCI_ACCEPT_NO_RESET);
	json_object_end(j);
}

static void put_devices(struct json *j, const struct config_cell *cell)
{
	json_array(j, "functions");
	for (uint32_t i = 0; i < cell->device_count; i++)
		put_function(j, &cell->devices[i]);
	json_array_end(j);
	json_array(j, "pins");
	for (uint32_t i = 0; i < cell->pin_count; i++) {
		json_object(j, NULL);
		json_number(j, "gsi", cell->pins[i].gsi);
		json_number(j, "pin", cell->pins[i].pin);
		json_object_end(j);
	}
	json_array_end(j);
}

static void put_cell(struct json *j, const struct config_cell *cell)
{
	const struct bh_cell_config *c = cell->c;

	json_bool(j, "strict", c->flags & BH_CELL_STRICT);
	json_bool(j, "xapic_only", c->flags & BH_CELL_XAPIC_ONLY);
	json_bool(j, "x2apic", c->flags & BH_CELL_X2APIC);
	json_number(j, "console_size", c->console_size);
	json_address(j, "info_address", c->info_gpa);
	put_address(j, "ecam_address", c->ecam_gpa);
	json_address(j, "bar_address", c->bar_gpa);
	put_address(j, "ioapic_address", c->ioapic_gpa);
	put_cpus(j, cell->cpus, cell->cpu_count);
	json_array(j, "memory");
	for (uint32_t i = 0; i < cell->memory_count; i++) {
		json_object(j, NULL);
		json_address(j, "address", cell->memory[i].gpa);
		json_number(j, "size", cell->memory[i].size);
		put_address(j, "host_address", cell->memory[i].hpa);
		json_bool(j, "write", cell->memory[i].flags & BH_MEM_WRITE);
		json_bool(j, "registers", cell->memory[i].flags & BH_MEM_IO);
		json_bool(j, "execute", cell->memory[i].flags & BH_MEM_EXEC);
		json_object_end(j);
	}
	json_array_end(j);
	json_array(j, "links");
	for (uint32_t i = 0; i < cell->link_count; i++)
		put_link(j, &cell->links[i]);
	json_array_end(j);
	json_array(j, "ports");
	for (uint32_t i = 0; i < cell->port_count; i++) {
		json_object(j, NULL);
		json_number(j, "first", cell->ports[i].first);
		json_number(j, "last", cell->ports[i].last);
		json_object_end(j);
	}
	json_array_end(j);
	put_devices(j, cell);
}

void describe_put_json(struct json *j, const char *key, const struct description *d)
{
	struct config_system sys;
	struct config_cell cell;
	struct config_error err;

	json_object(j, key);
	if (!config_parse_system(&sys, d->blob, d->size, &err))
		put_system(j, &sys);
	else if (!config_parse_cell(&cell, d->blob, d->size, &err))
		put_cell(j, &cell);
	json_object_end(j);
}
