/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Judging descriptions and saying what is wrong with them.
 */
#ifndef BULKHEAD_REPORT_H
#define BULKHEAD_REPORT_H

#include "pure/config.h"

struct bh_ioc_config;
struct bh_public;

/* who found it ("driver", "hypervisor"), in what. */
void report_rule(const char *who, const char *what, u32 rule, u32 record, u64 value);

/* What the hypervisor had to say before it gave up. */
void report_console(const struct bh_public *public);

/* Parse and check with addresses still open; -EINVAL, on the log and in *arg. */
int report_checked_system(struct config_system *sys, const void *blob, size_t size,
			  struct bh_ioc_config *arg);
int report_checked_cell(struct config_cell *cell, const void *blob, size_t size,
			struct bh_ioc_config *arg);

#endif
