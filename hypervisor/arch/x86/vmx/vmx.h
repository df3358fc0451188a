/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the VMX backend share. */
#ifndef VMX_VMX_H
#define VMX_VMX_H

#include "arch/x86/vmm.h"
#include "console.h"
#include "vmx/layout.h"
#include "vmx/vmcs.h"

/* This CPU's current VMCS: one from vmm_on() to vmm_leave(). A field that the CPU does not have is
 * our own bug. */
static inline uint64_t vmread(uint32_t field)
{
	uint64_t value;

	asm volatile("vmread %1, %0" : "=rm"(value) : "r"((uint64_t)field) : "cc");
	return value;
}

static inline void vmwrite(uint32_t field, uint64_t value)
{
	uint8_t failed;

	asm volatile("vmwrite %2, %1\n setbe %0"
		     : "=qm"(failed)
		     : "r"((uint64_t)field), "rm"(value)
		     : "cc");
	CHECK(!failed);
}

static inline void vmx_change(uint32_t field, uint64_t clear, uint64_t set)
{
	vmwrite(field, (vmread(field) & ~clear) | set);
}

/* What this CPU's capability registers allow, and how we want it. */
enum { VMX_PIN, VMX_CPU, VMX_CPU2, VMX_EXIT, VMX_ENTRY, VMX_MISC, VMX_EPT, VMX_WORDS };

struct vmx_controls {
	uint32_t word[VMX_WORDS];
	uint64_t cr0_ones, cr4_ones; /* bits that have to be set */
	uint32_t revision;
};

/* -ENODEV: something is missing; said which. */
int vmx_find_controls(struct vmx_controls *controls);

/* Let this CPU execute VMXON, if its firmware left that open. -ENODEV */
int vmx_unlock(void);

/* The guest's state becomes Linux's as it entered, from self->entry; and the way back: into
 * self->entry and the CPU. */
void vmx_load_linux(struct cpu *self);
void vmx_unload_linux(struct cpu *self);

/* Nested tables that map nothing. */
void vmx_assign_nothing(struct cpu *self);

#define VMX_BITMAP_PAGES 3 /* one of MSRs, two of ports, which begin here: */
#define VMX_IO_BITMAPS BH_PAGE_SIZE

/* Point the VMCS to the cell's permission bitmaps. */
void vmx_set_bitmaps(const struct cell *cell);

/* What run.S calls for each exit reason below VMX_REASONS, and whether the guest's RIP moves behind
 * the instruction before. Others end in vmx_exit(). */
struct vmx_dispatch {
	void (*handler)(struct cpu *self);
	uint64_t skip;
};
extern const struct vmx_dispatch vmx_dispatch[VMX_REASONS];
extern const uint8_t vmx_exit_entry[];

void vmx_exit(struct cpu *self);

/* What RIP is behind an instruction, where the sum is rip. */
uint64_t vmx_wrap_rip(uint64_t rip);

/* VMRESUME or VMLAUNCH did nothing. Returns 1 if VMLAUNCH is to be tried. */
int vmx_entry_refused(struct cpu *self);

/* An NMI came while the hypervisor ran, with its stack at rsp. */
void vmx_nmi(uint64_t rsp);

/* Make the next entry end at once, since there are NMIs that came in the hypervisor. */
static inline void vmx_latch_nmi(void)
{
	vmx_change(VMCS_PIN_CONTROLS, 0, PIN_PREEMPTION_TIMER);
}

/* Control registers as the guest sees them. */
static inline uint64_t vmx_guest_cr0(void)
{
	uint64_t mask = vmread(VMCS_CR0_MASK);

	return (vmread(VMCS_GUEST_CR0) & ~mask) | (vmread(VMCS_CR0_SHADOW) & mask);
}

static inline uint64_t vmx_guest_cr4(void)
{
	uint64_t mask = vmread(VMCS_CR4_MASK);

	return (vmread(VMCS_GUEST_CR4) & ~mask) | (vmread(VMCS_CR4_SHADOW) & mask);
}

#endif
