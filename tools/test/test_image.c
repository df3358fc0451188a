// SPDX-License-Identifier: GPL-2.0-only
/*
 * Image loaders: what is right is planned exactly, what is wrong is refused by its name.
 */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <bulkhead/hypercall.h>
#include "check.h"
#include "image.h"

#define FILE_SIZE 0x3000u

static uint8_t file[FILE_SIZE];
static struct load_plan plan;
static struct image image;

/* A copy of exactly the given size, so that the sanitizer sees every read behind the end. */
static int plan_bytes(size_t size, uint64_t gpa)
{
	uint8_t *copy = malloc(size ? size : 1);
	int error;

	memcpy(copy, file, size);
	image = (struct image){ copy, size };
	error = image_plan(&plan, &image, gpa);
	free(copy);
	return error;
}

static int plan_file(void)
{
	return plan_bytes(FILE_SIZE, BH_ADDR_NONE);
}

static int says(const char *words)
{
	return strstr(plan.error, words) != NULL;
}

static Elf64_Ehdr *elf64(uint64_t entry, unsigned int segments)
{
	Elf64_Ehdr *h = (Elf64_Ehdr *)file;

	memset(file, 0, sizeof(file));
	memcpy(h->e_ident, ELFMAG, SELFMAG);
	h->e_ident[EI_CLASS] = ELFCLASS64;
	h->e_ident[EI_DATA] = ELFDATA2LSB;
	h->e_type = ET_EXEC;
	h->e_machine = EM_X86_64;
	h->e_entry = entry;
	h->e_phoff = sizeof(*h);
	h->e_phentsize = sizeof(Elf64_Phdr);
	h->e_phnum = (Elf64_Half)segments;
	return h;
}

static Elf64_Phdr *segment64(unsigned int i, uint64_t vaddr, uint64_t paddr, uint64_t file_size,
			     uint64_t memory_size)
{
	Elf64_Phdr *s = (Elf64_Phdr *)(file + sizeof(Elf64_Ehdr)) + i;

	*s = (Elf64_Phdr){ .p_type = PT_LOAD,
			   .p_offset = 0x1000,
			   .p_vaddr = vaddr,
			   .p_paddr = paddr,
			   .p_filesz = file_size,
			   .p_memsz = memory_size };
	return s;
}

/* As NuttX links: virtual addresses 4 GiB above the physical ones, a segment at 0, and one for
 * a device window without contents. */
static void test_elf64(void)
{
	elf64(UINT64_C(0x100100020), 3);
	segment64(0, UINT64_C(0x100000000), 0, 0x200, 0x200);
	segment64(1, UINT64_C(0x100100000), 0x100000, 0x1000, 0x4000);
	segment64(2, UINT64_C(0x1e0000000), 0xe0000000, 0, 0x100000);
	CHECK_EQ(plan_file(), 0);
	CHECK(!strcmp(plan.format, "ELF64"));
	CHECK_EQ(plan.count, 2);
	CHECK_EQ(plan.entry, 0x100020);
	CHECK_EQ(plan.mode, BH_START_FLAT32);
	CHECK_EQ(plan.segment[0].gpa, 0);
	CHECK_EQ(plan.segment[0].size, 0x200);
	CHECK_EQ(plan.segment[1].gpa, 0x100000);
	CHECK_EQ(plan.segment[1].size, 0x1000);
	CHECK_EQ(plan.segment[1].zero, 0x3000);
	CHECK_EQ(plan.segment[1].data - image.bytes, 0x1000);
}

static void test_elf32(void)
{
	Elf32_Ehdr *h = (Elf32_Ehdr *)file;
	Elf32_Phdr *s = (Elf32_Phdr *)(h + 1);

	memset(file, 0, sizeof(file));
	memcpy(h->e_ident, ELFMAG, SELFMAG);
	h->e_ident[EI_CLASS] = ELFCLASS32;
	h->e_ident[EI_DATA] = ELFDATA2LSB;
	h->e_type = ET_EXEC;
	h->e_machine = EM_386;
	h->e_entry = 0x1004;
	h->e_phoff = sizeof(*h);
	h->e_phentsize = sizeof(*s);
	h->e_phnum = 1;
	*s = (Elf32_Phdr){ .p_type = PT_LOAD,
			   .p_offset = 0x400,
			   .p_vaddr = 0x1000,
			   .p_paddr = 0x1000,
			   .p_filesz = 0x100,
			   .p_memsz = 0x100 };
	CHECK_EQ(plan_file(), 0);
	CHECK_EQ(plan.entry, 0x1004);
	CHECK_EQ(plan.segment[0].gpa, 0x1000);
	h->e_entry = 0x999;
	CHECK_EQ(plan_file(), -EINVAL);
	CHECK(says("entry"));
}

static void test_elf_entry(void)
{
	elf64(0x100020, 1); /* physical, although linked at 4 GiB more */
	segment64(0, UINT64_C(0x100100000), 0x100000, 0x1000, 0x1000);
	CHECK_EQ(plan_file(), 0);
	CHECK_EQ(plan.entry, 0x100020);
	elf64(UINT64_C(0xe0000010), 2); /* in a segment without contents */
	segment64(0, 0x100000, 0x100000, 0x1000, 0x1000);
	segment64(1, 0xe0000000, 0xe0000000, 0, 0x1000);
	CHECK_EQ(plan_file(), -EINVAL);
	CHECK(says("in none of its segments"));
	elf64(UINT64_C(0x100000000), 1);
	segment64(0, UINT64_C(0x100000000), UINT64_C(0x100000000), 0x1000, 0x1000);
	CHECK_EQ(plan_file(), -EINVAL);
	CHECK(says("above 4 GiB"));
}

static void test_elf_wrong(void)
{
	Elf64_Ehdr *h = elf64(0x100000, 1);
	Elf64_Phdr *s = segment64(0, 0x100000, 0x100000, 0x1000, 0x1000);

	h->e_machine = EM_AARCH64;
	CHECK_EQ(plan_file(), -EINVAL);
	CHECK(says("another machine"));
	h->e_machine = EM_X86_64;
	h->e_type = ET_DYN;
	CHECK_EQ(plan_file(), -EINVAL);
	CHECK(says("-no-pie"));
	h->e_type = ET_EXEC;
	h->e_phoff = UINT64_MAX - 8;
	CHECK_EQ(plan_file(), -EINVAL);
	CHECK(says("truncated"));
	h->e_phoff = sizeof(*h);
	s->p_offset = UINT64_MAX - 0xfff;
	CHECK_EQ(plan_file(), -EINVAL);
	CHECK(says("truncated"));
	s->p_offset = 0x2001;
	CHECK_EQ(plan_file(), -EINVAL);
	s->p_offset = 0x1000;
	s->p_memsz = 0x10;
	CHECK_EQ(plan_file(), -EINVAL);
	CHECK(says("larger in the file"));
	s->p_memsz = UINT64_MAX;
	CHECK_EQ(plan_file(), -EINVAL);
	CHECK(says("last address"));
	elf64(0x100000, 2);
	segment64(0, 0x100000, 0x100000, 0x800, 0x1001);
	segment64(1, 0x101000, 0x101000, 0x1000, 0x1000);
	CHECK_EQ(plan_file(), -EINVAL);
	CHECK(says("overlap"));
	h->e_ident[EI_DATA] = ELFDATA2MSB;
	CHECK_EQ(plan_file(), -EINVAL);
}

static void test_truncated(void)
{
	elf64(0x100000, 1);
	segment64(0, 0x100000, 0x100000, 0x1000, 0x1000);
	for (size_t size = 0; size < 0x2000; size += size < 200 ? 1 : 61)
		CHECK_EQ(plan_bytes(size, BH_ADDR_NONE), -EINVAL);
	CHECK_EQ(plan_bytes(0x2000, BH_ADDR_NONE), 0);
}

static uint32_t *multiboot(uint32_t at, uint32_t flags)
{
	uint32_t *h = (uint32_t *)(file + at);

	memset(file, 0, sizeof(file));
	h[0] = 0x1badb002;
	h[1] = flags;
	h[2] = -(h[0] + h[1]);
	h[3] = 0x100000 + at; /* header_addr */
	h[4] = 0x100000;      /* load_addr */
	h[5] = 0x102000;      /* load_end_addr */
	h[6] = 0x108000;      /* bss_end_addr */
	h[7] = 0x100040;      /* entry_addr */
	return h;
}

static void test_multiboot(void)
{
	uint32_t *h = multiboot(0x100, 0x10003);

	CHECK_EQ(plan_file(), 0);
	CHECK(!strcmp(plan.format, "multiboot"));
	CHECK_EQ(plan.count, 1);
	CHECK_EQ(plan.entry, 0x100040);
	CHECK_EQ(plan.segment[0].size, 0x2000);
	CHECK_EQ(plan.segment[0].zero, 0x6000);
	h[5] = h[6] = 0; /* to the end of the file, no bss */
	CHECK_EQ(plan_file(), 0);
	CHECK_EQ(plan.segment[0].size, FILE_SIZE);
	CHECK_EQ(plan.segment[0].zero, 0);
	h[4] = 0x100100; /* loads from the header on */
	h[7] = 0x100100;
	CHECK_EQ(plan_file(), 0);
	CHECK_EQ(plan.segment[0].data - image.bytes, 0x100);
}

static void test_multiboot_wrong(void)
{
	uint32_t *h = multiboot(0x100, 0x10007);

	CHECK_EQ(plan_file(), -EINVAL);
	CHECK(says("video"));
	multiboot(0x100, 0x3);
	CHECK_EQ(plan_file(), -EINVAL);
	CHECK(says("no addresses"));
	h = multiboot(0x100, 0x10000);
	h[4] = 0x100200;
	CHECK_EQ(plan_file(), -EINVAL);
	CHECK(says("load_addr"));
	h[4] = 0x1000; /* would begin before the file */
	CHECK_EQ(plan_file(), -EINVAL);
	CHECK(says("load_addr"));
	h = multiboot(0x100, 0x10000);
	h[5] = 0x100000;
	CHECK_EQ(plan_file(), -EINVAL);
	CHECK(says("load_end_addr"));
	h[5] = 0x104000;
	CHECK_EQ(plan_file(), -EINVAL);
	CHECK(says("truncated"));
	h = multiboot(0x100, 0x10000);
	h[6] = 0x101fff;
	CHECK_EQ(plan_file(), -EINVAL);
	CHECK(says("bss_end_addr"));
	h = multiboot(0x100, 0x10000);
	h[7] = 0x102000;
	CHECK_EQ(plan_file(), -EINVAL);
	CHECK(says("entry_addr"));
	multiboot(0x100, 0x10000);
	CHECK_EQ(plan_bytes(0x110, BH_ADDR_NONE), -EINVAL);
	CHECK(says("truncated"));
	h = multiboot(0x100, 0x10000);
	h[2]++; /* checksum */
	CHECK_EQ(plan_file(), -EINVAL);
	CHECK(says("--address"));
}

static void test_linux(void)
{
	memset(file, 0, sizeof(file));
	file[0x1fe] = 0x55;
	file[0x1ff] = 0xaa;
	memcpy(file + 0x202, "HdrS", 4);
	CHECK_EQ(plan_file(), -EINVAL);
	CHECK(!strcmp(plan.format, "Linux bzImage"));
	CHECK_EQ(plan_bytes(0x205, BH_ADDR_NONE), -EINVAL);
	CHECK(!strcmp(plan.format, "unknown"));
}

static void test_raw(void)
{
	elf64(0x100000, 1);
	CHECK_EQ(plan_bytes(FILE_SIZE, 0x1000), 0);
	CHECK(!strcmp(plan.format, "raw"));
	CHECK_EQ(plan.segment[0].gpa, 0x1000);
	CHECK_EQ(plan.entry, BH_ADDR_NONE);
	CHECK_EQ(plan_bytes(FILE_SIZE, UINT64_MAX - 0x100), -EINVAL);
	CHECK_EQ(plan_bytes(0, 0x1000), -EINVAL);
	CHECK(says("empty"));
}

static void test_fits(void)
{
	static const struct image_memory memory[] = {
		{ 0x200000, 0x200000 },
		{ 0, 0x100000 },
		{ 0x100000, 0x100000 },
		{ 0x800000, 0x1000 },
	};

	elf64(0x100000, 1);
	segment64(0, 0x100000, 0x100000, 0x1000, 0x300000);
	CHECK_EQ(plan_file(), 0);
	CHECK_EQ(image_fits(&plan, memory, 4), 0);
	plan.segment[0].zero++;
	CHECK_EQ(image_fits(&plan, memory, 4), -ERANGE);
	CHECK(says("0x100000-0x400000"));
	CHECK_EQ(plan_bytes(0x1000, 0x800000), 0);
	CHECK_EQ(image_fits(&plan, memory, 4), 0);
	plan.entry = 0x801000;
	CHECK_EQ(image_fits(&plan, memory, 4), -ERANGE);
	CHECK(says("entry"));
	CHECK_EQ(plan_bytes(0x1001, 0x800000), 0);
	CHECK_EQ(image_fits(&plan, memory, 4), -ERANGE);
	CHECK_EQ(image_fits(&plan, memory, 0), -ERANGE);
}

int main(void)
{
	test_elf64();
	test_elf32();
	test_elf_entry();
	test_elf_wrong();
	test_truncated();
	test_multiboot();
	test_multiboot_wrong();
	test_linux();
	test_raw();
	test_fits();
	return check_done();
}
