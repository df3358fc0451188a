/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Property: a cell's own mapping of a link's shared memory is write-back. Walks its page tables
 * for each section and prints what the entry says, with the PAT that it selects from; a host-side
 * test does the same for the tables below the guest. Exit code: 1 if any is of another type.
 */
#include <inmate/console.h>
#include <inmate/cpu.h>
#include <inmate/link.h>
#include <inmate/platform.h>

#define MSR_PAT 0x277
#define ENTRY_ADDRESS UINT64_C(0xffffffffff000)
#define ENTRY_LARGE 0x80u
#define ENTRY_PWT_PCD(e) ((unsigned int)((e) >> 3 & 3))
#define TYPE_WRITE_BACK 6

static uint64_t leaf_of(uintptr_t address, unsigned int *level)
{
	uint64_t entry;

	__asm__("mov %%cr3, %0" : "=r"(entry));
	for (*level = 4; *level; --*level) {
		const uint64_t *table = (const uint64_t *)(uintptr_t)(entry & ENTRY_ADDRESS);

		entry = table[address >> (12 + 9 * (*level - 1)) & 511];
		if (*level == 1 || entry & ENTRY_LARGE)
			break;
	}
	return entry;
}

static int type_of(uintptr_t address, const char *what)
{
	unsigned int level, index;
	uint64_t entry = leaf_of(address, &level);
	unsigned int type;

	index = ENTRY_PWT_PCD(entry) | (unsigned int)(entry >> (level == 1 ? 7 : 12) & 1) << 2;
	type = (unsigned int)(rdmsr(MSR_PAT) >> 8 * index) & 7;
	printf("link-cache: %s at %lx: entry %lx of level %u, type %u\n", what, address, entry,
	       level, type);
	return type;
}

int inmate_main(void)
{
	struct link link;

	if (link_open(&link, NULL))
		inmate_fail(ENODEV, "this test needs a link");
	if (type_of((uintptr_t)link.state, "state table") != TYPE_WRITE_BACK ||
	    type_of((uintptr_t)link.rw, "read/write section") != TYPE_WRITE_BACK ||
	    type_of((uintptr_t)link.outputs, "output sections") != TYPE_WRITE_BACK)
		return 1;
	return 0;
}
