// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the CPU can do: capability registers (SDM vol. 3, appendix A), and the memory types that
 * extended page tables have to repeat.
 */
#include "arch/x86/x86.h"
#include "pure/mtrr.h"
#include "vmx/vmx.h"

#define CPUID_ECX_VMX (1u << 5)

#define MSR_FEATURE_CONTROL 0x3a
#define FEATURE_CONTROL_LOCKED (1u << 0)
#define FEATURE_CONTROL_VMX (1u << 2) /* outside of SMX */

#define MSR_VMX_BASIC 0x480
#define BASIC_REVISION 0x7fffffffu
#define BASIC_TYPE(basic) ((basic) >> 50 & 15)
#define BASIC_TRUE_CONTROLS (UINT64_C(1) << 55)
#define MSR_VMX_MISC 0x485
#define MISC_SAVES_LMA (1u << 5)
#define MISC_HLT (1u << 6)
#define MSR_VMX_CR0_FIXED0 0x486
#define MSR_VMX_CR4_FIXED0 0x488
#define MSR_VMX_CPU2 0x48b
#define MSR_VMX_EPT 0x48c
#define MSR_VMX_TRUE_PIN 0x48d
#define MSR_VMX_TRUE_CPU 0x48e
#define MSR_VMX_TRUE_EXIT 0x48f
#define MSR_VMX_TRUE_ENTRY 0x490

#define EPT_1G (1u << 17)

#define MSR_MTRR_CAP 0xfe
#define MSR_MTRR_PHYSBASE 0x200
#define MSR_MTRR_FIX64K 0x250
#define MSR_MTRR_FIX16K 0x258
#define MSR_MTRR_FIX4K 0x268
#define MSR_MTRR_DEF_TYPE 0x2ff
#define TYPE_WB 6

struct feature {
	uint32_t bit;
	const char *name;
};

static const struct feature misc_features[] = {
	{ MISC_SAVES_LMA, "exits that save EFER.LMA" },
	{ MISC_HLT, "the HLT activity state" },
	{ 0, NULL },
};

static const struct feature ept_features[] = {
	{ 1u << 6, "page walks of four levels (EPT)" },
	{ 1u << 14, "write-back extended page tables" },
	{ 1u << 16, "extended pages of 2 MiB" },
	{ 1u << 20, "INVEPT" },
	{ 1u << 26, "INVEPT of all contexts" },
	{ 0, NULL },
};

/* Controls that have to be there, which of them are switched on, and what may be on in any case:
 * reserved bits that read as 1. */
struct control_word {
	uint32_t msr;
	uint32_t later;	   /* needed, but off to begin with */
	uint32_t optional; /* on where they exist: instructions that Linux may know */
	uint32_t reserved;
	struct feature needed[9];
};

static const struct control_word pin_word = {
	.msr = MSR_VMX_TRUE_PIN,
	.later = PIN_PREEMPTION_TIMER,
	.reserved = 0x16,
	.needed = { { PIN_NMI_EXITING, "NMI exiting" },
		    { PIN_VIRTUAL_NMIS, "virtual NMIs" },
		    { PIN_PREEMPTION_TIMER, "the preemption timer" } },
};

static const struct control_word cpu_word = {
	.msr = MSR_VMX_TRUE_CPU,
	.later = CPU_INTERRUPT_WINDOW | CPU_NMI_WINDOW,
	.reserved = 0x04006172,
	.needed = { { CPU_INTERRUPT_WINDOW, "interrupt-window exiting" },
		    { CPU_TSC_OFFSETTING, "TSC offsetting" },
		    { CPU_NMI_WINDOW, "NMI-window exiting" },
		    { CPU_IO_BITMAPS, "I/O bitmaps" },
		    { CPU_MSR_BITMAPS, "MSR bitmaps" },
		    { CPU_SECONDARY, "secondary controls" } },
};

static const struct control_word cpu2_word = {
	.msr = MSR_VMX_CPU2,
	.optional = CPU2_RDTSCP | CPU2_VPID | CPU2_INVPCID | CPU2_XSAVES | CPU2_USER_WAIT,
	.needed = { { CPU2_EPT, "extended page tables (EPT)" },
		    { CPU2_UNRESTRICTED, "unrestricted guest" } },
};

static const struct control_word exit_word = {
	.msr = MSR_VMX_TRUE_EXIT,
	.reserved = 0x36dfb,
	.needed = { { EXIT_SAVE_DEBUG, "saving of debug registers on exit" },
		    { EXIT_HOST_64, "64-bit hosts" },
		    { EXIT_SAVE_PAT, "saving of PAT on exit" },
		    { EXIT_LOAD_PAT, "loading of PAT on exit" },
		    { EXIT_SAVE_EFER, "saving of EFER on exit" },
		    { EXIT_LOAD_EFER, "loading of EFER on exit" } },
};

static const struct control_word entry_word = {
	.msr = MSR_VMX_TRUE_ENTRY,
	.later = ENTRY_GUEST_64,
	.reserved = 0x11fb,
	.needed = { { ENTRY_LOAD_DEBUG, "loading of debug registers on entry" },
		    { ENTRY_GUEST_64, "64-bit guests" },
		    { ENTRY_LOAD_PAT, "loading of PAT on entry" },
		    { ENTRY_LOAD_EFER, "loading of EFER on entry" } },
};

static struct mtrr mtrrs;
static int has_1g_pages;

static int check_features(uint32_t there, const struct feature *features)
{
	int err = 0;

	for (; features->name; features++) {
		if (there & features->bit)
			continue;
		console_print("this CPU's VT-x lacks %s\n", features->name);
		err = -ENODEV;
	}
	return err;
}

/* The register's lower half has what must be set, its upper half what may be. */
static int find_controls(const struct control_word *word, uint32_t *controls)
{
	uint64_t allowed = rdmsr(word->msr);
	uint32_t must = (uint32_t)allowed, may = (uint32_t)(allowed >> 32), wanted = 0;

	for (const struct feature *f = word->needed; f->name; f++)
		wanted |= f->bit;
	wanted = (wanted & ~word->later) | (word->optional & may);
	*controls = wanted | must;
	if (check_features(may, word->needed))
		return -ENODEV;
	if (!(must & ~wanted & ~word->reserved))
		return 0;
	console_print("this CPU's VT-x cannot do without controls %x of register %x\n",
		      must & ~wanted & ~word->reserved, word->msr);
	return -ENODEV;
}

int vmx_find_controls(struct vmx_controls *c)
{
	uint64_t basic = rdmsr(MSR_VMX_BASIC);

	if (!(basic & BASIC_TRUE_CONTROLS) || BASIC_TYPE(basic) != TYPE_WB) {
		console_print("this CPU's VT-x lacks flexible controls (IA32_VMX_BASIC %lx)\n",
			      basic);
		return -ENODEV;
	}
	c->revision = (uint32_t)basic & BASIC_REVISION;
	c->cr0_ones = rdmsr(MSR_VMX_CR0_FIXED0) & ~(CR0_PE | CR0_PG); /* unrestricted guest */
	c->cr4_ones = rdmsr(MSR_VMX_CR4_FIXED0);
	if (check_features((uint32_t)rdmsr(MSR_VMX_MISC), misc_features) ||
	    find_controls(&pin_word, &c->pin) || find_controls(&cpu_word, &c->cpu) ||
	    find_controls(&cpu2_word, &c->cpu2) || find_controls(&exit_word, &c->exit) ||
	    find_controls(&entry_word, &c->entry))
		return -ENODEV;
	return check_features((uint32_t)rdmsr(MSR_VMX_EPT), ept_features);
}

static void read_mtrrs(void)
{
	mtrrs.default_type = rdmsr(MSR_MTRR_DEF_TYPE);
	mtrrs.count = rdmsr(MSR_MTRR_CAP) & 0xff;
	if (mtrrs.count > MTRR_MAX_VARIABLE)
		mtrrs.count = MTRR_MAX_VARIABLE;
	for (unsigned int i = 0; i < mtrrs.count; i++) {
		mtrrs.variable[i].base = rdmsr(MSR_MTRR_PHYSBASE + 2 * i);
		mtrrs.variable[i].mask = rdmsr(MSR_MTRR_PHYSBASE + 2 * i + 1);
	}
	mtrrs.fixed[0] = rdmsr(MSR_MTRR_FIX64K);
	mtrrs.fixed[1] = rdmsr(MSR_MTRR_FIX16K);
	mtrrs.fixed[2] = rdmsr(MSR_MTRR_FIX16K + 1);
	for (unsigned int i = 0; i < 8; i++)
		mtrrs.fixed[3 + i] = rdmsr(MSR_MTRR_FIX4K + i);
}

/* An unlocked register is ours to set, as firmware should have. */
static int check_firmware(void)
{
	uint64_t value = rdmsr(MSR_FEATURE_CONTROL);

	if (!(value & FEATURE_CONTROL_LOCKED) || value & FEATURE_CONTROL_VMX)
		return 0;
	console_print("VT-x is disabled by the firmware: enable it in its set-up\n");
	return -ENODEV;
}

int vmm_check(void)
{
	struct vmx_controls controls;
	uint32_t a, b, c, d;
	int err;

	cpuid(1, 0, &a, &b, &c, &d);
	if (!(c & CPUID_ECX_VMX)) {
		console_print("this CPU has no VT-x\n");
		return -ENODEV;
	}
	err = check_firmware();
	if (!err)
		err = vmx_find_controls(&controls);
	if (err)
		return err;
	has_1g_pages = !!(rdmsr(MSR_VMX_EPT) & EPT_1G);
	read_mtrrs();
	return 0;
}

int vmx_unlock(void)
{
	uint64_t value = rdmsr(MSR_FEATURE_CONTROL);

	if (!(value & FEATURE_CONTROL_LOCKED))
		wrmsr(MSR_FEATURE_CONTROL, value | FEATURE_CONTROL_LOCKED | FEATURE_CONTROL_VMX);
	return check_firmware();
}

const struct pt_format *vmm_pt_format(void)
{
	return has_1g_pages ? &pt_format_ept : &pt_format_ept_2m;
}

/* The type in an extended page table takes the place of the MTRRs' (SDM vol. 3, 29.3.7). What is
 * not write-back is treated as uncached: that is safe, and the guest's PAT can still combine. */
uint32_t vmm_memory_rights(uint64_t hpa, uint64_t *size)
{
	return mtrr_is_cached(&mtrrs, hpa, size) ? PT_RWX : PT_RWX | PT_UNCACHED;
}
