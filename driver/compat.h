/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The only place that looks at the kernel's version, and that declares what the kernel exports to
 * modules but does not declare for them.
 */
#ifndef BULKHEAD_COMPAT_H
#define BULKHEAD_COMPAT_H

#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
#define PCI_IRQ_INTX PCI_IRQ_LEGACY
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
static inline void vm_flags_set(struct vm_area_struct *vma, unsigned long flags)
{
	vma->vm_flags |= flags;
}

static inline void vm_flags_clear(struct vm_area_struct *vma, unsigned long flags)
{
	vma->vm_flags &= ~flags;
}
#endif

/* kernel/rcu/update.c */
void rcu_expedite_gp(void);
void rcu_unexpedite_gp(void);

#endif
