/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the SVM backend share. */
#ifndef SVM_SVM_H
#define SVM_SVM_H

#include "arch/x86/vmm.h"
#include "svm/layout.h"
#include "svm/vmcb.h"

static inline struct vmcb *svm_vmcb(struct cpu *self)
{
	return (struct vmcb *)((char *)self + SVM_VMCB);
}

#define SVM_BITMAP_PAGES 5 /* two of MSRs, three of ports, which begin here: */
#define SVM_IOPM (2 * BH_PAGE_SIZE)

/* Point the control block to the cell's permission bitmaps. */
void svm_set_bitmaps(struct vmcb *vmcb, const struct cell *cell);

/* What run.S calls for each exit code below SVM_CAUSES, and by how much the guest's RIP moves
 * before. Others end in svm_exit(). */
struct svm_dispatch {
	void (*handler)(struct cpu *self);
	uint64_t skip;
};
extern const struct svm_dispatch svm_dispatch[SVM_CAUSES];

void svm_exit(struct cpu *self);

#endif
