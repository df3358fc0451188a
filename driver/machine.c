// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether this machine, as it is now, can take the hypervisor (see machine.h).
 */
#include <linux/cpu.h>
#include <linux/kernel.h>
#include <linux/kmod.h>
#include <linux/namei.h>
#include <linux/path.h>
#include <linux/smp.h>
#include <asm/cpufeature.h>
#include <asm/msr.h>
#include <asm/processor.h>
#include <asm/smp.h>
#include <asm/special_insns.h>
#include <bulkhead/comm.h>
#include "machine.h"

#define VM_CR_SVMDIS (1ull << 4) /* APM vol. 2, 15.30.1 */

int machine_vendor(void)
{
	switch (boot_cpu_data.x86_vendor) {
	case X86_VENDOR_AMD:
	case X86_VENDOR_HYGON:
		return BH_VENDOR_AMD;
	case X86_VENDOR_INTEL:
		return BH_VENDOR_INTEL;
	default:
		pr_err("this CPU is neither AMD's nor Intel's; there is no hypervisor for it\n");
		return -ENODEV;
	}
}

/* ------------------------------------------------------- what each CPU says of itself */

struct cpu_facts {
	atomic_t disabled;  /* CPUs on which the firmware forbids virtualization */
	atomic_t encrypted; /* with memory encryption switched on */
	atomic_t in_use;    /* with virtualization switched on: KVM */
};

static u64 msr_or_zero(u32 msr)
{
	u64 value;

	return rdmsrl_safe(msr, &value) ? 0 : value;
}

static void facts_amd(void *arg)
{
	struct cpu_facts *facts = arg;

	if (msr_or_zero(MSR_VM_CR) & VM_CR_SVMDIS)
		atomic_inc(&facts->disabled);
	if (msr_or_zero(MSR_AMD64_SYSCFG) & MSR_AMD64_SYSCFG_MEM_ENCRYPT)
		atomic_inc(&facts->encrypted);
	if (msr_or_zero(MSR_EFER) & EFER_SVME)
		atomic_inc(&facts->in_use);
}

static void facts_intel(void *arg)
{
	const u64 both = FEAT_CTL_LOCKED | FEAT_CTL_VMX_ENABLED_OUTSIDE_SMX;
	struct cpu_facts *facts = arg;

	/* one that is not locked is the hypervisor's to set */
	if ((msr_or_zero(MSR_IA32_FEAT_CTL) & both) == FEAT_CTL_LOCKED)
		atomic_inc(&facts->disabled);
	if (__read_cr4() & X86_CR4_VMXE)
		atomic_inc(&facts->in_use);
}

static void facts_collect(struct cpu_facts *facts, u32 vendor)
{
	memset(facts, 0, sizeof(*facts));
	on_each_cpu(vendor == BH_VENDOR_AMD ? facts_amd : facts_intel, facts, 1);
}

/* ------------------------------------------------------------------------------- KVM */

/* Loaded, as opposed to built in. A module that is loaded and idle would switch virtualization
 * on as soon as somebody opens /dev/kvm. */
static bool kvm_is_loaded(bool amd)
{
	struct path path;

	if (kern_path(amd ? "/sys/module/kvm_amd/initstate" : "/sys/module/kvm_intel/initstate", 0,
		      &path))
		return false;
	path_put(&path);
	return true;
}

/* modprobe -r succeeds only if nobody uses the module; it does not wait. */
static void kvm_ask_to_leave(const char *module)
{
	char *argv[] = { "/sbin/modprobe", "-r", (char *)module, NULL };
	char *envp[] = { "HOME=/", "PATH=/sbin:/bin:/usr/sbin:/usr/bin", NULL };
	int status = call_usermodehelper(argv[0], argv, envp, UMH_WAIT_PROC | UMH_KILLABLE);

	if (status)
		pr_info("%s -r %s: status %#x\n", argv[0], module, status);
}

static int kvm_check(struct cpu_facts *facts, u32 vendor)
{
	bool amd = vendor == BH_VENDOR_AMD;
	const char *module = amd ? "kvm_amd" : "kvm_intel";

	if (!atomic_read(&facts->in_use) && !kvm_is_loaded(amd))
		return 0;
	kvm_ask_to_leave(module);
	facts_collect(facts, vendor);
	if (!atomic_read(&facts->in_use) && !kvm_is_loaded(amd)) {
		pr_info("%s was loaded but idle, and has been unloaded\n", module);
		return 0;
	}
	pr_err("%s is in use (virtualization is on on %d CPUs): stop its virtual machines, then modprobe -r %s\n",
	       module, atomic_read(&facts->in_use), module);
	return -EBUSY;
}

int machine_check(u32 vendor)
{
	bool amd = vendor == BH_VENDOR_AMD;
	struct cpu_facts facts;

	if (!boot_cpu_has(amd ? X86_FEATURE_SVM : X86_FEATURE_VMX)) {
		pr_err("this CPU does not offer %s; look for it in the firmware's settings\n",
		       amd ? "SVM" : "VT-x");
		return -EOPNOTSUPP;
	}
	if (!boot_cpu_has(amd ? X86_FEATURE_NPT : X86_FEATURE_EPT)) {
		pr_err("this CPU has no %s, which the hypervisor needs\n",
		       amd ? "nested paging" : "extended page tables");
		return -EOPNOTSUPP;
	}
	facts_collect(&facts, vendor);
	if (atomic_read(&facts.disabled)) {
		pr_err("the firmware has disabled virtualization on %d CPUs; enable it in its settings\n",
		       atomic_read(&facts.disabled));
		return -EOPNOTSUPP;
	}
	if (atomic_read(&facts.encrypted)) {
		pr_err("memory encryption (SME) is active; boot with mem_encrypt=off\n");
		return -EOPNOTSUPP;
	}
	return kvm_check(&facts, vendor);
}

/* ------------------------------------------------------------------------------ CPUs */

int machine_cpu(u32 apic_id)
{
	unsigned int cpu;

	for_each_present_cpu(cpu)
		if (cpu_physical_id(cpu) == apic_id)
			return cpu;
	return -ENODEV;
}

static bool described(const struct config_system *sys, u32 apic_id)
{
	u32 i;

	for (i = 0; i < sys->cpu_count; i++)
		if (sys->cpus[i].apic_id == apic_id)
			return true;
	return false;
}

int machine_check_cpus(const struct config_system *sys)
{
	unsigned int cpu;
	u32 i;

	for (i = 0; i < sys->cpu_count; i++) {
		int n = machine_cpu(sys->cpus[i].apic_id);

		if (n >= 0 && cpu_online(n))
			continue;
		pr_err("CPU with APIC ID %u of the system description is %s; %s\n",
		       sys->cpus[i].apic_id, n < 0 ? "not in this machine" : "offline",
		       n < 0 ? "generate the description anew" : "bring it online first");
		return -ENODEV;
	}
	for_each_online_cpu(cpu) {
		if (described(sys, cpu_physical_id(cpu)))
			continue;
		pr_err("CPU %u (APIC ID %u) is online and not in the system description; add it, or take it offline\n",
		       cpu, (u32)cpu_physical_id(cpu));
		return -EINVAL;
	}
	return 0;
}
