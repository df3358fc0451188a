// SPDX-License-Identifier: GPL-2.0-only
/*
 * From Linux's CPU numbers to APIC IDs: by the system description where there is one, else by
 * this machine. /proc/cpuinfo knows only CPUs that are on-line; one that a cell holds at the
 * moment is found in the ACPI table that Linux numbered its CPUs from.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "describe_dt.h"

#define MADT_MAX 0x10000
#define MADT_ENTRIES 44 /* offset of the first entry, ACPI 6.5, 5.2.12 */
#define MADT_APIC 0
#define MADT_X2APIC 9
#define MADT_ENABLED 1u

static int by_system(const struct description *system, uint32_t linux_cpu, uint32_t *apic_id)
{
	struct config_system sys;
	struct config_error err;

	if (config_parse_system(&sys, system->blob, system->size, &err))
		return -ENOENT;
	for (uint32_t i = 0; i < sys.cpu_count; i++) {
		if (sys.cpus[i].linux_cpu != linux_cpu)
			continue;
		*apic_id = sys.cpus[i].apic_id;
		return 0;
	}
	return -ENOENT;
}

/* boot_id: APIC ID of CPU 0, which is always on-line. */
static int by_cpuinfo(const char *host, uint32_t linux_cpu, uint32_t *apic_id, uint32_t *boot_id)
{
	char path[256], line[1024];
	unsigned int cpu = BH_ID_NONE, id;
	int ret = -ENOENT;
	FILE *f;

	snprintf(path, sizeof(path), "%s/proc/cpuinfo", host);
	f = fopen(path, "r");
	if (!f)
		return -ENOENT;
	while (fgets(line, sizeof(line), f)) {
		sscanf(line, "processor : %u", &cpu);
		if (sscanf(line, "apicid : %u", &id) != 1)
			continue;
		if (cpu == 0)
			*boot_id = id;
		if (cpu != linux_cpu)
			continue;
		*apic_id = id;
		ret = 0;
	}
	fclose(f);
	return ret;
}

static uint32_t le32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* An enabled CPU's APIC ID, or BH_ADDR_NONE. */
static uint64_t madt_cpu(const uint8_t *entry)
{
	if (entry[0] == MADT_APIC && entry[1] >= 8 && (le32(entry + 4) & MADT_ENABLED))
		return entry[3];
	if (entry[0] == MADT_X2APIC && entry[1] >= 16 && (le32(entry + 8) & MADT_ENABLED))
		return le32(entry + 4);
	return BH_ADDR_NONE;
}

/* Linux gives number 0 to the CPU it started on and the others numbers in the table's order. */
static int by_madt(const char *host, uint32_t linux_cpu, uint32_t boot_id, uint32_t *apic_id)
{
	static uint8_t table[MADT_MAX];
	char path[256];
	size_t size, at;
	uint32_t next = 1;
	FILE *f;

	snprintf(path, sizeof(path), "%s/sys/firmware/acpi/tables/APIC", host);
	f = fopen(path, "r");
	if (!f)
		return -ENOENT;
	size = fread(table, 1, sizeof(table), f);
	fclose(f);
	for (at = MADT_ENTRIES; at + 2 <= size; at += table[at + 1]) {
		uint64_t id;

		if (table[at + 1] < 2 || at + table[at + 1] > size)
			return -ENOENT;
		id = madt_cpu(table + at);
		if (id == BH_ADDR_NONE || id == boot_id || next++ != linux_cpu)
			continue;
		*apic_id = (uint32_t)id;
		return 0;
	}
	return -ENOENT;
}

int describe_apic_id_at(const char *host, uint32_t linux_cpu, uint32_t *apic_id)
{
	uint32_t boot_id = 0;

	if (!by_cpuinfo(host, linux_cpu, apic_id, &boot_id))
		return 0;
	return linux_cpu ? by_madt(host, linux_cpu, boot_id, apic_id) : -ENOENT;
}

int describe_apic_id(const struct description *system, uint32_t linux_cpu, uint32_t *apic_id)
{
	if (system)
		return by_system(system, linux_cpu, apic_id);
	return describe_apic_id_at("", linux_cpu, apic_id);
}
