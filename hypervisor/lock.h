/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Spinlocks. Order: machine_lock, then a link's, the IO-APICs' or that of the CF8/CFC ports, then
 * a remapping unit's, then the console's. Nobody waits for machine_lock or another CPU's answer while holding another one.
 */
#ifndef HV_LOCK_H
#define HV_LOCK_H

#include <bulkhead/types.h>

struct cpu;

struct lock {
	uint32_t taken;
};

static inline int lock_try(struct lock *lock)
{
	return !__atomic_exchange_n(&lock->taken, 1, __ATOMIC_ACQUIRE);
}

static inline void lock_take(struct lock *lock)
{
	while (!lock_try(lock))
		__builtin_ia32_pause();
}

static inline void lock_drop(struct lock *lock)
{
	__atomic_store_n(&lock->taken, 0, __ATOMIC_RELEASE);
}

/* Guards cells, their memory and the page pool: everything that hypercalls change. Whoever
 * waits for it goes on answering requests, since its holder may be waiting for our answer. */
void machine_lock(struct cpu *self);
void machine_unlock(void);

#endif
