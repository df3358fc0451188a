// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Opening a link: finding its UIO device by the link's name, mapping the sections.
 *
 * The driver lists the links in one file of sysfs; the device is then the UIO child of the PCI
 * function named there. Sizes come from sysfs and registers, which no peer can write.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <bulkhead/ivshmem.h>
#include "internal.h"

#define LINKS "/sys/class/misc/bulkhead/links"
#define PCI "/sys/bus/pci/devices/"

/* Names of the maps, in sysfs; the number of a map is not fixed. */
enum map { MAP_REGISTERS, MAP_STATE, MAP_RW, MAP_OUTPUTS, MAP_OUTPUT };
static const char *const map_names[LINK_MAPS] = {
	[MAP_REGISTERS] = "registers", [MAP_STATE] = "state",	[MAP_RW] = "rw",
	[MAP_OUTPUTS] = "outputs",     [MAP_OUTPUT] = "output",
};

/* First word of a small file. */
static int read_word(const char *path, char *word, size_t size)
{
	FILE *f = fopen(path, "re");
	char format[16];
	int n;

	if (!f)
		return -errno;
	snprintf(format, sizeof(format), "%%%zus", size - 1);
	n = fscanf(f, format, word);
	fclose(f);
	return n == 1 ? 0 : -EPROTO;
}

/* The entry of directory that begins with prefix. */
static int find_entry(const char *directory, const char *prefix, char *name, size_t size)
{
	DIR *d = opendir(directory);
	const struct dirent *e;
	int result = -ENOENT;

	if (!d)
		return -errno;
	while (result && (e = readdir(d)))
		if (!strncmp(e->d_name, prefix, strlen(prefix)) && strlen(e->d_name) < size) {
			memcpy(name, e->d_name, strlen(e->d_name) + 1);
			result = 0;
		}
	closedir(d);
	return result;
}

static uint64_t map_size(const char *uio, unsigned int number)
{
	char path[128], word[32];

	snprintf(path, sizeof(path), "/sys/class/uio/%s/maps/map%u/size", uio, number);
	return read_word(path, word, sizeof(word)) ? 0 : strtoull(word, NULL, 0);
}

/* The number of the map with this name, or -ENOENT. */
static int map_number(const char *uio, enum map map)
{
	char path[128], word[32];

	for (unsigned int i = 0; i < LINK_MAPS; i++) {
		snprintf(path, sizeof(path), "/sys/class/uio/%s/maps/map%u/name", uio, i);
		if (!read_word(path, word, sizeof(word)) && !strcmp(word, map_names[map]))
			return (int)i;
	}
	return -ENOENT;
}

static void describe_sections(struct bh_link_info *info, const char *uio)
{
	int rw = map_number(uio, MAP_RW), output = map_number(uio, MAP_OUTPUT);

	info->rw_size = rw < 0 ? 0 : map_size(uio, (unsigned int)rw);
	info->output_size = output < 0 ? 0 : map_size(uio, (unsigned int)output);
}

static int by_name(const void *a, const void *b)
{
	const struct bh_link_info *x = a, *y = b;

	return strcmp(x->name, y->name);
}

int bh_link_list(struct bh_link_info *info, unsigned int max)
{
	FILE *f = fopen(LINKS, "re");
	char directory[64], uio[24], bdf[12];
	unsigned int n = 0;

	if (!f)
		return errno == ENOENT ? 0 : -errno;
	while (n < max) {
		struct bh_link_info *i = &info[n];

		*i = (struct bh_link_info){ 0 };
		if (fscanf(f, "%31s %11s %u %u", i->name, bdf, &i->self, &i->peers) != 4)
			break;
		snprintf(i->pci, sizeof(i->pci), "0000:%.8s", bdf);
		snprintf(directory, sizeof(directory), PCI "%s/uio", i->pci);
		if (!find_entry(directory, "uio", uio, sizeof(uio))) {
			snprintf(i->device, sizeof(i->device), "/dev/%s", uio);
			describe_sections(i, uio);
		}
		n++;
	}
	fclose(f);
	qsort(info, n, sizeof(*info), by_name);
	return (int)n;
}

static void write_register(struct bh_link *link, uint32_t offset, uint32_t value)
{
	link->registers[offset / 4] = value;
}

static int wait_interrupt(struct bh_link *link, uint32_t timeout_ms)
{
	struct pollfd p = { .fd = link->fd, .events = POLLIN };
	uint32_t count;
	int n = poll(&p, 1, timeout_ms > INT32_MAX ? INT32_MAX : (int)timeout_ms);

	if (n <= 0)
		return n < 0 ? -errno : 0;
	if (read(link->fd, &count, sizeof(count)) == sizeof(count))
		return 1;
	return errno == EINTR ? -EINTR : -ENODEV;
}

static int map_section(struct bh_link *link, const char *uio, enum map map, int protection)
{
	int number = map_number(uio, map);
	uint64_t size;
	void *address;

	if (number < 0)
		return number;
	size = map_size(uio, (unsigned int)number);
	address = mmap(NULL, size, protection, MAP_SHARED, link->fd,
		       (off_t)number * sysconf(_SC_PAGESIZE));
	if (address == MAP_FAILED)
		return -errno;
	link->map[map].address = address;
	link->map[map].size = size;
	return 0;
}

static int map_all(struct bh_link *link, const char *uio)
{
	static const int protection[LINK_MAPS] = {
		[MAP_REGISTERS] = PROT_READ | PROT_WRITE, [MAP_STATE] = PROT_READ,
		[MAP_RW] = PROT_READ | PROT_WRITE,	  [MAP_OUTPUTS] = PROT_READ,
		[MAP_OUTPUT] = PROT_READ | PROT_WRITE,
	};

	for (unsigned int m = 0; m < LINK_MAPS; m++) {
		int error = map_section(link, uio, (enum map)m, protection[m]);

		if (error &&
		    !(error == -ENOENT && m == MAP_RW)) /* the only one that may be empty */
			return error == -ENOENT ? -EPROTO : error;
	}
	link->registers = link->map[MAP_REGISTERS].address;
	link->states = link->map[MAP_STATE].address;
	link->rw = link->map[MAP_RW].address;
	link->outputs = link->map[MAP_OUTPUTS].address;
	link->output = link->map[MAP_OUTPUT].address;
	return 0;
}

/* Registers, sysfs and sizes have to agree before anything is computed from them. */
static int check_shape(const struct bh_link *link)
{
	const struct bh_link_info *i = &link->info;

	if (link->registers[IVSHMEM_REG_ID / 4] != i->self ||
	    link->registers[IVSHMEM_REG_MAX_PEERS / 4] != i->peers)
		return -EPROTO;
	if (i->peers < 2 || i->peers > BH_MAX_PEERS || i->self >= i->peers ||
	    link->map[MAP_OUTPUTS].size != i->peers * i->output_size ||
	    link->map[MAP_STATE].size < i->peers * sizeof(uint32_t))
		return -EPROTO;
	return 0;
}

static int find_link(const char *name, struct bh_link_info *info)
{
	struct bh_link_info all[BH_MAX_LINKS];
	int n = bh_link_list(all, BH_MAX_LINKS);

	for (int i = 0; i < n; i++)
		if (!strcmp(all[i].name, name)) {
			*info = all[i];
			return info->device[0] ? 0 : -EPROTO;
		}
	return n < 0 ? n : -ENOENT;
}

int bh_link_open(const char *name, struct bh_link **out)
{
	struct bh_link *link = calloc(1, sizeof(*link));
	int error;

	if (!link)
		return -ENOMEM;
	link->fd = -1;
	link->write_register = write_register;
	link->wait = wait_interrupt;
	error = find_link(name, &link->info);
	if (!error) {
		link->fd = open(link->info.device, O_RDWR | O_CLOEXEC);
		error = link->fd < 0 ? -errno : 0;
	}
	if (!error)
		error = map_all(link, strrchr(link->info.device, '/') + 1);
	if (!error)
		error = check_shape(link);
	if (error) {
		link->registers = NULL; /* nothing was told to the peers yet */
		bh_link_close(link);
		return error;
	}
	link->registers[IVSHMEM_REG_INT_CONTROL / 4] = IVSHMEM_INT_ENABLE;
	*out = link;
	return 0;
}

void bh_link_close(struct bh_link *link)
{
	if (!link)
		return;
	if (link->registers)
		bh_link_set_state(link, BH_LP_DOWN);
	for (unsigned int m = 0; m < LINK_MAPS; m++)
		if (link->map[m].address)
			munmap(link->map[m].address, link->map[m].size);
	if (link->fd >= 0)
		close(link->fd);
	free(link);
}

const struct bh_link_info *bh_link_info(const struct bh_link *link)
{
	return &link->info;
}

volatile void *bh_link_rw(struct bh_link *link)
{
	return link->rw;
}

volatile void *bh_link_output(struct bh_link *link)
{
	return link->output;
}

const volatile void *bh_link_peer_output(struct bh_link *link, uint32_t peer)
{
	return peer < link->info.peers ? link->outputs + peer * link->info.output_size : NULL;
}

int bh_link_fd(const struct bh_link *link)
{
	return link->fd;
}
