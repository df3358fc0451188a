// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a program may and may not do with the maps of a link's UIO device.
 *
 *	link-maps check UIO	UIO as "uio0": protections, sizes, what is mapped where; prints each
 *				fault, status 1 if any
 *	link-maps hold UIO	maps a section, prints "mapped", and waits for the link to go away:
 *				prints "gone" once access raises SIGBUS and read() reports EIO
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <bulkhead/uio.h>

#define PAGE 4096ul
#define MAPS 5
#define HOLD_LIMIT_S 60

static sigjmp_buf on_fault;
static int failures;

static void fault(int signal)
{
	siglongjmp(on_fault, signal);
}

/* 0, or the signal that the access raised. */
static int touch(volatile uint32_t *at, int write)
{
	int signal = sigsetjmp(on_fault, 1);
	uint32_t value;

	if (signal)
		return signal;
	value = *at;
	if (write)
		*at = value;
	return 0;
}

static void require(int good, const char *map, const char *what)
{
	if (good)
		return;
	printf("%s: %s\n", map, what);
	failures++;
}

static int attribute(const char *uio, int map, const char *name, char *text, int size)
{
	char path[128];
	FILE *file;
	int found;

	snprintf(path, sizeof(path), "/sys/class/uio/%s/maps/map%d/%s", uio, map, name);
	file = fopen(path, "r");
	if (!file)
		return 0;
	found = fgets(text, size, file) != NULL;
	fclose(file);
	text[strcspn(text, "\n")] = 0;
	return found;
}

static void check_map(int fd, int map, const char *name, unsigned long size)
{
	int read_only = !strcmp(name, BH_UIO_MAP_STATE) || !strcmp(name, BH_UIO_MAP_OUTPUTS);
	void *at;

	at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, map * PAGE);
	if (read_only)
		require(at == MAP_FAILED && errno == EACCES, name, "can be mapped writable");
	else
		require(at != MAP_FAILED && !touch(at, strcmp(name, BH_UIO_MAP_REGISTERS)), name,
			"cannot be written");
	at = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, map * PAGE);
	require(at != MAP_FAILED && !touch(at, 0), name, "cannot be read");
	if (read_only)
		require(mprotect(at, size, PROT_READ | PROT_WRITE), name, "can be made writable");
	require(mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, map * PAGE) == MAP_FAILED, name,
		"can be mapped private");
	require(mmap(NULL, size + PAGE, PROT_READ, MAP_SHARED, fd, map * PAGE) == MAP_FAILED, name,
		"can be mapped beyond its end");
}

static int map_named(const char *uio, const char *wanted, unsigned long *bytes)
{
	char name[64], size[64];
	int map;

	for (map = 0; map < MAPS; map++) {
		if (!attribute(uio, map, "name", name, sizeof(name)) || strcmp(name, wanted) ||
		    !attribute(uio, map, "size", size, sizeof(size)))
			continue;
		*bytes = strtoul(size, NULL, 0);
		return map;
	}
	return -1;
}

/* What is written to the last page of this end's section is seen among the sections of all, in a
 * map of which the first page has been given up. */
static void check_rest_of_map(const char *uio, int fd)
{
	unsigned long one, all, page;
	int output = map_named(uio, BH_UIO_MAP_OUTPUT, &one);
	int outputs = map_named(uio, BH_UIO_MAP_OUTPUTS, &all);
	volatile uint32_t *mine;
	char *rest;
	int seen = 0;

	if (output < 0 || outputs < 0)
		return require(0, uio, "has no output sections");
	mine = mmap(NULL, one, PROT_READ | PROT_WRITE, MAP_SHARED, fd, output * PAGE);
	rest = mmap(NULL, all, PROT_READ, MAP_SHARED, fd, outputs * PAGE);
	if (mine == MAP_FAILED || rest == MAP_FAILED || munmap(rest, PAGE))
		return require(0, uio, "output sections cannot be mapped");
	mine[(one - PAGE) / 4] = (uint32_t)getpid();
	for (page = one - PAGE; page < all; page += one)
		seen += page && *(volatile uint32_t *)(rest + page) == (uint32_t)getpid();
	require(seen == 1, BH_UIO_MAP_OUTPUTS, "the rest of a map shows something else");
	mine[(one - PAGE) / 4] = 0;
}

static int check(const char *uio, int fd)
{
	char name[64], size[64];
	int map, found = 0;

	for (map = 0; map < MAPS; map++) {
		if (!attribute(uio, map, "name", name, sizeof(name)) ||
		    !attribute(uio, map, "size", size, sizeof(size)))
			continue;
		found++;
		check_map(fd, map, name, strtoul(size, NULL, 0));
	}
	require(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, MAPS * PAGE) == MAP_FAILED, uio,
		"has a map too many");
	check_rest_of_map(uio, fd);
	printf("%d maps, %d faults\n", found, failures);
	return failures != 0 || !found;
}

static int hold(int fd)
{
	uint32_t count;
	void *at = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, PAGE);
	void *untouched = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, PAGE);
	int i;

	if (at == MAP_FAILED || untouched == MAP_FAILED || touch(at, 0)) {
		puts("cannot map the state table");
		return 1;
	}
	puts("mapped");
	fflush(stdout);
	for (i = 0; i < HOLD_LIMIT_S * 100; i++) {
		if (touch(at, 0) == SIGBUS) {
			int told = read(fd, &count, sizeof(count)) < 0 && errno == EIO;
			int gone = touch(untouched, 0) == SIGBUS;

			puts(!gone ? "memory that was mapped and not touched is still there" :
			     told  ? "gone" :
				     "memory is gone, but read() does not tell");
			return !gone || !told;
		}
		usleep(10000);
	}
	puts("still there");
	return 1;
}

int main(int argc, char **argv)
{
	char path[64];
	int fd;

	if (argc != 3)
		return 2;
	snprintf(path, sizeof(path), "/dev/%s", argv[2]);
	fd = open(path, O_RDWR);
	if (fd < 0) {
		perror(path);
		return 1;
	}
	signal(SIGBUS, fault);
	signal(SIGSEGV, fault);
	return !strcmp(argv[1], "hold") ? hold(fd) : check(argv[2], fd);
}
