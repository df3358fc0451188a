/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI functions of cells, as Linux sees them: claimed from their driver by one of ours that does
 * nothing, and returned to it. In between, Linux keeps them and the bridges above them awake, and
 * its accesses to their configuration space read ones.
 * All but claim_init() and claim_exit() need driver_lock.
 */
#ifndef BULKHEAD_CLAIM_H
#define BULKHEAD_CLAIM_H

#include <linux/types.h>

struct bh_config_pci;
struct claim;

int claim_init(void);
void claim_exit(void);

/* Whether functions can go without others of their IOMMU groups. -EBUSY, -ENODEV, after saying why. */
int claim_check_groups(const char *cell, const struct bh_config_pci *wanted, u32 count);

/*
 * Takes the function of the record: its driver has let go of it, it is reset, and can neither master the bus
 * nor interrupt. Says in the kernel's log what is wrong: -ENODEV there is none (with the IDs that the
 * record names), -EBUSY a cell, or a driver that does not let go, has it, -EOPNOTSUPP a bridge, or it cannot
 * be reset and the description does not accept that.
 */
int claim_take(const char *cell, const struct bh_config_pci *wanted, struct claim **out);

/* What Linux knows of it: into the record for the hypervisor. BARs without a place in the cell get one
 * from *place on, which moves behind them. */
void claim_describe(const struct claim *claim, struct bh_config_pci *record, u64 *place);

/* Resets the function and gives it back to its driver. NULL is harmless. */
void claim_return(struct claim *claim);

#endif
