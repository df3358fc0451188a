/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Words for the numbers of include/bulkhead: exit causes, states, events.
 */
#ifndef HVCTL_NAMES_H
#define HVCTL_NAMES_H

#include <bulkhead/public.h>

extern const char *const bh_exit_name[BH_EXIT_CAUSES];

/* "?" for a number that has no name: the hypervisor may be newer than this program. */
const char *exit_name(uint32_t cause);
const char *cell_state_name(uint32_t state);
const char *cpu_state_name(uint32_t state);
const char *event_name(uint32_t type);
const char *vendor_name(uint32_t vendor);
const char *link_state_name(uint32_t state);

/* A sentence for a report: what was accessed, and which property would allow it. buffer holds
 * the result, which is returned. */
const char *report_text(const struct bh_report *r, char *buffer, size_t size);
const char *report_remedy(const struct bh_report *r);

#endif
