// SPDX-License-Identifier: GPL-2.0-only
/* Which bits the root cannot change above a function of a cell, and that all others are free. */
#include <string.h>
#include "check.h"
#include "pure/pci_guard.h"

static uint8_t raw[256];
static struct pci_guard g;

static void begin(uint8_t header)
{
	memset(raw, 0, sizeof(raw));
	raw[0x06] = 0x10;
	raw[0x0e] = header;
	raw[0x19] = 2;
	raw[0x1a] = 5;
	raw[0x34] = 0x40;
	raw[0x40] = 0x01;
	raw[0x41] = 0x50;
	raw[0x50] = 0x10;
}

/* Bits of a 32-bit register that a write of ones to zeros, and of zeros to ones, leaves alone. */
static uint32_t frozen(uint32_t offset)
{
	uint32_t set = ~pci_guard_filter(&g, offset, 4, 0, ~0u);

	CHECK_EQ(pci_guard_filter(&g, offset, 4, ~0u, 0), set);
	return set;
}

static void test_bridge(void)
{
	begin(0x81);
	pci_guard_make(&g, raw, 0);
	CHECK(g.is_bridge && g.secondary == 2 && g.subordinate == 5);
	CHECK(g.pm_cap == 0x40 && g.pcie_cap == 0x50);
	CHECK_EQ(frozen(0x00), 0);
	CHECK_EQ(frozen(0x04), 0x6);
	CHECK_EQ(frozen(0x10), 0);
	CHECK_EQ(frozen(0x18), 0x00ffffff);
	CHECK_EQ(frozen(0x1c), 0);
	for (uint32_t at = 0x20; at < 0x30; at += 4)
		CHECK_EQ(frozen(at), 0xffffffff);
	CHECK_EQ(frozen(0x30), 0);
	CHECK_EQ(frozen(0x3c), 0x00400000);
	CHECK_EQ(frozen(0x44), 3);
	CHECK_EQ(frozen(0x58), 0); /* a port has no function level reset */
	CHECK_EQ(frozen(0x60), 0x10);
	CHECK_EQ(frozen(0x68), 0x400);
	CHECK_EQ(pci_guard_filter(&g, 0x3e, 2, 0x0002, 0xffff), 0xffbf);
	CHECK_EQ(pci_guard_filter(&g, 0x19, 1, 0x02, 0x07), 0x02);
}

static void test_physical_function(void)
{
	begin(0);
	pci_guard_make(&g, raw, 0x160);
	CHECK(!g.is_bridge);
	CHECK_EQ(frozen(0x04), 0);
	CHECK_EQ(frozen(0x18), 0);
	CHECK_EQ(frozen(0x44), 3);
	CHECK_EQ(frozen(0x58), 0x8000);
	CHECK_EQ(frozen(0x60), 0);
	CHECK_EQ(frozen(0x164), 0);
	CHECK_EQ(frozen(0x168), 9);
	CHECK_EQ(frozen(0x170), 0xffff);
	for (uint32_t at = 0x180; at < 0x19c; at += 4)
		CHECK_EQ(frozen(at), 0xffffffff);
	CHECK_EQ(frozen(0x19c), 0);
}

static void test_hostile_lists(void)
{
	begin(1);
	raw[0x51] = 0x40;
	pci_guard_make(&g, raw, 0);
	CHECK(g.pm_cap == 0x40 && g.pcie_cap == 0x50);
	raw[0x06] = 0;
	pci_guard_make(&g, raw, 0);
	CHECK(!g.pm_cap && !g.pcie_cap);
	CHECK_EQ(frozen(0x44), 0);
	memset(raw, 0xff, sizeof(raw));
	pci_guard_make(&g, raw, 0);
}

int main(void)
{
	test_bridge();
	test_physical_function();
	test_hostile_lists();
	return check_done();
}
