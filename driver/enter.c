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

/* The task register's base and limit are found in its descriptor (APM vol. 2, 4.8.3). */
static void entry_fill_tr(struct bh_cpu_entry *entry, const struct desc_ptr *gdt)
{
	const struct ldttss_desc *tss;

	entry->tr = 0;
	store_tr(entry->tr);
	tss = (const void *)(gdt->address + (entry->tr & ~7u));
	entry->tr_base = tss->base0 | (u64)tss->base1 << 16 | (u64)tss->base2 << 24 |
			 (u64)tss->base3 << 32;
	entry->tr_limit = tss->limit0 | (u32)tss->limit1 << 16;
	if (tss->g)
		entry->tr_limit = entry->tr_limit << 12 | 0xfff;
}

static void entry_fill(struct bh_cpu_entry *entry, u32 apic_id)
{
	struct desc_ptr gdt, idt;

	native_store_gdt(&gdt);
	store_idt(&idt);
	entry->gdt_base = gdt.address;
	entry->gdt_limit = gdt.size;
	entry->idt_base = idt.address;
	entry->idt_limit = idt.size;
	entry_fill_tr(entry, &gdt);
	store_ldt(entry->ldtr);
	savesegment(cs, entry->cs);
	savesegment(ss, entry->ss);
	savesegment(ds, entry->ds);
	savesegment(es, entry->es);
	savesegment(fs, entry->fs);
	savesegment(gs, entry->gs);
	entry->cr0 = read_cr0();
	entry->rflags = native_save_fl();
	entry->apic_id = apic_id;
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

static int crossing_tables(struct tables *t)
{
	u32 pieces = hv.boot->memory_size / BH_PIECE_SIZE;
	u32 i;
	int err;

	err = tables_init(t);
	for (i = 0; !err && i < pieces; i++)
		err = tables_map_2m(t, BH_IMAGE_VA + i * (u64)BH_PIECE_SIZE, hv.boot->piece_hpa[i]);
	if (!err)
		err = tables_map_4k(t, hv.boot->stub_va, hv.boot->stub_hpa);
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
	pr_err("the hypervisor refused to start: error %d, value %#llx; nothing has changed\n", err,
	       boot->value);
}

static int bounce_alloc(void)
{
	hv.bounce = (void *)__get_free_pages(GFP_KERNEL, get_order(HV_BOUNCE_SIZE));
	hv.bounce_args = (void *)get_zeroed_page(GFP_KERNEL);
	return hv.bounce && hv.bounce_args ? 0 : -ENOMEM;
}

static void bounce_free(void)
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
	err = bounce_alloc();
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
	bounce_free();
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

static void cross_out(void *arg)
{
	struct crossing *c = arg;
	int index = crossing_index(cpu_physical_id(smp_processor_id()));

	c->result[index] = bulkhead_stub_disable(hv.vendor);
	if (!c->result[index] && hv.vendor == BH_VENDOR_AMD)
		wrmsrl_safe(MSR_VM_HSAVE_PA, 0);
}

/* Unlike on the way in, no CPU waits for another: an interrupt is enough, and stop_machine(), which
 * takes milliseconds, is not needed. What one CPU is refused, all are: without cells the hypervisor
 * lets everyone go, and driver_lock keeps cells from coming. */
static int cross_all_out(void)
{
	struct crossing *c;
	int err;

	c = kzalloc(sizeof(*c), GFP_KERNEL);
	if (!c)
		return -ENOMEM;
	on_each_cpu(cross_out, c, 1);
	err = crossing_result(c);
	kfree(c);
	return err;
}

static void leave_finish(void)
{
	WRITE_ONCE(hv.enabled, false);
	features_restore();
	cpus_guard_end();
	area_show(NULL);
	image_unload();
	bounce_free();
	mem_set_pool(NULL, 0);
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
