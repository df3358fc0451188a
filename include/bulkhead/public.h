/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The hypervisor's public pages: state, counters, events and console, mapped read-only into
 * the root. Reading them costs no exit. Writers update without locks that a reader could
 * hold; a record is valid once the counter that covers it has been advanced.
 */
#ifndef BULKHEAD_PUBLIC_H
#define BULKHEAD_PUBLIC_H

#include <bulkhead/config.h>

#define BH_PUBLIC_MAGIC UINT64_C(0x43494c425550484b) /* "KHPUBLIC" */

/* Why a CPU entered the hypervisor. The names for humans are in bh_exit_name[] (tools). */
enum bh_exit_cause {
	BH_EXIT_HYPERCALL,
	BH_EXIT_CPUID,
	BH_EXIT_ICR,  /* x2APIC ICR write (an interprocessor interrupt) */
	BH_EXIT_MSR,  /* any other MSR */
	BH_EXIT_APIC, /* xAPIC page */
	BH_EXIT_IOAPIC,
	BH_EXIT_PCI,	  /* configuration space, ECAM or CF8/CFC */
	BH_EXIT_PIO,	  /* any other port */
	BH_EXIT_DOORBELL, /* doorbell register of a link */
	BH_EXIT_LINK,	  /* other registers and the MSI-X table of a link */
	BH_EXIT_KICK,	  /* NMI by which the hypervisor asked for attention */
	BH_EXIT_NMI,	  /* NMI that belongs to the guest */
	BH_EXIT_IRET,	  /* end of the guest's NMI blocking */
	BH_EXIT_CR,	  /* control registers, XCR0 */
	BH_EXIT_INSN,	  /* an instruction that no guest may use (SVM, VMX, INVD, ...) */
	BH_EXIT_STRAY,	  /* access to what the cell does not own */
	BH_EXIT_IOMMU,	  /* register of a DMA-remapping unit */
	BH_EXIT_DEVICE,	  /* MSI-X table of an assigned PCI function */
	BH_EXIT_OTHER,
	BH_EXIT_CAUSES
};

enum bh_cpu_state {
	BH_CPU_ABSENT,
	BH_CPU_RUNNING,
	BH_CPU_PARKED,	  /* stopped until a hypercall says otherwise */
	BH_CPU_WAIT_SIPI, /* took INIT, waits for a start-up IPI */
};

struct bh_cpu_public {
	uint32_t apic_id;
	uint32_t cell;	/* id of the owner; 0 is the root */
	uint32_t state; /* enum bh_cpu_state */
	uint32_t reserved;
	uint64_t nmi_forwarded;
	uint64_t nmi_kicks;
	uint64_t exits[BH_EXIT_CAUSES];
	uint64_t spare[9];
};
static_assert(sizeof(struct bh_cpu_public) == 256, "four cache lines");

enum bh_cell_state {
	BH_CELL_NONE,	 /* slot is free */
	BH_CELL_CREATED, /* memory must be reset before it is loaded */
	BH_CELL_RESET,	 /* ready for load and start */
	BH_CELL_RUNNING,
	BH_CELL_STOPPED, /* by force */
	BH_CELL_DONE,	 /* said so itself; exit_code is its own */
	BH_CELL_FAILED,	 /* said so itself */
	BH_CELL_CRASHED, /* parked for a forbidden access or a fault; report is valid */
};

/* What a cell (or a strict root) was parked for. */
struct bh_report {
	uint32_t cpu;	  /* APIC ID */
	uint32_t cause;	  /* enum bh_exit_cause */
	uint64_t address; /* guest-physical address, MSR or port */
	uint64_t value;	  /* that it wanted to write */
	uint64_t rip;
	uint32_t access; /* 1 read, 2 write, 4 execute */
	uint32_t width;	 /* bytes */
};

struct bh_cell_public {
	char name[BH_NAME_LEN];
	uint32_t id;
	uint32_t state; /* enum bh_cell_state */
	uint32_t epoch; /* counts starts */
	int32_t exit_code;
	uint64_t comm_hpa; /* comm region, see comm.h; 0 for the root */
	uint32_t comm_size;
	uint32_t console_size;
	uint64_t memory; /* bytes */
	uint64_t stray;	 /* stray accesses that were ignored */
	struct bh_report report;
	uint64_t faults; /* accesses of its functions that remapping units stopped */
	uint64_t spare[4];
};
static_assert(sizeof(struct bh_cell_public) == 160, "wire");

enum bh_event_type {
	BH_EVENT_NONE,
	BH_EVENT_CREATED,
	BH_EVENT_STARTED,
	BH_EVENT_STOPPED,
	BH_EVENT_DONE,
	BH_EVENT_FAILED,
	BH_EVENT_CRASHED,
	BH_EVENT_DESTROYED,
	BH_EVENT_STRAY, /* the first stray access of the root at a page; arg = address */
	BH_EVENT_LINK,	/* peer state changed: arg = peer << 32 | new state, name = link */
	BH_EVENT_FAULT, /* DMA or interrupt that a remapping unit stopped: arg = address or handle,
			 * detail = BH_FAULT_*, cell = owner of the function */
};

/* bh_event.detail of BH_EVENT_FAULT: the unit's reason code << 32 | flags | bdf of the function */
#define BH_FAULT_BDF 0xffffu
#define BH_FAULT_WRITE 0x10000u
#define BH_FAULT_INTERRUPT 0x20000u /* a message, not memory */

struct bh_event {
	uint64_t tsc;
	uint32_t type; /* enum bh_event_type */
	uint32_t cell;
	uint64_t arg;
	uint64_t detail;
	char name[BH_NAME_LEN];
};
static_assert(sizeof(struct bh_event) == 64, "wire");

#define BH_EVENTS 64		  /* ring */
#define BH_HV_CONSOLE_SIZE 0x4000 /* bytes, ring */

struct bh_public {
	uint64_t magic;
	uint32_t abi;
	uint32_t size; /* bytes of this structure */
	uint32_t vendor;
	uint32_t cpu_count;
	uint32_t x2apic;     /* 1: the machine runs in x2APIC mode */
	uint32_t image_size; /* bytes of the loaded image, file contents */
	uint64_t memory_size;
	uint32_t pages_total; /* of the hypervisor's page pool */
	uint32_t pages_free;
	uint64_t event_head; /* events ever written; event n is at event[n % BH_EVENTS] */
	struct bh_cpu_public cpu[BH_MAX_CPUS];
	struct bh_cell_public cell[BH_MAX_CELLS];
	struct bh_event event[BH_EVENTS];
	uint64_t console_head; /* bytes ever written; byte n is at console[n % size] */
	uint8_t console[BH_HV_CONSOLE_SIZE];
};

#endif
