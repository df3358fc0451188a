// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ways for Linux to fall that no program has. Loading it with how=
 *
 *	oops	an oops in the handler of an interrupt, on the CPU that loads it
 *	lockup	all CPUs spin with interrupts off
 *	triple	a triple fault on a CPU given by cpu=
 *	off	what a kernel may do on its way down to switch virtualization off, on all CPUs;
 *		says what happened
 *	spoil	writes to every page of the 2 MiB at the physical address given by at=
 */
#include <linux/irq_work.h>
#include <linux/module.h>
#include <linux/smp.h>
#include <asm/desc.h>
#include <asm/msr.h>
#include <asm/tlbflush.h>

static char *how = "";
module_param(how, charp, 0);
static int cpu;
module_param(cpu, int, 0);
static ulong at;
module_param(at, ulong, 0);

static void oops(struct irq_work *work)
{
	*(volatile int *)8 = 1;
}

static DEFINE_IRQ_WORK(oops_work, oops);

static void spin(void *nothing)
{
	local_irq_disable();
	for (;;)
		cpu_relax();
}

static void triple_fault(void *nothing)
{
	struct desc_ptr none = { 0 };

	load_idt(&none);
	asm volatile("int3");
}

/* 0 or the vector's fault, where the instruction does not exist */
static int vmxoff(void)
{
	int failed = 1;

	asm volatile("1: vmxoff\n xor %0, %0\n 2:" _ASM_EXTABLE(1b, 2b)
		     : "+r"(failed)
		     :
		     : "cc", "memory");
	return failed;
}

static int stgi(void)
{
	int failed = 1;

	asm volatile("1: stgi\n xor %0, %0\n 2:" _ASM_EXTABLE(1b, 2b)
		     : "+r"(failed)
		     :
		     : "cc", "memory");
	return failed;
}

static void virtualization_off(void *nothing)
{
	u64 efer = 0;
	int read = rdmsrl_safe(MSR_EFER, &efer);
	int write = wrmsrl_safe(MSR_EFER, efer & ~EFER_SVME);
	int hsave = boot_cpu_data.x86_vendor == X86_VENDOR_AMD ? wrmsrl_safe(MSR_VM_HSAVE_PA, 0) :
								 0;

	cr4_clear_bits(X86_CR4_VMXE);
	pr_info("cpu %d: efer %d %d svme %d, hsave %d, vmxe %d, vmxoff %d, stgi %d\n",
		smp_processor_id(), read, write, !!(efer & EFER_SVME), hsave,
		!!(__read_cr4() & X86_CR4_VMXE), vmxoff(), stgi());
}

static void spoil(void)
{
	ulong page;

	for (page = at; page < at + (2ul << 20); page += PAGE_SIZE)
		*(volatile u64 *)__va(page) = 0x6c696f7073;
}

static int __init fall_init(void)
{
	if (!strcmp(how, "triple"))
		return smp_call_function_single(cpu, triple_fault, NULL, 1);
	if (!strcmp(how, "oops")) {
		irq_work_queue(&oops_work);
		irq_work_sync(&oops_work);
	} else if (!strcmp(how, "lockup")) {
		on_each_cpu(spin, NULL, 0);
	} else if (!strcmp(how, "off")) {
		on_each_cpu(virtualization_off, NULL, 1);
	} else if (!strcmp(how, "spoil")) {
		spoil();
	}
	return -EINVAL; /* nothing stays */
}
module_init(fall_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Falls of Linux, for tests");
