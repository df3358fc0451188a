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
	const struct bh_config_iommu *config;
	volatile uint8_t *regs;
	unsigned int index;
	int ours;	  /* between take_over and hand_back */
	struct lock lock; /* guards the registers, the queue, and what the root is shown of them */
};

struct iommu_hooks {
	/* Of all domains. Known after prepare. */
	const struct pt_format *(*pt_format)(void);

	/* Whether interrupts are remapped as well. Known after prepare. */
	int (*remaps_interrupts)(void);

	/* unit->regs is mapped: check what the unit can do and how Linux uses it now, allocate. The
	 * hardware has not changed yet. Prints what is missing. -ENODEV, -EOPNOTSUPP, -ENOMEM */
	int (*prepare)(struct iommu_unit *unit);

	/* After all units' prepare: the tables that the units share. -ENOMEM, -EOPNOTSUPP */
	int (*prepare_tables)(void);

	/* The unit works on our tables from here on; no CPU runs Linux meanwhile. On failure it is as it
	 * was. -ETIMEDOUT, -EBUSY */
	int (*take_over)(struct cpu *self, struct iommu_unit *unit);

	/* The unit is Linux's again, with the tables, queue and settings that it believes to be in use.
	 * No CPU is in the middle of using the unit; later accesses go to the hardware. */
	void (*hand_back)(struct cpu *self, struct iommu_unit *unit);

	/* DMA of this function goes through the cell's tables, NULL: nowhere. prepare_device allocates
	 * whatever set_device will need, which then cannot fail. The caller flushes, and has all
	 * units' locks. */
	int (*prepare_device)(uint16_t bdf);
	void (*set_device)(uint16_t bdf, const struct cell *cell);

	/* Forget translations of a cell's domain and everything about its functions. -ETIMEDOUT */
	int (*flush)(struct iommu_unit *unit, const struct cell *cell);

	/* A remapping entry (0 <= entry < IOMMU_CELL_ENTRIES) for messages of this function only; irq
	 * NULL: none. Flushed on return. Gives the message that leads there. -ETIMEDOUT */
	int (*set_entry)(unsigned int entry, uint16_t requester, const struct msi_interrupt *irq,
			 struct iommu_message *message);

	/* Whether a handle that the root writes into an IO-APIC is one of its own entries. */
	int (*is_roots_handle)(uint32_t index);

	/* Optional: whether units look at entries of IO-APICs as at any message, whatever they say. */
	int (*judges_pins)(void);

	/* Optional: what a message of the root's function, which is none of the hardware's, leads to by
	 * Linux's own tables. Without machine_lock. Returns 0 if it is not remapped, -EINVAL if it leads
	 * nowhere. */
	int (*translate)(struct cpu *self, uint16_t bdf, uint32_t data, struct msi_interrupt *irq);

	/* The root's CPUs have changed: entries of the root that reach others' stop delivering, and
	 * come back when they no longer do. Called with the unit's lock. -ETIMEDOUT */
	int (*follow_cpus)(struct cpu *self, struct iommu_unit *unit);

	/* The root is started again: it finds the unit as after a reset, while the hardware goes on with our
	 * tables, in which the root has no interrupt, and all of its functions its domain. Called with the
	 * unit's lock. -ETIMEDOUT */
	int (*reset_root)(struct cpu *self, struct iommu_unit *unit);

	/* An access of the root to the unit's registers: offset, width 4 or 8. Called with the unit's
	 * lock and without machine_lock. Returns what is forbidden about it, in words, or NULL. */
	const char *(*mmio)(struct cpu *self, struct iommu_unit *unit, uint32_t offset,
			    struct mmio_access *access, uint64_t *value);
};

extern const struct iommu_hooks iommu_vtd, iommu_amd;

/* Setup: every unit that the description does not leave to the root is prepared. After the root's
 * map is made. Errors as prepare's. */
int iommu_init(void);

/* All CPUs have come in: from now on the hardware is ours; and back again. Errors as take_over's. */
int iommu_take_over(struct cpu *self);
void iommu_hand_back(struct cpu *self);

/* Flush all of what the units remember of a cell's domain. -ETIMEDOUT, after saying so */
int iommu_flush(const struct cell *cell);

/* Whether DMA, and interrupts, are remapped by us. */
int iommu_is_on(void);
int iommu_remaps_interrupts(void);

/* See iommu_hooks. 1 where there are no units of ours. */
int iommu_is_roots_handle(uint32_t index);

/* See iommu_hooks. 0 where there are no units of ours. */
int iommu_judges_pins(void);
int iommu_translate(struct cpu *self, uint16_t bdf, uint32_t data, struct msi_interrupt *irq);

/* root_cell->cpus has changed. -ETIMEDOUT, after saying so */
int iommu_follow_cpus(struct cpu *self);

/* The root is started again. -ETIMEDOUT, after saying so */
int iommu_reset_root(struct cpu *self);

/* The domain of a cell: its RAM, readable and writable as the CPU's map says, and nothing else.
 * -ENOMEM */
int iommu_cell_init(struct cell *cell);
void iommu_cell_destroy(struct cell *cell);

/* The root's domain follows its map: room for changing exactly this range (-ENOMEM), the change, and
 * the end of it (see pt_split, pt_map, pt_unmap, pt_merge). All but the first cannot fail. Without
 * PT_READ in rights the range is taken out. The caller flushes. */
int iommu_root_split(uint64_t hpa, uint64_t size);
void iommu_root_set(uint64_t hpa, uint64_t size, uint32_t rights);
void iommu_root_merge(uint64_t hpa, uint64_t size);

/* Move a function's DMA and interrupts to a cell (the root is one), NULL: blocked. Flushed on
 * return. -ENOMEM, -ETIMEDOUT: nothing is certain then; block it, and let nobody use it. */
int iommu_assign(uint16_t bdf, const struct cell *cell);

/* Owner of a function as far as units know. The root's are all that were not assigned. */
uint32_t iommu_owner(uint16_t bdf);

/* Entries for a function of a cell: count contiguous ones, aligned to their number, a power of 2.
 * The first one's number, or -ENOSPC. Freed entries stop delivering. */
int iommu_alloc_entries(unsigned int count);
void iommu_free_entries(unsigned int first, unsigned int count);
/* Without machine_lock. irq NULL: off. Without remapping, message is the plain one. */
int iommu_set_entry(unsigned int entry, uint16_t requester, const struct msi_interrupt *irq,
		    struct iommu_message *message);

/*
 * A unit has stopped an access: console line, event for Linux, counter of the owner. flags:
 * BH_FAULT_*. Returns 1 if the owner has had so many since it was created that the unit had better
 * not tell of this function any more (hooks->set_device makes it tell again).
 */
int iommu_report(uint16_t bdf, uint64_t address, uint32_t reason, const char *words,
		 uint32_t flags);

/* Whether what Linux asks for in vain is still to be printed: it could fill minutes of a UART with that,
 * and those who wait for the unit. */
int iommu_may_tell(void);

int iommu_owns(struct cpu *self, uint64_t gpa);
void iommu_mmio(struct cpu *self, struct mmio_access *access, uint64_t *value);

#endif
