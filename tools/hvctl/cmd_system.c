// SPDX-License-Identifier: GPL-2.0-only
/*
 * hvctl enable, disable, status.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include "description.h"
#include "device.h"
#include "json.h"
#include "names.h"

int cmd_enable(const struct options *o, int argc, char **argv)
{
	struct bh_ioc_config c = { .rule = BH_ID_NONE };
	struct bh_driver_info info;
	struct description d;
	int fd, code = description_load(argv[0], BH_CONFIG_SYSTEM, &d);

	(void)argc;
	if (code)
		return code;
	c.data = (uintptr_t)d.blob;
	c.size = (uint32_t)d.size;
	code = device_open(&fd);
	if (!code)
		code = device_info(fd, &info);
	if (!code && info.enabled)
		code = fail(EXIT_BUSY, "the hypervisor is enabled already (hvctl status)");
	if (!code && device_ioctl(fd, BH_IOC_ENABLE, &c) < 0)
		code = description_refused(&d, CALL_ENABLE, errno, &c);
	describe_free(&d);
	if (!code)
		device_put_spent(o, NULL);
	return code;
}

int cmd_disable(const struct options *o, int argc, char **argv)
{
	int fd, code = device_open(&fd);

	(void)argc, (void)argv;
	if (!code && device_ioctl(fd, BH_IOC_DISABLE, NULL) < 0)
		code = device_fail(CALL_DISABLE, "hypervisor", errno);
	if (!code)
		device_put_spent(o, NULL);
	return code;
}

static unsigned int count_cells(const struct bh_public *p)
{
	unsigned int cells = 0;

	for (unsigned int i = 1; i < BH_MAX_CELLS; i++)
		cells += p->cell[i].state != BH_CELL_NONE;
	return cells;
}

static void status_json(const struct bh_driver_info *info, const struct bh_public *p)
{
	struct json j;

	json_begin(&j, stdout);
	json_object(&j, NULL);
	json_bool(&j, "enabled", info->enabled);
	json_number(&j, "hypervisor_bytes", info->hv_bytes);
	json_number(&j, "cell_bytes", info->cell_bytes);
	json_number(&j, "guard_bytes", info->guard_bytes);
	json_real(&j, "enable_ms", info->enable_ns / 1e6);
	json_real(&j, "disable_ms", info->disable_ns / 1e6);
	if (p) {
		json_string(&j, "system", p->cell[0].name);
		json_string(&j, "vendor", vendor_name(p->vendor));
		json_string(&j, "apic", p->x2apic ? "x2apic" : "xapic");
		json_number(&j, "cpus", p->cpu_count);
		json_number(&j, "cells", count_cells(p));
		json_number(&j, "links", info->links);
		json_number(&j, "image_bytes", p->image_size);
		json_number(&j, "memory_bytes", p->memory_size);
		json_number(&j, "pages_total", p->pages_total);
		json_number(&j, "pages_free", p->pages_free);
		json_number(&j, "stray", p->cell[0].stray);
		json_number(&j, "events", p->event_head);
	}
	json_object_end(&j);
}

static void status_text(const struct bh_driver_info *info, const struct bh_public *p)
{
	if (!p) {
		printf("not enabled\n");
		return;
	}
	printf("enabled:   %s, %s, %s mode, %u CPUs (took %.1f ms)\n", p->cell[0].name,
	       vendor_name(p->vendor), p->x2apic ? "x2APIC" : "xAPIC", p->cpu_count,
	       info->enable_ns / 1e6);
	printf("cells:     %u\nlinks:     %u\n", count_cells(p), info->links);
	printf("memory:    %" PRIu64 " KiB for the hypervisor (image %u KiB, %u of %u pages free), "
	       "%" PRIu64 " KiB for cells and links\n",
	       info->hv_bytes / 1024, p->image_size / 1024, p->pages_free, p->pages_total,
	       info->cell_bytes / 1024);
	if (p->cell[0].stray)
		printf("root:      %" PRIu64 " stray accesses ignored (hvctl events tells where)\n",
		       p->cell[0].stray);
}

int cmd_status(const struct options *o, int argc, char **argv)
{
	struct bh_public *p = xmalloc(sizeof(*p));
	struct bh_driver_info info;
	int fd, code = device_open(&fd);

	(void)argc, (void)argv;
	if (!code)
		code = device_info(fd, &info);
	if (!code && info.enabled)
		code = device_public(fd, p);
	if (!code)
		(o->json ? status_json : status_text)(&info, info.enabled ? p : NULL);
	if (!code && !info.enabled)
		code = EXIT_NOT_ENABLED;
	free(p);
	return code;
}
