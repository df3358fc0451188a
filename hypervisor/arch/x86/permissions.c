// SPDX-License-Identifier: GPL-2.0-only
/* What a cell may touch without an exit: pure/msr.h and the ports of its description. */
#include "arch/x86/permissions.h"
#include "pure/msr.h"
#include "pure/stop.h"
#include "string.h"

/* The root may use every port but those of the configuration mechanism, and those that can stop the
 * machine. */
void permissions_fill_ports(const struct cell *cell, uint8_t *bitmap, size_t size)
{
	if (cell_is_root(cell)) {
		for (unsigned int port = 0; port < 8 * size; port++)
			if (port - 0xcf8 < 8 || stop_is_port(&system_config, port))
				permissions_set(bitmap, port, 1);
		return;
	}
	memset(bitmap, 0xff, size);
	for (unsigned int i = 0; i < cell->config.port_count; i++) {
		const struct bh_config_port *range = &cell->config.ports[i];

		for (unsigned int port = range->first; port <= range->last; port++)
			permissions_set(bitmap, port, 0);
	}
}

void permissions_fill_msrs(const struct cell *cell, uint8_t *bitmap, size_t size,
			   void (*set)(uint8_t *bitmap, uint32_t msr, int trap_read,
				       int trap_write))
{
	enum msr_owner owner = cell_is_root(cell) ? MSR_ROOT : MSR_CELL;
	unsigned int count;
	const struct msr_range *ranges = msr_ranges(owner, &count);

	memset(bitmap, msr_default(owner) == MSR_PASS ? 0 : 0xff, size);
	for (unsigned int i = 0; i < count; i++)
		for (uint32_t msr = ranges[i].first; msr <= ranges[i].last; msr++)
			set(bitmap, msr, ranges[i].read != MSR_PASS, ranges[i].write != MSR_PASS);
}
