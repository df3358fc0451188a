/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What a cell shares with the hypervisor and, read-only, with Linux: the information page (the
 * cell may only read it), the status page and the console ring (the cell writes both). They
 * lie one after the other from bh_cell_config.info_gpa on.
 *
 * Linux treats all that the cell wrote as untrusted: it takes sizes from the description, not
 * from here.
 */
#ifndef BULKHEAD_COMM_H
#define BULKHEAD_COMM_H

#include <bulkhead/config.h>

#define BH_INFO_MAGIC UINT64_C(0x4f464e4948424b42) /* "BKBHINFO" */

#define BH_VENDOR_AMD 1	  /* VMMCALL */
#define BH_VENDOR_INTEL 2 /* VMCALL */

#define BH_REQUEST_NONE 0
#define BH_REQUEST_SHUTDOWN 1 /* please call BH_HC_CELL_EXIT soon */

struct bh_info_memory {
	uint64_t gpa;
	uint64_t size;
	uint64_t flags; /* BH_MEM_* */
};

struct bh_info_link {
	char name[BH_NAME_LEN];
	uint64_t gpa;	       /* shared memory */
	uint64_t register_gpa; /* BAR0 as set before the cell starts */
	uint64_t size;
	uint16_t bdf;
	uint16_t peer;
	uint16_t peers;
	uint16_t reserved;
};

/* Adjacent regions of the description are merged here, so a few entries do. */
#define BH_INFO_MEMORY 16

struct bh_info {
	uint64_t magic;
	uint32_t abi;  /* BH_ABI */
	uint32_t size; /* bytes of this structure */
	char name[BH_NAME_LEN];
	uint32_t cell_id;
	uint32_t vendor;  /* BH_VENDOR_*: the hypercall instruction */
	uint32_t request; /* BH_REQUEST_*; may change at any time */
	uint32_t epoch;	  /* counts the starts of this cell */
	uint64_t tsc_hz;
	uint64_t apic_timer_hz; /* of the local APIC timer with divider 1 */
	uint64_t status_gpa;
	uint64_t console_gpa;  /* struct bh_ring */
	uint64_t console_size; /* bytes of its data */
	uint64_t ecam_gpa;
	uint64_t ioapic_gpa;
	uint64_t entry_gpa; /* where the boot CPU started */
	uint32_t cpu_count;
	uint32_t memory_count;
	uint32_t link_count;
	uint32_t reserved;
	uint32_t apic_id[BH_MAX_CPUS];
	struct bh_info_memory memory[BH_INFO_MEMORY];
	struct bh_info_link link[BH_MAX_CELL_LINKS];
};
static_assert(sizeof(struct bh_info) <= BH_PAGE_SIZE, "one page");

/* Written by the cell. All optional: a guest that knows nothing of it still runs. */
struct bh_status {
	uint64_t heartbeat; /* any change is a sign of life */
	uint32_t progress;  /* free for the cell's use, shown by hvctl */
	uint32_t reserved;
};

/* A ring of bytes with one writer. head counts all bytes ever written; byte n is at
 * data[n % size]. A reader that fell more than size behind has lost the difference. */
struct bh_ring {
	uint64_t head;
	uint64_t reserved[7];
	uint8_t data[];
};

/* Bytes of the whole comm region: information page, status page, ring header and data. The
 * ring's header has a page of its own, so that data stays page aligned. */
#define BH_COMM_SIZE(console_size) (3 * BH_PAGE_SIZE + (console_size))
#define BH_COMM_STATUS BH_PAGE_SIZE
#define BH_COMM_RING (3 * BH_PAGE_SIZE - sizeof(struct bh_ring))

#endif
