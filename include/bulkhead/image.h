/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Contract between the driver and the hypervisor image: how the image is laid out in memory,
 * what the driver fills in, and how a CPU goes in and comes back out.
 *
 * The image is linked at BH_IMAGE_VA. The driver copies it to the start of the hypervisor's
 * memory, zeroes the rest, fills struct bh_boot (at boot_offset) and one struct bh_cpu_entry
 * per CPU (at entry_offset), and builds temporary page tables which map
 *   - the hypervisor memory, contiguously, at BH_IMAGE_VA (writable, executable), and
 *   - the one page of its own text that holds the stub, at the stub's Linux address, and
 *   - the pages of the entries, at the addresses where Linux has them (entry_va; writable).
 * With CR4.LA57 set these tables have five levels.
 *
 * In: on each CPU of the description, interrupts off, all CPUs within a bounded time of each
 * other, the stub saves its state in bh_cpu_entry, sets EFER.SVME and clears GIF (AMD), loads the
 * entry's own descriptor tables and stack, clears CR4.PGE, CR4.PCIDE and CR4.CET, loads CR3 and
 * jumps to BH_IMAGE_VA + start_offset with EDI = index of the CPU in the description. The driver
 * has made sure before that nobody else uses SVM or VMX. On success execution continues at
 * bh_cpu_entry.return_va as a guest, with everything as saved and EAX = 0. On failure it
 * continues at bh_boot.leave_va with EAX = negative errno, the same one on all CPUs.
 *
 * Out: after BH_HC_DISABLE succeeded the CPU continues, no longer a guest, at bh_boot.leave_va.
 *
 * At leave_va: still on page tables which map the stub and the entries at their Linux addresses;
 * RDI = address of this CPU's entry, in which all fields down to idt are Linux's again,
 * EAX = result; FS_BASE, GS_BASE and the task register are Linux's (the latter's limit may be
 * smaller, and LDTR empty). The stub loads CR3 and CR4, GDTR and IDTR, the registers, CS, SS, DS,
 * ES, undoes SVM, and returns to [RSP].
 *
 * NMIs cannot be kept away on the way (but for AMD's GIF). While there is neither Linux's
 * interrupt table nor the hypervisor's, the entry's own is in use: its handler, in the stub,
 * counts them in bh_cpu_entry.nmis. The hypervisor hands those on to its guest, the stub to
 * Linux.
 */
#ifndef BULKHEAD_IMAGE_H
#define BULKHEAD_IMAGE_H

#include <bulkhead/config.h>

#define BH_IMAGE_MAGIC UINT64_C(0x444145484b4c5542) /* "BULKHEAD" */
#define BH_IMAGE_VA UINT64_C(0xffffffff80000000)
#define BH_MAX_HV_PIECES 8

/* First bytes of the image. Offsets count from the image's start. */
struct bh_image_header {
	uint64_t magic;
	uint32_t abi;
	uint32_t vendor;      /* BH_VENDOR_* */
	uint32_t file_size;   /* bytes of the file */
	uint32_t memory_size; /* bytes with .bss; the page pool begins here */
	uint32_t start_offset;
	uint32_t boot_offset;	/* struct bh_boot */
	uint32_t entry_offset;	/* struct bh_cpu_entry[BH_MAX_CPUS] */
	uint32_t config_offset; /* config_size bytes for the system description */
	uint32_t config_size;
	uint32_t public_offset; /* struct bh_public, page aligned */
	uint32_t data_offset;	/* nothing before it is ever written, page aligned */
	uint32_t reserved;
};
static_assert(sizeof(struct bh_image_header) == 56, "wire");

struct bh_boot {
	uint64_t memory_size;		      /* bytes, pieces * BH_PIECE_SIZE */
	uint64_t piece_hpa[BH_MAX_HV_PIECES]; /* mapped one after the other at BH_IMAGE_VA */
	uint64_t stub_va;		      /* page aligned */
	uint64_t stub_hpa;
	uint64_t leave_va;
	uint64_t entry_va; /* Linux's address of the first struct bh_cpu_entry */
	uint64_t tsc_hz;
	uint64_t apic_timer_hz; /* divider 1; 0: not known */
	uint32_t cpu_count;
	uint32_t config_bytes; /* of the system description */
	/* OUT, after a failed entry */
	int32_t error;
	uint32_t rule; /* rule that the description broke, or BH_ID_NONE */
	uint32_t record;
	uint32_t reserved;
	uint64_t value;
};

/* Operand of LGDT and LIDT, from limit on. */
struct bh_table_register {
	uint16_t pad[3];
	uint16_t limit;
	uint64_t base;
};
static_assert(sizeof(struct bh_table_register) == 16, "limit and base are adjacent");

/* State of Linux on one CPU at entry. Filled by the driver's C code but for the fields marked
 * "stub". When the CPU leaves, the hypervisor fills the fields from rsp to idt. */
struct bh_cpu_entry {
	uint64_t return_va;		       /* stub */
	uint64_t rsp;			       /* stub; [rsp] is not touched */
	uint64_t rbx, rbp, r12, r13, r14, r15; /* stub */
	uint64_t cr3;			       /* stub */
	uint64_t cr4;			       /* stub */
	struct bh_table_register gdt, idt;
	/* On the way: tables that are mapped on both sides, with Linux's selectors. */
	struct bh_table_register own_gdt, own_idt;
	uint64_t gdt_entries[4];
	uint64_t idt_entries[3][2]; /* up to the NMI's */
	uint64_t stack[16];
	uint32_t nmis; /* that came on the way */
	uint32_t apic_id;
	uint64_t cr0;
	uint64_t rflags;
	uint64_t tr_base, ldt_base;
	uint32_t tr_limit, ldt_limit;
	uint16_t tr, ldtr, cs, ss, ds, es, fs, gs;
};

#endif
