// SPDX-License-Identifier: GPL-2.0-only
/*
 * Looks at the guest's pages one by one and makes them scarce.
 *
 *	pages offline	prints how many pages carry the mark that the driver gives to memory which
 *			it took from Linux
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
#define KPF_OFFLINE 23	      /* Documentation/admin-guide/mm/pagemap.rst */
#define PFN_MASK ((1ull << 55) - 1) /* of a pagemap entry */
#define MAX_BLOCKS 65536ul
#define LEAVE_FREE (48ul << 20) /* for the programs that run meanwhile */

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static int print_offline(void)
{
	static uint64_t flags[65536];
	unsigned long count = 0;
	int fd = open("/proc/kpageflags", O_RDONLY);
	ssize_t got;

	if (fd < 0)
		fail("/proc/kpageflags");
	while ((got = read(fd, flags, sizeof(flags))) > 0)
		for (ssize_t i = 0; i < got / 8; i++)
			count += flags[i] >> KPF_OFFLINE & 1;
	if (got < 0)
		fail("/proc/kpageflags");
	printf("%lu\n", count);
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
	*pages = size / PAGE;
	for (unsigned long i = 0; i < *pages; i++)
		memory[i * PAGE] = 1;
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

static int fragment(unsigned long spared)
{
	static unsigned char seen[MAX_BLOCKS];
	unsigned long pages, blocks = 0, pinned = 0, kept = 0;
	struct rlimit files = { 65536, 65536 };
	char *memory = fill(&pages);
	int fd = open("/proc/self/pagemap", O_RDONLY);
	char end;

	if (fd < 0 || setrlimit(RLIMIT_NOFILE, &files))
		fail("pagemap, setrlimit");
	for (unsigned long i = 0; i < pages; i++) {
		unsigned long vpn = (uintptr_t)memory / PAGE + i, pfn;
		uint64_t entry;

		if (pread(fd, &entry, 8, (off_t)vpn * 8) != 8)
			fail("pagemap");
		pfn = entry & PFN_MASK;
		/* In the middle: not what would be a guard page of the block that follows. */
		if (pfn % BLOCK_PAGES != BLOCK_PAGES / 2 || pfn / BLOCK_PAGES >= MAX_BLOCKS ||
		    seen[pfn / BLOCK_PAGES]++)
			continue;
		/* Every other block, until as many as wanted are spared: none has a neighbour. */
		if (pfn / BLOCK_PAGES % 2 && kept < spared) {
			kept++;
			continue;
		}
		pin(memory + i * PAGE);
		pinned++;
	}
	for (unsigned long i = 0; i < MAX_BLOCKS; i++)
		blocks += !!seen[i];
	munmap(memory, pages * PAGE);
	printf("fragmented: %lu blocks, %lu pinned, %lu spared\n", blocks, pinned, kept);
	fflush(stdout);
	return read(0, &end, 1) < 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "offline"))
		return print_offline();
	if (argc == 3 && !strcmp(argv[1], "fragment"))
		return fragment(strtoul(argv[2], NULL, 0));
	fprintf(stderr, "usage: pages offline | fragment BLOCKS\n");
	return 2;
}
