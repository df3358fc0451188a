// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stops and starts a loaded cell as fast as the driver takes it, and makes sure that each start
 * did happen.
 *
 *	restarts CELL-ID ENTRY COUNT force	a cell that beats its heart: stopped at moments that
 *						wander from 0 to 2 ms after its start
 *	restarts CELL-ID ENTRY COUNT ends	a cell that ends itself: started again the moment that
 *						it is seen to have ended
 *
 * Prints how many starts were seen to run, and the longest time from a start to that, in us.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <bulkhead/comm.h>
#include <bulkhead/hypercall.h>
#include <bulkhead/ioctl.h>

#define LIMIT_US 5000000

static int device;
static uint32_t id;

static long now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void call(const char *what, unsigned long request, void *arg)
{
	if (!ioctl(device, request, arg))
		return;
	printf("%s: %s\n", what, strerror(errno));
	exit(1);
}

static void read_area(uint32_t area, uint64_t offset, void *data, size_t size)
{
	struct bh_ioc_read r = {
		.area = area, .id = id, .offset = offset, .data = (uintptr_t)data, .size = size
	};

	call("read", BH_IOC_READ, &r);
}

static struct bh_cell_public cell(void)
{
	struct bh_cell_public c;

	read_area(BH_READ_PUBLIC, offsetof(struct bh_public, cell) + id * sizeof(c), &c, sizeof(c));
	return c;
}

static uint64_t heartbeat(void)
{
	struct bh_status status;

	read_area(BH_READ_COMM, BH_COMM_STATUS, &status, sizeof(status));
	return status.heartbeat;
}

/* Whether the run that was started came to life: it beats, or has ended by itself. */
static int alive(int ends)
{
	return ends ? cell().state == BH_CELL_DONE : heartbeat() > 1;
}

static void stop(int ends)
{
	struct bh_ioc_stop s = { .id = id, .force = 1, .timeout_ms = 1000 };

	if (!ends)
		call("stop", BH_IOC_CELL_STOP, &s);
}

static void lose(int turn)
{
	struct bh_cell_public c = cell();

	printf("start %d never happened: state %u, epoch %u\n", turn, c.state, c.epoch);
	exit(1);
}

int main(int argc, char **argv)
{
	struct bh_ioc_start s = { .mode = BH_START_FLAT32 };
	long begin, took, longest = 0;
	int turn, ends;

	if (argc != 5)
		return 2;
	device = open("/dev/bulkhead", O_RDWR);
	s.id = id = (uint32_t)atoi(argv[1]);
	s.entry = strtoull(argv[2], NULL, 0);
	ends = !strcmp(argv[4], "ends");
	for (turn = 1; turn <= atoi(argv[3]); turn++) {
		stop(ends);
		begin = now_us();
		call("start", BH_IOC_CELL_START, &s);
		while (!alive(ends))
			if (now_us() - begin > LIMIT_US)
				lose(turn);
		took = now_us() - begin;
		longest = took > longest ? took : longest;
		usleep((useconds_t)(turn * 37 % 2000));
	}
	printf("%d starts, longest %ld us\n", turn - 1, longest);
	return 0;
}
