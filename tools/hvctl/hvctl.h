/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the commands of hvctl share: exit codes, the options that main.c has parsed, the
 * commands themselves, and how messages are written.
 */
#ifndef HVCTL_H
#define HVCTL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum exit_code {
	EXIT_OK = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_DESCRIPTION = 3,
	EXIT_NOT_ENABLED = 4,
	EXIT_TIMEOUT = 5,
	EXIT_BUSY = 6,
	EXIT_CELL = 7, /* the cell of `cell run` crashed or failed */
};

struct options {
	bool json;
	bool follow;
	bool force;
	bool keep;
	bool poll;
	bool reset_baseline;
	bool since;
	uint32_t timeout_ms; /* 0: not given */
	uint32_t interval_ms;
	uint32_t count;
	uint32_t size;
	uint32_t peer;	  /* BH_ID_NONE: not given */
	uint64_t address; /* BH_ADDR_NONE: not given, as the next */
	uint64_t entry;
	const char *mode; /* NULL: not given, as the next */
	const char *cell;
	const char *system;
	const char *initrd;
	const char *cmdline;
};

struct command {
	const char *name;
	const char *arguments;
	const char *options; /* letters of options.c that it takes, besides -h */
	int arguments_min;
	int arguments_max; /* -1: any number */
	int (*run)(const struct options *o, int argc, char **argv);
	const char *summary;
	const char *help;
	const char *exits;
};

/* options.c. Returns the index of the first argument, or -1 after a message. *help is set
 * where -h was found. */
int options_parse(struct options *o, const struct command *c, int argc, char **argv, bool *help);
void options_print(FILE *f, const struct command *c);

/* commands.c */
extern const struct command commands[];
extern const unsigned int command_count;

int cmd_enable(const struct options *o, int argc, char **argv);
int cmd_disable(const struct options *o, int argc, char **argv);
int cmd_status(const struct options *o, int argc, char **argv);
int cmd_cell_create(const struct options *o, int argc, char **argv);
int cmd_cell_load(const struct options *o, int argc, char **argv);
int cmd_cell_start(const struct options *o, int argc, char **argv);
int cmd_cell_shutdown(const struct options *o, int argc, char **argv);
int cmd_cell_restart(const struct options *o, int argc, char **argv);
int cmd_cell_destroy(const struct options *o, int argc, char **argv);
int cmd_cell_list(const struct options *o, int argc, char **argv);
int cmd_cell_show(const struct options *o, int argc, char **argv);
int cmd_cell_run(const struct options *o, int argc, char **argv);
int cmd_console(const struct options *o, int argc, char **argv);
int cmd_stats(const struct options *o, int argc, char **argv);
int cmd_events(const struct options *o, int argc, char **argv);
int cmd_link_list(const struct options *o, int argc, char **argv);
int cmd_link_ping(const struct options *o, int argc, char **argv);
int cmd_link_bench(const struct options *o, int argc, char **argv);
int cmd_root_load(const struct options *o, int argc, char **argv);
int cmd_root_unload(const struct options *o, int argc, char **argv);
int cmd_root_status(const struct options *o, int argc, char **argv);
int cmd_check(const struct options *o, int argc, char **argv);
int cmd_config(const struct options *o, int argc, char **argv);

/* Writes "hvctl: ..." and a newline to stderr; returns code. */
int fail(enum exit_code code, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
