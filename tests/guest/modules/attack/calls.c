// SPDX-License-Identifier: GPL-2.0-only
/* Hypercalls past the driver, with arguments that it would never pass. */
#include <linux/io.h>
#include <linux/kthread.h>
#include <linux/slab.h>
#include <bulkhead/config.h>
#include <bulkhead/root.h>
#include "../cell-blob.h"
#include "attack.h"

#define LIMIT (36ull << 30)
#define RACES 2000

static const u64 pointers[] = {
	1,	    0xfff,	0xfec00000, 0xfee00000, LIMIT - 8, LIMIT,
	1ull << 46, 1ull << 63, ~0xfffull,  ~7ull,	~0ull,
};

static int expect_denied(const char *what, u64 number, u64 a, u64 b, u64 c)
{
	long value = attack_call(number, a, b, c);

	return value < 0 ? ATTACK_DENIED :
			   attack_note("%s(%llx, %llx, %llx) gave %ld", what, a, b, c, value);
}

#define DENIED(worst, number, a, b, c) \
	(worst = attack_worse(worst, expect_denied(#number, number, a, b, c)))

/* ------------------------------------------------------------------------------- arguments */

/* Descriptions and images at places of others, beyond memory, of every size. */
int attack_call_pointers(u64 number, u64 unused)
{
	static const u64 sizes[] = { 0,	      1,       47,	   48,	       4096,
				     0x10000, 0x10001, 0xffffffff, 1ull << 32, ~0ull };
	int worst = ATTACK_DENIED;
	unsigned int i, n, place;

	for (n = 0; n < ARRAY_SIZE(sizes); n++) {
		for (i = 0; i < ARRAY_SIZE(pointers); i++)
			DENIED(worst, number, pointers[i], sizes[n], 0);
		for (place = 0; place < PLACES; place++)
			DENIED(worst, number, place_address(place), sizes[n], 0);
	}
	return worst;
}

/* Results written to places of others. */
int attack_call_read(u64 what, u64 unused)
{
	int worst = ATTACK_DENIED;
	unsigned int i, place;
	u64 hole = place_address(PLACE_HV) & ~0x1fffffull;

	for (place = 0; place < PLACE_OWN; place++)
		DENIED(worst, BH_HC_ROOT_READ, what, place_address(place), attack_victim);
	for (i = 0; i < ARRAY_SIZE(pointers); i++)
		if (pointers[i] >= LIMIT - 8)
			DENIED(worst, BH_HC_ROOT_READ, what, pointers[i], attack_victim);
	/* begins in Linux's memory and ends in the hypervisor's, or the other way round */
	DENIED(worst, BH_HC_ROOT_READ, what, hole - 8, attack_victim);
	DENIED(worst, BH_HC_ROOT_READ, what, hole + 0x200000 - 8, attack_victim);
	return worst;
}

/* The holder filled from places of others; it would hand out what is there. */
int attack_call_load(u64 hidden, u64 unused)
{
	struct bh_load_args *args = place_map(PLACE_OWN);
	u64 gpa = virt_to_phys(args), ram = place_of_holder_ram();
	int worst = ATTACK_DENIED;
	unsigned int i;

	*args = (struct bh_load_args){ .dst_gpa = ram, .size = 4096 };
	for (i = 0; i < ARRAY_SIZE(pointers); i++) {
		args->src_gpa = pointers[i];
		if (pointers[i] > 0xfff)
			DENIED(worst, BH_HC_CELL_LOAD, attack_holder, gpa, 0);
		DENIED(worst, BH_HC_CELL_LOAD, attack_holder, pointers[i], 0);
	}
	args->src_gpa = place_address(hidden);
	DENIED(worst, BH_HC_CELL_LOAD, attack_holder, gpa, 0);
	args->src_gpa = (place_address(hidden) & ~0x1fffffull) - 8;
	DENIED(worst, BH_HC_CELL_LOAD, attack_holder, gpa, 0);
	DENIED(worst, BH_HC_CELL_LOAD, attack_holder, place_address(hidden), 0);
	return worst;
}

/* And beyond what the holder has. */
int attack_call_load_beyond(u64 unused, u64 unused_too)
{
	static const u64 destinations[] = { 0x40000000, 0xfd000000, 1ull << 40, ~0xfffull, ~0ull };
	static const u32 sizes[] = { 0, BH_LOAD_MAX + 1, 0x80000000, 0xffffffff };
	struct bh_load_args *args = place_map(PLACE_OWN);
	u64 gpa = virt_to_phys(args);
	int worst = ATTACK_DENIED;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(destinations); i++) {
		*args = (struct bh_load_args){ gpa, destinations[i], 64, 0 };
		DENIED(worst, BH_HC_CELL_LOAD, attack_holder, gpa, 0);
	}
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		*args = (struct bh_load_args){ gpa, place_of_holder_ram(), sizes[i], 0 };
		DENIED(worst, BH_HC_CELL_LOAD, attack_holder, gpa, 0);
	}
	return worst;
}

/* Cells that do not exist, and the root itself */
int attack_call_ids(u64 unused, u64 unused_too)
{
	static const u64 ids[] = { 0,	       BH_MAX_CELLS - 1, BH_MAX_CELLS, 0xffffffff,
				   1ull << 32, 1ull << 63,	 ~0ull };
	int worst = ATTACK_DENIED;
	unsigned int i;
	u64 number;

	for (number = BH_HC_CELL_DESTROY; number <= BH_HC_CELL_STOP; number++)
		for (i = 0; i < ARRAY_SIZE(ids); i++)
			DENIED(worst, number, ids[i], 0, 0);
	/* the upper half of an id counts */
	DENIED(worst, BH_HC_CELL_STOP, 1ull << 32 | attack_victim, BH_STOP_FORCE, 0);
	for (i = 0; i < ARRAY_SIZE(ids); i++)
		DENIED(worst, BH_HC_ROOT_READ, BH_ROOT_CELL, place_address(PLACE_OWN), ids[i]);
	return worst;
}

/* What only a cell that does not run can have done to it, and the way out while there are cells */
int attack_call_running(u64 unused, u64 unused_too)
{
	struct bh_load_args *args = place_map(PLACE_OWN);
	u64 gpa = virt_to_phys(args);
	int worst = ATTACK_DENIED;

	*args = (struct bh_load_args){ gpa, 0, 64, 0 };
	DENIED(worst, BH_HC_CELL_DESTROY, attack_victim, 0, 0);
	DENIED(worst, BH_HC_CELL_RESET, attack_victim, 0, 0);
	DENIED(worst, BH_HC_CELL_LOAD, attack_victim, gpa, 0);
	DENIED(worst, BH_HC_CELL_START, attack_victim, 0, BH_START_FLAT32);
	DENIED(worst, BH_HC_CELL_STOP, attack_victim, 2, 0);
	DENIED(worst, BH_HC_DISABLE, 0, 0, 0);
	DENIED(worst, BH_HC_ROOT_UNLOAD, 0, 0, 0);
	DENIED(worst, BH_HC_ROOT_DOWN, 2, 0, 0);
	DENIED(worst, BH_HC_ROOT_DOWN, ~0ull, 0, 0);
	DENIED(worst, BH_HC_CELL_EXIT, BH_FINISH_DONE, 0, 0);
	return worst;
}

int attack_call_unknown(u64 unused, u64 unused_too)
{
	static const u64 numbers[] = { 14,	   64,	       255,	   0x7fffffff,
				       0x80000000, 1ull << 32, 1ull << 63, ~0ull };
	unsigned int i;
	long value;

	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		value = attack_call(numbers[i], attack_victim, 1, 2);
		if (value != -ENOSYS)
			return attack_note("call %llx gave %ld", numbers[i], value);
	}
	return ATTACK_DENIED;
}

/* A way out that would lead over the hypervisor's own memory */
int attack_call_attach(u64 unused, u64 unused_too)
{
	static const u64 bases[] = { BH_IMAGE_VA, BH_IMAGE_VA + 0x200000, BH_IMAGE_VA + 0x40000000,
				     0, ~0xfffull };
	struct bh_attach *args = place_map(PLACE_OWN);
	u64 gpa = virt_to_phys(args);
	int worst = ATTACK_DENIED;
	unsigned int i, place;

	for (i = 0; i < ARRAY_SIZE(bases); i++) {
		*args = (struct bh_attach){ bases[i], gpa, bases[i], bases[i] + 0x4000 };
		DENIED(worst, BH_HC_ROOT_ATTACH, gpa, 0, 0);
		args->entry_va = bases[i];
		args->stub_va = args->leave_va = (u64)args;
		DENIED(worst, BH_HC_ROOT_ATTACH, gpa, 0, 0);
	}
	for (place = 0; place < PLACE_OWN; place++) {
		*args = (struct bh_attach){ (u64)args, place_address(place), (u64)args,
					    (u64)args + 0x4000 };
		DENIED(worst, BH_HC_ROOT_ATTACH, gpa, 0, 0);
	}
	return worst;
}

/* ----------------------------------------------------------------------------------- races */

/* Good but for its CPU, which is the victim's. */
static struct cell_blob good(void)
{
	struct cell_blob d = cell_blob_good(attack_victim_apic, 2);

	d.link[0].hpa = 0x40000000;
	d.memory[0].hpa = 0x40200000;
	return d;
}

/* Changes what another CPU is having read, all but the CPU that the cell is to get. */
static int spoil(void *at)
{
	struct cell_blob clean = good();
	u32 turn;

	for (turn = 1; !kthread_should_stop(); turn++) {
		u32 n = turn * 2654435761u % (sizeof(clean) / 4);

		if (n * 4 < offsetof(struct cell_blob, cpu) ||
		    n * 4 >= offsetof(struct cell_blob, link))
			((volatile u32 *)at)[n] = turn % 3 ? ~0u : turn;
		memcpy(at, &clean, turn % 2 ? sizeof(clean) : 0);
		cpu_relax();
	}
	return 0;
}

static int spoil_load(void *at)
{
	struct bh_load_args *args = at;
	u64 own = virt_to_phys(at), ram = place_of_holder_ram();
	u64 victim = place_address(PLACE_VICTIM), beyond = place_beyond_holder_ram(victim);
	u32 turn;

	for (turn = 0; !kthread_should_stop(); turn++) {
		WRITE_ONCE(args->src_gpa, turn & 1 ? own : victim);
		WRITE_ONCE(args->dst_gpa, turn & 2 ? ram : beyond);
		WRITE_ONCE(args->size, turn & 4 ? 64 : 0xffffffff);
		cpu_relax();
	}
	return 0;
}

/* Somebody else's CPU is never given, whatever of the description changes meanwhile; and a load
 * never has what the victim has. */
int attack_call_race(u64 load, u64 unused)
{
	void *page = (void *)get_zeroed_page(GFP_KERNEL);
	struct task_struct *other;
	struct cell_blob clean = good();
	int worst = ATTACK_DENIED, turn;

	if (!page || num_online_cpus() < 2)
		return attack_note("no second CPU");
	memcpy(page, &clean, sizeof(clean));
	other = kthread_create(load ? spoil_load : spoil, page, "spoil");
	if (IS_ERR(other))
		return attack_note("no thread");
	kthread_bind(other, cpumask_next(smp_processor_id(), cpu_online_mask) < nr_cpu_ids ?
				    cpumask_next(smp_processor_id(), cpu_online_mask) :
				    cpumask_first(cpu_online_mask));
	wake_up_process(other);
	for (turn = 0; turn < RACES; turn++) {
		if (load)
			attack_call(BH_HC_CELL_LOAD, attack_holder, virt_to_phys(page), 0);
		else
			DENIED(worst, BH_HC_CELL_CREATE, virt_to_phys(page), sizeof(clean), 0);
	}
	kthread_stop(other);
	free_page((unsigned long)page);
	return worst;
}
