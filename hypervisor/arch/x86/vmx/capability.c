// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the CPU can do: capability registers (SDM vol. 3, appendix A), and the memory types that
 * extended page tables have to repeat.
 */
#include "arch/x86/x86.h"
#include "vmx/vmx.h"

#define CPUID_ECX_VMX (1u << 5)

#define MSR_FEATURE_CONTROL 0x3a
#define FEATURE_CONTROL_LOCKED (1u << 0)
#define FEATURE_CONTROL_VMX (1u << 2) /* outside of SMX */

#define MSR_VMX_BASIC 0x480
#define BASIC_TYPE(basic) ((basic) >> 50 & 15)
#define BASIC_TRUE_CONTROLS (UINT64_C(1) << 55)
#define MISC_SAVES_LMA (1u << 5)
#define MISC_HLT (1u << 6)
#define MSR_VMX_CR0_FIXED0 0x486
#define MSR_VMX_CR4_FIXED0 0x488
#define MSR_VMX_EPT 0x48c

#define EPT_1G (1u << 17)

#define TYPE_WB 6

/* What is needed, register by register: controls that are on, or may be switched on later, and two
 * registers that only describe. Where it exists, a control is on that lets Linux use what CPUID
 * shows it. */
enum { ON, LATER, OPTIONAL };

static const struct {
	uint8_t word, use;
	uint32_t bit;
	const char *name;
} features[] = {
	{ VMX_MISC, ON, MISC_SAVES_LMA, "exits that save EFER.LMA" },
	{ VMX_MISC, ON, MISC_HLT, "the HLT activity state" },
	{ VMX_PIN, ON, PIN_NMI_EXITING, "NMI exiting" },
	{ VMX_PIN, ON, PIN_VIRTUAL_NMIS, "virtual NMIs" },
	{ VMX_PIN, LATER, PIN_PREEMPTION_TIMER, "the preemption timer" },
	{ VMX_CPU, LATER, CPU_INTERRUPT_WINDOW, "interrupt-window exiting" },
	{ VMX_CPU, ON, CPU_TSC_OFFSETTING, "TSC offsetting" },
	{ VMX_CPU, LATER, CPU_NMI_WINDOW, "NMI-window exiting" },
	{ VMX_CPU, ON, CPU_IO_BITMAPS, "I/O bitmaps" },
	{ VMX_CPU, ON, CPU_MSR_BITMAPS, "MSR bitmaps" },
	{ VMX_CPU, ON, CPU_SECONDARY, "secondary controls" },
	{ VMX_CPU2, ON, CPU2_EPT, "extended page tables (EPT)" },
	{ VMX_CPU2, OPTIONAL, CPU2_RDTSCP, NULL },
	{ VMX_CPU2, OPTIONAL, CPU2_VPID, NULL },
	{ VMX_CPU2, ON, CPU2_UNRESTRICTED, "unrestricted guest" },
	{ VMX_CPU2, OPTIONAL, CPU2_INVPCID, NULL },
	{ VMX_CPU2, OPTIONAL, CPU2_XSAVES, NULL },
	{ VMX_CPU2, OPTIONAL, CPU2_USER_WAIT, NULL },
	{ VMX_EXIT, ON, EXIT_SAVE_DEBUG, "saving of debug registers on exit" },
	{ VMX_EXIT, ON, EXIT_HOST_64, "64-bit hosts" },
	{ VMX_EXIT, ON, EXIT_SAVE_PAT, "saving of PAT on exit" },
	{ VMX_EXIT, ON, EXIT_LOAD_PAT, "loading of PAT on exit" },
	{ VMX_EXIT, ON, EXIT_SAVE_EFER, "saving of EFER on exit" },
	{ VMX_EXIT, ON, EXIT_LOAD_EFER, "loading of EFER on exit" },
	{ VMX_ENTRY, ON, ENTRY_LOAD_DEBUG, "loading of debug registers on entry" },
	{ VMX_ENTRY, LATER, ENTRY_GUEST_64, "64-bit guests" },
	{ VMX_ENTRY, ON, ENTRY_LOAD_PAT, "loading of PAT on entry" },
	{ VMX_ENTRY, ON, ENTRY_LOAD_EFER, "loading of EFER on entry" },
	{ VMX_EPT, ON, 1u << 6, "page walks of four levels (EPT)" },
	{ VMX_EPT, ON, 1u << 14, "write-back extended page tables" },
	{ VMX_EPT, ON, 1u << 16, "extended pages of 2 MiB" },
	{ VMX_EPT, ON, 1u << 20, "INVEPT" },
	{ VMX_EPT, ON, 1u << 26, "INVEPT of all contexts" },
};

static const struct {
	uint32_t msr;
	uint32_t reserved; /* bits that may be 1 */
} words[VMX_WORDS] = {
	[VMX_PIN] = { 0x48d, 0x16 },	 [VMX_CPU] = { 0x48e, 0x04006172 },
	[VMX_CPU2] = { 0x48b, 0 },	 [VMX_EXIT] = { 0x48f, 0x36dfb },
	[VMX_ENTRY] = { 0x490, 0x11fb }, [VMX_MISC] = { 0x485, 0 },
	[VMX_EPT] = { MSR_VMX_EPT, 0 },
};

/* Of controls, the lower half says what must be set, the upper one what may be. */
static int find_word(unsigned int word, uint32_t *value)
{
	uint64_t allowed = 0; /* the register may not even exist */
	int err = rdmsr_safe(words[word].msr, &allowed);
	uint32_t must = word < VMX_MISC ? (uint32_t)allowed : 0;
	uint32_t may = (uint32_t)(word < VMX_MISC ? allowed >> 32 : allowed);
	uint32_t wanted = 0;

	for (unsigned int i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
		if (features[i].word != word)
			continue;
		if (features[i].use != LATER)
			wanted |= features[i].bit & may;
		if (features[i].use == OPTIONAL || may & features[i].bit)
			continue;
		console_print("this CPU's VT-x lacks %s\n", features[i].name);
		err = -ENODEV;
	}
	*value = wanted | must;
	if (!(must & ~wanted & ~words[word].reserved))
		return err;
	console_print("this CPU's VT-x cannot do without controls %x of register %x\n",
		      must & ~wanted & ~words[word].reserved, words[word].msr);
	return -ENODEV;
}

int vmx_find_controls(struct vmx_controls *c)
{
	uint64_t basic = rdmsr(MSR_VMX_BASIC);
	int err = 0;

	if (!(basic & BASIC_TRUE_CONTROLS) || BASIC_TYPE(basic) != TYPE_WB) {
		console_print("this CPU's VT-x lacks flexible controls (IA32_VMX_BASIC %lx)\n",
			      basic);
		return -ENODEV;
	}
	c->revision = (uint32_t)basic & 0x7fffffff;
	c->cr0_ones = rdmsr(MSR_VMX_CR0_FIXED0) & ~(CR0_PE | CR0_PG); /* unrestricted guest */
	c->cr4_ones = rdmsr(MSR_VMX_CR4_FIXED0);
	for (unsigned int word = 0; word < VMX_WORDS; word++)
		if (find_word(word, &c->word[word]))
			err = -ENODEV;
	return err;
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
	vmm_pt_format = rdmsr(MSR_VMX_EPT) & EPT_1G ? &pt_format_ept : &pt_format_ept_2m;
	return 0;
}

int vmx_unlock(void)
{
	uint64_t value = rdmsr(MSR_FEATURE_CONTROL);

	if (!(value & FEATURE_CONTROL_LOCKED))
		wrmsr(MSR_FEATURE_CONTROL, value | FEATURE_CONTROL_LOCKED | FEATURE_CONTROL_VMX);
	return check_firmware();
}
