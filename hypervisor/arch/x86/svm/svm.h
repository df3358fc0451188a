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

/* Point the control block to the cell's permission bitmaps. */
void svm_set_bitmaps(struct vmcb *vmcb, const struct cell *cell);

/* Called by run.S after each exit. */
void svm_exit(struct cpu *self);

#endif
