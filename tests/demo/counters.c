/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads the exit counters of a cell's CPU from the hypervisor's public pages: no exit itself. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <bulkhead/ioctl.h>
#include "bh-demo.h"

static const char *const causes[] = {
	[BH_EXIT_HYPERCALL] = "hypercall",
	[BH_EXIT_CPUID] = "cpuid",
	[BH_EXIT_ICR] = "icr",
	[BH_EXIT_MSR] = "msr",
	[BH_EXIT_APIC] = "apic",
	[BH_EXIT_IOAPIC] = "ioapic",
	[BH_EXIT_PCI] = "pci",
	[BH_EXIT_PIO] = "pio",
	[BH_EXIT_DOORBELL] = "doorbell",
	[BH_EXIT_LINK] = "link",
	[BH_EXIT_KICK] = "kick",
	[BH_EXIT_NMI] = "nmi",
	[BH_EXIT_IRET] = "iret",
	[BH_EXIT_CR] = "cr",
	[BH_EXIT_INSN] = "insn",
	[BH_EXIT_STRAY] = "stray",
	[BH_EXIT_IOMMU] = "iommu",
	[BH_EXIT_DEVICE] = "device",
	[BH_EXIT_OTHER] = "other",
};

const char *counters_cause(unsigned int cause)
{
	return cause < BH_EXIT_CAUSES && causes[cause] ? causes[cause] : "?";
}

static int read_public(struct bh_public *p)
{
	struct bh_ioc_read r = {
		.area = BH_READ_PUBLIC,
		.data = (uintptr_t)p,
		.size = sizeof(*p),
	};
	int fd = open("/dev/bulkhead", O_RDONLY | O_CLOEXEC);
	int result;

	if (fd < 0)
		return complain("/dev/bulkhead: %s", strerror(errno));
	result = ioctl(fd, BH_IOC_READ, &r);
	if (result < 0)
		complain("cannot read the counters: %s", strerror(errno));
	close(fd);
	return result < 0;
}

static int pick(const struct bh_public *p, const char *cell, struct counters *c)
{
	unsigned int i, n;

	for (i = 0; i < BH_MAX_CELLS; i++)
		if (p->cell[i].state != BH_CELL_NONE && !strcmp(p->cell[i].name, cell))
			break;
	for (n = 0; i < BH_MAX_CELLS && n < p->cpu_count; n++) {
		if (p->cpu[n].cell != p->cell[i].id)
			continue;
		memcpy(c->exits, p->cpu[n].exits, sizeof(c->exits));
		c->x2apic = (int)p->x2apic;
		return 0;
	}
	return complain("no cell %s with a CPU", cell);
}

int counters_read(const char *cell, struct counters *c)
{
	struct bh_public *p = calloc(1, sizeof(*p));
	int failed = !p || read_public(p);

	if (!failed)
		failed = pick(p, cell, c);
	free(p);
	return failed;
}
