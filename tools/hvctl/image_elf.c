// SPDX-License-Identifier: GPL-2.0-only
/*
 * ELF images, 32 and 64 bit, little-endian x86, executables. Segments go to their physical
 * addresses (p_paddr). A segment without file contents is skipped: memory is zero after a
 * reset, and some images describe device windows this way.
 */
#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include "image.h"

struct header {
	uint64_t entry;
	uint64_t table; /* program headers */
	uint32_t count;
	uint32_t entry_size;
	uint32_t type;
	uint32_t machine;
};

struct segment {
	uint32_t type;
	uint64_t offset, vaddr, paddr, file_size, memory_size;
};

static void read_header32(struct header *h, const uint8_t *p)
{
	*h = (struct header){
		.entry = image_le32(p + offsetof(Elf32_Ehdr, e_entry)),
		.table = image_le32(p + offsetof(Elf32_Ehdr, e_phoff)),
		.count = image_le16(p + offsetof(Elf32_Ehdr, e_phnum)),
		.entry_size = image_le16(p + offsetof(Elf32_Ehdr, e_phentsize)),
		.type = image_le16(p + offsetof(Elf32_Ehdr, e_type)),
		.machine = image_le16(p + offsetof(Elf32_Ehdr, e_machine)),
	};
}

static void read_header64(struct header *h, const uint8_t *p)
{
	*h = (struct header){
		.entry = image_le64(p + offsetof(Elf64_Ehdr, e_entry)),
		.table = image_le64(p + offsetof(Elf64_Ehdr, e_phoff)),
		.count = image_le16(p + offsetof(Elf64_Ehdr, e_phnum)),
		.entry_size = image_le16(p + offsetof(Elf64_Ehdr, e_phentsize)),
		.type = image_le16(p + offsetof(Elf64_Ehdr, e_type)),
		.machine = image_le16(p + offsetof(Elf64_Ehdr, e_machine)),
	};
}

static void read_segment32(struct segment *s, const uint8_t *p)
{
	*s = (struct segment){
		.type = image_le32(p + offsetof(Elf32_Phdr, p_type)),
		.offset = image_le32(p + offsetof(Elf32_Phdr, p_offset)),
		.vaddr = image_le32(p + offsetof(Elf32_Phdr, p_vaddr)),
		.paddr = image_le32(p + offsetof(Elf32_Phdr, p_paddr)),
		.file_size = image_le32(p + offsetof(Elf32_Phdr, p_filesz)),
		.memory_size = image_le32(p + offsetof(Elf32_Phdr, p_memsz)),
	};
}

static void read_segment64(struct segment *s, const uint8_t *p)
{
	*s = (struct segment){
		.type = image_le32(p + offsetof(Elf64_Phdr, p_type)),
		.offset = image_le64(p + offsetof(Elf64_Phdr, p_offset)),
		.vaddr = image_le64(p + offsetof(Elf64_Phdr, p_vaddr)),
		.paddr = image_le64(p + offsetof(Elf64_Phdr, p_paddr)),
		.file_size = image_le64(p + offsetof(Elf64_Phdr, p_filesz)),
		.memory_size = image_le64(p + offsetof(Elf64_Phdr, p_memsz)),
	};
}

static int check_header(struct load_plan *plan, const struct image *image, const struct header *h,
			uint32_t segment_size)
{
	if (h->machine != EM_386 && h->machine != EM_X86_64)
		return image_error(plan, "ELF for another machine (%u), not x86", h->machine);
	if (h->type != ET_EXEC)
		return image_error(plan,
				   "ELF file of type %u; only executables with fixed addresses "
				   "can be loaded (link it with -no-pie)",
				   h->type);
	if (h->entry_size != segment_size || !h->count)
		return image_error(plan, "ELF without usable program headers");
	if (h->table > image->size || image->size - h->table < (uint64_t)h->count * segment_size)
		return image_error(plan, "the ELF program headers end behind the end of the file "
					 "(truncated?)");
	return 0;
}

static int add_segment(struct load_plan *plan, const struct image *image, const struct header *h,
		       const struct segment *s)
{
	if (s->type != PT_LOAD || !s->file_size)
		return 0;
	if (s->memory_size < s->file_size)
		return image_error(plan,
				   "the ELF segment at 0x%" PRIx64 " is larger in the file "
				   "than in memory",
				   s->paddr);
	/* The entry is a virtual address; the CPU starts without paging, at the physical one. */
	if (h->entry >= s->vaddr && h->entry - s->vaddr < s->memory_size &&
	    plan->entry == BH_ADDR_NONE)
		plan->entry = s->paddr + (h->entry - s->vaddr);
	return image_add(plan, image, s->paddr, s->offset, s->file_size,
			 s->memory_size - s->file_size);
}

/* Some images give the entry as a physical address although they are linked elsewhere. */
static int settle_entry(struct load_plan *plan, uint64_t entry)
{
	for (unsigned int i = 0; i < plan->count && plan->entry == BH_ADDR_NONE; i++)
		if (entry >= plan->segment[i].gpa &&
		    entry - plan->segment[i].gpa < plan->segment[i].size)
			plan->entry = entry;
	if (plan->entry == BH_ADDR_NONE)
		return image_error(plan, "the ELF entry 0x%" PRIx64 " lies in none of its segments",
				   entry);
	if (plan->entry > UINT32_MAX)
		return image_error(plan,
				   "the ELF entry 0x%" PRIx64 " lies above 4 GiB, where a CPU "
				   "cannot start",
				   plan->entry);
	return 0;
}

int image_plan_elf(struct load_plan *plan, const struct image *image)
{
	const uint8_t *p = image->bytes;
	uint32_t segment_size;
	struct header h;
	bool is64;

	if (image->size < EI_NIDENT || memcmp(p, ELFMAG, SELFMAG))
		return -ENOEXEC;
	is64 = p[EI_CLASS] == ELFCLASS64;
	plan->format = is64 ? "ELF64" : "ELF32";
	if ((!is64 && p[EI_CLASS] != ELFCLASS32) || p[EI_DATA] != ELFDATA2LSB)
		return image_error(plan, "ELF of an unknown class or byte order");
	if (image->size < (is64 ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr)))
		return image_error(plan, "the ELF header is truncated");
	if (is64)
		read_header64(&h, p);
	else
		read_header32(&h, p);
	segment_size = is64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
	if (check_header(plan, image, &h, segment_size))
		return -EINVAL;
	for (uint32_t i = 0; i < h.count; i++) {
		const uint8_t *at = p + h.table + (size_t)i * segment_size;
		struct segment s;

		if (is64)
			read_segment64(&s, at);
		else
			read_segment32(&s, at);
		if (add_segment(plan, image, &h, &s))
			return -EINVAL;
	}
	return settle_entry(plan, h.entry);
}
