// SPDX-License-Identifier: GPL-2.0-only
/*
 * Linux's end of a link by its UIO device alone, driven by a test: one command a line on the
 * standard input, one line of answer each.
 *
 *	link-end NAME	finds the device by its sysfs attribute, opens and maps it
 *
 *	get MAP OFFSET		the 32-bit word there
 *	put MAP OFFSET VALUE
 *	map MAP			its address in this process, after touching it
 *	wait MS			interrupts since the last wait that gave any; 0: none came; or an errno
 *	control 0|1		interrupt control, by write()
 *	up			begins a life of the message protocol
 *	attach PEER		waits until both are attached
 *	offer PEER TYPE N	offers N messages at once, then rings: "accepted dropped"
 *	take PEER MS		takes all that comes until MS pass without: "count gaps first last"
 *	dropped PEER		what the peer says it dropped for us
 *	spin			computes until the next command comes
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <x86intrin.h>
#include <bulkhead/ivshmem.h>
#include <bulkhead/link_ring.h>

#define PAGE 4096l
#define MAPS 5
#define ATTACH_MS 5000

struct map {
	char name[32];
	size_t size;
	uint8_t *at;
};

static struct map maps[MAPS];
static int device;
static uint32_t interrupts; /* count at the last wait */
static struct bh_lp lp;

static int attribute(const char *uio, char *word, size_t size, const char *format, ...)
{
	char path[400], name[64];
	va_list args;
	FILE *f;
	int found;

	va_start(args, format);
	vsnprintf(name, sizeof(name), format, args);
	va_end(args);
	snprintf(path, sizeof(path), "/sys/class/uio/%s/%s", uio, name);
	f = fopen(path, "r");
	if (!f)
		return 0;
	found = fgets(word, (int)size, f) != NULL;
	fclose(f);
	word[found ? strcspn(word, "\n") : 0] = 0;
	return found;
}

static void find(const char *name, char *uio, size_t size)
{
	DIR *dir = opendir("/sys/class/uio");
	struct dirent *entry;
	char word[64];

	while (dir && (entry = readdir(dir))) {
		if (!attribute(entry->d_name, word, sizeof(word), "device/link_name"))
			continue;
		if (strcmp(word, name))
			continue;
		snprintf(uio, size, "%s", entry->d_name);
		closedir(dir);
		return;
	}
	printf("no link %s\n", name);
	exit(1);
}

static int is_read_only(const char *name)
{
	return !strcmp(name, "state") || !strcmp(name, "outputs");
}

static void open_device(const char *name)
{
	char uio[256], path[300], word[64];

	find(name, uio, sizeof(uio));
	snprintf(path, sizeof(path), "/dev/%s", uio);
	device = open(path, O_RDWR);
	if (device < 0) {
		printf("open %s: %s\n", path, strerror(errno));
		exit(1);
	}
	for (int i = 0; i < MAPS; i++) {
		struct map *m = &maps[i];

		if (!attribute(uio, m->name, sizeof(m->name), "maps/map%d/name", i))
			break;
		attribute(uio, word, sizeof(word), "maps/map%d/size", i);
		m->size = strtoull(word, NULL, 0);
		m->at = mmap(NULL, m->size, PROT_READ | (is_read_only(m->name) ? 0 : PROT_WRITE),
			     MAP_SHARED, device, i * PAGE);
		if (m->at == MAP_FAILED) {
			printf("map %s: %s\n", m->name, strerror(errno));
			exit(1);
		}
	}
}

static struct map *map_named(const char *name)
{
	for (int i = 0; i < MAPS; i++)
		if (!strcmp(maps[i].name, name))
			return &maps[i];
	printf("no map %s\n", name);
	exit(1);
}

static volatile uint32_t *word_at(const char *map, unsigned long offset)
{
	return (volatile uint32_t *)(map_named(map)->at + offset);
}

static void wait_interrupt(int ms)
{
	struct pollfd p = { .fd = device, .events = POLLIN };
	uint32_t count;

	if (poll(&p, 1, ms) <= 0) {
		printf("0\n");
		return;
	}
	if (read(device, &count, sizeof(count)) != sizeof(count)) {
		printf("%s\n", strerror(errno));
		return;
	}
	printf("%u\n", count - interrupts);
	interrupts = count;
}

static void ring(uint32_t peer)
{
	uint16_t vector;

	if (bh_lp_wants_doorbell(&lp, peer, &vector))
		*word_at("registers", IVSHMEM_REG_DOORBELL) = peer << 16 | vector;
}

static void up(void)
{
	lp = (struct bh_lp){
		.state = (void *)map_named("state")->at,
		.own = map_named("output")->at,
		.outputs = map_named("outputs")->at,
		.output_size = map_named("output")->size,
		.peers = *word_at("registers", IVSHMEM_REG_MAX_PEERS),
		.self = *word_at("registers", IVSHMEM_REG_ID),
	};
	*word_at("registers", IVSHMEM_REG_STATE) = BH_LP_INIT;
	if (bh_lp_open(&lp, __rdtsc(), 0)) {
		printf("the sections are too small\n");
		return;
	}
	*word_at("registers", IVSHMEM_REG_STATE) = BH_LP_READY;
	printf("%u\n", lp.slots);
}

static void attach(uint32_t peer)
{
	for (int ms = 0; ms < ATTACH_MS; ms++) {
		if (bh_lp_attach(&lp, peer) == 1)
			*word_at("registers", IVSHMEM_REG_DOORBELL) = peer << 16;
		if (bh_lp_connected(&lp, peer)) {
			printf("attached\n");
			return;
		}
		usleep(1000);
	}
	printf("no answer\n");
}

static void offer(uint32_t peer, uint16_t type, uint32_t count)
{
	uint32_t accepted = 0, payload[2] = { 0 };

	for (payload[0] = 0; payload[0] < count; payload[0]++)
		accepted += !bh_lp_send(&lp, peer, type, payload, sizeof(payload));
	ring(peer);
	printf("%u %u\n", accepted, count - accepted);
}

static void take(uint32_t peer, int ms)
{
	uint64_t gaps = bh_lp_own_peer(&lp, peer)->gaps;
	struct bh_lp_message m;
	uint32_t count = 0, first = 0;
	int idle = 0;

	while (idle < ms) {
		if (bh_lp_receive(&lp, peer, &m) != 1) {
			usleep(1000);
			idle++;
			continue;
		}
		idle = 0;
		if (!count++)
			first = m.sequence;
	}
	printf("%u %lu %u %u\n", count, bh_lp_own_peer(&lp, peer)->gaps - gaps, first,
	       count ? m.sequence : 0);
}

static void spin(void)
{
	struct pollfd p = { .fd = 0, .events = POLLIN };

	printf("spinning\n");
	fflush(stdout);
	while (poll(&p, 1, 0) <= 0)
		for (volatile int i = 0; i < 10000000; i++)
			;
}

static void control(uint32_t on)
{
	printf("%s\n", write(device, &on, sizeof(on)) == sizeof(on) ? "ok" : strerror(errno));
}

static void command(char *verb, char *name, unsigned long a, unsigned long b)
{
	unsigned long number = strtoul(name, NULL, 0);

	if (!strcmp(verb, "get"))
		printf("%x\n", *word_at(name, a));
	else if (!strcmp(verb, "put"))
		*word_at(name, a) = (uint32_t)b, printf("ok\n");
	else if (!strcmp(verb, "map"))
		printf("%p %x\n", map_named(name)->at, *word_at(name, 0));
	else if (!strcmp(verb, "wait"))
		wait_interrupt((int)number);
	else if (!strcmp(verb, "control"))
		control((uint32_t)number);
	else if (!strcmp(verb, "up"))
		up();
	else if (!strcmp(verb, "attach"))
		attach((uint32_t)number);
	else if (!strcmp(verb, "offer"))
		offer((uint32_t)number, (uint16_t)a, (uint32_t)b);
	else if (!strcmp(verb, "take"))
		take((uint32_t)number, (int)a);
	else if (!strcmp(verb, "dropped"))
		printf("%lu\n", bh_lp_remote(&lp, (uint32_t)number)->dropped);
	else if (!strcmp(verb, "spin"))
		spin();
	else
		printf("what?\n");
}

int main(int argc, char **argv)
{
	char line[128], verb[32], name[32];

	if (argc != 2)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	open_device(argv[1]);
	printf("open\n");
	while (fgets(line, sizeof(line), stdin)) {
		unsigned long a = 0, b = 0;

		*name = 0;
		if (sscanf(line, "%31s %31s %li %li", verb, name, (long *)&a, (long *)&b) > 0)
			command(verb, name, a, b);
	}
	return 0;
}
