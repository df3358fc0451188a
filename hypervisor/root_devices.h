/* SPDX-License-Identifier: GPL-2.0-only */
/* The functions that an earlier Linux of the root used. With machine_lock, while the root has ended. */
#ifndef HV_ROOT_DEVICES_H
#define HV_ROOT_DEVICES_H

#include "pure/pci_quiet.h"

/* As many can be reset; more are only stopped. */
#define ROOT_RESETS 64

struct root_devices {
	unsigned int count; /* of those that are being reset */
	uint64_t until;	    /* TSC */
	struct {
		uint16_t bdf;
		struct pci_quiet quiet;
	} reset[ROOT_RESETS];
};

/* All that are not cells': no DMA and no interrupt from here on. */
void root_devices_stop(struct root_devices *devices);

/* Resets of those that were found, where no function of a cell depends on one: they begin, and are over. */
void root_devices_reset(struct root_devices *devices);
void root_devices_wait(struct root_devices *devices);

#endif
