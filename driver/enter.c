// SPDX-License-Identifier: GPL-2.0-only
/*
 * Putting the hypervisor under Linux and taking it away again (see enter.h): all CPUs stop, with
 * interrupts off, and go through the stub at the same time.
 */
#include <linux/cpu.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/stop_machine.h>
#include <linux/suspend.h>
#include <asm/desc.h>
#include <asm/msr.h>
#include <asm/segment.h>
#include <asm/smp.h>
#include <asm/special_insns.h>
#include <asm/trapnr.h>
#include <bulkhead/comm.h>
#include "area.h"
#include "cpus.h"
#include "driver.h"
#include "enter.h"
#include "features.h"
#include "image.h"
#include "iommu.h"
#include "machine.h"
#include "memory.h"
#include "report.h"
#include "root.h"
#include "stub.h"
#include "tables.h"

static_assert(offsetof(struct bh_cpu_entry, return_va) == STUB_ENTRY_RETURN_VA);
static_assert(offsetof(struct bh_cpu_entry, rsp) == STUB_ENTRY_RSP);
static_assert(offsetof(struct bh_cpu_entry, rbx) == STUB_ENTRY_RBX);
static_assert(offsetof(struct bh_cpu_entry, rbp) == STUB_ENTRY_RBP);
static_assert(offsetof(struct bh_cpu_entry, r12) == STUB_ENTRY_R12);
static_assert(offsetof(struct bh_cpu_entry, r13) == STUB_ENTRY_R13);
static_assert(offsetof(struct bh_cpu_entry, r14) == STUB_ENTRY_R14);
static_assert(offsetof(struct bh_cpu_entry, r15) == STUB_ENTRY_R15);
static_assert(offsetof(struct bh_cpu_entry, cr3) == STUB_ENTRY_CR3);
static_assert(offsetof(struct bh_cpu_entry, cr4) == STUB_ENTRY_CR4);
static_assert(offsetof(struct bh_cpu_entry, gdt.limit) == STUB_ENTRY_GDTR);
static_assert(offsetof(struct bh_cpu_entry, idt.limit) == STUB_ENTRY_IDTR);
static_assert(offsetof(struct bh_cpu_entry, own_gdt.limit) == STUB_ENTRY_OWN_GDTR);
static_assert(offsetof(struct bh_cpu_entry, own_idt.limit) == STUB_ENTRY_OWN_IDTR);
static_assert(offsetof(struct bh_cpu_entry, idt_entries) == STUB_ENTRY_IDT);
static_assert(offsetof(struct bh_cpu_entry, stack[16]) == STUB_ENTRY_STACK_END);
static_assert(offsetof(struct bh_cpu_entry, nmis) == STUB_ENTRY_NMIS);

/* What all CPUs need to cross, and what became of each. */
struct crossing {
	u64 cr3;
	u64 start_va;
	long result[BH_MAX_CPUS]; /* by index in the description */
};

static int crossing_index(u32 apic_id)
{
	u32 i;

	for (i = 0; i < hv.system.cpu_count; i++)
		if (hv.system.cpus[i].apic_id == apic_id)
			return i;
	return -ENODEV;
}

/* The first failure, or 0. */
static long crossing_result(const struct crossing *c)
{
	u32 i;

	for (i = 0; i < hv.system.cpu_count; i++)
		if (c->result[i])
			return c->result[i];
	return 0;
}

/* ------------------------------------------------------------------------------ enter */

/* Base and limit of a task or LDT register are found in its descriptor (APM vol. 2, 4.8.3). */
static void find_system_segment(const struct desc_ptr *gdt, u16 selector, u64 *base, u32 *limit)
{
	const struct ldttss_desc *d = (const void *)(gdt->address + (selector & ~7u));

	*base = d->base0 | (u64)d->base1 << 16 | (u64)d->base2 << 24 | (u64)d->base3 << 32;
	*limit = d->limit0 | (u32)d->limit1 << 16;
	if (d->g)
		*limit = *limit << 12 | 0xfff;
}

/* Linux's selectors for kernel code and data, and a gate for NMIs: what a CPU has on the way. */
static void entry_fill_own_tables(struct bh_cpu_entry *entry)
{
	u64 handler = (u64)bulkhead_stub_nmi;

	entry->gdt_entries[__KERNEL_CS / 8] = 0x00af9b000000ffff;
	entry->gdt_entries[__KERNEL_DS / 8] = 0x00cf93000000ffff;
	/* a present interrupt gate */
	entry->idt_entries[X86_TRAP_NMI][0] = (handler & 0xffff) | __KERNEL_CS << 16 |
					      0x8e00ull << 32 | (handler >> 16 & 0xffff) << 48;
	entry->idt_entries[X86_TRAP_NMI][1] = handler >> 32;
	entry->own_gdt.base = (u64)entry->gdt_entries;
	entry->own_gdt.limit = sizeof(entry->gdt_entries) - 1;
	entry->own_idt.base = (u64)entry->idt_entries;
	entry->own_idt.limit = sizeof(entry->idt_entries) - 1;
	entry->nmis = 0;
}

static void entry_fill(struct bh_cpu_entry *entry, u32 apic_id)
{
	struct desc_ptr gdt, idt;

	native_store_gdt(&gdt);
	store_idt(&idt);
	entry->gdt.base = gdt.address;
	entry->gdt.limit = gdt.size;
	entry->idt.base = idt.address;
	entry->idt.limit = idt.size;
	entry->tr = 0;
	store_tr(entry->tr);
	find_system_segment(&gdt, entry->tr, &entry->tr_base, &entry->tr_limit);
	store_ldt(entry->ldtr);
	if (entry->ldtr)
		find_system_segment(&gdt, entry->ldtr, &entry->ldt_base, &entry->ldt_limit);
	savesegment(cs, entry->cs);
	savesegment(ss, entry->ss);
	savesegment(ds, entry->ds);
	savesegment(es, entry->es);
	savesegment(fs, entry->fs);
	savesegment(gs, entry->gs);
	entry->cr0 = read_cr0();
	entry->rflags = native_save_fl();
	entry->apic_id = apic_id;
	entry_fill_own_tables(entry);
}

static int cross_in(void *arg)
{
	struct crossing *c = arg;
	u32 apic_id = cpu_physical_id(smp_processor_id());
	int index = crossing_index(apic_id);

	entry_fill(&hv.entry[index], apic_id);
	c->result[index] =
		bulkhead_stub_enter(&hv.entry[index], c->cr3, c->start_va, index, hv.vendor);
	return 0;
}

/* All entries lie in the first piece. */
static u64 entry_hpa(u64 va)
{
	return hv.boot->piece_hpa[0] + (va - (u64)hv.first_piece);
}

static int crossing_tables(struct tables *t)
{
	u32 pieces = hv.boot->memory_size / BH_PIECE_SIZE;
	u64 entries_end = hv.boot->entry_va + hv.boot->cpu_count * sizeof(struct bh_cpu_entry);
	u64 va;
	u32 i;
	int err;

	err = tables_init(t);
	for (i = 0; !err && i < pieces; i++)
		err = tables_map_2m(t, BH_IMAGE_VA + i * (u64)BH_PIECE_SIZE, hv.boot->piece_hpa[i]);
	if (!err)
		err = tables_map_4k(t, hv.boot->stub_va, hv.boot->stub_hpa);
	for (va = hv.boot->entry_va & PAGE_MASK; !err && va < entries_end; va += PAGE_SIZE)
		err = tables_map_4k(t, va, entry_hpa(va));
	return err;
}

static int cross_all_in(u64 start_va)
{
	struct crossing *c;
	struct tables t = {};
	int err;

	c = kzalloc(sizeof(*c), GFP_KERNEL);
	if (!c)
		return -ENOMEM;
	err = crossing_tables(&t);
	if (err)
		goto free;
	c->cr3 = tables_root(&t);
	c->start_va = start_va;
	err = stop_machine(cross_in, c, cpu_online_mask);
	if (!err)
		err = crossing_result(c);
free:
	tables_free(&t);
	kfree(c);
	return err;
}

static void report_entry_failure(int err, struct bh_ioc_config *arg)
{
	const struct bh_boot *boot = hv.boot;

	if (boot->error == -EINVAL && boot->rule != BH_ID_NONE) {
		report_rule("hypervisor", "system description", boot->rule, boot->record,
			    boot->value);
		arg->rule = boot->rule;
		arg->record = boot->record;
		arg->value = boot->value;
		return;
	}
	report_console(hv.public);
	pr_err("the hypervisor refused to start: error %d, value %#llx; nothing has changed\n", err,
	       boot->value);
}

int enter_bounce_alloc(void)
{
	hv.bounce = (void *)__get_free_pages(GFP_KERNEL, get_order(HV_BOUNCE_SIZE));
	hv.bounce_args = (void *)get_zeroed_page(GFP_KERNEL);
	return hv.bounce && hv.bounce_args ? 0 : -ENOMEM;
}

void enter_bounce_free(void)
{
	free_pages((unsigned long)hv.bounce, get_order(HV_BOUNCE_SIZE));
	free_page((unsigned long)hv.bounce_args);
	hv.bounce = NULL;
	hv.bounce_args = NULL;
}

/* CPU hotplug is disabled and hv.system set. */
static int enter_prepared(size_t size, struct bh_ioc_config *arg)
{
	u64 start_va;
	int err;

	err = machine_check_cpus(&hv.system);
	if (!err)
		err = iommu_check(&hv.system);
	if (err)
		return err;
	err = machine_check(hv.vendor);
	if (err)
		return err;
	err = mem_set_pool(hv.system.pool, hv.system.pool_count);
	if (err)
		return err;
	err = enter_bounce_alloc();
	if (err)
		goto free_bounce;
	err = image_load(size, &start_va);
	if (err)
		goto free_bounce;
	err = features_prepare();
	if (err)
		goto unload;
	err = cross_all_in(start_va);
	if (!err) {
		features_hide(hv.vendor);
		return 0;
	}
	report_entry_failure(err, arg);
	features_restore();
unload:
	image_unload();
free_bounce:
	enter_bounce_free();
	mem_set_pool(NULL, 0);
	return err;
}

int enter_hypervisor(void **blob, size_t size, struct bh_ioc_config *arg)
{
	u64 start = ktime_get_ns();
	unsigned int sleep_flags;
	int err;

	if (hv.enabled)
		return -EBUSY;
	err = machine_vendor();
	if (err < 0)
		return err;
	hv.vendor = err;
	err = report_checked_system(&hv.system, *blob, size, arg);
	if (err)
		return err;
	hv.system_blob = *blob;

	/* A sleep that has begun would not ask again whether it may. */
	sleep_flags = lock_system_sleep();
	cpu_hotplug_disable();
	err = enter_prepared(size, arg);
	if (!err) {
		cpus_guard_begin();
		area_show(hv.public);
		__module_get(THIS_MODULE);
		WRITE_ONCE(hv.enabled, true);
	}
	cpu_hotplug_enable();
	unlock_system_sleep(sleep_flags);
	if (err) {
		hv.system_blob = NULL;
		return err;
	}
	*blob = NULL;
	hv.enable_ns = ktime_get_ns() - start;
	pr_info("enabled on %u CPUs, %llu KiB taken\n", hv.system.cpu_count,
		mem_bytes(MEM_HYPERVISOR) >> 10);
	return 0;
}

/* ------------------------------------------------------------------------------ leave */

/* What a program that this interrupts may have in registers which the way out changes: DS and ES,
 * and on VMX the selectors of FS and GS, the LDT, and a task register whose limit covers the I/O
 * bitmap. */
struct program_segments {
	u16 ds, es, fs, gs, ldt;
	u64 fs_base, gs_base;
};

static void segments_save(struct program_segments *s)
{
	savesegment(ds, s->ds);
	savesegment(es, s->es);
	savesegment(fs, s->fs);
	savesegment(gs, s->gs);
	store_ldt(s->ldt);
	rdmsrl(MSR_FS_BASE, s->fs_base);
	rdmsrl(MSR_KERNEL_GS_BASE, s->gs_base);
}

static void segments_restore(const struct program_segments *s)
{
	loadsegment(ds, s->ds);
	loadsegment(es, s->es);
	if (hv.vendor == BH_VENDOR_AMD)
		return;
	asm volatile("lldt %0" : : "m"(s->ldt));
	loadsegment(fs, s->fs);
	wrmsrl(MSR_FS_BASE, s->fs_base);
	load_gs_index(s->gs);
	wrmsrl(MSR_KERNEL_GS_BASE, s->gs_base);
	force_reload_TR();
}

static long disable_this_cpu(void)
{
	struct program_segments segments;
	long err;

	segments_save(&segments);
	err = bulkhead_stub_disable(hv.vendor);
	if (err)
		return err;
	segments_restore(&segments);
	if (hv.vendor == BH_VENDOR_AMD)
		wrmsrl_safe(MSR_VM_HSAVE_PA, 0);
	return 0;
}

static void cross_out(void *arg)
{
	struct crossing *c = arg;
	int index = crossing_index(cpu_physical_id(smp_processor_id()));

	c->result[index] = disable_this_cpu();
}

static int cross_out_stopped(void *arg)
{
	cross_out(arg);
	return 0;
}

/* Unlike on the way in, no CPU waits for another: an interrupt is enough, and stop_machine(), which
 * takes milliseconds, is needed only where Linux gets remapping units back and no CPU may be in the
 * middle of using one. What one CPU is refused, all are: without cells the hypervisor
 * lets everyone go, and driver_lock keeps cells from coming. */
static int cross_all_out(void)
{
	struct crossing *c;
	int err = 0;

	c = kzalloc(sizeof(*c), GFP_KERNEL);
	if (!c)
		return -ENOMEM;
	if (iommu_is_taken(&hv.system))
		err = stop_machine(cross_out_stopped, c, cpu_online_mask);
	else
		on_each_cpu(cross_out, c, 1);
	if (!err)
		err = crossing_result(c);
	kfree(c);
	return err;
}

static void leave_finish(void)
{
	WRITE_ONCE(hv.enabled, false);
	hv.attached = false;
	features_restore();
	cpus_guard_end();
	area_show(NULL);
	root_forget();
	image_unload();
	enter_bounce_free();
	mem_set_pool(NULL, 0);
	kvfree(hv.leftovers);
	hv.leftovers = NULL;
	kvfree(hv.system_blob);
	hv.system_blob = NULL;
	module_put(THIS_MODULE);
}

int leave_hypervisor(void)
{
	u64 start = ktime_get_ns();
	cpumask_var_t woken;
	int err;

	if (!zalloc_cpumask_var(&woken, GFP_KERNEL))
		return -ENOMEM;
	/* Only a CPU that is running can leave. */
	err = cpus_wake_all(woken);
	if (err)
		goto sleep_again;
	cpu_hotplug_disable();
	err = machine_check_cpus(&hv.system);
	if (!err)
		err = cross_all_out();
	if (!err)
		leave_finish();
	cpu_hotplug_enable();
	if (err)
		pr_err("the hypervisor would not let go: error %d; it stays enabled\n", err);
sleep_again:
	cpus_sleep_again(woken);
	free_cpumask_var(woken);
	if (!err) {
		hv.disable_ns = ktime_get_ns() - start;
		pr_info("disabled\n");
	}
	return err;
}
