/* SPDX-License-Identifier: GPL-2.0-only */
/* What the hypervisor is told when Linux ends. */
#ifndef BULKHEAD_ENDING_H
#define BULKHEAD_ENDING_H

int ending_init(void);
void ending_exit(void);

#endif
