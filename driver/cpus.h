/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPUs between Linux and cells: offline here, then a cell's; and keeping Linux from starting what
 * it does not own while the hypervisor is enabled. Needs driver_lock.
 */
#ifndef BULKHEAD_CPUS_H
#define BULKHEAD_CPUS_H

#include <linux/cpumask.h>
#include "pure/config.h"

int cpus_init(void);
void cpus_exit(void);

/* From here on Linux starts only CPUs of the description that no cell owns. */
void cpus_guard_begin(void);
void cpus_guard_end(void);

/* The same where an earlier Linux has enabled the hypervisor: whichever CPUs are online now. */
void cpus_guard_attach(const struct config_system *sys);

/* Brings the CPUs of the description online that no cell owns. One that does not come is said on the log. */
void cpus_start(void);

/* The CPUs of one cell. */
struct cpus_set {
	cpumask_var_t taken;
	cpumask_var_t were_online;
};

int cpus_set_init(struct cpus_set *set);
void cpus_set_free(struct cpus_set *set);

/* Takes the CPUs of the cell's description offline and keeps them so. -EBUSY: one is another
 * cell's, or Linux does not let it go; then none has been taken. */
int cpus_take(struct cpus_set *set, const struct config_cell *cell);

/* The CPUs of a cell that exists already. */
void cpus_adopt(struct cpus_set *set, const struct config_cell *cell);

/* Brings back those that were online before. A CPU that does not come is said on the log. */
void cpus_give_back(struct cpus_set *set);

/* Brings all CPUs of the system description online, and notes in woken which had not been. */
int cpus_wake_all(struct cpumask *woken);
void cpus_sleep_again(const struct cpumask *woken);

#endif
