// SPDX-License-Identifier: GPL-2.0-only
/*
 * hvctl: finds the command, parses its options, runs it.
 */
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <bulkhead/hypercall.h>
#include "hvctl.h"

#ifndef HVCTL_VERSION
#define HVCTL_VERSION "0.1"
#endif

int fail(enum exit_code code, const char *format, ...)
{
	va_list ap;

	fflush(stdout);
	fputs("hvctl: ", stderr);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	return code;
}

static void print_usage(FILE *f)
{
	fputs("usage: hvctl COMMAND [OPTION]... [ARGUMENT]...\n\n", f);
	for (unsigned int i = 0; i < command_count; i++)
		fprintf(f, "  %-14s %-22s %s\n", commands[i].name, commands[i].arguments,
			commands[i].summary);
	fputs("\nhvctl COMMAND --help tells more. Exit codes: 0 done, 1 failed, 2 wrong usage,\n"
	      "3 wrong description, 4 not enabled or no driver, 5 timeout, 6 busy or exists\n"
	      "already, 7 the cell crashed or failed (cell run).\n",
	      f);
}

static void print_help(const struct command *c)
{
	printf("usage: hvctl %s [OPTION]... %s\n\n%s\n\nOptions:\n", c->name, c->arguments,
	       c->help);
	options_print(stdout, c);
	printf("\nExit codes: %s\n", c->exits);
}

/* Words of the command's name that argv begins with, or 0: it is another command. */
static int matches(const struct command *c, int argc, char **argv)
{
	const char *space = strchr(c->name, ' ');
	size_t first = space ? (size_t)(space - c->name) : strlen(c->name);

	if (argc < 1 || strlen(argv[0]) != first || strncmp(argv[0], c->name, first))
		return 0;
	if (!space)
		return 1;
	return argc >= 2 && !strcmp(argv[1], space + 1) ? 2 : 0;
}

/* "hvctl cell" and "hvctl cell --help" list the commands of that group. */
static int print_group(const char *word)
{
	size_t length = strlen(word);
	bool found = false;

	for (unsigned int i = 0; i < command_count; i++) {
		const struct command *c = &commands[i];

		if (strncmp(c->name, word, length) || c->name[length] != ' ')
			continue;
		found = true;
		fprintf(stderr, "  hvctl %s %s\n      %s\n", c->name, c->arguments, c->summary);
	}
	if (!found)
		fail(EXIT_USAGE, "\"%s\" is no command; hvctl --help lists them", word);
	return EXIT_USAGE;
}

static int run(const struct command *c, int argc, char **argv)
{
	struct options o;
	bool help;
	int count;

	if (c->run == cmd_config) /* its options are not ours */
		return c->run(NULL, argc, argv);
	count = options_parse(&o, c, argc, argv, &help);
	if (help) {
		print_help(c);
		return EXIT_OK;
	}
	if (count < 0)
		return EXIT_USAGE;
	if (count - 1 < c->arguments_min ||
	    (c->arguments_max >= 0 && count - 1 > c->arguments_max)) {
		fail(EXIT_USAGE, "%s takes: %s", c->name, *c->arguments ? c->arguments : "nothing");
		fprintf(stderr, "Try: hvctl %s --help\n", c->name);
		return EXIT_USAGE;
	}
	return c->run(&o, count - 1, argv + 1);
}

int main(int argc, char **argv)
{
	int code;

	signal(SIGPIPE, SIG_DFL);
	/* a message is written whole or not at all, whoever else writes or ends us */
	setvbuf(stderr, NULL, _IOLBF, 0);
	if (argc < 2) {
		print_usage(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		print_usage(stdout);
		return EXIT_OK;
	}
	if (!strcmp(argv[1], "--version")) {
		printf("hvctl %s, interface %d\n", HVCTL_VERSION, BH_ABI);
		return EXIT_OK;
	}
	for (unsigned int i = 0; i < command_count; i++) {
		int words = matches(&commands[i], argc - 1, argv + 1);

		if (!words)
			continue;
		code = run(&commands[i], argc - words, argv + words);
		if (fflush(stdout) || ferror(stdout))
			return fail(EXIT_FAILED, "cannot write the output");
		return code;
	}
	return print_group(argv[1]);
}
