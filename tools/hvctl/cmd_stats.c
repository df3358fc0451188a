// SPDX-License-Identifier: GPL-2.0-only
/*
 * hvctl stats: exits per CPU and cause; all of them, since a baseline, or as they come.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "device.h"
#include "json.h"
#include "names.h"
#include "start_file.h"
#include "watch.h"

#define INTERVAL_MS 1000

struct snapshot {
	uint64_t at_ns;
	struct bh_cpu_public cpu[BH_MAX_CPUS];
};

static const char *owner_name(const struct bh_public *p, uint32_t id)
{
	for (unsigned int i = 0; i < BH_MAX_CELLS; i++)
		if (p->cell[i].state != BH_CELL_NONE && p->cell[i].id == id)
			return p->cell[i].name;
	return "?";
}

/* now - then; a counter that went back belongs to another enable and counts from zero. */
static uint64_t since(uint64_t now, uint64_t then)
{
	return now >= then ? now - then : now;
}

static void subtract(struct bh_cpu_public *c, const struct bh_cpu_public *then)
{
	c->nmi_forwarded = since(c->nmi_forwarded, then->nmi_forwarded);
	c->nmi_kicks = since(c->nmi_kicks, then->nmi_kicks);
	for (unsigned int e = 0; e < BH_EXIT_CAUSES; e++)
		c->exits[e] = since(c->exits[e], then->exits[e]);
}

static uint64_t total(const struct bh_cpu_public *c)
{
	uint64_t sum = 0;

	for (unsigned int e = 0; e < BH_EXIT_CAUSES; e++)
		sum += c->exits[e];
	return sum;
}

static bool wanted(const struct bh_public *p, const struct bh_cpu_public *c, const char *cell)
{
	return c->state != BH_CPU_ABSENT && (!cell || !strcmp(owner_name(p, c->cell), cell));
}

static void print_json(const struct bh_public *p, const char *cell, double seconds)
{
	struct json j;

	json_begin(&j, stdout);
	json_object(&j, NULL);
	if (seconds >= 0)
		json_real(&j, "seconds", seconds);
	json_array(&j, "cpus");
	for (uint32_t i = 0; i < p->cpu_count; i++) {
		const struct bh_cpu_public *c = &p->cpu[i];

		if (!wanted(p, c, cell))
			continue;
		json_object(&j, NULL);
		json_number(&j, "cpu", c->apic_id);
		json_string(&j, "cell", owner_name(p, c->cell));
		json_string(&j, "state", cpu_state_name(c->state));
		json_number(&j, "total", total(c));
		json_number(&j, "nmi_forwarded", c->nmi_forwarded);
		json_number(&j, "nmi_kicks", c->nmi_kicks);
		json_object(&j, "exits");
		for (unsigned int e = 0; e < BH_EXIT_CAUSES; e++)
			json_number(&j, bh_exit_name[e], c->exits[e]);
		json_object_end(&j);
		json_object_end(&j);
	}
	json_array_end(&j);
	json_object_end(&j);
}

/* Columns for the causes that any CPU has, so that the table stays narrow. */
static void print_text(const struct bh_public *p, const char *cell, double seconds)
{
	bool seen[BH_EXIT_CAUSES] = { false };
	int width = public_name_width(p);

	for (uint32_t i = 0; i < p->cpu_count; i++)
		for (unsigned int e = 0; e < BH_EXIT_CAUSES; e++)
			seen[e] |= wanted(p, &p->cpu[i], cell) && p->cpu[i].exits[e];
	if (seconds >= 0)
		printf("in %.3f s:\n", seconds);
	printf("%-4s %-*s %-8s %10s", "CPU", width, "CELL", "STATE", "total");
	for (unsigned int e = 0; e < BH_EXIT_CAUSES; e++)
		if (seen[e])
			printf(" %10s", bh_exit_name[e]);
	putchar('\n');
	for (uint32_t i = 0; i < p->cpu_count; i++) {
		const struct bh_cpu_public *c = &p->cpu[i];

		if (!wanted(p, c, cell))
			continue;
		printf("%-4u %-*s %-8s %10" PRIu64, c->apic_id, width, owner_name(p, c->cell),
		       cpu_state_name(c->state), total(c));
		for (unsigned int e = 0; e < BH_EXIT_CAUSES; e++)
			if (seen[e])
				printf(" %10" PRIu64, c->exits[e]);
		putchar('\n');
	}
	fflush(stdout);
}

static void print(const struct options *o, const struct bh_public *p, double seconds)
{
	(o->json ? print_json : print_text)(p, o->cell, seconds);
}

static void take(struct snapshot *s, const struct bh_public *p)
{
	s->at_ns = watch_now_ns();
	memcpy(s->cpu, p->cpu, sizeof(s->cpu));
}

static int write_baseline(const struct bh_public *p)
{
	struct snapshot s;
	char path[128];
	FILE *f = fopen(run_path("stats", "baseline", path, sizeof(path)), "w");
	bool bad;

	if (!f)
		return fail(EXIT_FAILED, "%s: %s", path, strerror(errno));
	take(&s, p);
	bad = fwrite(&s, sizeof(s), 1, f) != 1;
	bad |= fclose(f) != 0;
	return bad ? fail(EXIT_FAILED, "%s: %s", path, strerror(errno)) : EXIT_OK;
}

static int read_baseline(struct snapshot *s)
{
	char path[128];
	FILE *f = fopen(run_path("stats", "baseline", path, sizeof(path)), "r");
	bool whole;

	if (!f)
		return fail(EXIT_FAILED, "there is no baseline (hvctl stats --reset-baseline)");
	whole = fread(s, sizeof(*s), 1, f) == 1;
	fclose(f);
	return whole ? EXIT_OK :
		       fail(EXIT_FAILED,
			    "%s is damaged; make a new one with "
			    "hvctl stats --reset-baseline",
			    path);
}

static void print_since(const struct options *o, struct bh_public *p, const struct snapshot *then)
{
	uint64_t now_ns = watch_now_ns();

	for (uint32_t i = 0; i < p->cpu_count; i++)
		subtract(&p->cpu[i], &then->cpu[i]);
	print(o, p, (double)since(now_ns, then->at_ns) / 1e9);
}

static int follow(const struct options *o, int fd, struct bh_public *p)
{
	uint64_t deadline = watch_deadline(o->timeout_ms), next;
	struct snapshot then;
	int code = EXIT_OK;

	watch_signals();
	take(&then, p);
	next = then.at_ns;
	while (!code) {
		struct snapshot now;

		next += (o->interval_ms ? o->interval_ms : INTERVAL_MS) * UINT64_C(1000000);
		while (watch_now_ns() < next) {
			uint32_t rest_ms = (uint32_t)((next - watch_now_ns()) / 1000000 + 1);

			if (!watch_pause(-1, rest_ms, deadline))
				return EXIT_OK;
		}
		code = device_public(fd, p);
		if (code)
			break;
		take(&now, p);
		print_since(o, p, &then);
		then = now;
	}
	return code;
}

int cmd_stats(const struct options *o, int argc, char **argv)
{
	struct bh_public *p = xmalloc(sizeof(*p));
	const struct bh_cell_public *cell;
	struct snapshot baseline;
	int fd, code = device_open_public(&fd, p);

	(void)argc, (void)argv;
	if (!code && o->cell)
		code = device_cell(p, o->cell, &cell);
	if (!code && o->since)
		code = read_baseline(&baseline);
	if (!code && o->follow)
		code = follow(o, fd, p);
	else if (!code && o->since)
		print_since(o, p, &baseline);
	else if (!code && o->reset_baseline)
		code = write_baseline(p);
	else if (!code)
		print(o, p, -1);
	free(p);
	return code;
}
