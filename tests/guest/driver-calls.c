// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls of /dev/bulkhead as no tool makes them: each has to fail with its error and change
 * nothing.
 *
 *	driver-calls disabled		while the hypervisor is not enabled
 *	driver-calls enabled CELL GPA	while it is, and the cell CELL exists and is stopped;
 *					GPA is the end of its memory
 *
 * Prints a line for each call that did not fail as it should; status 1 if there was one.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bulkhead/ioctl.h>

#define NOWHERE 0x1000ull /* an address that no program has mapped */

static int device;
static int failures;
static unsigned int calls;

static void expect(const char *what, unsigned long request, void *arg, int error)
{
	int found;

	errno = 0;
	found = ioctl(device, request, arg) < 0 ? errno : 0;
	calls++;
	if (found == error)
		return;
	printf("%s: %s, expected %s\n", what, strerror(found), strerror(error));
	failures++;
}

static void config_calls(const char *what, unsigned long request)
{
	static char blob[BH_CONFIG_MAX_SIZE];
	struct bh_ioc_config arg = { .data = (uintptr_t)blob };
	struct bh_config_header *header = (void *)blob;

	expect(what, request, NULL, EFAULT);
	arg.size = 0;
	expect(what, request, &arg, EINVAL);
	arg.size = sizeof(*header) - 1;
	expect(what, request, &arg, EINVAL);
	arg.size = BH_CONFIG_MAX_SIZE + 1;
	expect(what, request, &arg, EINVAL);
	arg.size = 0xffffffff;
	expect(what, request, &arg, EINVAL);
	arg.size = BH_CONFIG_MAX_SIZE;
	expect(what, request, &arg, EINVAL);
	header->magic = BH_CONFIG_MAGIC;
	header->revision = BH_CONFIG_REVISION;
	header->kind = request == BH_IOC_ENABLE ? BH_CONFIG_SYSTEM : BH_CONFIG_CELL;
	header->size = sizeof(*header);
	arg.size = sizeof(*header);
	expect(what, request, &arg, EINVAL);
	arg.data = NOWHERE;
	expect(what, request, &arg, EFAULT);
}

static void unknown_calls(void)
{
	uint32_t id = 0;

	expect("number 9", _IO(BH_IOC, 9), &id, ENOTTY);
	expect("number 255", _IO(BH_IOC, 255), &id, ENOTTY);
	expect("foreign type", _IO('x', 0), &id, ENOTTY);
	expect("other size", _IOW(BH_IOC, 3, uint64_t), &id, ENOTTY);
	expect("other direction", _IOR(BH_IOC, 3, uint32_t), &id, ENOTTY);
}

static void driver_info_calls(void)
{
	struct bh_driver_info info;
	struct bh_ioc_read arg = { .area = BH_READ_DRIVER, .data = (uintptr_t)&info };

	arg.size = sizeof(info);
	expect("driver info", BH_IOC_READ, &arg, 0);
	arg.size = sizeof(info) + 1;
	expect("more than the driver info", BH_IOC_READ, &arg, EINVAL);
	arg.size = 1;
	arg.offset = sizeof(info);
	expect("behind the driver info", BH_IOC_READ, &arg, EINVAL);
	arg.offset = ~0ull;
	expect("far behind the driver info", BH_IOC_READ, &arg, EINVAL);
	arg.offset = 8;
	arg.size = ~0ull - 4;
	expect("a sum that wraps", BH_IOC_READ, &arg, EINVAL);
	arg.offset = 0;
	arg.size = sizeof(info);
	arg.data = NOWHERE;
	expect("driver info to nowhere", BH_IOC_READ, &arg, EFAULT);
	arg.area = 77;
	expect("no such area", BH_IOC_READ, &arg, EINVAL);
	expect("no argument", BH_IOC_READ, NULL, EFAULT);
}

static void disabled_calls(void)
{
	char buffer[8];
	uint32_t id = 1;
	struct bh_ioc_load load = { .id = 1, .data = (uintptr_t)buffer, .size = 8 };
	struct bh_ioc_start start = { .id = 1 };
	struct bh_ioc_stop stop = { .id = 1, .timeout_ms = 1 };
	struct bh_ioc_config create = { .size = sizeof(buffer), .data = (uintptr_t)buffer };
	struct bh_ioc_read read = { .area = BH_READ_PUBLIC, .data = (uintptr_t)buffer, .size = 8 };

	expect("disable", BH_IOC_DISABLE, NULL, ENODEV);
	expect("create", BH_IOC_CELL_CREATE, &create, ENODEV);
	expect("destroy", BH_IOC_CELL_DESTROY, &id, ENODEV);
	expect("load", BH_IOC_CELL_LOAD, &load, ENODEV);
	expect("start", BH_IOC_CELL_START, &start, ENODEV);
	expect("stop", BH_IOC_CELL_STOP, &stop, ENODEV);
	expect("reset", BH_IOC_CELL_RESET, &id, ENODEV);
	expect("read public", BH_IOC_READ, &read, ENODEV);
	read.area = BH_READ_COMM;
	expect("read comm", BH_IOC_READ, &read, ENODEV);
	config_calls("enable", BH_IOC_ENABLE);
}

static void foreign_id_calls(uint32_t id)
{
	char buffer[8];
	struct bh_ioc_load load = { .id = id, .data = (uintptr_t)buffer, .size = 8 };
	struct bh_ioc_start start = { .id = id };
	struct bh_ioc_stop stop = { .id = id, .timeout_ms = 1 };
	struct bh_ioc_read read = {
		.area = BH_READ_COMM, .id = id, .data = (uintptr_t)buffer, .size = 8
	};

	expect("destroy no cell", BH_IOC_CELL_DESTROY, &id, ENOENT);
	expect("load no cell", BH_IOC_CELL_LOAD, &load, ENOENT);
	expect("start no cell", BH_IOC_CELL_START, &start, ENOENT);
	expect("stop no cell", BH_IOC_CELL_STOP, &stop, ENOENT);
	expect("reset no cell", BH_IOC_CELL_RESET, &id, ENOENT);
	if (id)
		expect("comm of no cell", BH_IOC_READ, &read, ENOENT);
}

static void load_calls(uint32_t id, uint64_t end)
{
	char buffer[16];
	struct bh_ioc_load load = { .id = id, .data = (uintptr_t)buffer, .size = 0 };

	expect("load nothing", BH_IOC_CELL_LOAD, &load, EINVAL);
	load.size = ~0ull;
	expect("load everything", BH_IOC_CELL_LOAD, &load, ERANGE);
	load.size = sizeof(buffer);
	load.gpa = end - 8;
	expect("load across the end", BH_IOC_CELL_LOAD, &load, ERANGE);
	load.gpa = end;
	expect("load behind the end", BH_IOC_CELL_LOAD, &load, ERANGE);
	load.gpa = ~0ull - 7;
	expect("load around the end of addresses", BH_IOC_CELL_LOAD, &load, ERANGE);
	load.gpa = 0;
	load.data = NOWHERE;
	expect("load from nowhere", BH_IOC_CELL_LOAD, &load, EFAULT);
	load.data = (uintptr_t)buffer;
	load.reserved = 1;
	expect("load with a reserved field", BH_IOC_CELL_LOAD, &load, EINVAL);
	load.reserved = 0;
	load.data = 0;
	load.size = end;
	expect("load zeroes", BH_IOC_CELL_LOAD, &load, 0);
	load.size = 1;
	expect("load more than fits", BH_IOC_CELL_LOAD, &load, ENOSPC);
	expect("reset", BH_IOC_CELL_RESET, &id, 0);
}

static void enabled_calls(uint32_t id, uint64_t end)
{
	struct bh_ioc_config enable = { .data = NOWHERE, .size = sizeof(struct bh_config_header) };
	struct bh_ioc_start start = { .id = id, .mode = 99 };
	struct bh_ioc_stop stop = { .id = id, .timeout_ms = 0 };
	char byte;
	struct bh_ioc_read read = { .area = BH_READ_PUBLIC, .data = (uintptr_t)&byte, .size = 1 };

	expect("disable with a cell", BH_IOC_DISABLE, NULL, EBUSY);
	expect("enable again, from nowhere", BH_IOC_ENABLE, &enable, EFAULT);
	config_calls("create", BH_IOC_CELL_CREATE);
	foreign_id_calls(0);
	foreign_id_calls(id + 1);
	foreign_id_calls(0xffffffff);
	load_calls(id, end);
	expect("start in no mode", BH_IOC_CELL_START, &start, EINVAL);
	expect("stop without a limit", BH_IOC_CELL_STOP, &stop, EINVAL);
	stop.timeout_ms = 600001;
	expect("stop with too long a limit", BH_IOC_CELL_STOP, &stop, EINVAL);
	stop.timeout_ms = 1;
	stop.force = 2;
	expect("stop with an unknown force", BH_IOC_CELL_STOP, &stop, EINVAL);
	stop.force = 0;
	expect("stop what does not run", BH_IOC_CELL_STOP, &stop, 0);
	read.offset = sizeof(struct bh_public);
	expect("behind the public area", BH_IOC_READ, &read, EINVAL);
	read.area = BH_READ_COMM;
	read.id = id;
	read.offset = 1 << 30;
	expect("behind the comm region", BH_IOC_READ, &read, EINVAL);
}

/* Readable until the public area has been looked at; then not, as long as nothing happens. */
static void poll_calls(void)
{
	static struct bh_public public;
	struct bh_ioc_read arg = { .area = BH_READ_PUBLIC,
				   .data = (uintptr_t) & public,
				   .size = sizeof(public) };
	struct pollfd wait = { .events = POLLIN };

	wait.fd = open("/dev/bulkhead", O_RDWR);
	if (poll(&wait, 1, 0) != 1 || ioctl(wait.fd, BH_IOC_READ, &arg) ||
	    poll(&wait, 1, 300) != 0) {
		puts("poll does not follow the events that were read");
		failures++;
	}
	close(wait.fd);
}

int main(int argc, char **argv)
{
	device = open("/dev/bulkhead", O_RDWR);
	if (device < 0) {
		perror("/dev/bulkhead");
		return 1;
	}
	unknown_calls();
	driver_info_calls();
	if (argc == 4 && !strcmp(argv[1], "enabled")) {
		enabled_calls(strtoul(argv[2], NULL, 0), strtoull(argv[3], NULL, 0));
		poll_calls();
	} else {
		disabled_calls();
	}
	printf("%u calls, %d wrong\n", calls, failures);
	return failures != 0;
}
