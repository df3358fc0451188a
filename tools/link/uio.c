// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Opening a link: finding its UIO device by the link's name, mapping the sections.
 *
 * Each link is a UIO device of a certain name, whose PCI function carries the link's name
 * (bulkhead/uio.h). Sizes come from sysfs and registers, which no peer can write.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>
#include <bulkhead/ivshmem.h>
#include <bulkhead/uio.h>
#include "internal.h"

#define UIO "/sys/class/uio"

/* Names of the maps, in sysfs; the number of a map is not fixed. */
enum map { MAP_REGISTERS, MAP_STATE, MAP_RW, MAP_OUTPUTS, MAP_OUTPUT };
static const char *const map_names[LINK_MAPS] = {
	[MAP_REGISTERS] = BH_UIO_MAP_REGISTERS,
	[MAP_STATE] = BH_UIO_MAP_STATE,
	[MAP_RW] = BH_UIO_MAP_RW,
	[MAP_OUTPUTS] = BH_UIO_MAP_OUTPUTS,
	[MAP_OUTPUT] = BH_UIO_MAP_OUTPUT,
};

/* First word of the attribute "/sys/class/uio/UIO/NAME". */
static int read_attribute(const char *uio, const char *name, char *word, size_t size)
{
	char path[128], format[16];
	FILE *f;
	int n;

	snprintf(path, sizeof(path), UIO "/%s/%s", uio, name);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	snprintf(format, sizeof(format), "%%%zus", size - 1);
	n = fscanf(f, format, word);
	fclose(f);
	return n == 1 ? 0 : -EPROTO;
}

static uint64_t read_number(const char *uio, const char *name)
{
	char word[32];

	return read_attribute(uio, name, word, sizeof(word)) ? 0 : strtoull(word, NULL, 0);
}

static uint64_t map_size(const char *uio, unsigned int number)
{
	char name[32];

	snprintf(name, sizeof(name), "maps/map%u/size", number);
	return read_number(uio, name);
}

/* The number of the map with this name, or -ENOENT. */
static int map_number(const char *uio, enum map map)
{
	char name[32], word[32];

	for (unsigned int i = 0; i < LINK_MAPS; i++) {
		snprintf(name, sizeof(name), "maps/map%u/name", i);
		if (!read_attribute(uio, name, word, sizeof(word)) && !strcmp(word, map_names[map]))
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

/* The last part of where a symbolic link points to: the PCI address. */
static void read_pci(const char *uio, char *pci, size_t size)
{
	char path[128], target[512];
	const char *slash;
	ssize_t n;

	snprintf(path, sizeof(path), UIO "/%s/device", uio);
	n = readlink(path, target, sizeof(target) - 1);
	if (n <= 0)
		return;
	target[n] = 0;
	slash = strrchr(target, '/');
	snprintf(pci, size, "%.15s", slash ? slash + 1 : target);
}

/* Whether the UIO device is a link, and what link. */
static bool describe_device(const char *uio, struct bh_link_info *info)
{
	char word[32];

	*info = (struct bh_link_info){ 0 };
	if (strlen(uio) > 16 || read_attribute(uio, "name", word, sizeof(word)) ||
	    strcmp(word, BH_UIO_NAME) ||
	    read_attribute(uio, "device/link_name", info->name, sizeof(info->name)))
		return false;
	snprintf(info->device, sizeof(info->device), "/dev/%.16s", uio);
	read_pci(uio, info->pci, sizeof(info->pci));
	info->self = (uint32_t)read_number(uio, "device/peer");
	info->peers = (uint32_t)read_number(uio, "device/peers");
	info->vectors = (uint32_t)read_number(uio, "device/vectors");
	describe_sections(info, uio);
	return true;
}

int bh_link_list(struct bh_link_info *info, unsigned int max)
{
	DIR *d = opendir(UIO);
	const struct dirent *e;
	unsigned int n = 0;

	if (!d)
		return errno == ENOENT ? 0 : -errno;
	while (n < max && (e = readdir(d)))
		n += describe_device(e->d_name, &info[n]);
	closedir(d);
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
			return 0;
		}
	return n < 0 ? n : -ENOENT;
}

/* The device may be opened by many; one at a time is this end of the link. */
static int open_device(struct bh_link *link, bool exclusive)
{
	link->fd = open(link->info.device, O_RDWR | O_CLOEXEC);
	if (link->fd < 0)
		return -errno;
	if (exclusive && flock(link->fd, LOCK_EX | LOCK_NB))
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	return 0;
}

static int open_link(const char *name, bool exclusive, struct bh_link **out)
{
	struct bh_link *link = calloc(1, sizeof(*link));
	int error;

	if (!link)
		return -ENOMEM;
	link->fd = -1;
	link->write_register = write_register;
	link->wait = wait_interrupt;
	error = find_link(name, &link->info);
	if (!error)
		error = open_device(link, exclusive);
	if (!error)
		error = map_all(link, strrchr(link->info.device, '/') + 1);
	if (!error)
		error = check_shape(link);
	link->owner = !error && exclusive;
	if (error)
		bh_link_close(link);
	else
		*out = link;
	return error;
}

int bh_link_open(const char *name, struct bh_link **out)
{
	return open_link(name, true, out);
}

int bh_link_peek(const char *name, struct bh_link **out)
{
	return open_link(name, false, out);
}

void bh_link_close(struct bh_link *link)
{
	if (!link)
		return;
	if (link->owner)
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
