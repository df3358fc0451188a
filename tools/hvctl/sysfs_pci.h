/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI functions of this machine, by Linux's /sys: which one a description means, and why one cannot be
 * given away. host stands before /sys and /proc: "" but in tests.
 */
#ifndef HVCTL_SYSFS_PCI_H
#define HVCTL_SYSFS_PCI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SYSFS_PCI_MAX 64 /* functions of one kind */

/* "0000:03:00.0" */
#define SYSFS_PCI_NAME 13
void sysfs_pci_name(uint16_t bdf, char name[SYSFS_PCI_NAME]);
/* With or without the segment, which has to be 0000. */
bool sysfs_pci_parse(const char *s, uint16_t *bdf);

/* Functions with these IDs in the order of their addresses; their number, at most SYSFS_PCI_MAX. */
size_t sysfs_pci_find(const char *host, uint16_t vendor, uint16_t device,
		      uint16_t bdfs[SYSFS_PCI_MAX]);

/* The function at the end of a path below /sys/devices ("pci0000:00/0000:00:1c.0/0000:01:00.0"). */
bool sysfs_pci_at_path(const char *host, const char *path, uint16_t *bdf);

/*
 * Whether all of a cell's functions can be given to it. 1, or 0 with the reason and the remedy in why. accepted[i]:
 * function i need not be reset; intx[i]: it interrupts by its line.
 */
struct sysfs_pci_wish {
	uint16_t bdf;
	bool accept_no_reset, intx;
};
int sysfs_pci_can_give(const char *host, const struct sysfs_pci_wish *wishes, size_t count,
		       char *why, size_t size);

#endif
