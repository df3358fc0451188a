// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads what the driver and the hypervisor publish.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <bulkhead/hypercall.h>
#include "device.h"
#include "json.h"
#include "watch.h"

#define DEVICE "/dev/bulkhead"

void *xmalloc(size_t size)
{
	void *p = calloc(1, size ? size : 1);

	if (!p) {
		fail(EXIT_FAILED, "out of memory (%zu bytes)", size);
		exit(EXIT_FAILED);
	}
	return p;
}

int device_open(int *fd)
{
	*fd = open(DEVICE, O_RDWR | O_CLOEXEC);
	if (*fd >= 0)
		return EXIT_OK;
	if (errno == ENOENT || errno == ENXIO || errno == ENODEV)
		return fail(EXIT_NOT_ENABLED,
			    "%s is not there: the driver is not loaded (modprobe bulkhead)",
			    DEVICE);
	if (errno == EACCES || errno == EPERM)
		return fail(EXIT_FAILED, "%s: permission denied (run hvctl as root)", DEVICE);
	return fail(EXIT_FAILED, "%s: %s", DEVICE, strerror(errno));
}

static uint64_t spent_ns;

int device_ioctl(int fd, unsigned long request, void *argument)
{
	uint64_t start = watch_now_ns();
	int result = ioctl(fd, request, argument);

	spent_ns += watch_now_ns() - start;
	return result;
}

double device_spent_ms(void)
{
	return (double)spent_ns / 1e6;
}

void device_put_spent(const struct options *o, const char *name)
{
	struct json j;

	if (!o->json)
		return;
	json_begin(&j, stdout);
	json_object(&j, NULL);
	if (name)
		json_string(&j, "cell", name);
	json_real(&j, "driver_ms", device_spent_ms());
	json_object_end(&j);
}

int device_read(int fd, uint32_t area, uint32_t id, uint64_t offset, void *data, size_t size)
{
	struct bh_ioc_read r = {
		.area = area, .id = id, .offset = offset, .data = (uintptr_t)data, .size = size
	};

	return ioctl(fd, BH_IOC_READ, &r) < 0 ? -errno : 0;
}

int device_info(int fd, struct bh_driver_info *info)
{
	int error = device_read(fd, BH_READ_DRIVER, 0, 0, info, sizeof(*info));

	if (error)
		return device_fail(CALL_READ, "driver", -error);
	if (info->abi != BH_ABI)
		return fail(EXIT_FAILED,
			    "the driver speaks interface %u, this hvctl %d: install both from one "
			    "build",
			    info->abi, BH_ABI);
	return EXIT_OK;
}

/* A slow reader may find a slot half overwritten: every event whose slot the writer could have
 * reached by the second look at the head is dropped. */
static int drop_torn_events(int fd, struct bh_public *p)
{
	uint64_t head = 0;
	int error = device_read(fd, BH_READ_PUBLIC, 0, offsetof(struct bh_public, event_head),
				&head, sizeof(head));

	if (error)
		return error;
	for (unsigned int i = 0; i < BH_EVENTS; i++) {
		uint64_t n = p->event_head - 1 - i;

		if (i >= p->event_head || n + BH_EVENTS <= head)
			p->event[n % BH_EVENTS].type = BH_EVENT_NONE;
	}
	return 0;
}

static void terminate_names(struct bh_public *p)
{
	for (unsigned int i = 0; i < BH_MAX_CELLS; i++)
		p->cell[i].name[BH_NAME_LEN - 1] = 0;
	for (unsigned int i = 0; i < BH_EVENTS; i++)
		p->event[i].name[BH_NAME_LEN - 1] = 0;
	if (p->cpu_count > BH_MAX_CPUS)
		p->cpu_count = BH_MAX_CPUS;
}

int device_public(int fd, struct bh_public *p)
{
	int error = device_read(fd, BH_READ_PUBLIC, 0, 0, p, sizeof(*p));

	if (!error)
		error = drop_torn_events(fd, p);
	if (error)
		return device_fail(CALL_READ, "hypervisor", -error);
	if (p->magic != BH_PUBLIC_MAGIC || p->abi != BH_ABI)
		return fail(EXIT_FAILED,
			    "the hypervisor speaks interface %u, this hvctl %d: install both from "
			    "one build",
			    p->abi, BH_ABI);
	terminate_names(p);
	return EXIT_OK;
}

int device_open_public(int *fd, struct bh_public *p)
{
	int code = device_open(fd);

	return code ? code : device_public(*fd, p);
}

const struct bh_cell_public *public_cell(const struct bh_public *p, const char *name)
{
	for (unsigned int i = 0; i < BH_MAX_CELLS; i++)
		if (p->cell[i].state != BH_CELL_NONE && !strcmp(p->cell[i].name, name))
			return &p->cell[i];
	return NULL;
}

int public_name_width(const struct bh_public *p)
{
	size_t width = 8;

	for (unsigned int i = 0; i < BH_MAX_CELLS; i++)
		if (p->cell[i].state != BH_CELL_NONE && strlen(p->cell[i].name) > width)
			width = strlen(p->cell[i].name);
	return (int)width;
}

int device_cell(const struct bh_public *p, const char *name, const struct bh_cell_public **cell)
{
	char names[BH_MAX_CELLS * (BH_NAME_LEN + 2)] = "";

	*cell = public_cell(p, name);
	if (*cell)
		return EXIT_OK;
	for (unsigned int i = 0; i < BH_MAX_CELLS; i++) {
		if (p->cell[i].state == BH_CELL_NONE)
			continue;
		strcat(names, *names ? ", " : "");
		strcat(names, p->cell[i].name);
	}
	return fail(EXIT_FAILED, "no cell is named \"%s\" (there are: %s)", name,
		    *names ? names : "none");
}

int device_cell_info(int fd, const struct bh_cell_public *cell, struct bh_info *info)
{
	int error = device_read(fd, BH_READ_COMM, cell->id, 0, info, sizeof(*info));

	if (error)
		return error;
	if (info->magic != BH_INFO_MAGIC)
		return -ENODATA;
	info->name[BH_NAME_LEN - 1] = 0;
	if (info->cpu_count > BH_MAX_CPUS || info->memory_count > BH_INFO_MEMORY ||
	    info->link_count > BH_MAX_CELL_LINKS)
		return -ENODATA;
	return 0;
}
