// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls of /dev/bulkhead at random: every number, good arguments with a few fields spoiled, pointers that lead
 * nowhere, wrong sizes and directions; by several threads at once, one of which is not root.
 *
 *	ioctl-fuzz SEED SECONDS CPU SPARED...
 *
 * CPU may be given to cells. SPARED: ids of cells that are left alone, since whoever may call may also stop
 * them. Prints how many calls there were, how many were accepted, and whether somebody who is not root was let
 * in (status 1).
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <bulkhead/ioctl.h>
#include "modules/cell-blob.h"

#define NOBODY 65534
#define PAGE 4096
#define IMAGE_SIZE 0x20000
#define OWN_CELLS 4

struct thread {
	pthread_t thread;
	uint64_t dice;
	int unprivileged;
	uint64_t calls, accepted, let_in;
	uint8_t *page; /* its last byte is the last that can be touched */
	uint8_t image[IMAGE_SIZE];
	uint32_t ids[OWN_CELLS]; /* that it made; the last ones */
	unsigned int made;
};

static int device;
static time_t end;
static uint32_t cpu;
static uint32_t spared[BH_MAX_CELLS];
static unsigned int spared_count;
static struct thread threads[3];

static uint64_t roll(struct thread *t, uint64_t sides)
{
	t->dice ^= t->dice << 13;
	t->dice ^= t->dice >> 7;
	t->dice ^= t->dice << 17;
	return t->dice % sides;
}

static int is_spared(uint32_t id)
{
	for (unsigned int i = 0; i < spared_count; i++)
		if (spared[i] == id)
			return 1;
	return 0;
}

static uint64_t any_value(struct thread *t)
{
	static const uint64_t extremes[] = {
		0,	    1,		2,	    7,		8,	    0xfff,
		0x1000,	    0x200000,	0x7fffffff, 0x80000000, 0xffffffff, 1ull << 32,
		1ull << 47, 1ull << 63, ~0xfffull,  ~0ull,
	};

	return roll(t, 2) ? extremes[roll(t, sizeof(extremes) / sizeof(extremes[0]))] :
			    t->dice >> roll(t, 64);
}

static uint64_t any_pointer(struct thread *t)
{
	switch (roll(t, 8)) {
	case 0:
		return any_value(t);
	case 1:
		return (uintptr_t)t->page + PAGE - roll(t, 64); /* ends in the middle */
	case 2:
		return (uintptr_t)t->page + PAGE;
	case 3:
		return 0xffff888000000000 + roll(t, 1ull << 31); /* the kernel's */
	default:
		return (uintptr_t)t->image + roll(t, 64);
	}
}

static uint32_t any_id(struct thread *t)
{
	uint32_t id;

	do
		id = roll(t, 3) ? t->ids[roll(t, OWN_CELLS)] : (uint32_t)any_value(t);
	while (is_spared(id));
	return id;
}

static void spoil(struct thread *t, void *what, size_t size)
{
	for (uint64_t n = roll(t, 4); n; n--) {
		uint64_t value = any_value(t);
		size_t at = roll(t, size), width = roll(t, 2) ? 1 : 8;

		memcpy((uint8_t *)what + at, &value, width < size - at ? width : size - at);
	}
}

/* Whom a description names is not left to chance: another CPU of Linux's may be the last. */
static void make_blob(struct thread *t)
{
	struct cell_blob b = cell_blob_good(cpu, cpu);

	spoil(t, &b, roll(t, 4) ? sizeof(b) : 1);
	b.cpu[0] = (struct bh_config_cpu){ cpu, cpu };
	memcpy(t->image, &b, sizeof(b));
}

/* A good argument of the call, into a buffer of 64 bytes. Its size. */
static size_t argument(struct thread *t, unsigned int number, void *at)
{
	struct bh_ioc_config config = { .data = roll(t, 8) ? (uintptr_t)t->image : any_pointer(t),
					.size = roll(t, 8) ? sizeof(struct cell_blob) :
							     (uint32_t)any_value(t) };
	struct bh_ioc_load load = { any_id(t), !roll(t, 16), any_value(t), any_pointer(t),
				    roll(t, 2) ? roll(t, IMAGE_SIZE) : any_value(t) };
	struct bh_ioc_start start = { any_id(t), (uint32_t)roll(t, 3), any_value(t) };
	struct bh_ioc_stop stop = { any_id(t), (uint32_t)roll(t, 3), 1 + (uint32_t)roll(t, 20),
				    !roll(t, 16) };
	struct bh_ioc_read read = { (uint32_t)roll(t, 4), (uint32_t)any_value(t), any_value(t),
				    any_pointer(t),
				    roll(t, 2) ? roll(t, IMAGE_SIZE) : any_value(t) };
	struct bh_ioc_root_load root = { any_pointer(t), any_pointer(t), any_pointer(t) };
	uint32_t id = any_id(t);

#define GIVE(what) (memcpy(at, &(what), sizeof(what)), sizeof(what))
	switch (number) {
	case _IOC_NR(BH_IOC_ENABLE):
	case _IOC_NR(BH_IOC_CELL_CREATE):
		make_blob(t);
		return GIVE(config);
	case _IOC_NR(BH_IOC_CELL_LOAD):
		return GIVE(load);
	case _IOC_NR(BH_IOC_CELL_START):
		return GIVE(start);
	case _IOC_NR(BH_IOC_CELL_STOP):
		return GIVE(stop);
	case _IOC_NR(BH_IOC_READ):
		return GIVE(read);
	case _IOC_NR(BH_IOC_ROOT_LOAD):
		for (size_t n = 0; n < 256; n++)
			t->image[n] = (uint8_t)any_value(t);
		return GIVE(root);
	default:
		return GIVE(id);
	}
}

static const unsigned long calls[] = {
	BH_IOC_ENABLE,	     BH_IOC_DISABLE,   BH_IOC_CELL_CREATE, BH_IOC_CELL_CREATE,
	BH_IOC_CELL_DESTROY, BH_IOC_CELL_LOAD, BH_IOC_CELL_START,  BH_IOC_CELL_STOP,
	BH_IOC_CELL_RESET,   BH_IOC_READ,      BH_IOC_ROOT_LOAD,   BH_IOC_ROOT_UNLOAD,
};

static unsigned long any_request(struct thread *t)
{
	unsigned long request = calls[roll(t, sizeof(calls) / sizeof(calls[0]))];

	switch (roll(t, 12)) {
	case 0:
		return _IOC(roll(t, 4), BH_IOC, roll(t, 256), roll(t, 1 << 14));
	case 1:
		return request ^ 1ul << roll(t, 32);
	case 2:
		return (uint32_t)any_value(t);
	default:
		return request;
	}
}

/* Calls that begin with an id, whatever their number says otherwise: one that is spared is not named. */
static int may_call(const void *argument, size_t size)
{
	uint32_t id;

	if (size < sizeof(id))
		return 0;
	memcpy(&id, argument, sizeof(id));
	return !is_spared(id);
}

static void one_call(struct thread *t)
{
	unsigned long request = any_request(t);
	uint8_t buffer[64] = { 0 }, *place = buffer;
	size_t size = argument(t, _IOC_NR(request), buffer);
	int result;

	if (!roll(t, 8))
		spoil(t, buffer, size);
	if (!may_call(buffer, size) && _IOC_NR(request) != _IOC_NR(BH_IOC_CELL_CREATE))
		return;
	switch (roll(t, 16)) {
	case 0: /* as much of it as is asked for does not fit */
		place = t->page + PAGE - roll(t, size);
		memcpy(place, buffer, (size_t)(t->page + PAGE - place));
		break;
	case 1:
		place = NULL;
		break;
	case 2:
		place = (uint8_t *)(0xffff888000000000 + roll(t, 1ull << 31));
		break;
	}
	result = ioctl(device, request, place);
	t->calls++;
	t->accepted += result >= 0;
	/* what is not the driver's is the kernel's own, such as FIGETBSZ */
	t->let_in += t->unprivileged && result >= 0 && _IOC_TYPE(request) == BH_IOC;
	if (request == BH_IOC_CELL_CREATE && result >= 0 && place == buffer)
		memcpy(&t->ids[t->made++ % OWN_CELLS], buffer + offsetof(struct bh_ioc_config, id),
		       4);
}

static void *fuzz(void *arg)
{
	struct thread *t = arg;

	t->page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(t->page + PAGE, PAGE);
	/* of this thread alone: the library's function would change all of them */
	if (t->unprivileged && syscall(SYS_setresuid, NOBODY, NOBODY, NOBODY))
		return NULL;
	while (time(NULL) < end) {
		one_call(t);
		if (t->unprivileged && !roll(t, 64))
			t->let_in += open("/dev/bulkhead", O_RDWR) >= 0;
	}
	return NULL;
}

int main(int argc, char **argv)
{
	uint64_t totals[3] = { 0 };

	device = open("/dev/bulkhead", O_RDWR);
	if (argc < 4 || device < 0) {
		perror("ioctl-fuzz");
		return 2;
	}
	cpu = (uint32_t)atoi(argv[3]);
	for (int i = 4; i < argc && spared_count < BH_MAX_CELLS; i++)
		spared[spared_count++] = (uint32_t)atoi(argv[i]);
	end = time(NULL) + atoi(argv[2]);
	for (unsigned int i = 0; i < 3; i++) {
		threads[i].dice = strtoull(argv[1], NULL, 0) * 2654435761u + i + 1;
		threads[i].unprivileged = i == 2;
		pthread_create(&threads[i].thread, NULL, fuzz, &threads[i]);
	}
	for (unsigned int i = 0; i < 3; i++) {
		pthread_join(threads[i].thread, NULL);
		totals[0] += threads[i].calls;
		totals[1] += threads[i].accepted;
		totals[2] += threads[i].let_in;
	}
	printf("calls=%llu accepted=%llu let_in=%llu\n", (unsigned long long)totals[0],
	       (unsigned long long)totals[1], (unsigned long long)totals[2]);
	return totals[2] != 0;
}
