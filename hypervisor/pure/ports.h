/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who may use which I/O ports: a cell those of its description, the root all others. The answer is a map with a
 * bit for each port, as CPUs of both vendors take it: where the bit is set, an access is trapped.
 */
#ifndef PURE_PORTS_H
#define PURE_PORTS_H

#include "config.h"

/* Whether some port of the range is the cell's: 1 or 0. Here because the driver asks as well. */
static inline int ports_overlap(const struct config_cell *cell, const struct bh_config_port *range)
{
	for (uint32_t i = 0; i < cell->port_count; i++)
		if (cell->ports[i].first <= range->last && range->first <= cell->ports[i].last)
			return 1;
	return 0;
}

/* The map of the root while there are no cells: what is trapped is the configuration mechanism, and what can
 * stop the machine. And the map of a cell: everything but its ports. size: bytes, of which some may be
 * for what lies beyond the last port. */
void ports_fill_root(uint8_t *map, size_t size, const struct config_system *sys);
void ports_fill_cell(uint8_t *map, size_t size, const struct config_cell *cell);

/* The root's map without the ports of a cell, and with them again. The cell's description keeps them clear of
 * what is trapped anyway (rules port-pci, port-reset), and of other cells'. */
void ports_take(uint8_t *root_map, const struct config_cell *cell);
void ports_give_back(uint8_t *root_map, const struct config_cell *cell);

/* For an access of the root that was trapped: 1 if some byte of it is a cell's port, 0 if all are the root's. */
int ports_are_taken(const uint8_t *root_map, const struct config_system *sys, uint16_t port,
		    unsigned int width);

#endif
