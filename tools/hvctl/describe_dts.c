// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device tree from a file: a .dtb as it is, anything else through dtc, which is given a
 * limited time and an output of limited size.
 */
#include <errno.h>
#include <fcntl.h>
#include <libfdt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "describe_dt.h"

#define TREE_MAX (1u << 20)
#define DTC_SECONDS 10

static int file_error(struct reader *r, int error, const char *what)
{
	struct describe_error *err = r->err;

	snprintf(err->file, sizeof(err->file), "%s", r->path);
	snprintf(err->text, sizeof(err->text), "%s: %s", err->file, what);
	return -error;
}

static long seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* Reads to the end: bytes read, or a negative errno; *data is to be freed in any case. */
static ssize_t read_to_end(int fd, uint8_t **data)
{
	long deadline = seconds() + DTC_SECONDS;
	size_t size = 0;

	*data = malloc(TREE_MAX + 1);
	if (!*data)
		return -ENOMEM;
	while (size <= TREE_MAX) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		long left = deadline - seconds();
		ssize_t n;

		if (left <= 0)
			return -ETIMEDOUT;
		if (poll(&p, 1, (int)left * 1000) <= 0)
			continue;
		n = read(fd, *data + size, TREE_MAX + 1 - size);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (!n)
			return (ssize_t)size;
		if (n > 0)
			size += (size_t)n;
	}
	return -EFBIG;
}

static void exec_dtc(const char *path, int out)
{
	if (dup2(out, STDOUT_FILENO) < 0)
		_exit(126);
	/* Errors only: what dtc warns of, the schema forbids where it matters. */
	execlp("dtc", "dtc", "-q", "-I", "dts", "-O", "dtb", "-o", "-", "--", path, (char *)NULL);
	_exit(errno == ENOENT ? 127 : 126);
}

static int dtc_result(struct reader *r, ssize_t size, int status)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return file_error(r, ENOTSUP,
				  "dtc is not installed, and a .dts needs it (apt install "
				  "device-tree-compiler); or give a .dtb");
	if (size == -ETIMEDOUT)
		return file_error(r, EINVAL, "dtc did not finish in 10 seconds");
	if (size == -EFBIG)
		return file_error(r, EINVAL, "gives a device tree of more than 1 MiB");
	if (size < 0)
		return file_error(r, EIO, strerror((int)-size));
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		return file_error(r, EINVAL, "is no valid DTS (see dtc's message above)");
	return 0;
}

static int run_dtc(struct reader *r, uint8_t **data, size_t *size)
{
	int fds[2], status = 0;
	ssize_t n;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return file_error(r, errno, strerror(errno));
	pid = fork();
	if (pid == 0)
		exec_dtc(r->path, fds[1]);
	close(fds[1]);
	if (pid < 0) {
		close(fds[0]);
		return file_error(r, errno, strerror(errno));
	}
	n = read_to_end(fds[0], data);
	close(fds[0]);
	if (n < 0)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	*size = n < 0 ? 0 : (size_t)n;
	return dtc_result(r, n, status);
}

/* Whether the file is a tree already. A negative errno if it cannot be read. */
static int read_file(struct reader *r, uint8_t **data, size_t *size)
{
	int fd = open(r->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		int error = fd < 0 ? errno : EIO;

		if (fd >= 0)
			close(fd);
		return file_error(r, error, error == EIO ? "is not a file" : strerror(error));
	}
	n = read_to_end(fd, data);
	close(fd);
	if (n == -EFBIG)
		return file_error(r, EINVAL, "is larger than 1 MiB");
	if (n < 0)
		return file_error(r, EIO, strerror((int)-n));
	*size = (size_t)n;
	return n >= 4 && fdt_magic(*data) == FDT_MAGIC;
}

int dt_load(struct reader *r)
{
	uint8_t *data = NULL;
	size_t size = 0;
	int ret = read_file(r, &data, &size);

	if (!ret) {
		free(data);
		data = NULL;
		ret = run_dtc(r, &data, &size);
	}
	r->fdt = data; /* freed by the caller in any case */
	if (ret < 0)
		return ret;
	if (fdt_check_full(data, size))
		return file_error(r, EINVAL, "is a damaged or truncated device tree (.dtb)");
	return 0;
}

/* ---------------------------------------------------------------------------- accessors */

static bool is_named(const char *node_name, const char *name)
{
	size_t length = strlen(name);

	return !strncmp(node_name, name, length) &&
	       (!node_name[length] || node_name[length] == '@');
}

int dt_node(const struct reader *r, int parent, const char *name)
{
	int node;

	fdt_for_each_subnode(node, r->fdt, parent)
		if (is_named(fdt_get_name(r->fdt, node, NULL), name))
			return node;
	return DT_NONE;
}

static const fdt32_t *cells(const struct reader *r, int node, const char *property, int *count)
{
	int length = 0;
	const fdt32_t *p = node < 0 ? NULL : fdt_getprop(r->fdt, node, property, &length);

	*count = p ? length / 4 : 0;
	return p;
}

bool dt_has(const struct reader *r, int node, const char *property)
{
	return node >= 0 && fdt_getprop(r->fdt, node, property, NULL);
}

int dt_count(const struct reader *r, int node, const char *property)
{
	int count;

	cells(r, node, property, &count);
	return count;
}

uint32_t dt_cell(const struct reader *r, int node, const char *property, int n)
{
	int count;
	const fdt32_t *p = cells(r, node, property, &count);

	return n < count ? fdt32_ld(p + n) : 0;
}

uint32_t dt_u32(const struct reader *r, int node, const char *property, uint32_t missing)
{
	return dt_has(r, node, property) ? dt_cell(r, node, property, 0) : missing;
}

static uint64_t number(const fdt32_t *p, int count)
{
	uint64_t value = 0;

	for (int i = 0; i < count; i++)
		value = value << 32 | fdt32_ld(p + i);
	return value;
}

uint64_t dt_u64(const struct reader *r, int node, const char *property, uint64_t missing)
{
	int count;
	const fdt32_t *p = cells(r, node, property, &count);

	return count ? number(p, count) : missing;
}

const char *dt_string(const struct reader *r, int node, const char *property)
{
	return node < 0 ? NULL : fdt_stringlist_get(r->fdt, node, property, 0, NULL);
}

bool dt_reg(const struct reader *r, int node, int n, uint64_t *address, uint64_t *size)
{
	int count, entry = r->address_cells + r->size_cells;
	const fdt32_t *p = cells(r, node, "reg", &count);

	if ((n + 1) * entry > count)
		return false;
	*address = number(p + n * entry, r->address_cells);
	if (size)
		*size = number(p + n * entry + r->address_cells, r->size_cells);
	return true;
}

static int hex(const char **s, unsigned int digits, unsigned int *value)
{
	static const char all[] = "0123456789abcdef";

	*value = 0;
	while (digits--) {
		const char *d = **s ? strchr(all, **s) : NULL;

		if (!d)
			return 0;
		*value = *value << 4 | (unsigned int)(d - all);
		(*s)++;
	}
	return 1;
}

bool dt_parse_bdf(const char *s, uint16_t *bdf)
{
	unsigned int bus, device, function;

	if (!hex(&s, 2, &bus) || *s++ != ':' || !hex(&s, 2, &device) || *s++ != '.' ||
	    !hex(&s, 1, &function) || *s || device > 31 || function > 7)
		return false;
	*bdf = (uint16_t)(bus << 8 | device << 3 | function);
	return true;
}
