/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cells: who owns which CPUs and memory, and their life. The root is cell 0.
 * All of it is guarded by machine_lock, but for what a CPU reads of its own cell: its cell is
 * changed by that CPU itself only.
 */
#ifndef HV_CELL_H
#define HV_CELL_H

#include <bulkhead/comm.h>
#include <bulkhead/hypercall.h>
#include "pure/config.h"
#include "pure/cpuid.h"
#include "pure/ioapic.h"
#include "pure/pci.h"
#include "pure/pt.h"
#include "cpu.h"

struct assigned;
struct link_end;

struct cell {
	uint32_t id;
	enum bh_cell_state state;
	struct bh_cell_public *public;
	uint64_t cpus; /* mask of indices in cpu_table */
	struct pt npt;
	struct pt dma;	/* what its PCI functions reach, where a unit of ours remaps */
	void *vmm;	/* permission bitmaps (arch/x86/permissions.c) */
	uint32_t flags; /* BH_CELL_*; for the root BH_CELL_STRICT stands for its policy */

	/* Cells only */
	void *root_vmm; /* where it has ports: room for other bitmaps of the root */
	void *blob;	/* private copy of the description */
	unsigned int blob_pages;
	struct config_cell config;
	struct bh_info *info; /* comm region */
	unsigned int comm_pages;
	uint64_t reset_progress; /* bytes of memory cleared so far */
	struct ioapic ioapic;
	struct pci_function bridge;
	/* Its ends of links: a cell's in the description's order. Changed with machine_lock only; read
	 * without by its own CPUs, which have all answered a flush before an end of the root is freed. */
	struct link_end *ends[BH_MAX_LINKS];
	struct cpuid_view cpuid;
	uint16_t pin_entry
		[BH_MAX_PINS]; /* 1 + remapping entry of its pins, in the description's order; 0: none */
	struct assigned *devices[BH_MAX_DEVICES]; /* in the description's order */
	uint64_t reset_until;			  /* TSC, while functions are being reset; or 0 */
	uint32_t cf8;				  /* PCI configuration address latch */
};

extern struct cell *cell_table[BH_MAX_CELLS];
extern struct cell *const root_cell;
extern struct config_system system_config;

static inline int cell_is_root(const struct cell *cell)
{
	return cell->id == 0;
}

/* The root's map: everything below address_limit but what is trapped or ours. */
int cell_init_root(void);

/* Hypercalls; results and errors as in bulkhead/hypercall.h. Called with machine_lock. */
int cell_create(struct cpu *self, uint64_t config_gpa, uint64_t size);
int cell_destroy(struct cpu *self, struct cell *cell);
int cell_reset(struct cpu *self, struct cell *cell);
int cell_load(struct cpu *self, struct cell *cell, uint64_t args_gpa);
int cell_start(struct cpu *self, struct cell *cell, uint64_t entry, uint64_t mode);
int cell_stop(struct cpu *self, struct cell *cell, uint64_t how);

/* What a starting boot CPU finds in its registers. */
void cell_set_start_registers(struct cpu *self);

/* The root is started again: it runs as far as others are concerned. */
void cell_root_begins(void);

/* A cell ends itself, or is ended for what it did: all its CPUs are parked. Called by one of
 * its CPUs, without machine_lock. The root's other CPUs are parked as well if it is the root. */
void cell_finish(struct cpu *self, enum bh_cell_state state, int32_t code);

/* A forbidden access, described in *tried but for CPU and RIP: the cell is parked and the report
 * written; the tolerant root goes on, which this counts. Returns 1 if the guest is to go on. */
int cell_violation(struct cpu *self, const struct bh_report *tried, const char *what,
		   const char *remedy);

/* A guest that cannot go on: its cell is parked, whoever it is. */
void cell_crash(struct cpu *self, const char *what);

/* A look at memory of the CPU's own cell, such as the guest's page tables: the place of gpa in the
 * window, up to the end of its page, or NULL when it is not the cell's plain memory. What the window
 * showed last is remembered until the cell's map changes, which every CPU of the cell learns by
 * CPU_FLUSH; so nothing else may be shown in windows that are used for this. */
const void *cell_view(struct cpu *self, unsigned int window, uint64_t gpa);
void cell_forget_views(struct cpu *self);

/* cell_memory.c: who has which pages, and copying in and out. Called with machine_lock held unless
 * said otherwise. */
int cell_memory_init_root(void);

/* Everything that can fail about giving the cell what its description says: its own tables, the
 * comm region, room in the root's tables. -EBUSY: memory that is not the root's. -ENOMEM */
int cell_memory_prepare(struct cell *cell);

/* Undoes that, also when only a part of it was done, and flushes the root's CPUs. */
void cell_memory_destroy(struct cpu *self, struct cell *cell);

/* After something has left the root's map, before another gets it. -ETIMEDOUT: a CPU of the root or a remapping unit may
 * still remember. */
int cell_memory_flush(struct cpu *self);

/* After anything in the root's map was merged, before anybody can have the tables that were freed. */
void cell_memory_settle(struct cpu *self);

/* Whether the root has all of that memory with these rights, at its own address. Without machine_lock: whoever frees
 * tables waits for who is in here. */
int cell_memory_is_roots(struct cpu *self, uint64_t gpa, uint64_t size, uint32_t rights);

/* Out of the root's map; and back: then cell_memory_destroy() is next. -ETIMEDOUT: a remapping unit
 * may still let the root's devices in. */
int cell_memory_take(struct cpu *self, struct cell *cell);
void cell_memory_give_back(struct cell *cell);

/* Clear up to step bytes from offset progress on (all records counted through). Returns the new
 * progress. */
uint64_t cell_memory_clear(struct cpu *self, struct cell *cell, uint64_t progress, uint64_t step);

/* From the root's memory to ours, once. -EINVAL: not plain memory of the root. */
int cell_memory_copy_in(struct cpu *self, void *to, uint64_t gpa, uint64_t size);

/* From us to the root's memory, which has to be its to write. The number of bytes, or -EINVAL. */
int cell_memory_copy_out(struct cpu *self, uint64_t gpa, const void *from, uint64_t size);

/* From the root's memory to the cell's RAM. -EINVAL: not all of it is. */
int cell_memory_load(struct cpu *self, struct cell *cell, uint64_t dst, uint64_t src,
		     uint64_t size);

#endif
