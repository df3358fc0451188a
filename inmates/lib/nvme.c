/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* NVMe. Registers: NVM Express 1.4, 3.1; queues 4.1; initialization 7.6.1; commands 5 and 6 */
#include <inmate/cpu.h>
#include <inmate/irq.h>
#include <inmate/nvme.h>
#include <inmate/pci.h>
#include <inmate/string.h>
#include <inmate/time.h>

#define CLASS_NVME 0x010802u

#define CAP 0x00
#define CAP_TIMEOUT(cap) ((uint32_t)((cap) >> 24) & 0xff) /* in 500 ms */
#define CAP_STRIDE(cap) ((uint32_t)((cap) >> 32) & 0xf)
#define CC 0x14
#define CC_ENABLE 0x1u
#define CC_ENTRIES (6u << 16 | 4u << 20) /* log2 of their sizes */
#define CSTS 0x1c
#define CSTS_READY 0x1u
#define AQA 0x24
#define ASQ 0x28
#define ACQ 0x30
#define DOORBELLS 0x1000

#define ADMIN_CREATE_SUBMISSION 0x01
#define ADMIN_CREATE_COMPLETION 0x05
#define ADMIN_IDENTIFY 0x06
#define IO_WRITE 0x01
#define IO_READ 0x02

#define IDENTIFY_NAMESPACE 0
#define IDENTIFY_CONTROLLER 1
#define CREATE_CONTIGUOUS 0x1u
#define CREATE_INTERRUPTS 0x2u
#define IO_QUEUE 1u
#define IO_VECTOR 1u

#define STATUS_PHASE(status) ((status) >> 16 & 1)
#define STATUS_CODE(status) ((status) >> 17)
#define PATIENCE_MS 5000

static void write64(uintptr_t at, uint64_t value)
{
	mmio_write32(at, (uint32_t)value);
	mmio_write32(at + 4, (uint32_t)(value >> 32));
}

static void interrupt(struct irq_frame *frame, void *arg)
{
	struct nvme *nvme = arg;

	(void)frame;
	nvme->interrupts++;
}

static int wait_ready(const struct nvme *nvme, uint32_t wanted, uint64_t cap)
{
	uint32_t i, limit = (CAP_TIMEOUT(cap) + 1) * 500;

	for (i = 0; i < limit; i++) {
		if ((mmio_read32(nvme->registers + CSTS) & CSTS_READY) == wanted)
			return 0;
		time_delay_us(1000);
	}
	return -ETIMEDOUT;
}

static void queue_init(struct nvme *nvme, struct nvme_queue *q, uint32_t number, uint64_t cap)
{
	uint32_t stride = 4u << CAP_STRIDE(cap);

	memset(q, 0, sizeof(*q));
	q->submit_doorbell = nvme->registers + DOORBELLS + (uintptr_t)(2 * number) * stride;
	q->done_doorbell = q->submit_doorbell + stride;
	q->phase = 1;
}

static void submit(struct nvme_queue *q, const struct nvme_command *command)
{
	q->submit[q->tail] = *command;
	q->submit[q->tail].opcode |= q->tail << 16;
	q->tail = (q->tail + 1) % NVME_QUEUE;
	barrier_full();
	mmio_write32(q->submit_doorbell, q->tail);
}

static int is_done(const struct nvme_queue *q)
{
	return STATUS_PHASE(*(volatile const uint32_t *)&q->done[q->head].status) == q->phase;
}

static int take_result(struct nvme_queue *q)
{
	uint32_t status = q->done[q->head].status;

	q->head = (q->head + 1) % NVME_QUEUE;
	q->phase ^= !q->head;
	mmio_write32(q->done_doorbell, q->head);
	return STATUS_CODE(status) ? -EIO : 0;
}

/* Commands of administration are waited for by looking. */
static int execute(struct nvme *nvme, const struct nvme_command *command)
{
	uint32_t i;

	submit(&nvme->admin, command);
	for (i = 0; i < PATIENCE_MS * 10; i++) {
		if (is_done(&nvme->admin))
			return take_result(&nvme->admin);
		time_delay_us(100);
	}
	return -ETIMEDOUT;
}

/* The others by their interrupt; without one they are late, and that is an error. */
static int execute_io(struct nvme *nvme, const struct nvme_command *command)
{
	uint64_t before = nvme->interrupts, start = rdtsc();
	uint64_t limit = time_from_ns(PATIENCE_MS * UINT64_C(1000000));

	submit(&nvme->io, command);
	while (nvme->interrupts == before)
		if (rdtsc() - start > limit)
			return -ETIMEDOUT;
	return is_done(&nvme->io) ? take_result(&nvme->io) : -ETIMEDOUT;
}

static int start_controller(struct nvme *nvme, uint64_t cap)
{
	int err;

	mmio_write32(nvme->registers + CC, 0);
	err = wait_ready(nvme, 0, cap);
	if (err)
		return err;
	queue_init(nvme, &nvme->admin, 0, cap);
	mmio_write32(nvme->registers + AQA, (NVME_QUEUE - 1) << 16 | (NVME_QUEUE - 1));
	write64(nvme->registers + ASQ, (uintptr_t)nvme->admin.submit);
	write64(nvme->registers + ACQ, (uintptr_t)nvme->admin.done);
	mmio_write32(nvme->registers + CC, CC_ENTRIES | CC_ENABLE);
	return wait_ready(nvme, CSTS_READY, cap);
}

static int make_io_queue(struct nvme *nvme, uint64_t cap)
{
	struct nvme_command completion = {
		.opcode = ADMIN_CREATE_COMPLETION,
		.data = { (uintptr_t)nvme->io.done },
		.word = { (NVME_QUEUE - 1) << 16 | IO_QUEUE,
			  IO_VECTOR << 16 | CREATE_INTERRUPTS | CREATE_CONTIGUOUS },
	};
	struct nvme_command submission = {
		.opcode = ADMIN_CREATE_SUBMISSION,
		.data = { (uintptr_t)nvme->io.submit },
		.word = { (NVME_QUEUE - 1) << 16 | IO_QUEUE, IO_QUEUE << 16 | CREATE_CONTIGUOUS },
	};
	int err;

	queue_init(nvme, &nvme->io, IO_QUEUE, cap);
	err = pci_msix_handle(nvme->bdf, IO_VECTOR, interrupt, nvme);
	if (!err)
		err = execute(nvme, &completion);
	return err ? err : execute(nvme, &submission);
}

static int identify(struct nvme *nvme, uint32_t namespace, uint32_t what)
{
	struct nvme_command command = {
		.opcode = ADMIN_IDENTIFY,
		.namespace = namespace,
		.data = { (uintptr_t)nvme->page },
		.word = { what },
	};

	return execute(nvme, &command);
}

/* Identify controller, 5.15.2.2; namespace, 5.15.2.1: its size, and the format in use */
static int find_out(struct nvme *nvme)
{
	uint32_t format;
	int err = identify(nvme, 0, IDENTIFY_CONTROLLER);

	if (err)
		return err;
	memcpy(nvme->serial, nvme->page + 4, sizeof(nvme->serial) - 1);
	memcpy(nvme->model, nvme->page + 24, sizeof(nvme->model) - 1);
	err = identify(nvme, 1, IDENTIFY_NAMESPACE);
	if (err)
		return err;
	memcpy(&nvme->blocks, nvme->page, sizeof(nvme->blocks));
	format = nvme->page[26] & 0xf;
	if (nvme->page[130 + 4 * format] > 12)
		return -EOPNOTSUPP;
	nvme->block_size = 1u << nvme->page[130 + 4 * format];
	return nvme->blocks && nvme->block_size >= 512 ? 0 : -EOPNOTSUPP;
}

static uint32_t find_disk(void)
{
	uint32_t bdf = pci_find(0, PCI_NONE, PCI_NONE);

	while (bdf != PCI_NONE && pci_read(bdf, PCI_CLASS, 4) >> 8 != CLASS_NVME)
		bdf = pci_find(bdf + 1, PCI_NONE, PCI_NONE);
	return bdf;
}

int nvme_open(struct nvme *nvme, uint32_t bdf)
{
	uint64_t cap;
	int err;

	memset(nvme, 0, sizeof(*nvme));
	nvme->bdf = bdf == PCI_NONE ? find_disk() : bdf;
	if (pci_enable(nvme->bdf))
		return -ENODEV;
	nvme->registers = (uintptr_t)pci_bar(nvme->bdf, 0);
	cap = mmio_read32(nvme->registers + CAP) | (uint64_t)mmio_read32(nvme->registers + CAP + 4)
							   << 32;
	err = start_controller(nvme, cap);
	if (!err)
		err = make_io_queue(nvme, cap);
	return err ? err : find_out(nvme);
}

static struct nvme_command transfer(uint32_t opcode, uint64_t block, uint64_t address)
{
	return (struct nvme_command){
		.opcode = opcode,
		.namespace = 1,
		.data = { address },
		.word = { (uint32_t)block, (uint32_t)(block >> 32) },
	};
}

int nvme_read(struct nvme *nvme, uint64_t block, void *data)
{
	struct nvme_command command = transfer(IO_READ, block, (uintptr_t)nvme->page);
	int err;

	if (block >= nvme->blocks)
		return -EINVAL;
	err = execute_io(nvme, &command);
	if (!err)
		memcpy(data, nvme->page, nvme->block_size);
	return err;
}

int nvme_write(struct nvme *nvme, uint64_t block, const void *data)
{
	struct nvme_command command = transfer(IO_WRITE, block, (uintptr_t)nvme->page);

	if (block >= nvme->blocks)
		return -EINVAL;
	memcpy(nvme->page, data, nvme->block_size);
	return execute_io(nvme, &command);
}

void nvme_read_to(struct nvme *nvme, uint64_t block, uint64_t address)
{
	struct nvme_command command = transfer(IO_READ, block, address);

	submit(&nvme->io, &command);
}
