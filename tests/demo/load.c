/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keeps Linux busy: processes that compute, that map, touch and unmap memory (with a thread on
 * another CPU, so that TLB shoot-downs happen), that start processes, and that take short naps.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "bh-demo.h"

#define BLOCK (4u << 20)
#define NAP_NS 100000

static volatile uint64_t sink;

static void compute(void)
{
	uint64_t x = 88172645463325252u;

	for (;;) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		sink = x;
	}
}

static void *compute_thread(void *arg)
{
	compute();
	return arg;
}

static void churn_memory(void)
{
	pthread_t thread;
	void *p;

	pthread_create(&thread, NULL, compute_thread, NULL);
	for (;;) {
		p = mmap(NULL, BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (p == MAP_FAILED)
			continue;
		memset(p, 0x5a, BLOCK);
		munmap(p, BLOCK);
	}
}

static void churn_processes(void)
{
	pid_t pid;

	for (;;) {
		pid = fork();
		if (pid == 0)
			_exit(0);
		if (pid > 0)
			waitpid(pid, NULL, 0);
	}
}

static void nap(void)
{
	struct timespec t = { 0, NAP_NS };

	for (;;)
		nanosleep(&t, NULL);
}

int cmd_load(int argc, char **argv)
{
	void (*const kinds[])(void) = { compute, churn_memory, churn_processes, nap };
	unsigned int seconds = argc == 1 ? (unsigned int)atoi(argv[0]) : 0;
	pid_t pids[sizeof(kinds) / sizeof(kinds[0])];
	unsigned int i;

	if (!seconds)
		return complain("load: SECONDS");
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			alarm(seconds); /* ends it by its default action */
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			kinds[i]();
		}
	}
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (pids[i] > 0)
			waitpid(pids[i], NULL, 0);
	return 0;
}
