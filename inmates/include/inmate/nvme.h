/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * An NVMe disk, namespace 1: one command at a time, waiting for its interrupt. The queues lie in the
 * struct, which therefore has to be static. NVM Express Base Specification 1.4
 */
#ifndef INMATE_NVME_H
#define INMATE_NVME_H

#include <bulkhead/errno.h>
#include <bulkhead/types.h>

#define NVME_QUEUE 16 /* entries */
#define NVME_PAGE 4096u

struct nvme_command {
	uint32_t opcode; /* and its identifier << 16 */
	uint32_t namespace;
	uint64_t reserved, metadata;
	uint64_t data[2]; /* PRP 1, 2 */
	uint32_t word[6]; /* CDW 10 to 15 */
};
static_assert(sizeof(struct nvme_command) == 64, "hardware");

struct nvme_completion {
	uint32_t result, reserved;
	uint32_t queue;
	uint32_t status; /* identifier, phase << 16, status << 17 */
};
static_assert(sizeof(struct nvme_completion) == 16, "hardware");

struct nvme_queue {
	struct nvme_command submit[NVME_QUEUE] __attribute__((aligned(4096)));
	struct nvme_completion done[NVME_QUEUE] __attribute__((aligned(4096)));
	uintptr_t submit_doorbell, done_doorbell;
	uint32_t tail, head, phase;
};

struct nvme {
	uint32_t bdf;
	uintptr_t registers;
	struct nvme_queue admin, io;
	uint8_t page[NVME_PAGE]
		__attribute__((aligned(4096))); /* what identify answers, and data */
	uint64_t blocks;
	uint32_t block_size;
	char model[41], serial[21];
	volatile uint64_t interrupts;
};

/* Resets the controller, makes one I/O queue that interrupts this CPU by MSI-X, and finds out what the
 * disk is. bdf PCI_NONE: the first on bus 0. After apic_init() and time_init(), interrupts on. -ENODEV; -EIO: it
 * refuses a command; -ETIMEDOUT; -EOPNOTSUPP: not a disk with blocks of up to NVME_PAGE bytes */
int nvme_open(struct nvme *nvme, uint32_t bdf);

/* One block. -EINVAL: beyond the end; -EIO, -ETIMEDOUT as above. */
int nvme_read(struct nvme *nvme, uint64_t block, void *data);
int nvme_write(struct nvme *nvme, uint64_t block, const void *data);

/* Starts to read a block to any address at all, and does not wait: for attacks. */
void nvme_read_to(struct nvme *nvme, uint64_t block, uint64_t address);

#endif
