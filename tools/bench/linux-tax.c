// SPDX-License-Identifier: GPL-2.0-only
/*
 * What Linux pays while a hypervisor is below it: six small loads, each the kind of work that
 * can only get slower when something traps. Run once before `hvctl enable` and once after, in
 * the same boot; the quotient of the medians is the tax.
 *
 * All six are run in turn, RUNS times over, so that a slow minute of the host spoils one run
 * of each and no median.
 */
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_RUNS 64

struct load {
	const char *name;
	const char *text;
	unsigned int turns; /* for about a quarter of a second in software emulation */
	void (*run)(unsigned int turns);
};

static int cpu_a, cpu_b;
static atomic_bool sibling_stop;
static volatile uint64_t sink;

static void die(const char *what)
{
	fprintf(stderr, "linux-tax: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t now_ns(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_MONOTONIC, &t))
		die("clock_gettime");
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("sched_setaffinity");
}

static void run_fork(unsigned int turns)
{
	for (unsigned int i = 0; i < turns; i++) {
		int status;
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (pid == 0)
			_exit(0);
		if (waitpid(pid, &status, 0) != pid || status != 0)
			die("waitpid");
	}
}

static void pass_token(int from, int to, unsigned int turns)
{
	char token;

	for (unsigned int i = 0; i < turns; i++) {
		if (read(from, &token, 1) != 1 || write(to, &token, 1) != 1)
			die("pipe");
	}
}

static void run_pipe(unsigned int turns)
{
	int there[2], back[2];
	char token = 0;
	pid_t pid;

	if (pipe(there) || pipe(back))
		die("pipe");
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0) {
		pin(cpu_b);
		pass_token(there[0], back[1], turns);
		_exit(0);
	}
	pin(cpu_a);
	if (write(there[1], &token, 1) != 1)
		die("pipe");
	pass_token(back[0], there[1], turns - 1);
	if (read(back[0], &token, 1) != 1 || waitpid(pid, NULL, 0) != pid)
		die("pipe");
	close(there[0]);
	close(there[1]);
	close(back[0]);
	close(back[1]);
}

static void *sibling(void *unused)
{
	(void)unused;
	pin(cpu_b);
	while (!atomic_load_explicit(&sibling_stop, memory_order_relaxed))
		sink++;
	return NULL;
}

/* The sibling shares the address space and runs elsewhere, so each munmap has to interrupt it. */
static void run_munmap(unsigned int turns)
{
	pthread_t thread;

	atomic_store(&sibling_stop, false);
	pin(cpu_a);
	if (pthread_create(&thread, NULL, sibling, NULL))
		die("pthread_create");
	for (unsigned int i = 0; i < turns; i++) {
		char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
				  -1, 0);

		if (page == MAP_FAILED)
			die("mmap");
		*(volatile char *)page = 1;
		if (munmap(page, 4096))
			die("munmap");
	}
	atomic_store(&sibling_stop, true);
	pthread_join(thread, NULL);
}

static void run_naps(unsigned int turns)
{
	const struct timespec nap = { .tv_nsec = 100000 };

	for (unsigned int i = 0; i < turns; i++)
		clock_nanosleep(CLOCK_MONOTONIC, 0, &nap, NULL);
}

static void run_compute(unsigned int turns)
{
	uint64_t x = 88172645463325252u;

	for (uint64_t i = 0; i < (uint64_t)turns * 1000; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
	}
	sink = x;
}

static void run_getppid(unsigned int turns)
{
	for (unsigned int i = 0; i < turns; i++)
		syscall(SYS_getppid);
}

static const struct load loads[] = {
	{ "fork", "fork and wait", 100, run_fork },
	{ "pipe", "pipe ping-pong between two CPUs", 600, run_pipe },
	{ "munmap", "munmap with a sibling running", 600, run_munmap },
	{ "nap", "naps of 100 us", 1000, run_naps },
	{ "compute", "pure computation", 60000, run_compute },
	{ "getppid", "getppid loop", 300000, run_getppid },
};
#define LOADS (sizeof(loads) / sizeof(loads[0]))

static void choose_cpus(void)
{
	cpu_set_t set;
	int found = 0;

	if (sched_getaffinity(0, sizeof(set), &set))
		die("sched_getaffinity");
	for (int i = 0; i < CPU_SETSIZE && found < 2; i++) {
		if (!CPU_ISSET(i, &set))
			continue;
		if (found++ == 0)
			cpu_a = i;
		cpu_b = i;
	}
	if (found < 2)
		fprintf(stderr, "linux-tax: one CPU only: pipe and munmap stay on it\n");
}

/* A child per run: affinity and threads of one load do not reach the next. */
static uint64_t timed(const struct load *load, unsigned int turns)
{
	uint64_t start, *spent;
	int status;
	pid_t pid;

	spent = mmap(NULL, sizeof(*spent), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	if (spent == MAP_FAILED)
		die("mmap");
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0) {
		pin(cpu_a);
		prctl(PR_SET_TIMERSLACK, 1);
		start = now_ns();
		load->run(turns);
		*spent = now_ns() - start;
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid || status != 0) {
		fprintf(stderr, "linux-tax: the load \"%s\" failed\n", load->name);
		exit(1);
	}
	start = *spent;
	munmap(spent, sizeof(*spent));
	return start;
}

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static uint64_t median(uint64_t *v, unsigned int n)
{
	qsort(v, n, sizeof(*v), by_size);
	return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

static const char usage[] =
	"usage: linux-tax [--json] [--runs N] [--percent N]\n"
	"Times six loads that a hypervisor may slow down; prints the median of N runs (6), in\n"
	"nanoseconds per turn. --percent scales the turns of each run (100).\n";

static unsigned int number(const char *s, unsigned int max)
{
	char *end;
	unsigned long v = strtoul(s, &end, 10);

	if (!*s || *end || v == 0 || v > max) {
		fprintf(stderr, "linux-tax: \"%s\" is not a number from 1 to %u\n", s, max);
		exit(2);
	}
	return (unsigned int)v;
}

static void report(uint64_t spent[LOADS][MAX_RUNS], unsigned int runs, unsigned int percent,
		   int json)
{
	for (size_t l = 0; l < LOADS; l++) {
		unsigned int turns = loads[l].turns * percent / 100 + 1;
		double per_turn = (double)median(spent[l], runs) / turns;

		if (json)
			printf("%s\"%s\": %.1f", l ? ", " : "{", loads[l].name, per_turn);
		else
			printf("%-8s %12.1f ns  %s\n", loads[l].name, per_turn, loads[l].text);
	}
	if (json)
		printf("}\n");
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "runs", required_argument, NULL, 'r' },
		{ "percent", required_argument, NULL, 'p' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	static uint64_t spent[LOADS][MAX_RUNS];
	unsigned int runs = 6, percent = 100;
	int json = 0, c;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (c) {
		case 'j':
			json = 1;
			break;
		case 'r':
			runs = number(optarg, MAX_RUNS);
			break;
		case 'p':
			percent = number(optarg, 10000);
			break;
		default:
			fputs(usage, c == 'h' ? stdout : stderr);
			return c == 'h' ? 0 : 2;
		}
	}
	choose_cpus();
	for (unsigned int r = 0; r < runs; r++) {
		for (size_t l = 0; l < LOADS; l++)
			spent[l][r] = timed(&loads[l], loads[l].turns * percent / 100 + 1);
	}
	report(spent, runs, percent, json);
	return 0;
}
