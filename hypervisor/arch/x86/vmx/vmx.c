// SPDX-License-Identifier: GPL-2.0-only
/*
 * Intel VT-x backend: entering and leaving VMX operation, what the CPU returns to at an exit, cached
 * translations, and NMIs that come while the hypervisor runs. See SDM vol. 3, chapters 24 to 31.
 */
#include "memory.h"
#include "arch/x86/entry.h"
#include "arch/x86/x86.h"
#include "vmx/vmx.h"

#define EPT_WRITE_BACK 6
#define EPT_LEVELS(n) (((n)-1ul) << 3)
#define INVEPT_ALL 2

#define CPUID_ECX_XSAVE (1u << 26)

#define MSR_PEBS_ENABLE 0x3f1
#define MSR_RTIT_CTL 0x570
#define RTIT_CTL_TRACE 1

static_assert(offsetof(struct cpu, reload) == CPU_RELOAD, "run.S");
static_assert(offsetof(struct cpu, regs) == 0, "run.S");
static_assert(VMX_VMCS == BH_PAGE_SIZE, "behind struct cpu");

const struct pt_format *vmm_pt_format;
const struct vmm vmm = {
	.vendor = BH_VENDOR_INTEL,
	.cpu_pages = 2, /* VMCS, VMXON region */
	.cell_pages = VMX_BITMAP_PAGES,
	.ports_at = VMX_IO_BITMAPS,
};

static struct pt park_ept; /* maps nothing: a CPU that halts needs nothing */

static void *vmcs_of(struct cpu *self)
{
	return (char *)self + VMX_VMCS;
}

/* ---------------------------------------------------------------------------- translations */

/* All of a guest's translations are made with extended page tables: this takes them with it,
 * whatever VPID and PCID they have (SDM vol. 3, 29.4.3.1). */
void vmm_flush(struct cpu *self)
{
	static const uint64_t none[2];

	vmx_set_bitmaps(self->cell);
	asm volatile("invept %0, %1" : : "m"(none), "r"((uint64_t)INVEPT_ALL) : "cc", "memory");
}

static void set_tables(struct cpu *self, const struct pt *tables)
{
	vmwrite(VMCS_EPT_POINTER,
		tables->root_hpa | EPT_WRITE_BACK | EPT_LEVELS(tables->format->levels));
	vmm_flush(self);
}

void vmm_assign(struct cpu *self)
{
	set_tables(self, &self->cell->npt);
}

void vmx_assign_nothing(struct cpu *self)
{
	set_tables(self, &park_ept);
}

/* --------------------------------------------------------------------------------- way in */

/* VMX operation with this VMCS current. -EBUSY: somebody was there before */
static int begin(uint64_t region_hpa, uint64_t vmcs_hpa)
{
	uint8_t failed;

	asm volatile("vmxon %1\n setbe %0" : "=qm"(failed) : "m"(region_hpa) : "cc", "memory");
	if (failed)
		return -EBUSY;
	asm volatile("vmclear %0\n vmptrld %0" : : "m"(vmcs_hpa) : "cc", "memory");
	return 0;
}

static uint64_t host_cr4(void)
{
	uint32_t a, b, c, d;

	cpuid(1, 0, &a, &b, &c, &d);
	return read_cr4() | CR4_VMXE | (c & CPUID_ECX_XSAVE ? CR4_OSXSAVE : 0);
}

/* The task register stays Linux's: nothing here uses it, and it could not be loaded again without
 * writing to Linux's descriptor table. */
static void set_host(const struct cpu *self)
{
	struct bh_table_register gdt, idt;
	uint16_t cs, ss;

	asm("sgdt %0" : "=m"(gdt.limit), "=m"(gdt.base));
	asm("sidt %0" : "=m"(idt.limit), "=m"(idt.base));
	asm("mov %%cs, %0" : "=r"(cs));
	asm("mov %%ss, %0" : "=r"(ss));
	for (uint32_t field = VMCS_HOST_ES; field < VMCS_HOST_FS; field += 2)
		vmwrite(field, field == VMCS_HOST_CS ? cs : ss);
	vmwrite(VMCS_HOST_TR, self->entry->tr);
	vmwrite(VMCS_HOST_TR_BASE, self->entry->tr_base);
	vmwrite(VMCS_HOST_GDTR_BASE, gdt.base);
	vmwrite(VMCS_HOST_IDTR_BASE, idt.base);
	vmwrite(VMCS_HOST_CR0, read_cr0());
	vmwrite(VMCS_HOST_CR3, memory_host_cr3);
	vmwrite(VMCS_HOST_CR4, read_cr4());
	vmwrite(VMCS_HOST_EFER, EFER_LME | EFER_LMA | EFER_NXE);
	vmwrite(VMCS_HOST_PAT, PAT_RESET);
	vmwrite(VMCS_HOST_RSP, (uint64_t)self);
	vmwrite(VMCS_HOST_RIP, (uint64_t)vmx_exit_entry);
}

/* Bits of CR0 and CR4 that the guest sees but does not set: those that VMX wants set, the switches of the
 * cache, and that of user interrupts, which go to any CPU past every ICR. */
static void set_controls(const struct vmx_controls *c)
{
	static const uint32_t unused[] = {
		VMCS_HOST_FS,		VMCS_HOST_GS,	       VMCS_HOST_FS_BASE,
		VMCS_HOST_GS_BASE,	VMCS_HOST_SYSENTER_CS, VMCS_HOST_SYSENTER_ESP,
		VMCS_HOST_SYSENTER_EIP, VMCS_FAULT_MASK,       VMCS_FAULT_MATCH,
		VMCS_CR3_TARGETS,	VMCS_EXIT_STORE_COUNT, VMCS_EXIT_LOAD_COUNT,
		VMCS_ENTRY_LOAD_COUNT,	VMCS_TSC_OFFSET,       VMCS_PREEMPTION_TIMER,
	};

	vmwrite(VMCS_PIN_CONTROLS, c->word[VMX_PIN]);
	vmwrite(VMCS_CPU_CONTROLS, c->word[VMX_CPU]);
	vmwrite(VMCS_CPU_CONTROLS2, c->word[VMX_CPU2]);
	vmwrite(VMCS_EXIT_CONTROLS, c->word[VMX_EXIT]);
	vmwrite(VMCS_ENTRY_CONTROLS, c->word[VMX_ENTRY]);
	vmwrite(VMCS_CR0_MASK, c->cr0_ones | CR0_CD | CR0_NW);
	vmwrite(VMCS_CR4_MASK, c->cr4_ones | CR4_UINTR);
	/* #DB and #AC: see handle_exception() */
	vmwrite(VMCS_EXCEPTIONS, 1u << VMM_DB | 1u << VMM_AC);
	vmwrite(VMCS_LINK_POINTER, UINT64_MAX);
	for (unsigned int i = 0; i < sizeof(unused) / sizeof(unused[0]); i++)
		vmwrite(unused[i], 0);
	if (c->word[VMX_CPU2] & CPU2_VPID)
		vmwrite(VMCS_VPID, 1); /* a CPU has one guest at a time */
	if (c->word[VMX_CPU2] & CPU2_XSAVES)
		vmwrite(VMCS_XSS_BITMAP, 0);
}

/* Tracing that writes to memory by itself, and that no guest may begin (see pure/msr.c). */
static int is_on(uint32_t msr, uint64_t bits)
{
	uint64_t value;

	return !rdmsr_safe(msr, &value) && value & bits;
}

static int check_linux(const struct cpu *self)
{
	const char *what = NULL;

	if (self->entry->cr4 & CR4_FRED)
		what = "FRED: boot with fred=off";
	else if (self->entry->cr4 & CR4_UINTR)
		what = "user interrupts, which are not supported";
	else if (is_on(MSR_RTIT_CTL, RTIT_CTL_TRACE))
		what = "Processor Trace: stop perf";
	else if (is_on(MSR_PEBS_ENABLE, UINT64_MAX))
		what = "PEBS: stop perf";
	if (!what)
		return 0;
	console_print("CPU %u: Linux uses %s\n", self->apic_id, what);
	return -EOPNOTSUPP;
}

/* Whether VMX is in use by a kvm module the driver has seen to before. */
int vmm_on(struct cpu *self)
{
	uint32_t *vmcs = vmcs_of(self), *region = vmcs + BH_PAGE_SIZE / sizeof(*vmcs);
	struct vmx_controls controls;
	uint64_t cr4 = read_cr4();
	int err;

	err = check_linux(self);
	if (!err)
		err = vmx_find_controls(&controls);
	if (!err)
		err = vmx_unlock();
	if (!err && self->index == 0)
		err = pt_init(&park_ept, vmm_pt_format, &memory_pt_ops, NULL);
	if (err)
		return err;
	*vmcs = *region = controls.revision;
	write_cr4(host_cr4());
	err = begin(memory_hpa(region), memory_hpa(vmcs));
	if (err) {
		console_print("CPU %u: VMXON fails: is a kvm module active?\n", self->apic_id);
		write_cr4(cr4);
		return err;
	}
	set_host(self);
	set_controls(&controls);
	vmx_load_linux(self);
	/* from here on an NMI makes the next entry end; as one that came before does now */
	__atomic_store_n(&self->vmm, vmcs, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&self->entry->nmis, __ATOMIC_SEQ_CST))
		vmx_latch_nmi();
	return 0;
}

/* -------------------------------------------------------------------------------- way out */

/* NMIs that Linux has not seen are the stub's to hand on, but for one that was ours. */
static void hand_over_nmis(struct cpu *self)
{
	uint32_t *nmis = &self->entry->nmis;

	__atomic_store_n(&self->vmm, NULL, __ATOMIC_SEQ_CST);
	__atomic_fetch_add(nmis, self->nmi_pending, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(nmis, __ATOMIC_SEQ_CST) &&
	    __atomic_exchange_n(&self->kicked, 0, __ATOMIC_SEQ_CST))
		__atomic_fetch_sub(nmis, 1, __ATOMIC_SEQ_CST);
}

void vmm_leave(struct cpu *self, int result)
{
	uint64_t vmcs_hpa = memory_hpa(vmcs_of(self));

	hand_over_nmis(self);
	vmx_unload_linux(self);
	asm volatile("vmclear %0\n vmxoff" : : "m"(vmcs_hpa) : "cc", "memory");
	entry_leave(self, result);
}

/* ----------------------------------------------------------------------------------- NMIs */

/* NULL: this is the first CPU before it has a stack of its own. */
static struct cpu *cpu_of_stack(uint64_t rsp)
{
	for (unsigned int i = 0; i < cpu_count; i++)
		if (cpu_table[i] && (uint64_t)cpu_table[i] - rsp < CPU_STACK_SIZE)
			return cpu_table[i];
	return NULL;
}

/*
 * An NMI does not wait while the hypervisor runs. It is counted, and a control of the VMCS is set
 * that makes the next entry end at once, so that one which comes just before VMRESUME is seen
 * as well.
 */
void vmx_nmi(uint64_t rsp)
{
	const struct cpu *self = cpu_of_stack(rsp);

	boot_entries[self ? self->index : 0].nmis++;
	if (self && self->vmm)
		vmx_latch_nmi();
}
