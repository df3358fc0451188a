// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loading a cell: file -> load plan -> check against the cell's memory -> driver.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <bulkhead/hypercall.h>
#include "cell.h"
#include "image.h"
#include "start_file.h"

#define IMAGE_MAX (UINT64_C(1) << 30)

static int read_all(int fd, const char *path, uint8_t *to, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t n = read(fd, to + done, size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return fail(EXIT_FAILED, "%s: %s", path,
				    n ? strerror(errno) : "became shorter while it was read");
		done += (size_t)n;
	}
	return EXIT_OK;
}

static int read_image(const char *path, struct image *image)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	uint8_t *bytes;
	int code;

	if (fd < 0 || fstat(fd, &st)) {
		code = fail(EXIT_FAILED, "%s: %s", path, strerror(errno));
	} else if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size > IMAGE_MAX) {
		code = fail(EXIT_FAILED, "%s: no regular file, or larger than 1 GiB", path);
	} else {
		bytes = xmalloc((size_t)st.st_size);
		code = read_all(fd, path, bytes, (size_t)st.st_size);
		*image = (struct image){ .bytes = bytes, .size = (size_t)st.st_size };
	}
	if (fd >= 0)
		close(fd);
	return code;
}

/* What the information page says of the cell's memory. A cell without one is left to the
 * hypervisor, which checks every byte anyway; this check is for the better message. */
static int check_fits(int fd, const struct bh_cell_public *cell, struct load_plan *plan)
{
	struct image_memory memory[BH_INFO_MEMORY];
	struct bh_info info;

	if (device_cell_info(fd, cell, &info) || info.memory_count == BH_INFO_MEMORY)
		return 0;
	for (uint32_t i = 0; i < info.memory_count; i++)
		memory[i] = (struct image_memory){ info.memory[i].gpa, info.memory[i].size };
	return image_fits(plan, memory, info.memory_count);
}

static int send(int fd, const struct bh_cell_public *cell, const struct load_plan *plan)
{
	for (unsigned int i = 0; i < plan->count; i++) {
		const struct image_segment *s = &plan->segment[i];
		struct bh_ioc_load l = {
			.id = cell->id, .gpa = s->gpa, .data = (uintptr_t)s->data, .size = s->size
		};

		if (device_ioctl(fd, BH_IOC_CELL_LOAD, &l) < 0)
			return device_fail(CALL_LOAD, cell->name, errno);
	}
	return EXIT_OK;
}

/* An image that knows its entry sets it; a raw one only where nobody did before. */
static int keep_start(const char *cell, const struct load_plan *plan, const struct options *o)
{
	struct start s;

	start_read(cell, &s);
	if (plan->entry != BH_ADDR_NONE)
		s = (struct start){ .entry = plan->entry, .mode = plan->mode };
	else if (s.entry == BH_ADDR_NONE)
		s.entry = plan->segment[0].gpa;
	if (o->entry != BH_ADDR_NONE)
		s.entry = o->entry;
	if (o->mode)
		s.mode = strcmp(o->mode, "reset16") ? BH_START_FLAT32 : BH_START_RESET16;
	return start_write(cell, &s);
}

int cell_load(int fd, const struct bh_cell_public *cell, const char *path, const struct options *o)
{
	struct load_plan *plan = xmalloc(sizeof(*plan));
	struct image image = { 0 };
	int code = read_image(path, &image);

	if (!code && image_plan(plan, &image, o->address))
		code = fail(EXIT_FAILED, "%s (%s): %s", path, plan->format, plan->error);
	if (!code && o->entry != BH_ADDR_NONE)
		plan->entry = o->entry;
	if (!code && check_fits(fd, cell, plan))
		code = fail(EXIT_FAILED, "%s (%s): %s", path, plan->format, plan->error);
	if (!code)
		code = send(fd, cell, plan);
	if (!code)
		code = keep_start(cell->name, plan, o);
	free((void *)image.bytes);
	free(plan);
	return code;
}
