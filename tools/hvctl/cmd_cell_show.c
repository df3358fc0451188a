// SPDX-License-Identifier: GPL-2.0-only
/*
 * hvctl cell list, show.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "device.h"
#include "json.h"
#include "names.h"

static void put_cpus_json(struct json *j, const struct bh_public *p, uint32_t id)
{
	json_array(j, "cpus");
	for (uint32_t i = 0; i < p->cpu_count; i++)
		if (p->cpu[i].cell == id && p->cpu[i].state != BH_CPU_ABSENT)
			json_number(j, NULL, p->cpu[i].apic_id);
	json_array_end(j);
}

static const char *cpus_text(const struct bh_public *p, uint32_t id, char *buffer, size_t size)
{
	size_t at = 0;

	buffer[0] = 0;
	for (uint32_t i = 0; i < p->cpu_count; i++) {
		if (p->cpu[i].cell != id || p->cpu[i].state == BH_CPU_ABSENT)
			continue;
		at += (size_t)snprintf(buffer + at, size - at, "%s%u", at ? "," : "",
				       p->cpu[i].apic_id);
		if (at >= size)
			break;
	}
	return buffer;
}

static void put_cell_json(struct json *j, const struct bh_public *p, const struct bh_cell_public *c)
{
	char text[160];

	json_string(j, "name", c->name);
	json_number(j, "id", c->id);
	json_string(j, "state", cell_state_name(c->state));
	put_cpus_json(j, p, c->id);
	json_number(j, "memory_bytes", c->memory);
	json_number(j, "starts", c->epoch);
	json_signed(j, "exit_code", c->exit_code);
	json_number(j, "stray", c->stray);
	json_number(j, "faults", c->faults);
	if (c->state != BH_CELL_CRASHED)
		return;
	json_object(j, "report");
	json_string(j, "text", report_text(&c->report, text, sizeof(text)));
	json_string(j, "remedy", report_remedy(&c->report));
	json_string(j, "cause", exit_name(c->report.cause));
	json_number(j, "cpu", c->report.cpu);
	json_address(j, "address", c->report.address);
	json_address(j, "value", c->report.value);
	json_address(j, "rip", c->report.rip);
	json_number(j, "access", c->report.access);
	json_number(j, "width", c->report.width);
	json_object_end(j);
}

static void list_text(const struct bh_public *p)
{
	int width = public_name_width(p);
	char cpus[64];

	printf("%-3s %-*s %-8s %-12s %12s %7s %5s\n", "ID", width, "NAME", "STATE", "CPUS",
	       "MEMORY KiB", "STARTS", "EXIT");
	for (unsigned int i = 0; i < BH_MAX_CELLS; i++) {
		const struct bh_cell_public *c = &p->cell[i];

		if (c->state == BH_CELL_NONE)
			continue;
		printf("%-3u %-*s %-8s %-12s %12" PRIu64 " %7u", c->id, width, c->name,
		       cell_state_name(c->state), cpus_text(p, c->id, cpus, sizeof(cpus)),
		       c->memory / 1024, c->epoch);
		if (c->state == BH_CELL_DONE || c->state == BH_CELL_FAILED)
			printf(" %5d", c->exit_code);
		putchar('\n');
	}
}

int cmd_cell_list(const struct options *o, int argc, char **argv)
{
	struct bh_public *p = xmalloc(sizeof(*p));
	struct json j;
	int fd, code = device_open_public(&fd, p);

	(void)argc, (void)argv;
	if (!code && o->json) {
		json_begin(&j, stdout);
		json_array(&j, NULL);
		for (unsigned int i = 0; i < BH_MAX_CELLS; i++) {
			if (p->cell[i].state == BH_CELL_NONE)
				continue;
			json_object(&j, NULL);
			put_cell_json(&j, p, &p->cell[i]);
			json_object_end(&j);
		}
		json_array_end(&j);
	} else if (!code) {
		list_text(p);
	}
	free(p);
	return code;
}

static void show_json(const struct bh_public *p, const struct bh_cell_public *c,
		      const struct bh_info *info, const struct bh_status *status)
{
	struct json j;

	json_begin(&j, stdout);
	json_object(&j, NULL);
	put_cell_json(&j, p, c);
	if (info) {
		json_number(&j, "heartbeat", status->heartbeat);
		json_number(&j, "progress", status->progress);
		json_number(&j, "tsc_hz", info->tsc_hz);
		json_address(&j, "entry", info->entry_gpa);
		json_array(&j, "memory");
		for (uint32_t i = 0; i < info->memory_count; i++) {
			json_object(&j, NULL);
			json_address(&j, "gpa", info->memory[i].gpa);
			json_number(&j, "bytes", info->memory[i].size);
			json_number(&j, "flags", info->memory[i].flags);
			json_object_end(&j);
		}
		json_array_end(&j);
		json_array(&j, "links");
		for (uint32_t i = 0; i < info->link_count; i++) {
			json_object(&j, NULL);
			json_bytes(&j, "name", info->link[i].name,
				   strnlen(info->link[i].name, BH_NAME_LEN));
			json_number(&j, "peer", info->link[i].peer);
			json_number(&j, "peers", info->link[i].peers);
			json_address(&j, "gpa", info->link[i].gpa);
			json_number(&j, "bytes", info->link[i].size);
			json_object_end(&j);
		}
		json_array_end(&j);
	}
	json_object_end(&j);
}

static void show_info(const struct bh_info *info, const struct bh_status *status)
{
	printf("heartbeat: %" PRIu64 ", progress %u\n", status->heartbeat, status->progress);
	printf("entry:     0x%" PRIx64 "\n", info->entry_gpa);
	for (uint32_t i = 0; i < info->memory_count; i++)
		printf("memory:    0x%" PRIx64 "-0x%" PRIx64 " %s%s%s\n", info->memory[i].gpa,
		       info->memory[i].gpa + info->memory[i].size - 1,
		       info->memory[i].flags & BH_MEM_READ ? "r" : "-",
		       info->memory[i].flags & BH_MEM_WRITE ? "w" : "-",
		       info->memory[i].flags & BH_MEM_EXEC ? "x" : "-");
	for (uint32_t i = 0; i < info->link_count; i++)
		printf("link:      %.*s, peer %u of %u, at 0x%" PRIx64 ", device %02x:%02x.%u\n",
		       BH_NAME_LEN, info->link[i].name, info->link[i].peer, info->link[i].peers,
		       info->link[i].gpa, info->link[i].bdf >> 8, info->link[i].bdf >> 3 & 31,
		       info->link[i].bdf & 7);
}

static void show_text(const struct bh_public *p, const struct bh_cell_public *c,
		      const struct bh_info *info, const struct bh_status *status)
{
	char cpus[4 * BH_MAX_CPUS], text[160];

	printf("cell:      %s (id %u)\nstate:     %s", c->name, c->id, cell_state_name(c->state));
	if (c->state == BH_CELL_DONE || c->state == BH_CELL_FAILED)
		printf(", exit code %d", c->exit_code);
	printf("\ncpus:      %s\nmemory:    %" PRIu64 " KiB\nstarts:    %u\n",
	       cpus_text(p, c->id, cpus, sizeof(cpus)), c->memory / 1024, c->epoch);
	if (c->stray)
		printf("stray:     %" PRIu64 " accesses ignored\n", c->stray);
	if (c->faults)
		printf("faults:    %" PRIu64
		       " accesses of its devices stopped (hvctl events tells which)\n",
		       c->faults);
	if (info)
		show_info(info, status);
	if (c->state == BH_CELL_CRASHED)
		printf("report:    %s\nremedy:    %s\n",
		       report_text(&c->report, text, sizeof(text)), report_remedy(&c->report));
}

int cmd_cell_show(const struct options *o, int argc, char **argv)
{
	struct bh_public *p = xmalloc(sizeof(*p));
	const struct bh_cell_public *c = NULL;
	struct bh_status status = { 0 };
	struct bh_info info;
	bool has_info;
	int fd, code = device_open_public(&fd, p);

	(void)argc;
	if (!code)
		code = device_cell(p, argv[0], &c);
	if (!code) {
		has_info = c->id && !device_cell_info(fd, c, &info) &&
			   !device_read(fd, BH_READ_COMM, c->id, BH_COMM_STATUS, &status,
					sizeof(status));
		(o->json ? show_json : show_text)(p, c, has_info ? &info : NULL, &status);
	}
	free(p);
	return code;
}
