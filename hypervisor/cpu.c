// SPDX-License-Identifier: GPL-2.0-only
/* CPUs and the requests between them. */
#include "cpu.h"
#include "arch/x86/apic.h"
#include "arch/x86/vmm.h"
#include "arch/x86/x86.h"
#include "console.h"
#include "lock.h"
#include "setup.h"

struct cpu *cpu_table[BH_MAX_CPUS];
unsigned int cpu_count;

static struct lock machine;

struct cpu *cpu_by_apic_id(uint32_t apic_id)
{
	for (unsigned int i = 0; i < cpu_count; i++)
		if (cpu_table[i]->apic_id == apic_id)
			return cpu_table[i];
	return NULL;
}

void machine_lock(struct cpu *self)
{
	while (!lock_try(&machine)) {
		cpu_serve(self);
		__builtin_ia32_pause();
	}
}

void machine_unlock(void)
{
	lock_drop(&machine);
}

static void add_request(struct cpu *cpu, uint32_t request)
{
	__atomic_fetch_or(&cpu->requests, request, __ATOMIC_SEQ_CST);
}

void cpu_request(struct cpu *cpu, uint32_t request)
{
	add_request(cpu, request);
	/* One NMI is enough for all requests that it finds */
	if (!__atomic_exchange_n(&cpu->kicked, 1, __ATOMIC_SEQ_CST))
		apic_send_nmi(cpu);
}

/* For those who wait: they find themselves what is asked of them. */
static void ask(struct cpu *self, struct cpu *cpu, uint32_t request)
{
	/* a start that was not answered in time is not to come after the end of its guest */
	if (request & (CPU_PARK | CPU_MOVE))
		__atomic_fetch_and(&cpu->requests, ~CPU_START, __ATOMIC_SEQ_CST);
	if (cpu == self)
		add_request(cpu, request);
	else
		cpu_request(cpu, request);
}

int cpu_wait_lookers(void)
{
	uint64_t begin = rdtsc();

	for (unsigned int i = 0; i < cpu_count; i++)
		while (__atomic_load_n(&cpu_table[i]->looks, __ATOMIC_SEQ_CST)) {
			__builtin_ia32_pause();
			if (rdtsc() - begin > ANSWER_SECONDS * setup_tsc_hz) {
				console_print("CPU %u does not leave the root's map\n",
					      cpu_table[i]->apic_id);
				return -ETIMEDOUT;
			}
		}
	return 0;
}

static int wait_for_answer(struct cpu *self, struct cpu *cpu, uint32_t request)
{
	uint64_t begin = rdtsc();

	while (__atomic_load_n(&cpu->requests, __ATOMIC_SEQ_CST) & request) {
		cpu_serve(self);
		__builtin_ia32_pause();
		if (rdtsc() - begin > ANSWER_SECONDS * setup_tsc_hz) {
			console_print("CPU %u does not answer request %x\n", cpu->apic_id, request);
			return -ETIMEDOUT;
		}
	}
	return 0;
}

int cpu_request_wait(struct cpu *self, struct cpu *cpu, uint32_t request)
{
	ask(self, cpu, request);
	return wait_for_answer(self, cpu, request);
}

static void set_state(struct cpu *self, enum bh_cpu_state state)
{
	self->state = (uint8_t)state;
	self->public->state = state;
}

void cpu_park(struct cpu *self, enum bh_cpu_state state)
{
	vmm_reset(self, VMM_PARKED, 0, 0);
	self->parked++;
	set_state(self, state);
}

/* An NMI that comes in while the APIC is drained counts as ours if one of ours is due. */
static void reset_apic(struct cpu *self)
{
	if (apic_reset(self))
		__atomic_store_n(&self->kicked, 0, __ATOMIC_SEQ_CST);
}

static void serve_flush(struct cpu *self)
{
	vmm_flush(self);
	cell_forget_views(self);
}

static void serve_park(struct cpu *self)
{
	cpu_park(self, BH_CPU_PARKED);
}

/* INITs and start-up IPIs that come from before this CPU changed hands, or was started. */
static void forget_ipis(struct cpu *self)
{
	__atomic_fetch_and(&self->requests, ~(CPU_INIT | CPU_STARTUP), __ATOMIC_SEQ_CST);
}

/* Whatever its former owner left in the CPU goes. */
static void serve_move(struct cpu *self)
{
	forget_ipis(self);
	self->cell = self->next_cell;
	cell_forget_views(self);
	self->public->cell = self->cell->id;
	cpu_park(self, cell_is_root(self->cell) ? BH_CPU_WAIT_SIPI : BH_CPU_PARKED);
	reset_apic(self);
	apic_set_guest_reset(self, 0);
}

static void serve_init(struct cpu *self)
{
	if (self->state == BH_CPU_PARKED)
		return;
	cpu_park(self, BH_CPU_WAIT_SIPI);
	reset_apic(self);
}

static void serve_startup(struct cpu *self)
{
	if (self->state != BH_CPU_WAIT_SIPI)
		return;
	vmm_reset(self, VMM_REAL, (uint64_t)self->startup_vector << 12, 0);
	set_state(self, BH_CPU_RUNNING);
}

/* The boot CPU begins; the others wait for its start-up IPIs. */
static void serve_start(struct cpu *self)
{
	/* of the root only one CPU is told to start */
	int boot = cell_is_root(self->cell) || self->apic_id == self->cell->config.cpus[0].apic_id;

	forget_ipis(self);
	reset_apic(self);
	apic_set_guest_reset(self, boot);
	if (!boot) {
		cpu_park(self, BH_CPU_WAIT_SIPI);
		return;
	}
	if (self->start_mode == BH_START_FLAT32)
		vmm_reset(self, VMM_FLAT32, 0, self->start_entry);
	else
		vmm_reset(self, VMM_REAL, self->start_entry & ~UINT64_C(0xffff),
			  self->start_entry & 0xffff);
	cell_set_start_registers(self);
	set_state(self, BH_CPU_RUNNING);
}

void cpu_serve(struct cpu *self)
{
	/* What stops the guest comes before what starts it; INIT comes before the start-up IPI that
	 * follows it. */
	static const struct {
		uint32_t request;
		void (*serve)(struct cpu *self);
	} order[] = {
		{ CPU_FLUSH, serve_flush }, { CPU_PARK, serve_park },
		{ CPU_MOVE, serve_move },   { CPU_START, serve_start },
		{ CPU_INIT, serve_init },   { CPU_STARTUP, serve_startup },
	};

	while (__atomic_load_n(&self->requests, __ATOMIC_SEQ_CST)) {
		for (unsigned int i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
			if (!(__atomic_load_n(&self->requests, __ATOMIC_SEQ_CST) &
			      order[i].request))
				continue;
			order[i].serve(self);
			__atomic_fetch_and(&self->requests, ~order[i].request, __ATOMIC_SEQ_CST);
		}
	}
}

/* All of them at the same time. */
int cpu_request_all(struct cpu *self, const struct cell *cell, uint32_t request)
{
	int err = 0;

	for (uint64_t rest = cell->cpus; rest; rest &= rest - 1)
		ask(self, cpu_table[__builtin_ctzll(rest)], request);
	for (uint64_t rest = cell->cpus; rest; rest &= rest - 1)
		if (wait_for_answer(self, cpu_table[__builtin_ctzll(rest)], request))
			err = -ETIMEDOUT;
	return err;
}

static void forward_nmi(struct cpu *self)
{
	if (self->state != BH_CPU_RUNNING)
		return;
	self->public->exits[BH_EXIT_NMI]++;
	self->public->nmi_forwarded++;
	if (!vmm_inject(self, VMM_NMI))
		self->nmi_pending = 1;
}

void cpu_handle_nmi(struct cpu *self)
{
	if (!vmm_open_window(0))
		return;
	if (!__atomic_exchange_n(&self->kicked, 0, __ATOMIC_SEQ_CST)) {
		forward_nmi(self);
		return;
	}
	self->public->exits[BH_EXIT_KICK]++;
	self->public->nmi_kicks++;
	cpu_serve(self);
}

void cpu_handle_nmi_window(struct cpu *self)
{
	self->public->exits[BH_EXIT_IRET]++;
	if (self->nmi_pending && vmm_inject(self, VMM_NMI))
		self->nmi_pending = 0;
}
