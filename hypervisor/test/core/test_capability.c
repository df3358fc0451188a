// SPDX-License-Identifier: GPL-2.0-only
/*
 * What VT-x has to offer (SDM vol. 3, appendix A): controls follow from the allowed settings, what is
 * missing is named and refused, and IA32_FEATURE_CONTROL is obeyed, or set where it is open. In
 * emulation there is one kind of CPU, whose firmware locks that register; here are others.
 */
#include <string.h>
#include "arch/fake/fake.h"
#include "arch/x86/vmx/vmx.h"
#undef CHECK /* the hypervisor's own; here it is the test's */
#include "test/unit/check.h"

#define FEATURE_CONTROL 0x3a
#define LOCKED 1u
#define VMX_ON 4u
#define BASIC 0x480
#define MISC 0x485
#define CR4_FIXED0 0x488
#define CPU2 0x48b
#define EPT 0x48c
#define PIN 0x48d
#define CPU 0x48e
#define EXIT 0x48f
#define ENTRY 0x490
#define BASIC_GOOD (UINT64_C(1) << 55 | UINT64_C(6) << 50 | 0x1234)
#define ANYTHING (UINT64_C(0xffffffff) << 32) /* may be set, need not */
#define EPT_1G (1u << 17)

/* All that can be asked for, and nothing that must be; the firmware has switched VT-x on. */
static void good_cpu(void)
{
	fake_cpu(0, 0);
	fake_set_msr(FEATURE_CONTROL, LOCKED | VMX_ON);
	fake_set_msr(BASIC, BASIC_GOOD);
	fake_set_msr(CR4_FIXED0, 0x2000);
	fake_set_msr(MISC, UINT32_MAX);
	fake_set_msr(EPT, UINT32_MAX);
	for (uint32_t msr = PIN; msr <= ENTRY; msr++)
		fake_set_msr(msr, ANYTHING);
	fake_set_msr(CPU2, ANYTHING);
}

static int said(const char *words)
{
	return strstr(fake_notes.printed, words) != NULL;
}

static void test_a_cpu_that_has_all_is_taken(void)
{
	struct vmx_controls controls;

	good_cpu();
	CHECK_EQ(vmm_check(), 0);
	CHECK(vmm_pt_format == &pt_format_ept);
	CHECK_EQ(vmx_find_controls(&controls), 0);
	CHECK_EQ(controls.revision, 0x1234);
	CHECK_EQ(controls.cr4_ones, 0x2000);
	CHECK_EQ(controls.word[VMX_PIN], PIN_NMI_EXITING | PIN_VIRTUAL_NMIS);
	CHECK_EQ(fake_notes.printed[0], 0);
	fake_set_msr(EPT, ~EPT_1G);
	CHECK_EQ(vmm_check(), 0);
	CHECK(vmm_pt_format == &pt_format_ept_2m);
}

static void test_no_external_interrupt_exits_unless_the_cpu_insists(void)
{
	struct vmx_controls controls;

	good_cpu();
	fake_set_msr(PIN, ANYTHING | 1); /* external-interrupt exiting must be 1 */
	CHECK_EQ(vmx_find_controls(&controls), -ENODEV);
	CHECK(said("cannot do without controls 1 of register 48d"));
}

static void test_reserved_ones_are_set_as_the_cpu_wants(void)
{
	struct vmx_controls controls;

	good_cpu();
	fake_set_msr(PIN, ANYTHING | 0x16);
	fake_set_msr(EXIT, ANYTHING | 0x36dfb);
	CHECK_EQ(vmx_find_controls(&controls), 0);
	CHECK_EQ(controls.word[VMX_PIN] & 0x16, 0x16);
	CHECK_EQ(controls.word[VMX_EXIT] & 0x36dfb, 0x36dfb);
}

/* Each missing control is named. */
static const struct {
	uint32_t msr;
	uint64_t value;
	const char *words;
} lacks[] = {
	{ BASIC, BASIC_GOOD & ~(UINT64_C(1) << 55), "flexible controls" },
	{ BASIC, BASIC_GOOD & ~(UINT64_C(4) << 50), "flexible controls" },
	{ PIN, ANYTHING & ~(UINT64_C(8) << 32), "NMI exiting" },
	{ PIN, ANYTHING & ~(UINT64_C(0x20) << 32), "virtual NMIs" },
	{ PIN, ANYTHING & ~(UINT64_C(0x40) << 32), "the preemption timer" },
	{ CPU, ANYTHING & ~(UINT64_C(1) << 60), "MSR bitmaps" },
	{ CPU, ANYTHING & ~(UINT64_C(1) << 63), "secondary controls" },
	{ CPU2, ANYTHING & ~(UINT64_C(2) << 32), "extended page tables" },
	{ CPU2, ANYTHING & ~(UINT64_C(0x80) << 32), "unrestricted guest" },
	{ CPU2, 0, "unrestricted guest" },
	{ EPT, UINT32_MAX & ~(1u << 20), "INVEPT" },
	{ EPT, UINT32_MAX & ~(1u << 14), "write-back" },
	{ MISC, UINT32_MAX & ~(1u << 6), "HLT activity" },
};

static void test_what_is_missing_is_named_and_refused(void)
{
	for (size_t i = 0; i < sizeof(lacks) / sizeof(lacks[0]); i++) {
		good_cpu();
		fake_set_msr(lacks[i].msr, lacks[i].value);
		CHECK_EQ(vmm_check(), -ENODEV);
		if (!CHECK(said(lacks[i].words)))
			fprintf(stderr, "  %s: %s\n", lacks[i].words, fake_notes.printed);
		CHECK_EQ(fake_hardware.msr_written, 0);
	}
	good_cpu();
	fake_hardware.cpuid_ecx = ~(1u << 5);
	CHECK_EQ(vmm_check(), -ENODEV);
	CHECK(said("no VT-x"));
}

static void test_optional_controls_may_be_missing(void)
{
	struct vmx_controls controls;

	good_cpu();
	fake_set_msr(CPU2, UINT64_C(0x82) << 32); /* EPT and unrestricted guest */
	CHECK_EQ(vmx_find_controls(&controls), 0);
	CHECK_EQ(controls.word[VMX_CPU2], 0x82);
}

static void test_firmware_that_switched_it_off_is_obeyed(void)
{
	good_cpu();
	fake_set_msr(FEATURE_CONTROL, LOCKED);
	CHECK_EQ(vmm_check(), -ENODEV);
	CHECK(said("disabled by the firmware"));
	CHECK_EQ(vmx_unlock(), -ENODEV);
	CHECK_EQ(fake_hardware.msr_written, 0);
}

static void test_what_firmware_left_open_is_set_and_locked(void)
{
	good_cpu();
	fake_set_msr(FEATURE_CONTROL, 0x100000);
	CHECK_EQ(vmm_check(), 0);
	CHECK_EQ(fake_hardware.msr_written, 0); /* not before all CPUs can go in */
	CHECK_EQ(vmx_unlock(), 0);
	CHECK_EQ(fake_hardware.msr_written, FEATURE_CONTROL);
	CHECK_EQ(fake_hardware.msr_written_value, 0x100000 | LOCKED | VMX_ON);

	good_cpu();
	CHECK_EQ(vmx_unlock(), 0);
	CHECK_EQ(fake_hardware.msr_written, 0);
}

int main(void)
{
	test_a_cpu_that_has_all_is_taken();
	test_no_external_interrupt_exits_unless_the_cpu_insists();
	test_reserved_ones_are_set_as_the_cpu_wants();
	test_what_is_missing_is_named_and_refused();
	test_optional_controls_may_be_missing();
	test_firmware_that_switched_it_off_is_obeyed();
	test_what_firmware_left_open_is_set_and_locked();
	return check_done();
}
