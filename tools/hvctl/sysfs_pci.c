// SPDX-License-Identifier: GPL-2.0-only
/* See sysfs_pci.h. */
#include <dirent.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "sysfs_pci.h"

#define IFF_UP 0x1ul
#define CLASS_BRIDGE 0x06

static const char devices[] = "/sys/bus/pci/devices";

void sysfs_pci_name(uint16_t bdf, char name[SYSFS_PCI_NAME])
{
	snprintf(name, SYSFS_PCI_NAME, "0000:%02x:%02x.%x", (unsigned int)bdf >> 8,
		 (unsigned int)bdf >> 3 & 0x1f, (unsigned int)bdf & 7);
}

bool sysfs_pci_parse(const char *s, uint16_t *bdf)
{
	unsigned int bus, device, function;
	int end = 0;

	if (!strncmp(s, "0000:", 5))
		s += 5;
	if (sscanf(s, "%2x:%2x.%1x%n", &bus, &device, &function, &end) != 3 || s[end] ||
	    device > 31 || function > 7)
		return false;
	*bdf = (uint16_t)(bus << 8 | device << 3 | function);
	return true;
}

static void path_of(char path[PATH_MAX], const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* A path that is too long names nothing. */
static void path_of(char path[PATH_MAX], const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	if (vsnprintf(path, PATH_MAX, format, arguments) >= PATH_MAX)
		path[0] = 0;
	va_end(arguments);
}

/* Up to size - 1 bytes of a file; its end of line is cut off. Empty where there is none. */
static bool read_text(char *to, size_t size, const char *format, ...)
{
	char path[PATH_MAX];
	va_list arguments;
	size_t length = 0;
	FILE *f;

	va_start(arguments, format);
	vsnprintf(path, sizeof(path), format, arguments);
	va_end(arguments);
	f = fopen(path, "r");
	if (f) {
		length = fread(to, 1, size - 1, f);
		fclose(f);
	}
	while (length && to[length - 1] == '\n')
		length--;
	to[length] = 0;
	return f != NULL;
}

static unsigned long read_number(const char *host, const char *function, const char *file)
{
	char text[64];

	read_text(text, sizeof(text), "%s%s/%s/%s", host, devices, function, file);
	return strtoul(text, NULL, 0);
}

static int by_address(const void *a, const void *b)
{
	return *(const uint16_t *)a - *(const uint16_t *)b;
}

size_t sysfs_pci_find(const char *host, uint16_t vendor, uint16_t device,
		      uint16_t bdfs[SYSFS_PCI_MAX])
{
	char path[PATH_MAX];
	const struct dirent *entry;
	size_t count = 0;
	uint16_t bdf;
	DIR *dir;

	path_of(path, "%s%s", host, devices);
	dir = opendir(path);
	if (!dir)
		return 0;
	while (count < SYSFS_PCI_MAX && (entry = readdir(dir)))
		if (sysfs_pci_parse(entry->d_name, &bdf) &&
		    read_number(host, entry->d_name, "vendor") == vendor &&
		    read_number(host, entry->d_name, "device") == device)
			bdfs[count++] = bdf;
	closedir(dir);
	qsort(bdfs, count, sizeof(bdfs[0]), by_address);
	return count;
}

bool sysfs_pci_at_path(const char *host, const char *path, uint16_t *bdf)
{
	const char *last = strrchr(path, '/');
	char full[PATH_MAX];

	path_of(full, "%s/sys/devices/%s", host, path);
	return access(full, F_OK) == 0 && sysfs_pci_parse(last ? last + 1 : path, bdf);
}

/* ------------------------------------------------------------------------ why it cannot be */

struct question {
	const char *host;
	const struct sysfs_pci_wish *wishes;
	size_t count;
	char name[SYSFS_PCI_NAME]; /* of the function that is looked at */
	const struct sysfs_pci_wish *wish;
	char *why;
	size_t size;
};

static int because(const struct question *q, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int because(const struct question *q, const char *format, ...)
{
	int length = snprintf(q->why, q->size, "PCI function %s ", q->name);
	va_list arguments;

	va_start(arguments, format);
	if (length > 0 && (size_t)length < q->size)
		vsnprintf(q->why + length, q->size - (size_t)length, format, arguments);
	va_end(arguments);
	return 0;
}

/* Calls test for each entry of a directory, until one returns 0. */
static int each(const struct question *q, const char *path,
		int (*test)(const struct question *q, const char *path, const char *name))
{
	const struct dirent *entry;
	DIR *dir = opendir(path);
	int ok = 1;

	while (dir && ok && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			ok = test(q, path, entry->d_name);
	if (dir)
		closedir(dir);
	return ok;
}

static int test_kind(const struct question *q)
{
	char path[PATH_MAX];

	path_of(path, "%s%s/%s", q->host, devices, q->name);
	if (access(path, F_OK) != 0)
		return because(q, "does not exist in this machine; lspci lists those that do");
	if (read_number(q->host, q->name, "class") >> 16 == CLASS_BRIDGE)
		return because(q, "is a bridge; only devices can be given to cells");
	if (read_number(q->host, q->name, "sriov_numvfs"))
		return because(q, "has virtual functions enabled; write 0 to its sriov_numvfs, or "
				  "give the cell one of them");
	path_of(path, "%s/sys/bus/pci/drivers/bulkhead/%s", q->host, q->name);
	if (access(path, F_OK) == 0)
		return because(q, "belongs to another cell");
	if (read_number(q->host, q->name, "boot_vga") == 1)
		return because(q, "shows Linux's console; give the cell another graphics function");
	return 1;
}

static int test_reset(const struct question *q)
{
	char text[128];

	if (q->wish->accept_no_reset)
		return 1;
	read_text(text, sizeof(text), "%s%s/%s/reset_method", q->host, devices, q->name);
	/* by words: "af_flr" is a conventional function's, which the hypervisor does not know */
	for (char *word = strtok(text, " \n"); word; word = strtok(NULL, " \n"))
		if (!strcmp(word, "flr"))
			return 1;
	return because(q, "has no function level reset: what one owner leaves in it the next one "
			  "finds; write accept-no-reset; to accept that");
}

static int test_neighbour(const struct question *q, const char *path, const char *name)
{
	char class[32];
	uint16_t bdf;

	read_text(class, sizeof(class), "%s/%s/class", path, name);
	if (!sysfs_pci_parse(name, &bdf) || strtoul(class, NULL, 0) >> 16 == CLASS_BRIDGE)
		return 1;
	for (size_t i = 0; i < q->count; i++)
		if (q->wishes[i].bdf == bdf)
			return 1;
	return because(q,
		       "shares its IOMMU group with %s: no unit can keep the two apart; give "
		       "the cell both, or put one of them into another slot",
		       name);
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), tail = strlen(end);

	return length >= tail && !strcmp(text + length - tail, end);
}

static int test_group(const struct question *q)
{
	char path[PATH_MAX], text[4096];

	path_of(path, "%s%s/%s/iommu_group/devices", q->host, devices, q->name);
	if (!each(q, path, test_neighbour))
		return 0;
	read_text(text, sizeof(text), "%s%s/%s/iommu_group/reserved_regions", q->host, devices,
		  q->name);
	/* "direct-relaxable" is what an owner that drives the function itself need not keep */
	if (strstr(text, " direct\n") || ends_with(text, " direct"))
		return because(q,
			       "has memory that the firmware reserved for it (RMRR or IVMD), which "
			       "only Linux can go on serving; choose another function");
	return 1;
}

static int test_interface(const struct question *q, const char *path, const char *name)
{
	char text[32];

	read_text(text, sizeof(text), "%s/%s/flags", path, name);
	if (!(strtoul(text, NULL, 0) & IFF_UP))
		return 1;
	return because(q, "is the network interface %s, which is up; ip link set %s down", name,
		       name);
}

/* A disk or a partition that Linux uses: mounted, swapped to, or below another block device. */
static int test_used(const struct question *q, const char *disk, const char *name)
{
	static const char *const tables[] = { "/proc/self/mounts", "/proc/swaps" };
	char device[300], path[PATH_MAX], text[1 << 16];
	size_t length = (size_t)snprintf(device, sizeof(device), "/dev/%s", name);

	for (size_t i = 0; i < 2; i++) {
		read_text(text, sizeof(text), "%s%s", q->host, tables[i]);
		for (const char *at = strstr(text, device); at; at = strstr(at + 1, device))
			if ((at == text || at[-1] == '\n') && at[length] == ' ')
				return because(q, "is the disk %s, which is %s; give it free first",
					       name, i ? "swapped to" : "mounted");
	}
	path_of(path, "%s/holders", disk);
	DIR *dir = opendir(path);
	int holders = 0;
	while (dir && readdir(dir))
		holders++;
	if (dir)
		closedir(dir);
	if (holders > 2) /* . and .. */
		return because(q, "is the disk %s, which other block devices are made of (%s)",
			       name, path);
	return 1;
}

static int test_partition(const struct question *q, const char *path, const char *name)
{
	char part[PATH_MAX];

	path_of(part, "%s/%s/partition", path, name);
	if (access(part, F_OK) != 0)
		return 1;
	path_of(part, "%s/%s", path, name);
	return test_used(q, part, name);
}

/* path: /sys/block; its entries are links into the tree of devices. */
static int test_disk(const struct question *q, const char *path, const char *name)
{
	char entry[PATH_MAX], real[PATH_MAX], inside[SYSFS_PCI_NAME + 2];

	path_of(entry, "%s/%s", path, name);
	snprintf(inside, sizeof(inside), "/%s/", q->name);
	if (!realpath(entry, real) || !strstr(real, inside))
		return 1;
	return test_used(q, real, name) && each(q, real, test_partition);
}

static int test_use(const struct question *q)
{
	char path[PATH_MAX];

	path_of(path, "%s%s/%s/net", q->host, devices, q->name);
	if (!each(q, path, test_interface))
		return 0;
	path_of(path, "%s/sys/block", q->host);
	return each(q, path, test_disk);
}

static int test_line(const struct question *q, const char *path, const char *name)
{
	char driver[PATH_MAX];
	unsigned long irq = read_number(q->host, q->name, "irq");
	uint16_t bdf;

	if (!sysfs_pci_parse(name, &bdf) || read_number(q->host, name, "irq") != irq)
		return 1;
	for (size_t i = 0; i < q->count; i++)
		if (q->wishes[i].bdf == bdf)
			return 1;
	path_of(driver, "%s/%s/driver", path, name);
	if (access(driver, F_OK) != 0)
		return 1;
	return because(q,
		       "shares interrupt line %lu with %s, which Linux drives; let the cell use "
		       "MSI, or unbind that driver",
		       irq, name);
}

static int test_intx(const struct question *q)
{
	char path[PATH_MAX];

	if (!q->wish->intx)
		return 1;
	path_of(path, "%s%s", q->host, devices);
	return each(q, path, test_line);
}

int sysfs_pci_can_give(const char *host, const struct sysfs_pci_wish *wishes, size_t count,
		       char *why, size_t size)
{
	static int (*const tests[])(const struct question *q) = {
		test_kind, test_reset, test_group, test_use, test_intx,
	};

	for (size_t i = 0; i < count; i++) {
		struct question q = { .host = host,
				      .wishes = wishes,
				      .count = count,
				      .wish = &wishes[i],
				      .why = why,
				      .size = size };

		sysfs_pci_name(wishes[i].bdf, q.name);
		for (size_t n = 0; n < sizeof(tests) / sizeof(tests[0]); n++)
			if (!tests[n](&q))
				return 0;
	}
	return 1;
}
