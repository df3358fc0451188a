// SPDX-License-Identifier: GPL-2.0-only
/* Hypercalls: who may call what; NMIs: each goes to whom it belongs; requests to a CPU. */
#include "arch/fake/fake.h"
#include "arch/x86/handlers.h"
#include "test/unit/check.h"

static int64_t hypercall(struct cpu *self, uint64_t number, uint64_t a, uint64_t b)
{
	self->regs[REG_RAX] = number;
	self->regs[REG_RDI] = a;
	self->regs[REG_RSI] = b;
	hypercall_handle(self);
	return (int64_t)self->regs[REG_RAX];
}

/* All that only the root may call */
static const uint64_t roots_calls[] = {
	BH_HC_DISABLE,	   BH_HC_CELL_CREATE, BH_HC_CELL_DESTROY, BH_HC_CELL_RESET,
	BH_HC_CELL_LOAD,   BH_HC_CELL_START,  BH_HC_CELL_STOP,	  BH_HC_ROOT_LOAD,
	BH_HC_ROOT_UNLOAD, BH_HC_ROOT_READ,   BH_HC_ROOT_ATTACH,
};
#define ROOTS_CALLS (sizeof(roots_calls) / sizeof(roots_calls[0]))

static void test_a_cell_may_call_nothing_of_the_roots(void)
{
	for (unsigned int i = 0; i < ROOTS_CALLS; i++) {
		struct cpu *self = fake_cpu(1, 0);
		uint64_t number = roots_calls[i];

		CHECK_EQ(hypercall(self, number, 1, 0), -EPERM);
		CHECK_EQ(fake_notes.hypercall, -1);
		CHECK_EQ(self->public->exits[BH_EXIT_HYPERCALL], 1);
	}
}

static void test_programs_may_call_nothing(void)
{
	for (uint64_t number = BH_HC_NOP; number <= BH_HC_ROOT_ATTACH + 1; number++) {
		struct cpu *self = fake_cpu(0, 0);

		fake_guest(self)->state.cpl = 3;
		CHECK_EQ(hypercall(self, number, 0, 0), -EPERM);
		CHECK_EQ(fake_notes.hypercall, -1);
	}
}

static void test_unknown_numbers_are_said_to_be(void)
{
	CHECK_EQ(hypercall(fake_cpu(0, 0), BH_HC_ROOT_ATTACH + 1, 0, 0), -ENOSYS);
	CHECK_EQ(hypercall(fake_cpu(1, 0), UINT64_MAX, 0, 0), -ENOSYS);
	CHECK_EQ(hypercall(fake_cpu(1, 0), BH_HC_NOP, 0, 0), 0);
}

static void test_the_roots_calls_reach_their_operations(void)
{
	for (unsigned int i = 0; i < ROOTS_CALLS; i++) {
		struct cpu *self = fake_cpu(0, 0);
		uint64_t number = roots_calls[i];

		cell_table[3] = self->cell; /* any */
		CHECK_EQ(hypercall(self, number, 3, 0), 77);
		CHECK_EQ(fake_notes.hypercall, number);
		cell_table[3] = NULL;
	}
	CHECK_EQ(hypercall(fake_cpu(0, 0), BH_HC_CELL_START, 2, 0), -ENOENT);
	CHECK_EQ(hypercall(fake_cpu(0, 0), BH_HC_CELL_START, 0, 0), -ENOENT);
	CHECK_EQ(hypercall(fake_cpu(0, 0), BH_HC_CELL_START, BH_MAX_CELLS, 0), -ENOENT);
	CHECK_EQ(hypercall(fake_cpu(0, 0), BH_HC_CELL_START, UINT64_MAX, 0), -ENOENT);
	CHECK_EQ(fake_notes.hypercall, -1);
}

static void test_a_cell_ends_itself_only(void)
{
	struct cpu *self = fake_cpu(1, 0);

	hypercall(self, BH_HC_CELL_EXIT, BH_FINISH_FAILED, 3);
	CHECK_EQ(fake_notes.finished, BH_CELL_FAILED);
	CHECK_EQ(self->regs[REG_RAX], BH_HC_CELL_EXIT); /* the guest that called is no more */
	self = fake_cpu(1, 0);
	CHECK_EQ(hypercall(self, BH_HC_CELL_EXIT, BH_FINISH_FAILED + 1, 3), -EINVAL);
	CHECK_EQ(fake_notes.finished, -1);
	CHECK_EQ(hypercall(fake_cpu(0, 0), BH_HC_CELL_EXIT, BH_FINISH_DONE, 0), -EPERM);
	CHECK_EQ(fake_notes.finished, -1);
}

/* ---------------------------------------------------------------------------------- NMIs */

static void nmi_exit(struct cpu *self)
{
	self->exit.kind = VMEXIT_NMI;
	exit_dispatch(self);
}

static void test_an_nmi_is_ours_once_for_each_kick(void)
{
	struct cpu *self = fake_cpu(1, 0);

	cpu_request(self, CPU_FLUSH);
	cpu_request(self, CPU_PARK);
	CHECK_EQ(fake_notes.nmis_sent, 1);
	nmi_exit(self);
	CHECK_EQ(fake_notes.injections, 0);
	CHECK_EQ(fake_notes.flushes, 1);
	CHECK_EQ(fake_notes.reset, VMM_PARKED);
	CHECK_EQ(self->requests, 0);
	CHECK_EQ(self->public->nmi_kicks, 1);
	CHECK_EQ(self->public->state, BH_CPU_PARKED);
}

static void test_all_others_are_the_guests(void)
{
	struct cpu *self = fake_cpu(0, 0);

	nmi_exit(self);
	nmi_exit(self);
	CHECK_EQ(fake_notes.injections, 2);
	CHECK_EQ(self->public->nmi_forwarded, 2);
	CHECK_EQ(self->public->nmi_kicks, 0);
	CHECK_EQ(self->public->exits[BH_EXIT_NMI], 2);
}

static void test_one_that_is_blocked_comes_when_it_can_and_once(void)
{
	struct cpu *self = fake_cpu(0, 0);

	fake_guest(self)->nmi_blocked = 1;
	nmi_exit(self);
	CHECK_EQ(fake_notes.injections, 0);
	fake_guest(self)->nmi_blocked = 0;
	self->exit.kind = VMEXIT_NMI_WINDOW;
	exit_dispatch(self);
	CHECK_EQ(fake_notes.injections, 1);
	exit_dispatch(self);
	CHECK_EQ(fake_notes.injections, 1);
}

static void test_a_parked_cpu_has_no_guest_for_nmis(void)
{
	struct cpu *self = fake_cpu(1, 0);

	cpu_park(self, BH_CPU_PARKED);
	nmi_exit(self);
	CHECK_EQ(fake_notes.injections, 0);
	CHECK_EQ(self->nmi_pending, 0);
}

/* ------------------------------------------------------------------------------- requests */

static void test_a_start_up_ipi_starts_who_waits_for_it(void)
{
	struct cpu *self = fake_cpu(0, 0);

	self->startup_vector = 0x9a;
	cpu_request(self, CPU_STARTUP);
	cpu_serve(self);
	CHECK_EQ(fake_notes.reset, -1);
	CHECK_EQ(self->requests, 0);

	cpu_request(self, CPU_INIT | CPU_STARTUP);
	cpu_serve(self);
	CHECK_EQ(fake_notes.reset, VMM_REAL);
	CHECK_EQ(fake_notes.reset_base, 0x9a000);
	CHECK_EQ(fake_notes.reset_rip, 0);
	CHECK_EQ(self->state, BH_CPU_RUNNING);
}

static void start(struct cpu *self, uint8_t mode, uint64_t entry)
{
	static const struct bh_config_cpu cpus[] = { { 0, 0 }, { 7, 1 } };

	self->cell->config.cpus = cpus;
	self->cell->config.cpu_count = 2;
	self->start_mode = mode;
	self->start_entry = entry;
	cpu_request(self, CPU_START);
	cpu_serve(self);
}

static void test_a_cell_starts_as_it_was_asked(void)
{
	struct cpu *self = fake_cpu(1, 0);

	start(self, BH_START_FLAT32, 0x100000);
	CHECK_EQ(fake_notes.reset, VMM_FLAT32);
	CHECK_EQ(fake_notes.reset_rip, 0x100000);

	start(self, BH_START_RESET16, 0xfffffff0);
	CHECK_EQ(fake_notes.reset, VMM_REAL);
	CHECK_EQ(fake_notes.reset_base, 0xffff0000);
	CHECK_EQ(fake_notes.reset_rip, 0xfff0);

	self->apic_id = 7; /* not the first one of the description */
	start(self, BH_START_FLAT32, 0x100000);
	CHECK_EQ(fake_notes.reset, VMM_PARKED);
	CHECK_EQ(self->state, BH_CPU_WAIT_SIPI);
}

static void test_the_end_of_a_guest_takes_back_its_start(void)
{
	static const uint32_t ends[] = { CPU_MOVE, CPU_PARK };

	for (unsigned int i = 0; i < 2; i++) {
		struct cpu *self = fake_cpu(1, 0);

		self->next_cell = self->cell;
		cpu_request(self, CPU_START); /* not answered in time */
		CHECK_EQ(cpu_request_wait(self, self, ends[i]), 0);
		CHECK_EQ(self->requests, 0);
		CHECK_EQ(self->state, BH_CPU_PARKED);
		CHECK_EQ(fake_notes.reset, VMM_PARKED);
	}
}

static void test_who_frees_tables_waits_for_who_reads_them(void)
{
	struct cpu *self = fake_cpu(1, 0);

	CHECK_EQ(cpu_wait_lookers(), 0);
	self->looks = 1;
	CHECK_EQ(cpu_wait_lookers(), -ETIMEDOUT);
	self->looks = 0;
}

static void test_init_does_not_wake_a_parked_cpu(void)
{
	struct cpu *self = fake_cpu(1, 0);

	cpu_park(self, BH_CPU_PARKED);
	cpu_request(self, CPU_INIT | CPU_STARTUP);
	cpu_serve(self);
	CHECK_EQ(self->state, BH_CPU_PARKED);
	CHECK_EQ(fake_notes.reset, VMM_PARKED);
}

int main(void)
{
	test_a_cell_may_call_nothing_of_the_roots();
	test_programs_may_call_nothing();
	test_unknown_numbers_are_said_to_be();
	test_the_roots_calls_reach_their_operations();
	test_a_cell_ends_itself_only();
	test_an_nmi_is_ours_once_for_each_kick();
	test_all_others_are_the_guests();
	test_one_that_is_blocked_comes_when_it_can_and_once();
	test_a_parked_cpu_has_no_guest_for_nmis();
	test_a_start_up_ipi_starts_who_waits_for_it();
	test_a_cell_starts_as_it_was_asked();
	test_the_end_of_a_guest_takes_back_its_start();
	test_who_frees_tables_waits_for_who_reads_them();
	test_init_does_not_wake_a_parked_cpu();
	return check_done();
}
