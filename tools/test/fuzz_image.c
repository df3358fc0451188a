// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzer of the image loaders. LLVMFuzzerTestOneInput() serves libFuzzer; main() needs no
 * more than a C compiler: it mutates small valid images for a given time, from a fixed seed.
 * What must hold: no read behind the end, and every plan accepted stays inside the file.
 */
#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "check.h"
#include "image.h"

#define MAX_SIZE 9000u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct load_plan plan;
	static const struct image_memory memory[] = { { 0, 0x200000 }, { 0x200000, 0x10000 } };
	struct image image = { data, size };

	if (image_plan(&plan, &image, BH_ADDR_NONE)) {
		REQUIRE(plan.error[0]);
		return 0;
	}
	REQUIRE(plan.entry <= UINT32_MAX && plan.count >= 1);
	for (unsigned int i = 0; i < plan.count; i++) {
		const struct image_segment *s = &plan.segment[i];

		REQUIRE(s->data >= data && s->size && s->size <= size);
		REQUIRE((size_t)(s->data - data) <= size - s->size);
		REQUIRE(s->gpa <= UINT64_MAX - s->size - s->zero);
	}
	image_fits(&plan, memory, 2);
	return 0;
}

static uint64_t seed = 1;

static uint32_t any(uint32_t below)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(seed >> 33) % below;
}

static size_t make_elf(uint8_t *b)
{
	Elf64_Ehdr h = { .e_ident = ELFMAG,
			 .e_type = ET_EXEC,
			 .e_machine = EM_X86_64,
			 .e_entry = 0x100000,
			 .e_phoff = sizeof(h),
			 .e_phentsize = sizeof(Elf64_Phdr),
			 .e_phnum = 2 };
	Elf64_Phdr s[2] = {
		{ .p_type = PT_LOAD,
		  .p_offset = 0x100,
		  .p_vaddr = 0x100000,
		  .p_paddr = 0x100000,
		  .p_filesz = 0x100,
		  .p_memsz = 0x200 },
		{ .p_type = PT_LOAD,
		  .p_offset = 0x180,
		  .p_vaddr = 0,
		  .p_filesz = 0x80,
		  .p_memsz = 0x80 },
	};

	h.e_ident[EI_CLASS] = ELFCLASS64;
	h.e_ident[EI_DATA] = ELFDATA2LSB;
	memcpy(b, &h, sizeof(h));
	memcpy(b + sizeof(h), s, sizeof(s));
	return 0x200;
}

static size_t make_multiboot(uint8_t *b)
{
	static const uint32_t h[8] = { 0x1badb002, 0x10003,  -(0x1badb002u + 0x10003u),
				       0x100010,   0x100000, 0,
				       0x110000,   0x100020 };

	memcpy(b + 16, h, sizeof(h));
	return 0x100;
}

static void mutate(uint8_t *b, size_t *size)
{
	static const uint64_t edges[] = {
		0,	    1,	   0xff, 0x7fffffff, 0xffffffff, UINT64_MAX, UINT64_MAX - 0xfff,
		0x80000000, 0x200, 0x1ff
	};

	for (uint32_t n = any(6); n--;) {
		size_t at = any(any(4) ? 0xb8 : (uint32_t)*size);
		uint64_t edge = edges[any(10)];
		uint32_t width = 1u << any(4);

		if (any(2))
			b[at] = (uint8_t)any(256);
		else
			memcpy(b + at, &edge, width);
	}
	if (!any(4))
		*size = any((uint32_t)*size + 1);
}

int main(int argc, char **argv)
{
	unsigned int seconds = argc == 3 && !strcmp(argv[1], "--seconds") ? atoi(argv[2]) : 1;
	time_t end = time(NULL) + seconds;
	static uint8_t b[MAX_SIZE + 8];
	unsigned long runs = 0;

	do {
		for (int i = 0; i < 1000; i++, runs++) {
			size_t size;
			uint8_t *exact;

			memset(b, 0, 0x300);
			size = any(2) ? make_elf(b) : make_multiboot(b);
			mutate(b, &size);
			exact = malloc(size ? size : 1);
			memcpy(exact, b, size);
			LLVMFuzzerTestOneInput(exact, size);
			free(exact);
		}
	} while (time(NULL) < end);
	printf("%lu inputs\n", runs);
	return 0;
}
