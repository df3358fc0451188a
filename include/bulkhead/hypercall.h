/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Hypercalls. Instruction: VMMCALL on AMD, VMCALL on Intel (bh_info.vendor says which).
 * RAX = number, RDI, RSI, RDX = arguments; RAX = result: 0 or positive, or a negative errno.
 * All other registers are kept. Only ring 0 may call; others, and cells that call what is
 * reserved to the root, get -EPERM. An unknown number gets -ENOSYS.
 *
 * CPUID: leaf 0x40000000 returns EAX = highest leaf, EBX/ECX/EDX = "BulkheadBulk"; leaf
 * 0x40000001 returns EAX = BH_ABI, EBX = cell id, ECX/EDX = low/high half of bh_info's GPA
 * (0 in the root).
 */
#ifndef BULKHEAD_HYPERCALL_H
#define BULKHEAD_HYPERCALL_H

#include <bulkhead/types.h>

#define BH_ABI 1

#define BH_CPUID_SIGNATURE 0x40000000u
#define BH_CPUID_NAME 0x6b6c7542u /* EBX: "Bulk" */
#define BH_CPUID_INFO 0x40000001u

/* Anyone. Does nothing; for measuring. Returns 0. */
#define BH_HC_NOP 0

/* Root, on each of its CPUs: leave the hypervisor. -EBUSY while a cell exists. */
#define BH_HC_DISABLE 1

/* Root. RDI = GPA, RSI = bytes of a struct bh_cell_config blob (physically contiguous).
 * Returns the new cell's id, > 0. The CPUs must be off-line in Linux. */
#define BH_HC_CELL_CREATE 2

/* Root. RDI = id. Cell stopped. Memory and CPUs go back to the root. */
#define BH_HC_CELL_DESTROY 3

/* Root. RDI = id. Cell stopped. Clears the cell's memory a bounded step at a time and resets
 * its devices; -EAGAIN: call again. Required after create and after every run. */
#define BH_HC_CELL_RESET 4

/* Root. RDI = id, RSI = GPA of struct bh_load_args. Cell reset and not started. */
#define BH_HC_CELL_LOAD 5

/* Root. RDI = id, RSI = entry GPA, RDX = BH_START_*. Returns when the boot CPU has begun. */
#define BH_HC_CELL_START 6

/* Root. RDI = id, RSI = BH_STOP_*. BH_STOP_ASK sets bh_info.request and returns at once;
 * BH_STOP_FORCE returns when every CPU of the cell is parked. */
#define BH_HC_CELL_STOP 7

/* Cells. RDI = BH_FINISH_DONE or BH_FINISH_FAILED, RSI = code shown to the administrator.
 * Parks all CPUs of the cell; does not return. */
#define BH_HC_CELL_EXIT 8

/* Root. RDI = BH_ROOT_*: it will not go on as it was; its ends of links get state 0. BH_ROOT_PANICS
 * returns, so that it can write its messages and a dump. BH_ROOT_ENDS parks all its CPUs, and what
 * the description says for its end follows. */
#define BH_HC_ROOT_DOWN 9
/* Root. RDI = GPA of a struct bh_root_image (bulkhead/root.h). It is copied and checked, and the
 * memory of its runs is the hypervisor's until it is unloaded. -EEXIST: one is loaded; -EBUSY: not
 * all of the runs is the root's. */
#define BH_HC_ROOT_LOAD 10

/* Root. Gives the runs back, whose contents stay. -ENOENT: nothing is loaded. */
#define BH_HC_ROOT_UNLOAD 11

/* Root. RDI = BH_ROOT_*, RSI = GPA of BH_CONFIG_MAX_SIZE bytes, RDX = id of a cell. Returns how
 * many bytes it wrote there. */
#define BH_HC_ROOT_READ 12

/* Root. RDI = GPA of a struct bh_attach: where the way out leads from now on. A root that was started
 * again cannot leave before. -EINVAL: not the root's memory */
#define BH_HC_ROOT_ATTACH 13

#define BH_START_FLAT32 0  /* protected mode, flat 4 GiB segments, no paging, EAX/EBX = multiboot */
#define BH_START_RESET16 1 /* real mode at CS base = entry & ~0xffff, IP = entry & 0xffff */

#define BH_STOP_ASK 0
#define BH_STOP_FORCE 1

#define BH_FINISH_DONE 0
#define BH_FINISH_FAILED 1

#define BH_ROOT_PANICS 0
#define BH_ROOT_ENDS 1

#define BH_LOAD_MAX 0x10000u /* bytes of one BH_HC_CELL_LOAD */

struct bh_load_args {
	uint64_t src_gpa; /* in the root, physically contiguous */
	uint64_t dst_gpa; /* in the cell */
	uint32_t size;	  /* 1 .. BH_LOAD_MAX */
	uint32_t reserved;
};

#endif
