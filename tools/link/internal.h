/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What is behind struct bh_link. The two hooks are the registers and interrupts of the device;
 * the unit tests put memory and an eventfd there.
 */
#ifndef BULKHEAD_LINK_INTERNAL_H
#define BULKHEAD_LINK_INTERNAL_H

#include <bulkhead/link_ring.h>
#include "bulkhead_link.h"

#define LINK_MAPS 5 /* of a UIO device */

struct bh_link {
	struct bh_link_info info;
	int fd;
	bool owner; /* this end's state is ours to write */
	void (*write_register)(struct bh_link *link, uint32_t offset, uint32_t value);
	int (*wait)(struct bh_link *link, uint32_t timeout_ms);
	volatile uint32_t *registers;
	const volatile uint32_t *states;
	volatile uint8_t *rw;
	volatile uint8_t *output;
	const volatile uint8_t *outputs; /* of all peers */
	struct {
		void *address;
		size_t size;
	} map[LINK_MAPS];
	struct bh_lp lp;
};

uint64_t link_now_ns(void);

#endif
