/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The module's only assembly: the steps between Linux's page tables and the hypervisor's. Its
 * page is mapped in both. The offsets are those of struct bh_cpu_entry; enter.c checks them.
 */
#ifndef BULKHEAD_STUB_H
#define BULKHEAD_STUB_H

#define STUB_ENTRY_RETURN_VA 0x00
#define STUB_ENTRY_RSP 0x08
#define STUB_ENTRY_RBX 0x10
#define STUB_ENTRY_RBP 0x18
#define STUB_ENTRY_R12 0x20
#define STUB_ENTRY_R13 0x28
#define STUB_ENTRY_R14 0x30
#define STUB_ENTRY_R15 0x38
#define STUB_ENTRY_CR3 0x40
#define STUB_ENTRY_CR4 0x48
#define STUB_ENTRY_GDTR 0x56
#define STUB_ENTRY_IDTR 0x66
#define STUB_ENTRY_OWN_GDTR 0x76
#define STUB_ENTRY_OWN_IDTR 0x86
#define STUB_ENTRY_IDT 0xb0
#define STUB_ENTRY_STACK_END 0x160
#define STUB_ENTRY_NMIS 0x160

#ifndef __ASSEMBLY__
#include <linux/types.h>

struct bh_cpu_entry;

/*
 * Interrupts off. Saves this CPU's state in entry, goes to start_va on the page tables cr3 and
 * returns what the hypervisor decided: 0, and the CPU is a guest, or a negative errno.
 * vendor: BH_VENDOR_*. NMIs on the way are counted in the entry; on AMD they wait until Linux
 * runs again (GIF; APM vol. 2, 15.17).
 */
long bulkhead_stub_enter(struct bh_cpu_entry *entry, u64 cr3, u64 start_va, u32 index, u32 vendor);

/* Interrupts off. Leaves the hypervisor; 0, or a negative errno and the CPU is still a guest. */
long bulkhead_stub_disable(u32 vendor);

/* Where the hypervisor goes to let go of this CPU; not to be called from C. */
void bulkhead_stub_leave(void);

/* Handler of NMIs on the way, for the table of an entry. */
void bulkhead_stub_nmi(void);

/* First and last byte of all this. */
extern const char bulkhead_stub_begin[], bulkhead_stub_end[];
#endif

#endif
