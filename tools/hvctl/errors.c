// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sentences for what the driver answers: what failed, why, what to do, and the exit code.
 */
#include <errno.h>
#include <string.h>
#include "device.h"

struct meaning {
	enum device_call call;
	int error;
	enum exit_code code;
	const char *text;
};

static const char *const calls[] = {
	[CALL_ENABLE] = "cannot enable",
	[CALL_DISABLE] = "cannot disable the",
	[CALL_CREATE] = "cannot create the cell of",
	[CALL_DESTROY] = "cannot destroy cell",
	[CALL_LOAD] = "cannot load cell",
	[CALL_START] = "cannot start cell",
	[CALL_STOP] = "cannot stop cell",
	[CALL_READ] = "cannot read from the",
	[CALL_ROOT_LOAD] = "cannot load",
	[CALL_ROOT_UNLOAD] = "cannot unload",
};

static const struct meaning meanings[] = {
	{ CALL_ENABLE, EBUSY, EXIT_BUSY,
	  "it runs already (hvctl status), something else uses the CPU's virtualization (end "
	  "virtual machines, unload kvm_amd or kvm_intel), or another hvctl is at work; dmesg says "
	  "which" },
	{ CALL_ENABLE, ENODEV, EXIT_FAILED,
	  "a CPU of the description is not on-line, a CPU of this machine is not in the "
	  "description, or the CPUs have no virtualization extension that the hypervisor knows; "
	  "dmesg says which" },
	{ CALL_ENABLE, EINVAL, EXIT_FAILED,
	  "the CPUs of the description are not those of this machine; dmesg says which" },
	{ CALL_ENABLE, ENXIO, EXIT_FAILED,
	  "the machine has a DMA-remapping unit that the description does not name; add it, as "
	  "hvctl config generate does; dmesg says which" },
	{ CALL_ENABLE, ENOEXEC, EXIT_FAILED,
	  "the hypervisor's image (/lib/firmware/bulkhead-amd.bin) is not of this driver's build" },
	{ CALL_ENABLE, EOPNOTSUPP, EXIT_FAILED,
	  "the machine lacks something (nested paging), or uses something (memory encryption, DMA "
	  "translation: boot with iommu=pt) that the hypervisor cannot live with; dmesg says what" },
	{ CALL_ENABLE, ENOENT, EXIT_FAILED,
	  "the hypervisor's image is not installed (/lib/firmware/bulkhead-amd.bin)" },
	{ CALL_ENABLE, ENOMEM, EXIT_FAILED,
	  "Linux has no 2 MiB piece of memory left; free some, or reserve memory and name it in the "
	  "description (property \"memory\")" },
	{ CALL_ENABLE, ETIMEDOUT, EXIT_TIMEOUT,
	  "not all CPUs arrived in time; nothing was changed" },
	{ CALL_DISABLE, EBUSY, EXIT_BUSY,
	  "there are cells (hvctl cell destroy), or another hvctl is at work" },
	{ CALL_CREATE, EEXIST, EXIT_BUSY,
	  "a cell of this name exists (hvctl cell destroy, or choose another name)" },
	{ CALL_CREATE, EBUSY, EXIT_BUSY,
	  "a CPU, port, memory or peer number that it names belongs to another cell, or a port to a "
	  "driver of Linux, or another hvctl is at work; dmesg or hvctl console says which" },
	{ CALL_CREATE, ENOMEM, EXIT_FAILED,
	  "memory is exhausted; free some in Linux, make the cell smaller, or enlarge the pool" },
	{ CALL_CREATE, ENOSPC, EXIT_FAILED,
	  "a table is full (cells, links, link slots of the system description, or the hypervisor's "
	  "pages)" },
	{ CALL_CREATE, EINVAL, EXIT_DESCRIPTION,
	  "an end of a link differs from another cell's in peers, protocol, sizes or the root's end, or "
	  "memory is not where a device's DMA needs it; dmesg or hvctl console says which" },
	{ CALL_CREATE, ENXIO, EXIT_FAILED,
	  "a CPU or PCI function that it names is not one of this machine's; dmesg says which" },
	{ CALL_DESTROY, EBUSY, EXIT_BUSY, "it runs (hvctl cell shutdown, or destroy --force)" },
	{ CALL_DESTROY, ENOENT, EXIT_FAILED, "it is gone already" },
	{ CALL_LOAD, EBUSY, EXIT_BUSY, "it runs (hvctl cell shutdown first)" },
	{ CALL_LOAD, EFAULT, EXIT_FAILED, "the image does not lie in the cell's memory" },
	{ CALL_LOAD, ERANGE, EXIT_FAILED, "the image does not lie in the cell's memory" },
	{ CALL_LOAD, EINVAL, EXIT_FAILED, "the image does not lie in the cell's memory" },
	{ CALL_LOAD, ENOSPC, EXIT_FAILED, "the images together are larger than the cell's memory" },
	{ CALL_LOAD, ENOMEM, EXIT_FAILED, "memory is exhausted" },
	{ CALL_START, EBUSY, EXIT_BUSY, "it runs already" },
	{ CALL_START, EINVAL, EXIT_FAILED, "the entry is not in the cell's memory" },
	{ CALL_START, ENODATA, EXIT_FAILED,
	  "what it was loaded with died with the Linux that loaded it (hvctl cell load)" },
	{ CALL_STOP, ETIMEDOUT, EXIT_TIMEOUT, "it did not answer the request in time" },
	{ CALL_STOP, ENOENT, EXIT_FAILED, "it is gone already" },
	{ CALL_ROOT_LOAD, EEXIST, EXIT_BUSY, "something is loaded already (hvctl root unload)" },
	{ CALL_ROOT_LOAD, EINVAL, EXIT_FAILED,
	  "the hypervisor takes no such image; hvctl console says why" },
	{ CALL_ROOT_LOAD, ENOMEM, EXIT_FAILED,
	  "Linux has no memory for it, or the hypervisor no pages (property \"memory-size\")" },
	{ CALL_ROOT_UNLOAD, ENOENT, EXIT_FAILED, "nothing is loaded" },
};

int device_fail(enum device_call call, const char *subject, int error)
{
	/* These mean the same everywhere. */
	if (error == ENODATA && call == CALL_READ)
		error = ENODEV;
	if (error == ENODEV && call != CALL_ENABLE)
		return fail(EXIT_NOT_ENABLED, "the hypervisor is not enabled (hvctl enable FILE)");
	if (error == EINTR)
		return fail(EXIT_FAILED, "%s %s: interrupted, nothing was changed", calls[call],
			    subject);
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (meanings[i].call == call && meanings[i].error == error)
			return fail(meanings[i].code, "%s %s: %s", calls[call], subject,
				    meanings[i].text);
	return fail(error == EBUSY || error == EEXIST ? EXIT_BUSY : EXIT_FAILED, "%s %s: %s",
		    calls[call], subject, strerror(error));
}
