// SPDX-License-Identifier: GPL-2.0-only
/*
 * Options of all commands, in one table; each command names the letters it takes.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <bulkhead/types.h>
#include "hvctl.h"

#define TIMEOUT_MAX_S 86400

struct option_text {
	char letter;
	bool is_short;
	const char *name;
	const char *argument; /* NULL: takes none */
	const char *text;
};

static const struct option_text texts[] = {
	{ 'j', false, "json", NULL, "print JSON" },
	{ 't', false, "timeout", "SECONDS", "give up after this time (fractions are allowed)" },
	{ 'f', true, "follow", NULL, "go on printing what comes, until ^C or --timeout" },
	{ 'F', false, "force", NULL, "park the cell at once, whatever it is doing" },
	{ 'k', false, "keep", NULL, "leave the cell as it is at the end" },
	{ 'a', false, "address", "GPA", "the image is raw and goes to this address" },
	{ 'e', false, "entry", "GPA", "start here instead of where the image says" },
	{ 'm', false, "mode", "MODE",
	  "flat32 (32-bit protected, no paging) or reset16 (real mode)" },
	{ 'c', false, "cell", "NAME", "this cell only" },
	{ 's', false, "system", "FILE", "the system description to check against" },
	{ 'I', false, "initrd", "FILE", "the initramfs" },
	{ 'C', false, "cmdline", "TEXT", "the kernel's arguments (those of this Linux)" },
	{ 'i', false, "interval", "SECONDS", "time between two outputs or messages" },
	{ 'n', false, "count", "N", "how many messages" },
	{ 'z', false, "size", "BYTES", "payload of a message" },
	{ 'p', false, "peer", "ID", "the peer to talk to (the first that is ready)" },
	{ 'P', false, "poll", NULL, "poll the memory, no doorbells" },
	{ 'R', false, "reset-baseline", NULL, "remember the present counts for --since" },
	{ 'S', false, "since", NULL, "count from the last --reset-baseline" },
	{ 'h', true, "help", NULL, "print this" },
};
#define TEXTS (sizeof(texts) / sizeof(texts[0]))

static bool takes(const struct command *c, char letter)
{
	return letter == 'h' || strchr(c->options, letter);
}

void options_print(FILE *f, const struct command *c)
{
	for (size_t i = 0; i < TEXTS; i++) {
		char head[40];
		const struct option_text *t = &texts[i];

		if (!takes(c, t->letter))
			continue;
		snprintf(head, sizeof(head), "%c%c%s--%s%s%s", t->is_short ? '-' : ' ',
			 t->is_short ? t->letter : ' ', t->is_short ? ", " : "  ", t->name,
			 t->argument ? " " : "", t->argument ? t->argument : "");
		fprintf(f, "  %-26s %s\n", head, t->text);
	}
}

static int parse_u64(const char *name, const char *s, uint64_t max, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(s, &end, 0);
	if (!*s || *s == '-' || *end || errno || *out > max)
		return fail(EXIT_USAGE, "--%s: \"%s\" is no number from 0 to %llu", name, s,
			    (unsigned long long)max);
	return 0;
}

static int parse_u32(const char *name, const char *s, uint32_t max, uint32_t *out)
{
	uint64_t v = 0;
	int code = parse_u64(name, s, max, &v);

	*out = (uint32_t)v;
	return code;
}

static int parse_seconds(const char *name, const char *s, uint32_t *out_ms)
{
	char *end;
	double v = strtod(s, &end);

	if (!*s || *end || !(v >= 0.001 && v <= TIMEOUT_MAX_S))
		return fail(EXIT_USAGE, "--%s: \"%s\" is no number of seconds from 0.001 to %d",
			    name, s, TIMEOUT_MAX_S);
	*out_ms = (uint32_t)(v * 1000 + 0.5);
	return 0;
}

static int parse_mode(const char *s)
{
	if (strcmp(s, "flat32") && strcmp(s, "reset16"))
		return fail(EXIT_USAGE, "--mode: \"%s\" is neither flat32 nor reset16", s);
	return 0;
}

static int apply(struct options *o, const struct option_text *t, const char *arg)
{
	switch (t->letter) {
	case 'j':
		o->json = true;
		return 0;
	case 'f':
		o->follow = true;
		return 0;
	case 'F':
		o->force = true;
		return 0;
	case 'k':
		o->keep = true;
		return 0;
	case 'P':
		o->poll = true;
		return 0;
	case 'R':
		o->reset_baseline = true;
		return 0;
	case 'S':
		o->since = true;
		return 0;
	case 't':
		return parse_seconds(t->name, arg, &o->timeout_ms);
	case 'i':
		return parse_seconds(t->name, arg, &o->interval_ms);
	case 'a':
		return parse_u64(t->name, arg, UINT64_MAX - 1, &o->address);
	case 'e':
		return parse_u64(t->name, arg, UINT32_MAX, &o->entry);
	case 'n':
		return parse_u32(t->name, arg, 100000000, &o->count);
	case 'z':
		return parse_u32(t->name, arg, UINT32_MAX, &o->size);
	case 'p':
		return parse_u32(t->name, arg, 255, &o->peer);
	case 'm':
		o->mode = arg;
		return parse_mode(arg);
	case 'c':
		o->cell = arg;
		return 0;
	case 'I':
		o->initrd = arg;
		return 0;
	case 'C':
		o->cmdline = arg;
		return 0;
	default:
		o->system = arg;
		return 0;
	}
}

/* getopt's tables for one command; options it does not take are unknown to it. */
static void make_tables(const struct command *c, struct option *longs, char *shorts)
{
	*shorts++ = '-'; /* arguments and options in any order: getopt returns arguments as 1 */
	for (size_t i = 0; i < TEXTS; i++) {
		if (!takes(c, texts[i].letter))
			continue;
		*longs++ = (struct option){ texts[i].name,
					    texts[i].argument ? required_argument : no_argument,
					    NULL, texts[i].letter };
		if (texts[i].is_short)
			*shorts++ = texts[i].letter;
	}
	*longs = (struct option){ 0 };
	*shorts = 0;
}

static const struct option_text *find_letter(int letter)
{
	for (size_t i = 0; i < TEXTS; i++)
		if (texts[i].letter == letter)
			return &texts[i];
	return NULL;
}

int options_parse(struct options *o, const struct command *c, int argc, char **argv, bool *help)
{
	struct option longs[TEXTS + 1];
	char shorts[TEXTS + 2];
	int letter, kept = 1;

	*o = (struct options){ .address = BH_ADDR_NONE, .entry = BH_ADDR_NONE, .peer = BH_ID_NONE };
	*help = false;
	make_tables(c, longs, shorts);
	optind = 1;
	argv[0] = "hvctl"; /* the name in getopt's messages */
	while ((letter = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		if (letter == 1) {
			argv[kept++] = optarg;
		} else if (letter == 'h') {
			*help = true;
		} else if (letter == '?' || apply(o, find_letter(letter), optarg)) {
			fprintf(stderr, "Try: hvctl %s --help\n", c->name);
			return -1;
		}
	}
	while (optind < argc)
		argv[kept++] = argv[optind++];
	return kept;
}
