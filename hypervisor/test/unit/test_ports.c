// SPDX-License-Identifier: GPL-2.0-only
/* Maps of I/O ports: each port of a cell is trapped in the root's and in no other way of the cell's, and what is
 * trapped is told apart by its owner. */
#include <string.h>
#include "check.h"
#include "pure/ports.h"

#define MAP 0x3000 /* SVM's: three pages, of which two are ports */
#define PORTS 0x10000u

static const struct bh_config_stop stops[] = { { 0x605, 0x20, 0x20, 0 } };
static const struct config_system sys = { .stops = stops, .stop_count = 1 };

static const struct bh_config_port uart[] = { { 0x2f8, 0x2ff, 0 }, { 0x378, 0x378, 0 } };
static const struct bh_config_port ends[] = { { 0, 2, 0 }, { 0xfffe, 0xffff, 0 } };
static const struct config_cell first = { .ports = uart, .port_count = 2 };
static const struct config_cell second = { .ports = ends, .port_count = 2 };
static const struct config_cell none;

static uint8_t map[MAP], before[MAP];

static int traps(const uint8_t *in, uint32_t port)
{
	return in[port / 8] >> port % 8 & 1;
}

static int is_in(const struct config_cell *cell, uint32_t port)
{
	for (uint32_t i = 0; i < cell->port_count; i++)
		if (port >= cell->ports[i].first && port <= cell->ports[i].last)
			return 1;
	return 0;
}

static int is_fixed(uint32_t port)
{
	return port == 0x64 || port == 0x92 || port == 0x605 || (port >= 0xcf8 && port <= 0xcff);
}

static void test_a_cells_map_passes_its_ports_only(void)
{
	memset(map, 0, MAP);
	ports_fill_cell(map, MAP, &first);
	for (uint32_t port = 0; port < 8 * MAP; port++)
		if (!CHECK_EQ(traps(map, port), !is_in(&first, port)))
			fprintf(stderr, "  port %x\n", port);
	ports_fill_cell(map, MAP, &none);
	for (uint32_t port = 0; port < 8 * MAP; port++)
		CHECK(traps(map, port));
}

static void test_the_roots_map_traps_ports_of_cells_while_they_have_them(void)
{
	ports_fill_root(map, MAP, &sys);
	memcpy(before, map, MAP);
	for (uint32_t port = 0; port < 8 * MAP; port++)
		CHECK_EQ(traps(map, port), is_fixed(port) || port >= PORTS);
	ports_take(map, &first);
	ports_take(map, &second);
	ports_take(map, &none);
	for (uint32_t port = 0; port < PORTS; port++)
		CHECK_EQ(traps(map, port),
			 is_fixed(port) || is_in(&first, port) || is_in(&second, port));
	ports_give_back(map, &first);
	for (uint32_t port = 0; port < PORTS; port++)
		CHECK_EQ(traps(map, port), is_fixed(port) || is_in(&second, port));
	ports_give_back(map, &second);
	CHECK(!memcmp(map, before, MAP));
}

/* What is written to a smaller map stays within it. */
static void test_size(void)
{
	memset(map, 0x5a, MAP);
	ports_fill_root(map, PORTS / 8, &sys);
	ports_take(map, &second);
	CHECK(map[PORTS / 8] == 0x5a && map[PORTS / 8 - 1] == 0xc0);
	ports_fill_cell(map, PORTS / 8, &second);
	CHECK(map[PORTS / 8] == 0x5a && map[PORTS / 8 - 1] == 0x3f);
}

/* In each width, from each port: refused if and only if one of its bytes is a cell's. */
static void test_accesses(void)
{
	ports_fill_root(map, MAP, &sys);
	ports_take(map, &first);
	ports_take(map, &second);
	for (uint32_t port = 0; port < PORTS; port++)
		for (unsigned int width = 1; width <= 4; width *= 2) {
			int taken = 0;

			for (uint32_t i = 0; i < width; i++) {
				uint32_t at = (port + i) % PORTS;

				taken |= is_in(&first, at) || is_in(&second, at);
			}
			if (!CHECK_EQ(ports_are_taken(map, &sys, (uint16_t)port, width), taken))
				fprintf(stderr, "  port %x, width %u\n", port, width);
		}
}

static void test_overlap(void)
{
	static const struct {
		struct bh_config_port range;
		int overlaps;
	} ranges[] = {
		{ { 0x2f7, 0x2f7, 0 }, 0 },  { { 0x2f7, 0x2f8, 0 }, 1 }, { { 0x2ff, 0x2ff, 0 }, 1 },
		{ { 0x300, 0x377, 0 }, 0 },  { { 0x2fa, 0x2fb, 0 }, 1 }, { { 0, 0xffff, 0 }, 1 },
		{ { 0x379, 0xffff, 0 }, 0 }, { { 0x378, 0x37f, 0 }, 1 }, { { 0x300, 0x400, 0 }, 1 },
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		CHECK_EQ(ports_overlap(&first, &ranges[i].range), ranges[i].overlaps);
	CHECK(!ports_overlap(&none, &ranges[5].range));
}

int main(void)
{
	test_a_cells_map_passes_its_ports_only();
	test_the_roots_map_traps_ports_of_cells_while_they_have_them();
	test_size();
	test_accesses();
	test_overlap();
	return check_done();
}
