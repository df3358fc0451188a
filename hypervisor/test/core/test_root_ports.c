// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ports of cells are out of the root's reach from CELL_CREATE to CELL_DESTROY: arch/x86/permissions.c and
 * arch/x86/pio.c on the backend of arch/fake.
 */
#include <string.h>
#include "arch/fake/fake.h"
#include "arch/x86/handlers.h"
#include "arch/x86/permissions.h"
#include "test/unit/check.h"

#define RIP 0x1000u /* where fake_cpu() starts */
#define LENGTH 2
#define ROOT 0u

static uint64_t moved(struct cpu *self)
{
	return fake_guest(self)->state.rip - RIP;
}

static struct cpu *access_port(uint32_t flags, uint16_t port, uint8_t width, uint8_t access)
{
	struct cpu *self = fake_cpu(ROOT, flags);

	self->exit = (struct vmexit){ .kind = VMEXIT_PORT,
				      .length = LENGTH,
				      .number = port,
				      .width = width,
				      .access = access };
	self->regs[REG_RAX] = 0x1111111122222222;
	return self;
}

static const struct bh_cell_config described = { .header = { .name = "uart" } };
static const struct bh_config_port uart_ports[] = { { 0x2f8, 0x2ff, 0 } };

/* Beside the root's CPU a cell that has ports; the root's own ports pass. */
static struct cell *with_uart(struct cpu *self)
{
	struct cell *cell = fake_cell(&described, uart_ports);

	CHECK_EQ(permissions_prepare(cell), 0);
	permissions_take(cell);
	cell_table[1] = cell;
	return cell;
}

static const struct {
	uint16_t port;
	uint8_t width;
	int taken;
} port_accesses[] = {
	{ 0x2f8, 1, 1 }, { 0x2ff, 1, 1 }, { 0x2f8, 4, 1 }, { 0x2f7, 2, 1 }, { 0x2f5, 4, 1 },
	{ 0x2ff, 4, 1 }, { 0x2f7, 1, 0 }, { 0x300, 1, 0 }, { 0x2f4, 4, 0 }, { 0x64, 1, 0 },
};

static void test_ports_of_a_cell_are_not_the_roots(void)
{
	for (size_t i = 0; i < sizeof(port_accesses) / sizeof(port_accesses[0]); i++)
		for (uint8_t access = ACCESS_READ; access <= ACCESS_WRITE; access++) {
			uint32_t taken = (uint32_t)port_accesses[i].taken;
			uint8_t width = port_accesses[i].width;
			struct cpu *self = access_port(0, port_accesses[i].port, width, access);

			with_uart(self);
			exit_dispatch(self);
			CHECK_EQ(fake_hardware.port, taken ? 0 : port_accesses[i].port);
			CHECK_EQ(self->cell->public->stray, taken);
			CHECK_EQ(fake_notes.events, taken);
			CHECK_EQ(!!strstr(fake_notes.printed, " ignored"), taken);
			CHECK_EQ(moved(self), LENGTH);
			if (taken && access == ACCESS_READ)
				CHECK_EQ(self->regs[REG_RAX] & (UINT32_MAX >> (32 - 8 * width)),
					 UINT32_MAX >> (32 - 8 * width));
		}
}

static void test_nor_by_string_instructions(void)
{
	struct cpu *self = access_port(0, 0x2f7, 2, ACCESS_WRITE);

	with_uart(self);
	self->exit.string = 1;
	exit_dispatch(self);
	CHECK_EQ(fake_hardware.port, 0);
	CHECK_EQ(self->cell->public->stray, 1);
	CHECK_EQ(self->regs[REG_RAX], 0x1111111122222222);
	CHECK_EQ(moved(self), LENGTH);
}

static void test_a_strict_root_is_parked_for_it(void)
{
	struct cpu *self = access_port(BH_CELL_STRICT, 0x2f8, 1, ACCESS_WRITE);

	with_uart(self);
	exit_dispatch(self);
	CHECK_EQ(fake_notes.finished, BH_CELL_CRASHED);
	CHECK_EQ(self->cell->public->report.cause, BH_EXIT_PIO);
	CHECK_EQ(self->cell->public->report.address, 0x2f8);
	CHECK(strstr(fake_notes.printed, "destroy the cell that owns it"));
	CHECK_EQ(moved(self), 0);
}

static void test_ports_come_back(void)
{
	struct cpu *self = access_port(0, 0x2f8, 1, ACCESS_WRITE);
	struct cell *cell = with_uart(self);

	permissions_give_back(cell);
	permissions_destroy(cell);
	exit_dispatch(self);
	CHECK_EQ(fake_hardware.port, 0x2f8);
	CHECK_EQ(self->cell->public->stray, 0);
}

/* The map that CPUs may look at is not the one that is written. */
static void test_the_roots_map_is_exchanged(void)
{
	struct cpu *self = fake_cpu(ROOT, 0);
	void *first = root_cell->vmm;
	uint8_t copy[3 * BH_PAGE_SIZE];
	struct cell *cell;

	memcpy(copy, first, sizeof(copy));
	cell = with_uart(self);
	CHECK(root_cell->vmm != first && !memcmp(first, copy, sizeof(copy)));
	CHECK(memcmp(root_cell->vmm, copy, sizeof(copy)));
	permissions_give_back(cell);
	CHECK(root_cell->vmm == first && !memcmp(first, copy, sizeof(copy)));
}

static void test_a_cell_without_ports_brings_no_map(void)
{
	struct cpu *self = fake_cpu(ROOT, 0);
	void *first = root_cell->vmm;
	struct cell *cell = fake_cell(&described, NULL);

	cell->config.port_count = 0;
	CHECK_EQ(permissions_prepare(cell), 0);
	permissions_take(cell);
	CHECK(!cell->root_vmm && root_cell->vmm == first && self->cell->vmm == first);
}

static void test_ports_of_another_cell_and_no_memory(void)
{
	struct cpu *self = fake_cpu(ROOT, 0);
	struct cell third = *with_uart(self);
	static const struct bh_config_port others[] = { { 0x300, 0x307, 0 } };

	third.vmm = third.root_vmm = NULL;
	CHECK_EQ(permissions_prepare(&third), -EBUSY);
	CHECK(strstr(fake_notes.printed, "cell uart: ports from 2f8 on are those of cell"));
	third.config.ports = others;
	CHECK_EQ(permissions_prepare(&third),
		 -ENOMEM); /* root, cell and its spare: 9 of 12 pages */
	permissions_destroy(&third);
	third.vmm = NULL;
	CHECK_EQ(permissions_prepare(&third), -ENOMEM);
	CHECK(!third.vmm);
	permissions_destroy(&third);
}

int main(void)
{
	test_ports_of_a_cell_are_not_the_roots();
	test_nor_by_string_instructions();
	test_a_strict_root_is_parked_for_it();
	test_ports_come_back();
	test_the_roots_map_is_exchanged();
	test_a_cell_without_ports_brings_no_map();
	test_ports_of_another_cell_and_no_memory();
	return check_done();
}
