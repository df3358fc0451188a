/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bh-demo: Linux's side of the demo, called step by step by the script beside it.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "bh-demo.h"

int complain(const char *format, ...)
{
	va_list args;

	fputs("bh-demo: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return 1;
}

uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

void sleep_ms(unsigned int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000l };

	while (nanosleep(&t, &t) && errno == EINTR)
		;
}

/* time FILE NAME COMMAND...: appends "NAME milliseconds" to FILE, ends as the command did. */
int cmd_time(int argc, char **argv)
{
	uint64_t start = now_ns();
	int status = 0;
	FILE *file;
	pid_t pid;

	if (argc < 3)
		return complain("time: FILE NAME COMMAND...");
	pid = fork();
	if (pid == 0) {
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return complain("cannot run %s: %s", argv[2], strerror(errno));
	start = now_ns() - start;
	file = fopen(argv[0], "a");
	if (!file)
		return complain("%s: %s", argv[0], strerror(errno));
	fprintf(file, "%s %.1f\n", argv[1], (double)start / 1e6);
	fclose(file);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
} commands[] = {
	{ "feed", cmd_feed, "LINK CELL SECONDS: set-points and telemetry at 1 kHz, measured" },
	{ "watch", cmd_watch,
	  "LINK CELL: the same until each line of input, then anew; and memory" },
	{ "crash", cmd_crash, "LINK: order the cell to crash, time until Linux knows" },
	{ "load", cmd_load, "SECONDS: keep Linux busy: CPU, memory, interrupts" },
	{ "time", cmd_time, "FILE NAME COMMAND...: note how long a command took" },
};

int main(int argc, char **argv)
{
	unsigned int i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (argc > 1 && !strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 2, argv + 2);
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		fprintf(stderr, "bh-demo %s %s\n", commands[i].name, commands[i].help);
	return 2;
}
