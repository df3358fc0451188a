// SPDX-License-Identifier: GPL-2.0-only
/* The root's end: the policy, and stopping the machine. See root.h. */
#include "root.h"
#include "arch/x86/x86.h"
#include "console.h"
#include "ivshmem.h"
#include "lock.h"
#include "root_image.h"
#include "setup.h"

#define STOP_SECONDS 2 /* for a stop that the root wanted to have its effect */

#define KBC_COMMAND 0x64
#define KBC_RESET 0xfe
#define PORT92 0x92
#define RST_CNT 0xcf9
#define SYS_RST 0x02
#define RST_CPU 0x04

/* What the root wanted to write, and when it ended. Used with machine_lock. */
static struct {
	uint16_t port;
	uint8_t width; /* 0: nothing; a reset it is */
	uint32_t value;
} wanted;
static uint64_t ended;

static int root_runs(void)
{
	return __atomic_load_n(&root_cell->state, __ATOMIC_SEQ_CST) == BH_CELL_RUNNING;
}

static int any_cell_runs(void)
{
	for (unsigned int id = 1; id < BH_MAX_CELLS; id++)
		if (cell_table[id] && cell_table[id]->state == BH_CELL_RUNNING)
			return 1;
	return 0;
}

static void wait(unsigned int seconds)
{
	uint64_t begin = rdtsc();

	while (rdtsc() - begin < seconds * setup_tsc_hz)
		__builtin_ia32_pause();
}

/* Every way there is, from what the firmware names to what always works. */
static void reset_machine(void)
{
	for (uint32_t i = 0; i < system_config.stop_count; i++)
		if (system_config.stops[i].mask == 0xff)
			out(system_config.stops[i].port, 1, system_config.stops[i].value);
	out(RST_CNT, 1, SYS_RST);
	out(RST_CNT, 1, SYS_RST | RST_CPU);
	out(KBC_COMMAND, 1, KBC_RESET);
	out(PORT92, 1, in(PORT92, 1) | 1);
	triple_fault();
}

static void stop_machine(const char *why)
{
	console_print("%s: the machine is stopped\n", why);
	if (wanted.width) {
		out(wanted.port, wanted.width, wanted.value);
		wait(STOP_SECONDS);
	}
	reset_machine();
}

void root_stop(struct cpu *self, uint16_t port, unsigned int width, uint32_t value)
{
	uint32_t parked = self->parked;
	int ends = 0;

	machine_lock(self);
	/* while we waited somebody else may have ended the root */
	if (self->parked == parked) {
		ends = any_cell_runs();
		wanted.port = port;
		wanted.width = (uint8_t)width;
		wanted.value = value;
		if (!ends)
			out(port, width, value);
	}
	machine_unlock();
	if (!ends)
		return;
	console_print("root, CPU %u: write of %x to port %x would stop the machine\n",
		      self->apic_id, value, port);
	cell_finish(self, BH_CELL_DONE, 0);
}

static void ask_cells(void)
{
	for (unsigned int id = 1; id < BH_MAX_CELLS; id++)
		if (cell_table[id])
			cell_table[id]->info->request = BH_REQUEST_SHUTDOWN;
}

void root_end(struct cpu *self)
{
	uint32_t policy = system_config.c->root_end;

	ended = rdtsc();
	link_root_down(self);
	if (!any_cell_runs() || policy == BH_ROOT_END_RESET)
		stop_machine("the root has ended");
	if (policy == BH_ROOT_END_RESTART && !root_restart(self)) {
		wanted.width = 0;
		return;
	}
	if (policy == BH_ROOT_END_ASK)
		ask_cells();
	console_print("the root has ended; cells %s\n",
		      policy == BH_ROOT_END_ASK ? "are asked to shut down" : "run on");
}

void root_cell_ended(struct cpu *self)
{
	if (!root_runs() && !any_cell_runs())
		stop_machine("the last cell has ended after the root");
}

void root_watch(struct cpu *self)
{
	uint64_t limit = system_config.c->root_end_limit * setup_tsc_hz;

	if (!limit)
		return;
	while (!root_runs() && rdtsc() - ended < limit) {
		cpu_serve(self);
		__builtin_ia32_pause();
	}
	machine_lock(self);
	if (!root_runs())
		stop_machine("time is over after the root's end");
	machine_unlock();
}
