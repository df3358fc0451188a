/* SPDX-License-Identifier: GPL-2.0-only */
/* Accesses to guest-physical memory that is not mapped: which device is meant, and what the
 * instruction wants of it. */
#ifndef HV_MMIO_H
#define HV_MMIO_H

#include "cpu.h"

struct mmio_access {
	uint64_t gpa;
	uint64_t value; /* to write */
	uint8_t width;
	uint8_t write;
};

/* Nested page fault; address and access are in self->exit. */
void mmio_handle(struct cpu *self);

#endif
