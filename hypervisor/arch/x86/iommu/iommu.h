/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DMA-remapping units of either vendor, whatever the CPU's vendor is. The hardware works on tables of
 * ours: one set of device and interrupt tables for all units of the machine, one set of page tables per
 * cell. The root's Linux goes on driving units that it finds in the same registers, queues and tables
 * as before; those registers are trapped, and what Linux asks for is checked and carried out.
 *
 * Functions are called with machine_lock unless said otherwise. The vendor's half is a const table of
 * hooks (vtd.c, amd.c); all units of a machine are of one type.
 */
#ifndef X86_IOMMU_H
#define X86_IOMMU_H

#include "cell.h"
#include "lock.h"
#include "mmio.h"
#include "pure/msi.h"

/* Remapping entries that cells can have; handles of the root are its own, and lie below. */
#define IOMMU_CELL_ENTRIES 256

/* What a device or an IO-APIC pin is to be programmed with. */
struct iommu_message {
	uint64_t address;
	uint32_t data;
};

struct iommu_unit {
	const struct iommu_hooks *hooks;
	const struct bh_config_iommu *config;
	volatile void *regs;
	unsigned int index;
	struct lock lock; /* guards the registers, the queue, and what the root is shown of them */
};

struct iommu_hooks {
	const struct pt_format *pt_format;

	/* Map registers, check what the unit can do and how Linux uses it now, allocate. The hardware
	 * has not changed yet. Prints what is missing. -ENODEV, -EOPNOTSUPP, -ENOMEM */
	int (*prepare)(struct iommu_unit *unit);

	/* The unit works on our tables from here on; no CPU runs Linux meanwhile. On failure it is as it
	 * was. -ETIMEDOUT */
	int (*take_over)(struct iommu_unit *unit);

	/* The unit is Linux's again, with the tables, queue and settings that it believes to be in use. */
	void (*hand_back)(struct iommu_unit *unit);

	/* DMA of this function goes through the cell's tables, NULL: nowhere. prepare_device allocates
	 * whatever set_device will need, which then cannot fail. The caller flushes. */
	int (*prepare_device)(uint16_t bdf);
	void (*set_device)(uint16_t bdf, const struct cell *cell);

	/* Forget translations of a cell's domain and everything about its functions. -ETIMEDOUT */
	int (*flush)(struct iommu_unit *unit, const struct cell *cell);

	/* A remapping entry (0 <= entry < IOMMU_CELL_ENTRIES) for messages of this function only; irq
	 * NULL: none. Flushed on return. Gives the message that leads there. -ETIMEDOUT */
	int (*set_entry)(unsigned int entry, uint16_t requester, const struct msi_interrupt *irq,
			 struct iommu_message *message);

	/* Report what the unit has stopped. Also called without machine_lock. */
	void (*poll_faults)(struct cpu *self, struct iommu_unit *unit);

	/* An access of the root to the unit's registers, width 4 or 8. Without machine_lock. */
	void (*mmio)(struct cpu *self, struct iommu_unit *unit, struct mmio_access *access,
		     uint64_t *value);
};

extern const struct iommu_hooks iommu_vtd, iommu_amd;

/* Setup: every unit that the description does not leave to the root is prepared. */
int iommu_init(void);
/* All CPUs have come in: from now on the hardware is ours; and back again. */
int iommu_take_over(void);
void iommu_hand_back(void);

/* Whether DMA, and interrupts, are remapped by us. */
int iommu_is_on(void);
int iommu_remaps_interrupts(void);

/* The domain of a cell: its RAM, readable and writable as the CPU's map says, and nothing else.
 * -ENOMEM */
int iommu_cell_init(struct cell *cell);
void iommu_cell_destroy(struct cell *cell);

/* Take what the cell owns out of the root's domain, and give it back. The first can fail, and has then
 * changed nothing. -ETIMEDOUT */
int iommu_cell_take(struct cell *cell);
void iommu_cell_give_back(struct cell *cell);

/* Move a function's DMA and interrupts to a cell (the root is one), NULL: blocked. Flushed on
 * return. -ENOMEM, -ETIMEDOUT: it is blocked then. */
int iommu_assign(uint16_t bdf, const struct cell *cell);

/* Entries for a function of a cell: count contiguous ones, aligned to their number, a power of 2.
 * The first one's number, or -ENOSPC. Freed entries stop delivering. */
int iommu_alloc_entries(unsigned int count);
void iommu_free_entries(unsigned int first, unsigned int count);
/* Without machine_lock. irq NULL: off. Without remapping, message is the plain one. */
int iommu_set_entry(unsigned int entry, uint16_t requester, const struct msi_interrupt *irq,
		    struct iommu_message *message);

/* Reports a stopped access: console line, event for Linux, counter of the owner. */
void iommu_report(uint16_t bdf, uint64_t address, uint32_t reason, const char *words,
		  uint32_t fault_flags);

int iommu_owns(struct cpu *self, uint64_t gpa);
void iommu_mmio(struct cpu *self, struct mmio_access *access, uint64_t *value);

#endif
