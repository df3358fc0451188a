// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every number of the ABI has a word, and numbers beyond do not crash.
 */
#include <string.h>
#include <bulkhead/comm.h>
#include "check.h"
#include "names.h"

static void test_complete(void)
{
	for (uint32_t i = 0; i < BH_EXIT_CAUSES; i++)
		CHECK(bh_exit_name[i] && strcmp(exit_name(i), "?"));
	for (uint32_t i = 0; i <= BH_CELL_CRASHED; i++)
		CHECK(strcmp(cell_state_name(i), "?"));
	for (uint32_t i = 0; i <= BH_CPU_WAIT_SIPI; i++)
		CHECK(strcmp(cpu_state_name(i), "?"));
	for (uint32_t i = 0; i <= BH_EVENT_FAULT; i++)
		CHECK(strcmp(event_name(i), "?"));
	CHECK(strcmp(vendor_name(BH_VENDOR_AMD), "?"));
	CHECK(strcmp(vendor_name(BH_VENDOR_INTEL), "?"));
}

static void test_unknown(void)
{
	CHECK(!strcmp(exit_name(BH_EXIT_CAUSES), "?"));
	CHECK(!strcmp(exit_name(UINT32_MAX), "?"));
	CHECK(!strcmp(cell_state_name(BH_CELL_CRASHED + 1), "?"));
	CHECK(!strcmp(event_name(BH_EVENT_FAULT + 1), "?"));
	CHECK(!strcmp(vendor_name(0), "?"));
}

static void test_report(void)
{
	struct bh_report r = { .cpu = 3,
			       .cause = BH_EXIT_STRAY,
			       .address = 0xdead000,
			       .value = 0x42,
			       .rip = 0x100123,
			       .access = 2,
			       .width = 4 };
	char text[160], tiny[8];

	CHECK(!strcmp(report_text(&r, text, sizeof(text)),
		      "4-byte write of 0x42 to address 0xdead000 on CPU 3 at rip 0x100123"));
	r.width = 0;
	CHECK(!strcmp(report_text(&r, text, sizeof(text)),
		      "write to address 0xdead000 on CPU 3 at rip 0x100123"));
	r.access = 4;
	CHECK(strstr(report_text(&r, text, sizeof(text)), "execution at address 0xdead000"));
	CHECK(strstr(report_remedy(&r), "executable"));
	r.cause = BH_EXIT_PIO;
	r.access = 1;
	CHECK(strstr(report_text(&r, text, sizeof(text)), "read of port 0xdead000"));
	CHECK(strstr(report_remedy(&r), "\"ports\""));
	r = (struct bh_report){
		.cause = BH_EXIT_ICR, .address = 0xfee00300, .value = 0x200, .access = 2, .width = 4
	};
	CHECK(strstr(report_text(&r, text, sizeof(text)), "interrupt command register 0xfee00300"));
	CHECK(strstr(report_remedy(&r), "only doorbells"));
	CHECK(!strstr(report_remedy(&r), "memory"));
	CHECK(strlen(report_text(&r, tiny, sizeof(tiny))) < sizeof(tiny));
	for (r.cause = 0; r.cause < BH_EXIT_CAUSES + 2; r.cause++)
		CHECK(report_remedy(&r) && *report_text(&r, text, sizeof(text)));
}

int main(void)
{
	test_complete();
	test_unknown();
	test_report();
	return check_done();
}
