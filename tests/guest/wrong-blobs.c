// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptions in wire format as no tool makes them, straight to the driver: cut short at every
 * length, and good ones with a few fields spoiled at random.
 *
 *	wrong-blobs system CPUS		while not enabled; APIC IDs are 0 .. CPUS-1
 *	wrong-blobs cell CPU RUNS SEED	while enabled; CPU is free
 *
 * A blob that is cut short has to be refused by a rule. A spoiled one may be refused by a rule,
 * or for what the machine is (EBUSY, ENOMEM, ...), or be accepted if it still makes sense; a
 * cell is then destroyed. Prints a line for each answer that is wrong and a summary.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bulkhead/ioctl.h>
#include "modules/cell-blob.h"

struct system_blob {
	struct bh_system_config c;
	struct bh_config_cpu cpu[BH_MAX_CPUS];
};

static const uint64_t extremes[] = {
	0,
	1,
	0xfff,
	0x1000,
	0x100000,
	0x200000,
	0x40000000,
	0xb0000000,
	0xfec00000,
	0xfee00000,
	UINT64_C(1) << 32,
	UINT64_C(1) << 47,
	UINT64_C(1) << 48,
	UINT64_C(1) << 63,
	UINT64_C(0xfffffffffffff000),
	UINT64_C(0xffffffffffe00000),
	BH_ADDR_NONE,
};
#define EXTREMES (sizeof(extremes) / sizeof(extremes[0]))

static int device;
static unsigned int refused, impossible, accepted, failures;

/* 0 or errno; *rule is BH_ID_NONE where no rule failed. */
static int call(unsigned long request, const void *blob, uint32_t size, uint32_t *rule,
		uint32_t *id)
{
	struct bh_ioc_config arg = { .data = (uintptr_t)blob, .size = size, .rule = BH_ID_NONE };
	int error;

	errno = 0;
	error = ioctl(device, request, &arg) < 0 ? errno : 0;
	*rule = arg.rule;
	*id = arg.id;
	return error;
}

static void wrong(const char *what, uint32_t n, int error, uint32_t rule)
{
	printf("%s %u: %s, rule %u\n", what, n, strerror(error), rule);
	failures++;
}

static void cut_short(unsigned long request, const void *blob, uint32_t size)
{
	uint32_t rule, id;

	for (uint32_t n = 0; n < size; n++) {
		/* At the end of its own memory, so that reading beyond it is seen as EFAULT. */
		uint8_t *copy = malloc(n ? n : 1);
		int error;

		memcpy(copy, blob, n);
		if (n >= sizeof(struct bh_config_header))
			((struct bh_config_header *)copy)->size = n;
		error = call(request, copy, n, &rule, &id);
		if (error != EINVAL)
			wrong("cut at", n, error, rule);
		refused++;
		free(copy);
	}
}

static void spoil(uint8_t *blob, size_t size)
{
	for (int changes = 1 + rand() % 3; changes; changes--) {
		size_t at = (size_t)rand() % size;

		if (rand() % 2)
			memcpy(blob + at / 8 * 8, &extremes[(size_t)rand() % EXTREMES], 8);
		else
			blob[at] ^= (uint8_t)(1 << rand() % 8);
	}
}

static void try_cell(const struct cell_blob *blob, uint32_t run)
{
	uint32_t rule, id;
	int error = call(BH_IOC_CELL_CREATE, blob, sizeof(*blob), &rule, &id);

	if (!error) {
		accepted++;
		if (ioctl(device, BH_IOC_CELL_DESTROY, &id) < 0)
			wrong("destroy in run", run, errno, id);
	} else if (error == EINVAL && rule != BH_ID_NONE) {
		refused++;
	} else if (error == EBUSY || error == ENOMEM || error == ENXIO || error == ENOSPC ||
		   error == EEXIST || error == EINVAL) {
		impossible++;
	} else {
		wrong("run", run, error, rule);
	}
}

static void cells(uint32_t cpu, uint32_t runs)
{
	struct cell_blob blob = cell_blob_good(cpu, cpu);

	cut_short(BH_IOC_CELL_CREATE, &blob, sizeof(blob));
	try_cell(&blob, 0);
	if (accepted != 1)
		wrong("the good cell", 0, 0, 0);
	for (uint32_t run = 1; run <= runs; run++) {
		blob = cell_blob_good(cpu, cpu);
		spoil((uint8_t *)&blob, sizeof(blob));
		try_cell(&blob, run);
	}
}

/* Only cut short: a spoiled one that still makes sense would be enabled, as asked. */
static void systems(uint32_t cpus)
{
	struct system_blob blob = {
		.c = {
			.header = { BH_CONFIG_MAGIC, BH_CONFIG_REVISION, BH_CONFIG_SYSTEM, 0, 0,
				    "blob" },
			.flags = BH_SYSTEM_ACCEPT_UNMODERATED_MSI |
				 BH_SYSTEM_ACCEPT_UNPROTECTED_DMA,
			.address_limit = UINT64_C(36) << 30,
			.memory_hpa = BH_ADDR_NONE,
			.memory_size = BH_PIECE_SIZE,
			.ecam_hpa = BH_ADDR_NONE,
			.cpus = { offsetof(struct system_blob, cpu), cpus },
		},
	};
	uint32_t size = offsetof(struct system_blob, cpu) + cpus * sizeof(blob.cpu[0]);

	blob.c.header.size = size;
	blob.c.ioapics.offset = blob.c.iommus.offset = size;
	blob.c.slots.offset = blob.c.pool.offset = size;
	for (uint32_t i = 0; i < cpus; i++)
		blob.cpu[i] = (struct bh_config_cpu){ i, i };
	cut_short(BH_IOC_ENABLE, &blob, size);
}

int main(int argc, char **argv)
{
	device = open("/dev/bulkhead", O_RDWR);
	if (device < 0) {
		perror("/dev/bulkhead");
		return 2;
	}
	if (argc == 3 && !strcmp(argv[1], "system"))
		systems((uint32_t)atoi(argv[2]));
	else if (argc == 5 && !strcmp(argv[1], "cell")) {
		srand((unsigned int)atoi(argv[4]));
		cells((uint32_t)atoi(argv[2]), (uint32_t)atoi(argv[3]));
	} else
		return 2;
	printf("%u refused, %u impossible, %u accepted, %u wrong\n", refused, impossible, accepted,
	       failures);
	return failures != 0;
}
