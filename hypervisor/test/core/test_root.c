// SPDX-License-Identifier: GPL-2.0-only
/*
 * The root's end: which writes to ports pass and which end it, what the policies do to cells, and how
 * the machine is stopped in the end.
 */
#include <string.h>
#include "arch/fake/fake.h"
#include "arch/x86/handlers.h"
#include "lock.h"
#include "root.h"
#include "test/unit/check.h"

#define PM1_HIGH 0x605
#define SLP_EN 0x20
#define RESET_PORT 0xcd
#define RESET_VALUE 0x55
#define KBC 0x64

static const struct bh_config_stop stops[] = {
	{ PM1_HIGH, SLP_EN, SLP_EN, 0 },
	{ RESET_PORT, 0xff, RESET_VALUE, 0 },
};
static struct bh_system_config config;
static struct bh_info info;
static struct cell other;

/* A CPU of the root, on a machine with a cell beside it. */
static struct cpu *machine(enum bh_cell_state state, uint32_t policy, uint32_t limit)
{
	struct cpu *self = fake_cpu(0, 0);

	memset(&info, 0, sizeof(info));
	memset(&other, 0, sizeof(other));
	other = (struct cell){ .id = 1, .state = state, .info = &info };
	cell_table[1] = &other;
	config = (struct bh_system_config){ .root_end = policy, .root_end_limit = limit };
	system_config = (struct config_system){ .c = &config, .stops = stops, .stop_count = 2 };
	return self;
}

static void write_port(struct cpu *self, uint32_t port, unsigned int width, uint32_t value)
{
	self->exit = (struct vmexit){ .kind = VMEXIT_PORT,
				      .number = port,
				      .width = (uint8_t)width,
				      .access = ACCESS_WRITE,
				      .length = 1 };
	self->regs[REG_RAX] = value;
	exit_dispatch(self);
}

/* 1 if the machine was reset. */
static int resets(void (*call)(struct cpu *), struct cpu *self)
{
	if (setjmp(fake_reset)) {
		machine_unlock(); /* memory does not survive */
		return 1;
	}
	call(self);
	return 0;
}

static void test_without_running_cells_the_root_stops_the_machine(void)
{
	static const enum bh_cell_state states[] = { BH_CELL_CREATED, BH_CELL_RESET,
						     BH_CELL_STOPPED, BH_CELL_CRASHED };

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		struct cpu *self = machine(states[i], BH_ROOT_END_STAY, 0);

		write_port(self, 0xcf9, 1, 6);
		CHECK_EQ(fake_notes.finished, -1);
		CHECK_EQ(fake_hardware.outs, 1);
		CHECK(fake_hardware.out[0].port == 0xcf9 && fake_hardware.out[0].value == 6);
	}
}

static void test_with_a_running_cell_the_root_has_ended(void)
{
	static const struct {
		uint32_t port, width, value;
	} writes[] = {
		{ 0xcf9, 1, 6 },
		{ KBC, 1, 0xfe },
		{ 0x92, 1, 1 },
		{ PM1_HIGH - 1, 2, 0x2000 },
		{ RESET_PORT, 1, RESET_VALUE },
	};

	for (size_t i = 0; i < sizeof(writes) / sizeof(writes[0]); i++) {
		struct cpu *self = machine(BH_CELL_RUNNING, BH_ROOT_END_STAY, 0);

		write_port(self, writes[i].port, writes[i].width, writes[i].value);
		CHECK_EQ(fake_notes.finished, BH_CELL_DONE);
		CHECK_EQ(fake_hardware.outs, 0);
		CHECK_EQ(self->public->exits[BH_EXIT_PIO], 1);
	}
}

static void test_other_uses_of_these_ports_pass(void)
{
	struct cpu *self = machine(BH_CELL_RUNNING, BH_ROOT_END_STAY, 0);

	write_port(self, KBC, 1, 0xd4);
	CHECK(fake_hardware.port == KBC && fake_hardware.port_written == 0xd4);
	write_port(self, PM1_HIGH - 1, 2, 1);
	CHECK(fake_hardware.port == PM1_HIGH - 1 && fake_hardware.port_written == 1);
	CHECK_EQ(fake_hardware.outs, 2);
	write_port(self, KBC, 1, 0xd1); /* neither */
	CHECK_EQ(fake_hardware.outs, 2);
	CHECK_EQ(fake_notes.finished, -1);
	fake_hardware.port_value = 0x1c;
	self->exit = (struct vmexit){
		.kind = VMEXIT_PORT, .number = KBC, .width = 1, .access = ACCESS_READ, .length = 1
	};
	exit_dispatch(self);
	CHECK_EQ(self->regs[REG_RAX] & 0xff, 0x1c);
}

static void test_staying(void)
{
	struct cpu *self = machine(BH_CELL_RUNNING, BH_ROOT_END_STAY, 0);

	write_port(self, PM1_HIGH - 1, 2, 0x3c00);
	root_cell->state = BH_CELL_DONE;
	CHECK(!resets(root_end, self));
	CHECK_EQ(fake_notes.links_down, 1);
	CHECK_EQ(info.request, BH_REQUEST_NONE);
	CHECK(!resets(root_watch, self));
	CHECK(!resets(root_cell_ended, self)); /* one of several */
	CHECK_EQ(fake_hardware.outs, 0);
	/* the last one: first what the root wanted, then what the firmware has, then what every PC has */
	other.state = BH_CELL_FAILED;
	CHECK(resets(root_cell_ended, self));
	CHECK_EQ(fake_hardware.outs, 6);
	CHECK(fake_hardware.out[0].port == PM1_HIGH - 1 && fake_hardware.out[0].value == 0x3c00);
	CHECK(fake_hardware.out[1].port == RESET_PORT && fake_hardware.out[1].value == RESET_VALUE);
	CHECK(fake_hardware.out[2].port == 0xcf9 && fake_hardware.out[2].value == 2);
	CHECK(fake_hardware.out[3].port == 0xcf9 && fake_hardware.out[3].value == 6);
	CHECK(fake_hardware.out[4].port == KBC && fake_hardware.out[4].value == 0xfe);
	CHECK(fake_hardware.out[5].port == 0x92 && fake_hardware.out[5].value == 1);
}

static void test_asking(void)
{
	struct cpu *self = machine(BH_CELL_RUNNING, BH_ROOT_END_ASK, 0);

	root_cell->state = BH_CELL_CRASHED;
	CHECK(!resets(root_end, self));
	CHECK_EQ(info.request, BH_REQUEST_SHUTDOWN);
}

static void test_resetting(void)
{
	struct cpu *self = machine(BH_CELL_RUNNING, BH_ROOT_END_RESET, 0);

	root_cell->state = BH_CELL_CRASHED;
	CHECK(resets(root_end, self));
}

static void test_restarting(void)
{
	struct cpu *self = machine(BH_CELL_RUNNING, BH_ROOT_END_RESTART, 50);

	write_port(self, 0xcf9, 1, 6);
	fake_hardware.restartable = 1;
	root_cell->state = BH_CELL_DONE;
	CHECK(!resets(root_end, self));
	CHECK(!resets(root_watch, self));
	CHECK_EQ(fake_notes.restarts, 1);
	/* what the old Linux had wanted is no matter of the new one's: each has its own end */
	other.state = BH_CELL_DONE;
	root_cell->state = BH_CELL_CRASHED;
	CHECK(resets(root_cell_ended, self));
	CHECK(fake_hardware.out[0].port == RESET_PORT);
	CHECK_EQ(fake_notes.restarts, 1);
}

static void test_restarting_without_an_image(void)
{
	struct cpu *self = machine(BH_CELL_RUNNING, BH_ROOT_END_RESTART, 50);

	root_cell->state = BH_CELL_CRASHED;
	CHECK(!resets(root_end, self));
	CHECK_EQ(fake_notes.restarts, 1);
	CHECK(resets(root_watch, self));
}

static void test_limit(void)
{
	struct cpu *self = machine(BH_CELL_RUNNING, BH_ROOT_END_STAY, 50);

	root_cell->state = BH_CELL_CRASHED;
	CHECK(!resets(root_end, self));
	CHECK(resets(root_watch, self));
	CHECK(fake_hardware.tsc >= 50 * 1000);
	/* not if it runs again */
	self = machine(BH_CELL_RUNNING, BH_ROOT_END_STAY, 50);
	CHECK(!resets(root_watch, self));
}

static void test_root_that_ends_after_all_cells(void)
{
	struct cpu *self = machine(BH_CELL_DONE, BH_ROOT_END_STAY, 0);

	root_cell->state = BH_CELL_CRASHED;
	CHECK(resets(root_end, self));
}

static void test_cells_that_end_under_a_running_root_end_alone(void)
{
	struct cpu *self = machine(BH_CELL_DONE, BH_ROOT_END_RESET, 1);

	CHECK(!resets(root_cell_ended, self));
}

static int64_t root_down(struct cpu *self, uint64_t how)
{
	self->regs[REG_RAX] = BH_HC_ROOT_DOWN;
	self->regs[REG_RDI] = how;
	hypercall_handle(self);
	return (int64_t)self->regs[REG_RAX];
}

static void test_hypercall(void)
{
	struct cpu *self = machine(BH_CELL_RUNNING, BH_ROOT_END_STAY, 0);

	CHECK_EQ(root_down(self, 2), -EINVAL);
	CHECK_EQ(root_down(self, BH_ROOT_PANICS), 0);
	CHECK_EQ(fake_notes.links_down, 1);
	CHECK_EQ(fake_notes.finished, -1);
	root_down(self, BH_ROOT_ENDS);
	CHECK_EQ(fake_notes.finished, BH_CELL_DONE);
	CHECK_EQ(root_down(fake_cpu(1, 0), BH_ROOT_ENDS), -EPERM);
}

int main(void)
{
	test_without_running_cells_the_root_stops_the_machine();
	test_with_a_running_cell_the_root_has_ended();
	test_other_uses_of_these_ports_pass();
	test_staying();
	test_asking();
	test_resetting();
	test_restarting();
	test_restarting_without_an_image();
	test_limit();
	test_root_that_ends_after_all_cells();
	test_cells_that_end_under_a_running_root_end_alone();
	test_hypercall();
	return check_done();
}
