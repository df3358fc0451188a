// SPDX-License-Identifier: GPL-2.0-only
/*
 * Looks at the guest's pages one by one and makes them scarce.
 *
 *	pages offline	prints how many pages carry the mark that the driver gives to memory which
 *			it took from Linux
 *	pages where	prints where they are: a line for each block of 2 MiB that is full of them
 *	pages fragment N
 *			makes it so that only about N blocks of 2 MiB can be had: pins one page in
 *			the middle of each of the others and leaves the rest of them free. Prints
 *			"fragmented" and holds the pages until its standard input ends.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <unistd.h>

#define PAGE 4096ul
#define BLOCK_PAGES 512ul
#define KPF_OFFLINE 23		    /* Documentation/admin-guide/mm/pagemap.rst */
#define PFN_MASK ((1ull << 55) - 1) /* of a pagemap entry */
#define LEAVE_FREE (48ul << 20)	    /* for the programs that run meanwhile */

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

enum offline { HOW_MANY, WHERE };

static int print_offline(enum offline what)
{
	static uint64_t flags[BLOCK_PAGES];
	unsigned long sum = 0, block = 0;
	int fd = open("/proc/kpageflags", O_RDONLY);
	ssize_t got;

	if (fd < 0)
		fail("/proc/kpageflags");
	for (; (got = read(fd, flags, sizeof(flags))) > 0; block++) {
		unsigned long count = 0;

		for (ssize_t i = 0; i < got / 8; i++)
			count += flags[i] >> KPF_OFFLINE & 1;
		if (what == WHERE && count == BLOCK_PAGES)
			printf("%#lx\n", block * BLOCK_PAGES * PAGE);
		sum += count;
	}
	if (got < 0)
		fail("/proc/kpageflags");
	if (what == HOW_MANY)
		printf("%lu\n", sum);
	return 0;
}

static unsigned long free_bytes(void)
{
	unsigned long kib = 0;
	char line[128];
	FILE *f = fopen("/proc/meminfo", "r");

	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "MemFree: %lu kB", &kib);
	if (!kib)
		fail("/proc/meminfo");
	fclose(f);
	return kib << 10;
}

/* Takes nearly all free memory, in pages of 4 KiB. */
static char *fill(unsigned long *pages)
{
	unsigned long size = free_bytes() - LEAVE_FREE;
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED || madvise(memory, size, MADV_NOHUGEPAGE))
		fail("mmap");
	if (madvise(memory, size, MADV_POPULATE_WRITE))
		fail("MADV_POPULATE_WRITE");
	*pages = size / PAGE;
	return memory;
}

/* Keeps a page where it is for as long as nobody reads it from the pipe. */
static void pin(char *page)
{
	static int pipes[2], room;
	struct iovec part = { page, PAGE };

	if (!room) {
		if (pipe(pipes))
			fail("pipe");
		room = 16;
	}
	if (vmsplice(pipes[1], &part, 1, 0) != (ssize_t)PAGE)
		fail("vmsplice");
	room--;
}

/* Page frame numbers of a range of pages, as many as fit. */
static unsigned long frames(const char *memory, unsigned long pages, uint64_t *pfn, size_t size)
{
	static int fd = -1;
	ssize_t got;

	if (fd < 0)
		fd = open("/proc/self/pagemap", O_RDONLY);
	if (size > pages * 8)
		size = pages * 8;
	got = pread(fd, pfn, size, (off_t)((uintptr_t)memory / PAGE * 8));
	if (got <= 0)
		fail("/proc/self/pagemap");
	for (ssize_t i = 0; i < got / 8; i++)
		pfn[i] &= PFN_MASK;
	return (unsigned long)got / 8;
}

/* In the middle of a block: not what would be the guard page of the one that follows. */
static int is_middle(uint64_t pfn)
{
	return pfn % BLOCK_PAGES == BLOCK_PAGES / 2;
}

static int fragment(unsigned long spared)
{
	static uint64_t pfn[4096];
	unsigned long pages, count, pinned = 0, kept = 0;
	struct rlimit files = { 65536, 65536 };
	char *memory = fill(&pages), *at = memory;
	char end;

	if (setrlimit(RLIMIT_NOFILE, &files))
		fail("setrlimit");
	for (unsigned long left = pages; left; left -= count, at += count * PAGE) {
		count = frames(at, left, pfn, sizeof(pfn));
		for (unsigned long i = 0; i < count; i++) {
			if (!is_middle(pfn[i]))
				continue;
			/* Every other block is spared, so that none has a neighbour. */
			if (pfn[i] / BLOCK_PAGES % 2 && kept < spared) {
				kept++;
				continue;
			}
			pin(at + i * PAGE);
			pinned++;
		}
	}
	munmap(memory, pages * PAGE);
	printf("fragmented: %lu blocks pinned, %lu spared\n", pinned, kept);
	fflush(stdout);
	return read(0, &end, 1) < 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "offline"))
		return print_offline(HOW_MANY);
	if (argc == 2 && !strcmp(argv[1], "where"))
		return print_offline(WHERE);
	if (argc == 3 && !strcmp(argv[1], "fragment"))
		return fragment(strtoul(argv[2], NULL, 0));
	fprintf(stderr, "usage: pages offline | where | fragment BLOCKS\n");
	return 2;
}
