// SPDX-License-Identifier: GPL-2.0-only
/*
 * hvctl root: from what Linux is started again when it falls.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "device.h"
#include "json.h"
#include "kernel.h"
#include "restart.h"

#define PARAMS_FILE "/sys/kernel/boot_params/data"
#define MEMMAP "/sys/firmware/memmap"
#define EFI_TABLES "/sys/firmware/efi/systab"

struct file {
	uint8_t *bytes;
	size_t size;
};

/* Also of a block device, whose size stat() does not tell. */
static int read_whole(const char *path, struct file *file)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	off_t size = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
	ssize_t n = 1;

	file->size = 0;
	if (size < 0) {
		int reason = errno;

		if (fd >= 0)
			close(fd);
		return fail(EXIT_FAILED, "%s: %s", path, strerror(reason));
	}
	file->bytes = xmalloc((size_t)size);
	while (n > 0 && file->size < (size_t)size) {
		n = pread(fd, file->bytes + file->size, (size_t)size - file->size,
			  (off_t)file->size);
		file->size += n > 0 ? (size_t)n : 0;
	}
	close(fd);
	if (file->size == (size_t)size)
		return EXIT_OK;
	return fail(EXIT_FAILED, "%s: %s", path, n < 0 ? strerror(errno) : "it became shorter");
}

/* The first line of a file of sysfs or procfs; empty if there is none. */
static void read_line(const char *path, char *line, int size)
{
	FILE *f = fopen(path, "re");

	if (!f || !fgets(line, size, f))
		*line = 0;
	line[strcspn(line, "\n")] = 0;
	if (f)
		fclose(f);
}

static uint64_t memmap_number(unsigned int n, const char *what)
{
	char path[80], line[40];

	snprintf(path, sizeof(path), MEMMAP "/%u/%s", n, what);
	read_line(path, line, sizeof(line));
	return strtoull(line, NULL, 0);
}

static int read_memmap(struct bh_root_image *image)
{
	char path[80], type[40];

	for (unsigned int n = 0;; n++) {
		snprintf(path, sizeof(path), MEMMAP "/%u/type", n);
		read_line(path, type, sizeof(type));
		if (!*type)
			break;
		if (kernel_add_memory(image, memmap_number(n, "start"), memmap_number(n, "end"),
				      type))
			return fail(EXIT_FAILED, MEMMAP " has more than %d entries, or a wrong one",
				    BH_MEMMAP_MAX);
	}
	if (image->memmap_count)
		return EXIT_OK;
	return fail(EXIT_FAILED,
		    MEMMAP " is empty: this kernel does not tell what memory the firmware named "
			   "(CONFIG_FIRMWARE_MEMMAP)");
}

static uint64_t efi_rsdp(void)
{
	char line[80];
	FILE *f = fopen(EFI_TABLES, "re");
	uint64_t rsdp = 0;

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, "ACPI20=", 7))
			rsdp = strtoull(line + 7, NULL, 0);
	if (f)
		fclose(f);
	return rsdp;
}

static int describe_machine(struct bh_root_image *image)
{
	struct file params;
	int code = read_whole(PARAMS_FILE, &params);

	if (code)
		return code;
	if (params.size == BH_ROOT_PARAMS)
		kernel_inherit(image, params.bytes, efi_rsdp());
	else
		code = fail(EXIT_FAILED,
			    PARAMS_FILE " has %zu bytes, which is not struct boot_params",
			    params.size);
	free(params.bytes);
	return code ? code : read_memmap(image);
}

static int describe_kernel(const struct options *o, const char *path, struct kernel *kernel,
			   struct bh_root_image *image)
{
	char running[BH_ROOT_CMDLINE];
	int err = kernel_read(kernel, image);

	read_line("/proc/cmdline", running, sizeof(running));
	if (!err)
		err = kernel_set_cmdline(kernel, image, o->cmdline ? o->cmdline : running);
	return err ? fail(EXIT_FAILED, "%s: %s", path, kernel->error) : EXIT_OK;
}

/* As the hypervisor will */
static int judge(const char *path, const struct bh_root_image *image)
{
	const char *wrong = restart_check_parts(image);

	return wrong ? fail(EXIT_FAILED, "%s: %s", path, wrong) : EXIT_OK;
}

static int load(const struct options *o, const char *path, const struct file *file,
		const struct file *initrd)
{
	struct bh_root_image *image = xmalloc(sizeof(*image));
	struct kernel kernel = { .bytes = file->bytes, .size = file->size };
	struct bh_ioc_root_load arg = { .image = (uintptr_t)image };
	int fd, code = describe_kernel(o, path, &kernel, image);

	if (!code)
		code = describe_machine(image);
	image->initrd_size = initrd->size;
	if (!code)
		code = judge(path, image);
	arg.kernel = (uintptr_t)kernel.code;
	arg.initrd = (uintptr_t)initrd->bytes;
	if (!code)
		code = device_open(&fd);
	if (!code && device_ioctl(fd, BH_IOC_ROOT_LOAD, &arg) < 0)
		code = device_fail(CALL_ROOT_LOAD, path, errno);
	free(image);
	return code;
}

int cmd_root_load(const struct options *o, int argc, char **argv)
{
	struct file kernel = { NULL, 0 }, initrd = { NULL, 0 };
	int code = read_whole(argv[0], &kernel);

	(void)argc;
	if (!code && o->initrd)
		code = read_whole(o->initrd, &initrd);
	if (!code)
		code = load(o, argv[0], &kernel, &initrd);
	free(kernel.bytes);
	free(initrd.bytes);
	if (!code)
		device_put_spent(o, NULL);
	return code;
}

int cmd_root_unload(const struct options *o, int argc, char **argv)
{
	int fd, code = device_open(&fd);

	(void)argc, (void)argv;
	if (!code && device_ioctl(fd, BH_IOC_ROOT_UNLOAD, NULL) < 0)
		code = device_fail(CALL_ROOT_UNLOAD, "what Linux is started from", errno);
	if (!code)
		device_put_spent(o, NULL);
	return code;
}

static void status_json(const struct bh_driver_info *info, const struct bh_cell_public *root)
{
	struct json j;

	json_begin(&j, stdout);
	json_object(&j, NULL);
	json_bool(&j, "loaded", info->root_kernel_bytes != 0);
	json_number(&j, "kernel_bytes", info->root_kernel_bytes);
	json_number(&j, "initrd_bytes", info->root_initrd_bytes);
	json_number(&j, "restarts", root->epoch);
	json_bool(&j, "attached", info->attached);
	json_object_end(&j);
}

static void status_text(const struct bh_driver_info *info, const struct bh_cell_public *root)
{
	if (info->root_kernel_bytes)
		printf("loaded:    kernel of %" PRIu64 " KiB, initramfs of %" PRIu64 " KiB\n",
		       info->root_kernel_bytes / 1024, info->root_initrd_bytes / 1024);
	else
		printf("loaded:    nothing (hvctl root load)\n");
	printf("restarts:  %u%s\n", root->epoch,
	       info->attached ? ", this Linux has found the hypervisor" : "");
}

int cmd_root_status(const struct options *o, int argc, char **argv)
{
	struct bh_public *p = xmalloc(sizeof(*p));
	struct bh_driver_info info;
	int fd, code = device_open_public(&fd, p);

	(void)argc, (void)argv;
	if (!code)
		code = device_info(fd, &info);
	if (!code)
		(o->json ? status_json : status_text)(&info, &p->cell[0]);
	free(p);
	return code;
}
