/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hot-plug of link functions in Linux. The hypervisor shows them in the slots of the system
 * description; Linux is told to look there.
 */
#ifndef BULKHEAD_PCI_H
#define BULKHEAD_PCI_H

#include <linux/types.h>

/* Finds the function whose shared memory is at link_hpa, gives it the property "link-name", and
 * adds it to Linux. -ENODEV: there is none; -ENOSPC: no room for its registers. */
int pci_plug(const char *name, u64 link_hpa, u16 *bdf);

/* Takes it away from Linux, whoever plugged it. Under pci_lock_rescan_remove(), which has to be
 * held until the hypervisor no longer shows the function: Linux could find it again. */
void pci_unplug(u64 link_hpa);

#endif
