/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of bh-demo, the program behind the demo script. */
#ifndef BH_DEMO_PARTS_H
#define BH_DEMO_PARTS_H

#include <stdint.h>
#include <bulkhead/demo.h>
#include <bulkhead/public.h>

/* Prints to stderr and returns 1. */
int complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

uint64_t now_ns(void);
void sleep_ms(unsigned int ms);

/* counters.c: exits of the one CPU of a cell. 0, or 1 after a message. */
struct counters {
	uint64_t exits[BH_EXIT_CAUSES];
	int x2apic; /* the machine's mode */
};
int counters_read(const char *cell, struct counters *c);
const char *counters_cause(unsigned int cause);

/* Commands; each gets what stands behind its name and returns the exit status. */
int cmd_feed(int argc, char **argv);
int cmd_watch(int argc, char **argv);
int cmd_crash(int argc, char **argv);
int cmd_load(int argc, char **argv);
int cmd_time(int argc, char **argv);

#endif
