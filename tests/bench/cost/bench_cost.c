// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an exit costs a Linux with the hypervisor below it, from ring 0 and with interrupts off:
 * a loop of CPUID, one of empty hypercalls, one of reads of a place for links in configuration
 * space by ports (two exits), and one of a plain instruction to take off. Prints hundredths of TSC ticks each; where QEMU counts instructions, and in Bochs, a
 * tick is one.
 *
 * The hypercall is made only where CPUID says who answers it.
 */
#include <linux/irqflags.h>
#include <linux/module.h>
#include <asm/cpuid.h>
#include <asm/msr.h>
#include <asm/processor.h>

#define ROUNDS 10000
#define HYPERCALL_NOP 0
#define SIGNATURE_LEAF 0x40000000u
#define SIGNATURE_EBX 0x6b6c7542u /* "Bulk", of "BulkheadBulk" */

/* Device 8 of bus 0: CF8, then CFC. */
#define CONFIG_READ                                                      \
	"movl $0xcf8, %%edx; movl $0x80004000, %%eax; outl %%eax, %%dx;" \
	"movl $0xcfc, %%edx; inl %%dx, %%eax"

#define MEASURE(instructions)                                                                     \
	({                                                                                        \
		unsigned long flags;                                                              \
		u64 start;                                                                        \
		int i;                                                                            \
		local_irq_save(flags);                                                            \
		start = rdtsc();                                                                  \
		for (i = 0; i < ROUNDS; i++) {                                                    \
			unsigned long a = HYPERCALL_NOP, c = 0;                                   \
			asm volatile(instructions : "+a"(a), "+c"(c) : : "rbx", "rdx", "memory"); \
		}                                                                                 \
		start = rdtsc() - start;                                                          \
		local_irq_restore(flags);                                                         \
		start;                                                                            \
	})

static u64 per_round(u64 ticks, u64 nothing)
{
	return ticks > nothing ? (ticks - nothing) * 100 / ROUNDS : 0;
}

static int __init bench_cost_init(void)
{
	u64 nothing = MEASURE("nop"), hypercall = 0;
	u64 cpuid = MEASURE("cpuid");
	u64 config = MEASURE(CONFIG_READ);

	if (cpuid_ebx(SIGNATURE_LEAF) == SIGNATURE_EBX)
		hypercall = boot_cpu_data.x86_vendor == X86_VENDOR_INTEL ? MEASURE("vmcall") :
									   MEASURE("vmmcall");
	pr_info("bench_cost: cpuid=%llu hypercall=%llu config=%llu\n", per_round(cpuid, nothing),
		per_round(hypercall, nothing), per_round(config, nothing));
	return 0;
}

static void __exit bench_cost_exit(void)
{
}

module_init(bench_cost_init);
module_exit(bench_cost_exit);
MODULE_DESCRIPTION("Prices an exit");
MODULE_AUTHOR("The Bulkhead authors");
MODULE_LICENSE("GPL");
