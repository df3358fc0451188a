/* SPDX-License-Identifier: GPL-2.0-only */
/* What CPUID shows to the guests of a cell. */
#ifndef X86_CPUID_EXIT_H
#define X86_CPUID_EXIT_H

#include "cell.h"

/* Fill cell->cpuid from the description and the hardware. */
void cpuid_init_cell(struct cell *cell);

#endif
