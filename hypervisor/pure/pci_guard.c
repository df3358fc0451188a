// SPDX-License-Identifier: GPL-2.0-only
/* What the root must leave alone above a function of a cell. */
#include "pci_guard.h"

#define STATUS 0x06
#define STATUS_CAPABILITIES 0x10
#define HEADER_TYPE 0x0e
#define HEADER_BRIDGE 1
#define SECONDARY_BUS 0x19
#define SUBORDINATE_BUS 0x1a
#define CAPABILITIES 0x34
#define MAX_CAPS 48
#define CAP_PM 0x01
#define CAP_PCIE 0x10

void pci_guard_make(struct pci_guard *g, const uint8_t raw[256], uint16_t sriov_cap)
{
	unsigned int at = raw[CAPABILITIES] & 0xfc;

	*g = (struct pci_guard){
		.is_bridge = (raw[HEADER_TYPE] & 0x7f) == HEADER_BRIDGE,
		.secondary = raw[SECONDARY_BUS],
		.subordinate = raw[SUBORDINATE_BUS],
		.sriov_cap = sriov_cap,
	};
	if (!(raw[STATUS] & STATUS_CAPABILITIES))
		return;
	for (unsigned int n = 0; at >= 0x40 && n < MAX_CAPS; n++) {
		if (raw[at] == CAP_PM)
			g->pm_cap = (uint8_t)at;
		if (raw[at] == CAP_PCIE)
			g->pcie_cap = (uint8_t)at;
		at = raw[at + 1] & 0xfc;
	}
}

struct frozen {
	uint8_t offset, size, mask; /* bytes from offset on */
};

static const struct frozen of_bridge[] = {
	{ 0x04, 1, 0x06 },  /* memory decoding, bus mastering */
	{ 0x18, 3, 0xff },  /* bus numbers */
	{ 0x20, 16, 0xff }, /* memory windows */
	{ 0x3e, 1, 0x40 },  /* reset of the bus below */
};
static const struct frozen of_bridge_pcie[] = {
	{ 0x10, 1, 0x10 }, /* link control: disable */
	{ 0x19, 1, 0x04 }, /* slot control: power */
};
static const struct frozen of_function_pcie[] = {
	{ 0x09, 1, 0x80 }, /* device control: function level reset */
};
static const struct frozen of_pm[] = { { 0x04, 1, 0x03 } }; /* power state */
static const struct frozen of_sriov[] = {
	{ 0x08, 1, 0x09 },  /* enable, memory */
	{ 0x10, 2, 0xff },  /* their number */
	{ 0x20, 28, 0xff }, /* page size, BARs */
};

static uint8_t frozen_in(const struct frozen *list, unsigned int count, uint32_t offset)
{
	uint8_t mask = 0;

	for (unsigned int i = 0; i < count; i++)
		if (offset - list[i].offset < list[i].size)
			mask |= list[i].mask;
	return mask;
}

#define FROZEN_IN(list, offset) frozen_in(list, sizeof(list) / sizeof((list)[0]), offset)

static uint8_t frozen_bits(const struct pci_guard *g, uint32_t offset)
{
	uint8_t mask = 0;

	if (g->is_bridge)
		mask |= FROZEN_IN(of_bridge, offset);
	if (g->pm_cap)
		mask |= FROZEN_IN(of_pm, offset - g->pm_cap);
	if (g->pcie_cap && g->is_bridge)
		mask |= FROZEN_IN(of_bridge_pcie, offset - g->pcie_cap);
	if (g->pcie_cap && !g->is_bridge)
		mask |= FROZEN_IN(of_function_pcie, offset - g->pcie_cap);
	if (g->sriov_cap)
		mask |= FROZEN_IN(of_sriov, offset - g->sriov_cap);
	return mask;
}

uint32_t pci_guard_filter(const struct pci_guard *g, uint32_t offset, unsigned int width,
			  uint32_t old, uint32_t value)
{
	uint32_t mask = 0;

	for (unsigned int i = 0; i < width; i++)
		mask |= (uint32_t)frozen_bits(g, offset + i) << 8 * i;
	return (old & mask) | (value & ~mask);
}
