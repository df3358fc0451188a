/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPUID as the root and cells see it, over a host whose every bit is set and over a plausible
 * one.
 */
#include <string.h>
#include <bulkhead/hypercall.h>
#include "../../pure/cpuid.h"
#include "check.h"

#define ONES 0xffffffffu

static struct cpuid_view root, cell;
#define CR4 (1u << 18 | 1u << 22)

static void set_up(void)
{
	memset(&root, 0, sizeof(root));
	cpuid_view_init(&root);
	cell = (struct cpuid_view){
		.cell_id = 2,
		.max_basic = 0x20,
		.max_extended = 0x80000026,
		.cpu_count = 2,
		.highest_apic_id = 3,
		.info_gpa = UINT64_C(0x1fd000000),
		.tsc_hz = UINT64_C(2000000000),
		.apic_timer_hz = 62500999,
	};
	cpuid_view_init(&cell);
}

static struct cpuid_regs ask(const struct cpuid_view *view, uint32_t leaf, uint32_t subleaf,
			     uint32_t host)
{
	struct cpuid_regs regs = { host, host, host, host };

	if (cpuid_is_touched(view, leaf))
		cpuid_filter(&(struct cpuid_query){ view, leaf, subleaf, 3, 0 }, &regs);
	return regs;
}

static int is(struct cpuid_regs r, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
	if (r.eax == a && r.ebx == b && r.ecx == c && r.edx == d)
		return 1;
	printf("got %08x %08x %08x %08x\n", r.eax, r.ebx, r.ecx, r.edx);
	return 0;
}

static void test_root(void)
{
	static const uint32_t plain[] = { 0,	      2,	  4,	      0xb,
					  0xd,	      0x15,	  0x1f,	      0x80000000,
					  0x80000002, 0x80000008, 0x8000001f, 0xc0000000,
					  0x40000002 };

	for (unsigned int i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		CHECK(!cpuid_is_touched(&root, plain[i]));
		CHECK(is(ask(&root, plain[i], 0, 0x1234), 0x1234, 0x1234, 0x1234, 0x1234));
	}
	CHECK(is(ask(&root, 1, 0, ONES), ONES, ONES, 0xf7ffffdf, ONES));
	CHECK(is(ask(&root, 1, 0, 0), 0, 0, 0x80000000, 0));
	CHECK(is(ask(&root, 7, 0, ONES), ONES, ONES, 0xffffffef, 0xffffffdf));
	CHECK(is(ask(&root, 7, 1, ONES), ONES, ONES, ONES, ONES));
	CHECK(is(ask(&root, 0x80000001, 0, ONES), ONES, ONES, 0xfffffffb, ONES));
	CHECK(is(ask(&root, 0x8000000a, 0, ONES), 0, 0, 0, 0));
	CHECK(is(ask(&root, 0x40000000, 0, 0), 0x40000001, 0x6b6c7542, 0x64616568, 0x6b6c7542));
	CHECK(is(ask(&root, 0x40000001, 0, 5), BH_ABI, 0, 0, 0));
	/* a leaf that shares its bit with a touched one */
	CHECK(cpuid_is_touched(&root, 0x21));
	CHECK(is(ask(&root, 0x21, 0, 7), 7, 7, 7, 7));
}

static void test_cr4(void)
{
	const struct cpuid_view *views[] = { &root, &cell };

	for (int i = 0; i < 2; i++) {
		struct cpuid_regs regs = { 0 };

		cpuid_filter(&(struct cpuid_query){ views[i], 1, 0, 3, CR4 }, &regs);
		CHECK(regs.ecx & 1u << 27);
		regs = (struct cpuid_regs){ 0 };
		cpuid_filter(&(struct cpuid_query){ views[i], 7, 0, 3, CR4 }, &regs);
		CHECK_EQ(regs.ecx, 1u << 4);
		regs = (struct cpuid_regs){ 0 };
		cpuid_filter(&(struct cpuid_query){ views[i], 7, 1, 3, CR4 }, &regs);
		CHECK_EQ(regs.ecx, 0);
	}
}

static void test_cell_signature(void)
{
	struct cpuid_regs regs;
	char name[13] = "";

	regs = ask(&cell, BH_CPUID_SIGNATURE, 0, ONES);
	CHECK_EQ(regs.eax, BH_CPUID_INFO);
	memcpy(name, &regs.ebx, 4);
	memcpy(name + 4, &regs.ecx, 4);
	memcpy(name + 8, &regs.edx, 4);
	CHECK(!strcmp(name, "BulkheadBulk"));
	CHECK(is(ask(&cell, BH_CPUID_INFO, 0, ONES), BH_ABI, 2, 0xfd000000, 1));
	CHECK(is(ask(&cell, BH_CPUID_INFO + 1, 0, ONES), 0, 0, 0, 0));
}

static void test_cell_features(void)
{
	struct cpuid_regs r = ask(&cell, 1, 0, ONES);

	CHECK_EQ(r.ebx, 0xff04ffff); /* four IDs for APIC IDs up to 3 */
	CHECK_EQ(r.ecx & (1u << 2 | 1u << 3 | 1u << 5 | 1u << 6 | 1u << 7 | 1u << 8 | 1u << 15), 0);
	CHECK_EQ(r.ecx & 1u << 21, 1u << 21);
	CHECK_EQ(r.ecx >> 31, 1);
	CHECK_EQ(r.ecx & 1u << 27, 0); /* OSXSAVE: not in this guest's CR4 */
	CHECK_EQ(r.edx & (1u << 21 | 1u << 22 | 1u << 29 | 1u << 31), 0);
	CHECK_EQ(r.edx & 1u << 28, 1u << 28);
	CHECK(is(ask(&cell, 1, 0, 0), 0, 4u << 16, 0x80000000, 1u << 28));

	cell.xapic_only = 1;
	CHECK_EQ(ask(&cell, 1, 0, ONES).ecx & 1u << 21, 0);
	cell.cpu_count = 1;
	r = ask(&cell, 1, 0, ONES);
	CHECK_EQ(r.ebx >> 16 & 0xff, 1);
	CHECK_EQ(r.edx & 1u << 28, 0);
	cell.cpu_count = 2;
	cell.highest_apic_id = 4000;
	cpuid_view_init(&cell);
	CHECK_EQ(ask(&cell, 1, 0, ONES).ebx >> 16 & 0xff, 128);
	set_up();
}

static void test_cell_structured(void)
{
	struct cpuid_regs r = ask(&cell, 7, 0, ONES);

	CHECK_EQ(r.eax, 1);
	CHECK_EQ(r.ebx & (1u << 2 | 1u << 11 | 1u << 12 | 1u << 15 | 1u << 25), 0);
	CHECK_EQ(r.ecx & (1u << 4 | 1u << 5 | 1u << 7), 0);
	CHECK_EQ(r.edx & (1u << 20 | 1u << 30), 0);
	CHECK_EQ(r.edx & (1u << 26 | 1u << 29), 1u << 26 | 1u << 29);
	CHECK_EQ(ask(&cell, 7, 0, 0).eax, 0);
	CHECK(is(ask(&cell, 7, 1, ONES), 0x00a01c30, 0, 0, 0));
	CHECK(is(ask(&cell, 7, 2, ONES), 0, 0, 0, 0));
}

static void test_cell_hidden(void)
{
	static const uint32_t hidden[] = {
		3,	    5,		8,	    9,		0xa,	    0xc,	0xe,
		0xf,	    0x10,	0x12,	    0x14,	0x17,	    0x1f,	0x12345,
		0x80000009, 0x8000000a, 0x8000001b, 0x8000001c, 0x8000001f, 0x80000020, 0x80000022,
		0x80000026, 0xc0000000, 0xc0000001, 0xffffffff, 0x4b4d564b,
	};

	for (unsigned int i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		CHECK(is(ask(&cell, hidden[i], 0, ONES), 0, 0, 0, 0));
	CHECK(is(ask(&cell, 6, 0, ONES), 4, 0, 0, 0));
	CHECK(is(ask(&cell, 0, 0, 0x41414141), 0x16, 0x41414141, 0x41414141, 0x41414141));
	CHECK(is(ask(&cell, 0x80000000, 0, ONES), 0x80000021, ONES, ONES, ONES));
	CHECK_EQ(ask(&cell, 0x80000000, 0, 0x80000008).eax, 0x80000008);
	CHECK(is(ask(&cell, 0x80000002, 0, 0x20202020), 0x20202020, 0x20202020, 0x20202020,
		 0x20202020));
	CHECK(is(ask(&cell, 0x80000007, 0, ONES), 0, 0, 0, 0x100));
	CHECK_EQ(ask(&cell, 0x80000001, 0, ONES).ecx & (1u << 2 | 1u << 10 | 1u << 12 | 1u << 29),
		 0);
}

/* Intel answers leaves beyond the last with the last one's values: not ours to hand on. */
static void test_cell_old_host(void)
{
	cell.max_basic = 4;
	cell.max_extended = 0x80000004;
	CHECK(is(ask(&cell, 7, 0, ONES), 0, 0, 0, 0));
	CHECK(is(ask(&cell, 0xd, 0, ONES), 0, 0, 0, 0));
	CHECK(is(ask(&cell, 0x80000008, 0, ONES), 0, 0, 0, 0));
	CHECK(is(ask(&cell, 0x8000001d, 0, ONES), 0, 0, 0, 0));
	CHECK(is(ask(&cell, 0x8000001e, 0, ONES), 0, 0, 0, 0));
	CHECK_EQ(ask(&cell, 4, 0, ONES).ebx, ONES);
	CHECK_EQ(ask(&cell, 0xb, 1, ONES).ebx, 2);
	set_up();
}

static void test_cell_topology(void)
{
	CHECK(is(ask(&cell, 0xb, 0, ONES), 0, 1, 0x100, 3));
	CHECK(is(ask(&cell, 0xb, 1, ONES), 2, 2, 0x201, 3));
	CHECK(is(ask(&cell, 0xb, 2, ONES), 0, 0, 2, 3));
	CHECK(is(ask(&cell, 0xb, 0xffffff07, ONES), 0, 0, 7, 3));
	CHECK(is(ask(&cell, 0x8000001e, 0, ONES), 3, 3, 0, 0));
	CHECK_EQ(ask(&cell, 0x80000008, 0, ONES).ecx, 0x2001);
	CHECK_EQ(ask(&cell, 0x80000008, 0, ONES).edx, 0);
	/* caches: level 1 private, level 3 shared by the package; none at the end of the list */
	CHECK_EQ(ask(&cell, 4, 0, 0xffffc021).eax, 0x21);
	CHECK_EQ(ask(&cell, 4, 3, 0xffffc063).eax, 0x63 | 3u << 14);
	CHECK(is(ask(&cell, 4, 4, 0xffffc060), 0, 0, 0, 0));
	CHECK_EQ(ask(&cell, 0x8000001d, 3, 0xffffc063).eax, 0x63 | 3u << 14);
	cell.highest_apic_id = 0;
	cell.cpu_count = 1;
	cpuid_view_init(&cell);
	CHECK(is(ask(&cell, 0xb, 1, ONES), 0, 1, 0x201, 3));
	CHECK_EQ(ask(&cell, 4, 3, 0x63).eax, 0x63);
	cell.highest_apic_id = ONES;
	cpuid_view_init(&cell);
	CHECK_EQ(ask(&cell, 4, 3, 0x63).eax, 0x63 | 0xfffu << 14);
	set_up();
}

static void test_cell_xsave(void)
{
	CHECK(is(ask(&cell, 0xd, 0, 0x207), 0x207, 0x207, 0x207, 0x207));
	CHECK(is(ask(&cell, 0xd, 1, ONES), 7, ONES, 0, 0));
	CHECK(is(ask(&cell, 0xd, 2, 0x240), 0x240, 0x240, 0x240, 0x240));
	CHECK(is(ask(&cell, 0xd, 11, 0x241), 0, 0, 0, 0));
	CHECK(is(ask(&cell, 0xd, 63, 0x240), 0, 0, 0, 0));
}

static void test_cell_frequencies(void)
{
	struct cpuid_regs r = ask(&cell, 0x15, 0, ONES);

	CHECK(is(r, 62500, 2000000, 62500000, 0));
	CHECK_EQ((uint64_t)r.ecx * r.ebx / r.eax, 2000000000);
	CHECK(is(ask(&cell, 0x16, 0, ONES), 2000, 2000, 100, 0));
	cell.apic_timer_hz = 0;
	CHECK(is(ask(&cell, 0x15, 0, ONES), 0, 0, 0, 0));
	cell.tsc_hz = 0;
	CHECK(is(ask(&cell, 0x16, 0, ONES), 0, 0, 0, 0));
	set_up();
}

int main(void)
{
	set_up();
	test_root();
	test_cr4();
	test_cell_signature();
	test_cell_features();
	test_cell_structured();
	test_cell_hidden();
	test_cell_old_host();
	test_cell_topology();
	test_cell_xsave();
	test_cell_frequencies();
	return check_done();
}
