// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hypervisor's image and memory (see image.h).
 */
#include <linux/device.h>
#include <linux/firmware.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>
#include <bulkhead/comm.h>
#include <bulkhead/hypercall.h>
#include "chardev.h"
#include "clock.h"
#include "driver.h"
#include "image.h"
#include "mem_linux.h"
#include "memory.h"
#include "stub.h"

/* Without a named range the description's size counts, and this where it is silent. */
#define DEFAULT_MEMORY BH_PIECE_SIZE

void *hv_va(u64 hpa, u64 bytes)
{
	struct mem_run *run;
	void *va;

	list_for_each_entry(run, &hv.runs, list) {
		if (hpa < run->hpa || bytes > run->size || hpa - run->hpa > run->size - bytes)
			continue;
		va = mem_run_va(run);
		return va ? va + (hpa - run->hpa) : NULL;
	}
	return NULL;
}

/* ----------------------------------------------------------------------------- memory */

static int memory_take(void)
{
	const struct bh_system_config *c = hv.system.c;
	u64 bytes = c->memory_size ? c->memory_size : DEFAULT_MEMORY;
	int err;

	if (bytes > BH_MAX_HV_PIECES * (u64)BH_PIECE_SIZE) {
		pr_err("memory-size %#llx of the system description is more than the %u MiB that a hypervisor may have\n",
		       bytes, BH_MAX_HV_PIECES * BH_PIECE_SIZE >> 20);
		return -EINVAL;
	}
	if (c->memory_hpa == BH_ADDR_NONE) {
		err = mem_take(&hv.runs, bytes, MEM_HYPERVISOR);
		if (err == -ENOMEM)
			pr_err("Linux has no %llu MiB to spare for the hypervisor in pieces of 2 MiB; free memory, or name a range that was reserved at boot\n",
			       bytes >> 20);
		return err;
	}
	err = mem_take_at(&hv.runs, c->memory_hpa, bytes, MEM_HYPERVISOR);
	if (err) {
		pr_err("memory %#llx+%#llx of the system description is in use; reserve it at boot (memmap=%lluM$%#llx)\n",
		       c->memory_hpa, bytes, bytes >> 20, c->memory_hpa);
		return err;
	}
	if (mem_run_va(list_first_entry(&hv.runs, struct mem_run, list)))
		return 0;
	mem_release_cleared(&hv.runs);
	return -ENOMEM;
}

static void memory_clear(void)
{
	struct mem_run *run;

	list_for_each_entry(run, &hv.runs, list)
		mem_zero(hv_va(run->hpa, run->size), run->size);
}

/* Code and constants are the same as in the file: no secret, and nothing to clear; but for the
 * page with the header, lest somebody who looks through memory takes it for an image in use. */
static void memory_clear_written(void)
{
	u64 keep = hv.image_constant;
	struct mem_run *run;

	list_for_each_entry(run, &hv.runs, list) {
		void *va = hv_va(run->hpa, run->size);

		mem_zero(va + keep, run->size - keep);
		if (keep)
			mem_zero(va, PAGE_SIZE);
		keep = 0;
	}
}

static void memory_give_back(void)
{
	memory_clear_written();
	mem_release_cleared(&hv.runs);
}

/* ------------------------------------------------------------------------------ image */

/* Everything that the driver touches must lie in the first piece, since the pieces need not be
 * adjacent in Linux's view. */
static bool fits(u32 offset, u64 bytes, u32 limit)
{
	return offset <= limit && bytes <= limit - offset && IS_ALIGNED(offset, 8);
}

static const char *header_fault(const struct bh_image_header *h, size_t file_size, u32 config_bytes)
{
	if (file_size < sizeof(*h) || h->magic != BH_IMAGE_MAGIC)
		return "it is not a Bulkhead image";
	if (h->abi != BH_ABI)
		return "it was built for another version of the driver";
	if (h->vendor != hv.vendor)
		return "it is for CPUs of another vendor";
	if (h->file_size > file_size)
		return "it is truncated";
	if (h->memory_size < h->file_size || h->memory_size > BH_PIECE_SIZE)
		return "it is too big";
	if (h->start_offset >= h->file_size ||
	    !fits(h->boot_offset, sizeof(struct bh_boot), h->memory_size) ||
	    !fits(h->entry_offset, BH_MAX_CPUS * sizeof(struct bh_cpu_entry), h->memory_size) ||
	    !fits(h->config_offset, h->config_size, h->memory_size) ||
	    !fits(h->public_offset, sizeof(struct bh_public), h->memory_size) ||
	    !IS_ALIGNED(h->public_offset, BH_PAGE_SIZE) ||
	    !fits(h->data_offset, 0, h->memory_size) || !IS_ALIGNED(h->data_offset, BH_PAGE_SIZE))
		return "its header is damaged";
	if (config_bytes > h->config_size)
		return "it has no room for a system description of this size";
	return NULL;
}

static void boot_fill(u32 config_bytes)
{
	struct bh_boot *boot = hv.boot;
	unsigned long stub = (unsigned long)bulkhead_stub_begin & PAGE_MASK;
	struct mem_run *run;
	unsigned int n = 0;
	u64 hpa;

	list_for_each_entry(run, &hv.runs, list)
		for (hpa = run->hpa; hpa < run->hpa + run->size; hpa += BH_PIECE_SIZE)
			boot->piece_hpa[n++] = hpa;
	boot->memory_size = n * (u64)BH_PIECE_SIZE;
	boot->stub_va = stub;
	boot->stub_hpa = PFN_PHYS(vmalloc_to_pfn((void *)stub));
	boot->leave_va = (unsigned long)bulkhead_stub_leave;
	boot->entry_va = (u64)hv.entry;
	boot->tsc_hz = clock_tsc_hz();
	boot->apic_timer_hz = 0; /* the kernel keeps it to itself */
	boot->cpu_count = hv.system.cpu_count;
	boot->config_bytes = config_bytes;
	boot->rule = BH_ID_NONE;
}

static void image_place(const struct firmware *fw, u32 config_bytes, u64 *start_va)
{
	const struct bh_image_header *h = (const void *)fw->data;

	memory_clear();
	hv.first_piece =
		hv_va(list_first_entry(&hv.runs, struct mem_run, list)->hpa, BH_PIECE_SIZE);
	memcpy(hv.first_piece, fw->data, h->file_size);
	hv.image_constant = h->data_offset;
	hv.boot = hv.first_piece + h->boot_offset;
	hv.entry = hv.first_piece + h->entry_offset;
	hv.public = hv.first_piece + h->public_offset;
	memcpy(hv.first_piece + h->config_offset, hv.system_blob, config_bytes);
	boot_fill(config_bytes);
	*start_va = BH_IMAGE_VA + h->start_offset;
}

/* Into a buffer of ours: for other requests Linux keeps a copy when it is to sleep, and would hand that
 * out for 10 s after we refused, whatever the file has become. */
int image_load(u32 config_bytes, u64 *start_va)
{
	const char *name = hv.vendor == BH_VENDOR_AMD ? "bulkhead-amd.bin" : "bulkhead-intel.bin";
	void *buffer = vmalloc(BH_PIECE_SIZE);
	const struct firmware *fw;
	const char *fault;
	int err;

	if (!buffer)
		return -ENOMEM;
	err = request_firmware_into_buf(&fw, name, chardev_device(), buffer, BH_PIECE_SIZE);
	if (err) {
		pr_err("no hypervisor image: cannot read %s (error %d); it belongs in /lib/firmware\n",
		       name, err);
		goto free_buffer;
	}
	fault = header_fault((const void *)fw->data, fw->size, config_bytes);
	if (fault) {
		pr_err("%s cannot be used: %s; install image and driver of one version\n", name,
		       fault);
		err = -ENOEXEC;
		goto release_firmware;
	}
	err = memory_take();
	if (!err)
		image_place(fw, config_bytes, start_va);
release_firmware:
	release_firmware(fw);
free_buffer:
	vfree(buffer);
	return err;
}

void image_unload(void)
{
	hv.boot = NULL;
	hv.entry = NULL;
	hv.public = NULL;
	hv.first_piece = NULL;
	memory_give_back();
}
