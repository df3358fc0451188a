// SPDX-License-Identifier: GPL-2.0-only
/*
 * What exits do to a guest and to the machine: exit_dispatch() and the handlers behind it, on the
 * backend of arch/fake.
 */
#include <string.h>
#include "arch/fake/fake.h"
#include "arch/x86/handlers.h"
#include "mmio.h"
#include "test/unit/check.h"

#define RIP 0x1000u /* where fake_cpu() starts */
#define LENGTH 2
#define ROOT 0u
#define CELL 1u
#define VM_HSAVE_PA 0xc0010117
#define BIOS_UPDT_TRIG 0x79
#define MTRRCAP 0xfe
#define MISC_ENABLE 0x1a0
#define KERNEL_GS_BASE 0xc0000102
#define UNLISTED 0x123

static uint64_t exits_of(const struct cpu *self, enum bh_exit_cause cause)
{
	return self->public->exits[cause];
}

static uint64_t all_exits(const struct cpu *self)
{
	uint64_t sum = 0;

	for (unsigned int cause = 0; cause < BH_EXIT_CAUSES; cause++)
		sum += self->public->exits[cause];
	return sum;
}

static uint64_t moved(struct cpu *self)
{
	return fake_guest(self)->state.rip - RIP;
}

static struct cpu *leave(uint32_t id, uint32_t flags, enum vmexit_kind kind, uint32_t number)
{
	struct cpu *self = fake_cpu(id, flags);

	self->exit = (struct vmexit){ .kind = kind, .length = LENGTH, .number = number };
	return self;
}

/* ------------------------------------------------------------------------------- dispatch */

/* What a kind of exit does to a running cell, and under which cause it is counted, once. */
static const struct {
	enum vmexit_kind kind;
	enum bh_exit_cause cause;
	int injected; /* -1: nothing */
	int finished; /* -1: the cell goes on */
	unsigned int moved;
	uint32_t number;
} kinds[] = {
	{ VMEXIT_UNKNOWN, BH_EXIT_OTHER, -1, BH_CELL_CRASHED, 0, 0x99 },
	{ VMEXIT_MSR_READ, BH_EXIT_MSR, -1, -1, LENGTH, 0 },
	{ VMEXIT_MSR_WRITE, BH_EXIT_MSR, -1, -1, LENGTH, 0 },
	{ VMEXIT_PORT, BH_EXIT_PIO, -1, -1, LENGTH, 0x80 },
	{ VMEXIT_NMI, BH_EXIT_NMI, VMM_NMI, -1, 0, 0 },
	{ VMEXIT_NMI_WINDOW, BH_EXIT_IRET, -1, -1, 0, 0 },
	{ VMEXIT_EXCEPTION, BH_EXIT_OTHER, VMM_AC, -1, 0, VMM_AC },
	{ VMEXIT_INSTRUCTION, BH_EXIT_INSN, VMM_UD, -1, 0, 0 },
	{ VMEXIT_TRIPLE_FAULT, BH_EXIT_OTHER, -1, BH_CELL_CRASHED, 0, 0 },
	{ VMEXIT_INIT, BH_EXIT_OTHER, -1, -1, 0, 0 },
	{ VMEXIT_TASK_SWITCH, BH_EXIT_OTHER, -1, BH_CELL_CRASHED, 0, 0 },
	{ VMEXIT_BROKEN, BH_EXIT_OTHER, -1, BH_CELL_CRASHED, 0, 0 },
	{ VMEXIT_KINDS, BH_EXIT_OTHER, -1, BH_CELL_CRASHED, 0, 0 },
	{ 255, BH_EXIT_OTHER, -1, BH_CELL_CRASHED, 0, 0 },
};

static void test_every_kind_has_its_effect_and_is_counted_once(void)
{
	unsigned int seen = 1u << VMEXIT_MEMORY; /* below */

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct cpu *self = leave(CELL, 0, kinds[i].kind, kinds[i].number);

		self->regs[REG_RCX] = kinds[i].kind == VMEXIT_MSR_READ ? MTRRCAP : BIOS_UPDT_TRIG;
		self->exit.width = 1;
		self->exit.access = ACCESS_READ;
		exit_dispatch(self);
		CHECK_EQ(exits_of(self, kinds[i].cause), 1);
		CHECK_EQ(all_exits(self), 1);
		CHECK_EQ(fake_notes.injected, kinds[i].injected);
		CHECK_EQ(fake_notes.finished, kinds[i].finished);
		CHECK_EQ(moved(self), kinds[i].moved);
		if (kinds[i].kind < VMEXIT_KINDS)
			seen |= 1u << kinds[i].kind;
	}
	CHECK_EQ(seen, (1u << VMEXIT_KINDS) - 1);
}

static void test_what_ends_a_cell_is_in_its_report(void)
{
	struct cpu *self = leave(CELL, 0, VMEXIT_UNKNOWN, 0x99);
	const struct bh_report *report = &self->cell->public->report;

	exit_dispatch(self);
	CHECK_EQ(report->cause, BH_EXIT_OTHER);
	CHECK_EQ(report->address, 0x99);
	CHECK_EQ(report->rip, RIP);
}

/* --------------------------------------------------------------------------------- CPUID */

static void test_cpuid_tells_a_cell_who_it_is(void)
{
	struct cpu *self = fake_cpu(CELL, 0);

	self->cell->cpuid.touched[0] = self->cell->cpuid.touched[1] = UINT32_MAX;
	self->cell->cpuid.info_gpa = 0x5000;
	self->cell->cpuid.cell_id = CELL;
	self->regs[REG_RAX] = BH_CPUID_INFO;
	cpuid_handle(self);
	CHECK_EQ(exits_of(self, BH_EXIT_CPUID), 1);
	CHECK_EQ(self->regs[REG_RAX], BH_ABI);
	CHECK_EQ(self->regs[REG_RBX], CELL);
	CHECK_EQ(self->regs[REG_RCX], 0x5000);
}

/* ---------------------------------------------------------------------------------- MSRs */

static struct cpu *access_msr(uint32_t id, uint32_t flags, int write, uint32_t msr, uint64_t value)
{
	struct cpu *self = leave(id, flags, write ? VMEXIT_MSR_WRITE : VMEXIT_MSR_READ, 0);

	self->regs[REG_RCX] = msr;
	self->regs[REG_RAX] = (uint32_t)value;
	self->regs[REG_RDX] = value >> 32;
	fake_hardware.msr_value = 0x1234567890abcdef;
	return self;
}

static void test_an_msr_that_a_cell_may_not_read_faults_and_stays(void)
{
	struct cpu *self = access_msr(CELL, 0, 0, UNLISTED, 0x55);

	exit_dispatch(self);
	CHECK_EQ(fake_notes.injected, VMM_GP);
	CHECK_EQ(moved(self), 0);
	CHECK_EQ(self->regs[REG_RAX], 0x55);
	CHECK_EQ(fake_notes.finished, -1);
}

static void test_a_strict_cell_is_parked_for_it(void)
{
	struct cpu *self = access_msr(CELL, BH_CELL_STRICT, 1, UNLISTED, 0x1122334455667788);
	const struct bh_report *report = &self->cell->public->report;

	exit_dispatch(self);
	CHECK_EQ(fake_notes.finished, BH_CELL_CRASHED);
	CHECK_EQ(fake_notes.injections, 0);
	CHECK_EQ(report->cause, BH_EXIT_MSR);
	CHECK_EQ(report->address, UNLISTED);
	CHECK_EQ(report->value, 0x1122334455667788);
	CHECK_EQ(report->access, ACCESS_WRITE);
	CHECK_EQ(fake_hardware.msr_written, 0);
}

static void test_msrs_pass_as_the_policy_says(void)
{
	struct cpu *self = access_msr(CELL, 0, 0, KERNEL_GS_BASE, 0);

	exit_dispatch(self);
	CHECK_EQ(self->regs[REG_RAX], 0x90abcdef);
	CHECK_EQ(self->regs[REG_RDX], 0x12345678);
	CHECK_EQ(moved(self), LENGTH);

	self = access_msr(CELL, 0, 1, KERNEL_GS_BASE, 0xaabbccdd11223344);
	exit_dispatch(self);
	CHECK_EQ(fake_hardware.msr_written, KERNEL_GS_BASE);
	CHECK_EQ(fake_hardware.msr_written_value, 0xaabbccdd11223344);

	self = access_msr(CELL, 0, 1, BIOS_UPDT_TRIG, 1);
	exit_dispatch(self);
	CHECK_EQ(fake_hardware.msr_written, 0);
	CHECK_EQ(moved(self), LENGTH);
}

static void test_an_msr_that_the_cpu_lacks_faults(void)
{
	struct cpu *self = access_msr(CELL, 0, 1, KERNEL_GS_BASE, 1);

	fake_hardware.msr_missing = 1;
	exit_dispatch(self);
	CHECK_EQ(fake_notes.injected, VMM_GP);
	CHECK_EQ(moved(self), 0);
}

static void test_the_root_does_not_write_what_would_break_the_partition(void)
{
	struct cpu *self = access_msr(ROOT, 0, 1, VM_HSAVE_PA, 0x1000);

	exit_dispatch(self);
	CHECK_EQ(fake_hardware.msr_written, 0);
	CHECK_EQ(self->cell->public->stray, 1);
	CHECK_EQ(fake_notes.events, 1);
	CHECK_EQ(moved(self), LENGTH);
	CHECK_EQ(fake_notes.finished, -1);

	self = access_msr(ROOT, BH_CELL_STRICT, 1, VM_HSAVE_PA, 0x1000);
	exit_dispatch(self);
	CHECK_EQ(fake_hardware.msr_written, 0);
	CHECK_EQ(fake_notes.finished, BH_CELL_CRASHED);
}

static void test_the_root_leaves_on_what_the_hypervisor_needs(void)
{
	static const uint64_t refused[] = { UINT64_C(1) << 34 | 1, UINT64_C(1) << 22 | 1 };
	struct cpu *self;

	for (unsigned int i = 0; i < 2; i++) {
		self = access_msr(ROOT, 0, 1, MISC_ENABLE, refused[i]);
		exit_dispatch(self);
		CHECK_EQ(fake_hardware.msr_written, 0);
		CHECK_EQ(fake_notes.injected, VMM_GP);
	}
	self = access_msr(ROOT, 0, 1, MISC_ENABLE, 0x850089);
	exit_dispatch(self);
	CHECK_EQ(fake_hardware.msr_written_value, 0x850089);
	CHECK_EQ(moved(self), LENGTH);
}

static void test_the_tsc_of_a_cell_moves_by_an_offset(void)
{
	struct cpu *self = access_msr(CELL, 0, 1, 0x3b, 0x500); /* TSC_ADJUST */

	exit_dispatch(self);
	CHECK_EQ(fake_guest(self)->tsc_offset, 0x500);
	CHECK_EQ(fake_hardware.msr_written, 0);
	self->exit.kind = VMEXIT_MSR_WRITE;
	self->regs[REG_RAX] = 0x100;
	exit_dispatch(self);
	CHECK_EQ(fake_guest(self)->tsc_offset, 0x100);
}

static void test_an_x2apic_icr_is_no_other_msr(void)
{
	struct cpu *self = access_msr(CELL, 0, 1, 0x830, 0x40);

	self->apic_base = 1u << 10; /* EXTD */
	exit_dispatch(self);
	CHECK_EQ(fake_notes.icr, 1);
	CHECK_EQ(exits_of(self, BH_EXIT_ICR), 1);
	CHECK_EQ(all_exits(self), 1);
	CHECK_EQ(moved(self), LENGTH);
}

/* --------------------------------------------------------------------------------- ports */

static struct cpu *access_port(uint32_t id, uint32_t flags, uint16_t port, uint8_t width,
			       uint8_t access)
{
	struct cpu *self = leave(id, flags, VMEXIT_PORT, port);

	self->exit.width = width;
	self->exit.access = access;
	self->regs[REG_RAX] = 0x1111111122222222;
	fake_hardware.port_value = 0x77665544;
	return self;
}

static void test_a_cell_reads_ones_from_ports_of_others(void)
{
	static const uint64_t rax[] = {
		[1] = 0x11111111222222ff, [2] = 0x111111112222ffff, [4] = 0x00000000ffffffff
	};

	for (uint8_t width = 1; width <= 4; width *= 2) {
		struct cpu *self = access_port(CELL, 0, 0x60, width, ACCESS_READ);

		exit_dispatch(self);
		CHECK_EQ(self->regs[REG_RAX], rax[width]);
		CHECK_EQ(fake_hardware.port, 0);
		CHECK_EQ(moved(self), LENGTH);
	}
}

static void test_its_writes_to_them_vanish_or_park_it(void)
{
	struct cpu *self = access_port(CELL, 0, 0x64, 1, ACCESS_WRITE);

	exit_dispatch(self);
	CHECK_EQ(fake_hardware.port, 0);
	CHECK_EQ(moved(self), LENGTH);

	self = access_port(CELL, BH_CELL_STRICT, 0x64, 1, ACCESS_WRITE);
	exit_dispatch(self);
	CHECK_EQ(fake_notes.finished, BH_CELL_CRASHED);
	CHECK_EQ(self->cell->public->report.address, 0x64);
	CHECK_EQ(self->cell->public->report.value, 0x22);
	CHECK_EQ(fake_hardware.port, 0);
	CHECK_EQ(moved(self), 0);
}

static void test_configuration_ports_are_emulated(void)
{
	struct cpu *self = access_port(CELL, 0, 0xcf8, 4, ACCESS_WRITE);

	self->regs[REG_RAX] = 0x80000800;
	exit_dispatch(self);
	self->exit.number = 0xcfc;
	self->exit.access = ACCESS_READ;
	exit_dispatch(self);
	CHECK_EQ(fake_notes.pci_reads, 1);
	CHECK_EQ(self->regs[REG_RAX], 0xabcd1234);
	CHECK_EQ(exits_of(self, BH_EXIT_PCI), 2);
	CHECK_EQ(fake_hardware.port, 0);
}

static void test_the_root_uses_its_own_ports(void)
{
	struct cpu *self = access_port(ROOT, 0, 0xcf9, 1, ACCESS_READ);

	exit_dispatch(self);
	CHECK_EQ(fake_hardware.port, 0xcf9);
	CHECK_EQ(self->regs[REG_RAX], 0x1111111122222244);
}

/* A real CPU would make two accesses of it, of which the second is to the function that the real address
 * register names: whichever the hypervisor was at last. */
static void test_the_data_register_is_not_reached_from_below(void)
{
	static const struct {
		uint16_t port;
		uint8_t width;
	} accesses[] = { { 0xcfb, 2 }, { 0xcf9, 4 }, { 0xcfb, 4 }, { 0xcff, 2 } };

	for (size_t i = 0; i < sizeof(accesses) / sizeof(accesses[0]); i++)
		for (uint8_t access = ACCESS_READ; access <= ACCESS_WRITE; access++) {
			struct cpu *self =
				access_port(ROOT, 0, accesses[i].port, accesses[i].width, access);

			self->cell->cf8 = PCI_CF8_ENABLE;
			exit_dispatch(self);
			CHECK_EQ(fake_hardware.port, 0);
			CHECK_EQ(fake_notes.pci_reads + fake_notes.pci_writes, 0);
			CHECK_EQ(moved(self), LENGTH);
		}
}

/* -------------------------------------------------------------------------------- memory */

static struct cpu *access_memory(uint32_t id, uint32_t flags, uint64_t gpa, uint8_t access,
				 const uint8_t *code, size_t bytes)
{
	struct cpu *self = leave(id, flags, VMEXIT_MEMORY, 0);

	self->exit.address = gpa;
	self->exit.access = access;
	memcpy(fake_ram + RIP, code, bytes);
	self->regs[REG_RAX] = 0x1111111122222222;
	self->regs[REG_RBX] = gpa;
	return self;
}

static const uint8_t mov_load[] = { 0x8b, 0x03 };	 /* mov (%rbx), %eax */
static const uint8_t mov_store[] = { 0x48, 0x89, 0x03 }; /* mov %rax, (%rbx) */
static const uint8_t or_store[] = { 0x09, 0x03 };	 /* or %eax, (%rbx) */
static const uint8_t rep_movs[] = { 0xf3, 0xa5 };
static const uint8_t fnop[] = { 0xd9, 0xd0 };

static void test_instructions_on_device_registers_are_carried_out(void)
{
	struct cpu *self =
		access_memory(CELL, 0, FAKE_DEVICE, ACCESS_READ, mov_load, sizeof(mov_load));

	exit_dispatch(self);
	CHECK_EQ(self->regs[REG_RAX], 0x55667788);
	CHECK_EQ(moved(self), sizeof(mov_load));
	CHECK_EQ(exits_of(self, BH_EXIT_IOAPIC), 1);
	CHECK_EQ(all_exits(self), 1);

	self = access_memory(CELL, 0, FAKE_DEVICE, ACCESS_WRITE, mov_store, sizeof(mov_store));
	exit_dispatch(self);
	CHECK_EQ(fake_notes.device_writes, 1);
	CHECK_EQ(fake_notes.device_value, 0x1111111122222222);
	CHECK_EQ(moved(self), sizeof(mov_store));

	self = access_memory(CELL, 0, FAKE_DEVICE, ACCESS_WRITE, or_store, sizeof(or_store));
	exit_dispatch(self);
	CHECK_EQ(fake_notes.device_reads, 1);
	CHECK_EQ(fake_notes.device_value & 0xffffffff, 0x55667788 | 0x22222222);
}

static struct cpu *copy(uint64_t source, uint32_t access, uint8_t cpl)
{
	static const uint32_t words[] = { 0x11223344, 0x55667788 };
	struct cpu *self = access_memory(ROOT, 0, FAKE_DEVICE, access, rep_movs, sizeof(rep_movs));

	memcpy(fake_ram + 0x2ff8, words, sizeof(words));
	fake_guest(self)->state.cpl = cpl;
	self->regs[REG_RCX] = 2;
	self->regs[REG_RSI] = source;
	self->regs[REG_RDI] = FAKE_DEVICE;
	exit_dispatch(self);
	return self;
}

static void test_the_kernel_copies_to_device_registers(void)
{
	struct cpu *self = copy(0x2ff8, ACCESS_WRITE, 0);

	CHECK_EQ(fake_notes.device_writes, 1);
	CHECK_EQ(fake_notes.device_value, 0x11223344);
	CHECK(self->regs[REG_RSI] == 0x2ffc && self->regs[REG_RDI] == FAKE_DEVICE + 4);
	CHECK_EQ(moved(self), 0);
	exit_dispatch(self);
	CHECK_EQ(fake_notes.device_value, 0x55667788);
	CHECK_EQ(moved(self), sizeof(rep_movs));
}

/* A program, which may not read all of its kernel's memory; a source in two pages; one that is no
 * memory; a copy from registers. */
static void test_no_other_copies_are_carried_out(void)
{
	static const struct {
		uint64_t source;
		uint32_t access;
		uint8_t cpl;
	} copies[] = { { 0x2ff8, ACCESS_WRITE, 3 },
		       { 0x2ffe, ACCESS_WRITE, 0 },
		       { FAKE_DEVICE, ACCESS_WRITE, 0 },
		       { 0x2ff8, ACCESS_READ, 0 } };

	for (size_t i = 0; i < sizeof(copies) / sizeof(copies[0]); i++) {
		struct cpu *self = copy(copies[i].source, copies[i].access, copies[i].cpl);

		CHECK_EQ(fake_notes.injected, VMM_GP);
		CHECK_EQ(fake_notes.device_writes + fake_notes.device_reads, 0);
		CHECK_EQ(moved(self), 0);
	}
}

static void test_a_stray_access_parks_a_cell_before_it_happens(void)
{
	struct cpu *self =
		access_memory(CELL, 0, 0x700000, ACCESS_WRITE, mov_store, sizeof(mov_store));
	const struct bh_report *report = &self->cell->public->report;

	exit_dispatch(self);
	CHECK_EQ(fake_notes.finished, BH_CELL_CRASHED);
	CHECK_EQ(exits_of(self, BH_EXIT_STRAY), 1);
	CHECK_EQ(all_exits(self), 1);
	CHECK_EQ(report->cause, BH_EXIT_STRAY);
	CHECK_EQ(report->address, 0x700000);
	CHECK_EQ(report->value, 0x1111111122222222);
	CHECK_EQ(report->access, ACCESS_WRITE);
	CHECK_EQ(report->width, 8);
	CHECK_EQ(moved(self), 0);
}

static void test_the_root_reads_ones_and_goes_on(void)
{
	struct cpu *self =
		access_memory(ROOT, 0, 0x700000, ACCESS_READ, mov_load, sizeof(mov_load));

	exit_dispatch(self);
	CHECK_EQ(self->regs[REG_RAX], 0xffffffff);
	CHECK_EQ(self->cell->public->stray, 1);
	CHECK_EQ(fake_notes.finished, -1);
	CHECK_EQ(moved(self), sizeof(mov_load));
}

static void test_what_cannot_be_decoded_faults_in_the_root_and_parks_a_cell(void)
{
	struct cpu *self = access_memory(ROOT, 0, 0x700000, ACCESS_READ, fnop, sizeof(fnop));

	exit_dispatch(self);
	CHECK_EQ(fake_notes.injected, VMM_GP);
	CHECK_EQ(moved(self), 0);

	self = access_memory(CELL, 0, FAKE_DEVICE, ACCESS_READ, fnop, sizeof(fnop));
	exit_dispatch(self);
	CHECK_EQ(fake_notes.finished, BH_CELL_CRASHED);
	CHECK_EQ(fake_notes.device_reads, 0);
}

static void test_nobody_executes_what_is_not_his(void)
{
	struct cpu *self =
		access_memory(CELL, 0, FAKE_DEVICE, ACCESS_EXEC, mov_load, sizeof(mov_load));

	exit_dispatch(self);
	CHECK_EQ(fake_notes.finished, BH_CELL_CRASHED);
	CHECK_EQ(self->cell->public->report.access, ACCESS_EXEC);
	CHECK_EQ(fake_notes.device_reads, 0);
}

int main(void)
{
	test_every_kind_has_its_effect_and_is_counted_once();
	test_what_ends_a_cell_is_in_its_report();
	test_cpuid_tells_a_cell_who_it_is();
	test_an_msr_that_a_cell_may_not_read_faults_and_stays();
	test_a_strict_cell_is_parked_for_it();
	test_msrs_pass_as_the_policy_says();
	test_an_msr_that_the_cpu_lacks_faults();
	test_the_root_does_not_write_what_would_break_the_partition();
	test_the_root_leaves_on_what_the_hypervisor_needs();
	test_the_tsc_of_a_cell_moves_by_an_offset();
	test_an_x2apic_icr_is_no_other_msr();
	test_a_cell_reads_ones_from_ports_of_others();
	test_its_writes_to_them_vanish_or_park_it();
	test_configuration_ports_are_emulated();
	test_the_root_uses_its_own_ports();
	test_the_data_register_is_not_reached_from_below();
	test_instructions_on_device_registers_are_carried_out();
	test_the_kernel_copies_to_device_registers();
	test_no_other_copies_are_carried_out();
	test_a_stray_access_parks_a_cell_before_it_happens();
	test_the_root_reads_ones_and_goes_on();
	test_what_cannot_be_decoded_faults_in_the_root_and_parks_a_cell();
	test_nobody_executes_what_is_not_his();
	return check_done();
}
