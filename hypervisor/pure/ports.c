// SPDX-License-Identifier: GPL-2.0-only
/* Maps of I/O ports: see ports.h. APM vol. 2, 15.10.1; SDM vol. 3, 25.6.4. */
#include "ports.h"
#include "pci.h"
#include "stop.h"

#define PORTS 0x10000u
#define CONFIG_PORTS 8 /* CF8 to CFF */

static void set(uint8_t *map, uint32_t port, int trap)
{
	uint8_t bit = (uint8_t)(1u << port % 8);

	map[port / 8] = (uint8_t)(trap ? map[port / 8] | bit : map[port / 8] & ~bit);
}

static void set_all(uint8_t *map, const struct config_cell *cell, int trap)
{
	for (uint32_t i = 0; i < cell->port_count; i++)
		for (uint32_t port = cell->ports[i].first; port <= cell->ports[i].last; port++)
			set(map, port, trap);
}

static int is_watched(const struct config_system *sys, uint32_t port)
{
	return port - PCI_CF8_PORT < CONFIG_PORTS || stop_is_port(sys, port);
}

/* Beyond the last port lies what an access takes that begins below: it is looked at. */
void ports_fill_root(uint8_t *map, size_t size, const struct config_system *sys)
{
	for (uint32_t port = 0; port < 8 * size; port++)
		set(map, port, port >= PORTS || is_watched(sys, port));
}

void ports_fill_cell(uint8_t *map, size_t size, const struct config_cell *cell)
{
	for (size_t i = 0; i < size; i++)
		map[i] = 0xff;
	set_all(map, cell, 0);
}

void ports_take(uint8_t *root_map, const struct config_cell *cell)
{
	set_all(root_map, cell, 1);
}

void ports_give_back(uint8_t *root_map, const struct config_cell *cell)
{
	set_all(root_map, cell, 0);
}

/* Behind the last port the first ones come again, for chipsets that look at 16 bits of the address. */
int ports_are_taken(const uint8_t *root_map, const struct config_system *sys, uint16_t port,
		    unsigned int width)
{
	for (unsigned int i = 0; i < width; i++) {
		uint16_t at = (uint16_t)(port + i);

		if (root_map[at / 8] >> at % 8 & 1 && !is_watched(sys, at))
			return 1;
	}
	return 0;
}
