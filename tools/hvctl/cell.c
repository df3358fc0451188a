// SPDX-License-Identifier: GPL-2.0-only
/*
 * The steps of a cell's life but for loading (cell_load.c).
 */
#include <errno.h>
#include <string.h>
#include <bulkhead/hypercall.h>
#include "cell.h"
#include "console.h"
#include "description.h"
#include "start_file.h"
#include "config.h" /* hypervisor/pure */
#include "sysfs_pci.h"

/* What can be said about the cell's PCI functions before Linux loses them. */
static int check_functions(const struct description *d)
{
	struct sysfs_pci_wish wishes[BH_MAX_DEVICES];
	struct config_cell cell;
	struct config_error err;
	char why[512];

	if (config_parse_cell(&cell, d->blob, d->size, &err))
		return EXIT_OK; /* the driver says what is wrong with it */
	for (uint32_t i = 0; i < cell.device_count; i++) {
		const struct bh_config_pci *f = &cell.devices[i];

		if (f->host_bdf == BH_BDF_NONE)
			return fail(EXIT_FAILED,
				    "%s: this machine has no PCI function for node %u of \"pci\" "
				    "(%04x:%04x); lspci -nn lists what there is",
				    d->path, i, f->vendor, f->device);
		wishes[i] = (struct sysfs_pci_wish){ f->host_bdf, f->flags & BH_PCI_ACCEPT_NO_RESET,
						     f->flags & BH_PCI_INTX };
	}
	if (sysfs_pci_can_give("", wishes, cell.device_count, why, sizeof(why)))
		return EXIT_OK;
	return fail(EXIT_BUSY, "%s: %s", d->path, why);
}

/* What the hypervisor has to say of a refusal. */
static void tell_why(struct console *console)
{
	fflush(stdout);
	console->to = stderr;
	console_copy(console);
}

int cell_create(int fd, const char *file, struct cell_ref *cell)
{
	struct bh_ioc_config c = { .rule = BH_ID_NONE };
	struct console console;
	struct description d;
	int code = description_load(file, BH_CONFIG_CELL, &d);

	if (!code) {
		code = check_functions(&d);
		if (code)
			describe_free(&d);
	}
	if (code)
		return code;
	c.data = (uintptr_t)d.blob;
	c.size = (uint32_t)d.size;
	console_open(&console, fd, NULL, false);
	console_skip(&console);
	if (device_ioctl(fd, BH_IOC_CELL_CREATE, &c) < 0 && c.id) {
		code = fail(
			EXIT_FAILED,
			"cell %s could not be completed (%s), and the hypervisor did not give it "
			"back; hvctl cell destroy %s tries again",
			d.name, strerror(errno), d.name);
	} else if (!c.id) {
		code = description_refused(&d, CALL_CREATE, errno, &c);
		tell_why(&console);
	} else {
		cell->id = c.id;
		memcpy(cell->name, d.name, BH_NAME_LEN);
		start_remove(cell->name);
	}
	console_close(&console);
	describe_free(&d);
	return code;
}

int cell_start(int fd, const struct cell_ref *cell, const struct options *o)
{
	struct bh_ioc_start s = { .id = cell->id };
	struct start kept;

	start_read(cell->name, &kept);
	if (o->entry != BH_ADDR_NONE)
		kept.entry = o->entry;
	if (o->mode)
		kept.mode = strcmp(o->mode, "reset16") ? BH_START_FLAT32 : BH_START_RESET16;
	if (kept.entry == BH_ADDR_NONE)
		return fail(EXIT_FAILED,
			    "cell %s: it is not known where it starts; load an image (hvctl cell "
			    "load) or say --entry",
			    cell->name);
	s.entry = kept.entry;
	s.mode = kept.mode;
	if (device_ioctl(fd, BH_IOC_CELL_START, &s) < 0)
		return device_fail(CALL_START, cell->name, errno);
	return start_write(cell->name, &kept);
}

int cell_stop(int fd, const struct cell_ref *cell, bool force, uint32_t timeout_ms)
{
	struct bh_ioc_stop s = { .id = cell->id,
				 .force = force,
				 .timeout_ms = timeout_ms ? timeout_ms : CELL_STOP_MS };

	if (s.timeout_ms > 600000)
		s.timeout_ms = 600000;
	if (device_ioctl(fd, BH_IOC_CELL_STOP, &s) == 0)
		return EXIT_OK;
	if (errno == ETIMEDOUT && !force)
		return fail(EXIT_TIMEOUT,
			    "cell %s did not answer the shutdown request within %g s and runs on; "
			    "--force parks it whatever it is doing",
			    cell->name, s.timeout_ms / 1000.0);
	if (errno == EINTR && !force)
		return fail(EXIT_FAILED,
			    "cell %s: interrupted; the request stands, the cell may "
			    "still answer it",
			    cell->name);
	return device_fail(CALL_STOP, cell->name, errno);
}

int cell_end(int fd, const struct cell_ref *cell, uint32_t ask_ms)
{
	struct bh_ioc_stop s = { .id = cell->id, .timeout_ms = ask_ms };

	if (device_ioctl(fd, BH_IOC_CELL_STOP, &s) == 0)
		return EXIT_OK;
	fail(EXIT_OK, "cell %s did not answer the shutdown request and is parked", cell->name);
	return cell_stop(fd, cell, true, 0);
}

int cell_destroy(int fd, const struct cell_ref *cell)
{
	uint32_t id = cell->id;

	if (device_ioctl(fd, BH_IOC_CELL_DESTROY, &id) < 0)
		return device_fail(CALL_DESTROY, cell->name, errno);
	start_remove(cell->name);
	return EXIT_OK;
}
