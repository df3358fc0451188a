// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program that uses an I/O port, for tests:
 *
 *	port each PORT		on each of Linux's CPUs: writes 64 + the CPU's number, and prints what is read then
 *	port read PORT		prints a byte
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>

#define FIRST 64

static int each(unsigned short port)
{
	cpu_set_t all, one;

	if (sched_getaffinity(0, sizeof(all), &all))
		return 1;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &all))
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		if (sched_setaffinity(0, sizeof(one), &one)) /* it belongs to a cell */
			continue;
		outb((unsigned char)(FIRST + cpu), port);
		printf("%d ", inb(port));
	}
	return 0;
}

int main(int argc, char **argv)
{
	unsigned short port = argc == 3 ? (unsigned short)strtoul(argv[2], NULL, 0) : 0;

	if (!port || ioperm(port, 1, 1)) {
		perror("port");
		return 1;
	}
	if (!strcmp(argv[1], "each"))
		return each(port);
	printf("%d\n", inb(port));
	return 0;
}
