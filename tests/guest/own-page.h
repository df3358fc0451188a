/* SPDX-License-Identifier: GPL-2.0-only */
/* A page of the program's own with its physical address: for tests that tell a device, or a unit, of memory. */
#ifndef OWN_PAGE_H
#define OWN_PAGE_H

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096

/* Linux's documentation of /proc/PID/pagemap: a 64-bit word per page */
#define PAGEMAP_PRESENT (1ull << 63)
#define PAGEMAP_FRAME ((1ull << 55) - 1)

static inline void die(const char *what)
{
	perror(what);
	exit(2);
}

/* Zeroes, locked, so that it stays where it is. Does not return without one. */
static inline void *own_page(uint64_t *physical)
{
	void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED | MAP_POPULATE, -1, 0);
	int fd = open("/proc/self/pagemap", O_RDONLY);
	uint64_t entry = 0;

	if (page == MAP_FAILED || fd < 0 ||
	    pread(fd, &entry, sizeof(entry), (off_t)((uintptr_t)page / PAGE * sizeof(entry))) !=
		    sizeof(entry) ||
	    !(entry & PAGEMAP_PRESENT))
		die("a page of physical memory");
	close(fd);
	*physical = (entry & PAGEMAP_FRAME) * PAGE;
	return page;
}

#endif
