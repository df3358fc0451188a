/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* QEMU's teaching device. */
#include <inmate/cpu.h>
#include <inmate/edu.h>
#include <inmate/irq.h>
#include <inmate/pci.h>
#include <inmate/string.h>
#include <inmate/time.h>

#define LIVENESS 0x04
#define FACTORIAL 0x08
#define STATUS 0x20
#define STATUS_BUSY 0x01u
#define STATUS_INTERRUPT 0x80u
#define CAUSE 0x24
#define RAISE 0x60
#define ACKNOWLEDGE 0x64
#define DMA_SOURCE 0x80
#define DMA_TARGET 0x88
#define DMA_COUNT 0x90
#define DMA_COMMAND 0x98
#define DMA_START 0x1u
#define DMA_TO_MEMORY 0x2u
#define BUFFER 0x40000u /* its buffer, as it addresses it */

#define PATIENCE_MS 5000

static void write64(const struct edu *edu, uint32_t reg, uint64_t value)
{
	*(volatile uint64_t *)(edu->registers + reg) = value;
}

static void interrupt(struct irq_frame *frame, void *arg)
{
	struct edu *edu = arg;
	uint32_t causes = mmio_read32(edu->registers + CAUSE);

	(void)frame;
	edu->interrupts++;
	edu->causes |= causes;
	mmio_write32(edu->registers + ACKNOWLEDGE, causes);
}

int edu_open(struct edu *edu, uint32_t bdf, enum edu_interrupts interrupts)
{
	memset(edu, 0, sizeof(*edu));
	edu->bdf = bdf == PCI_NONE ? pci_find(0, EDU_VENDOR, EDU_DEVICE) : bdf;
	if (pci_enable(edu->bdf))
		return -ENODEV;
	edu->registers = (uintptr_t)pci_bar(edu->bdf, 0);
	mmio_write32(edu->registers + LIVENESS, 0x12345678);
	if (mmio_read32(edu->registers + LIVENESS) != ~0x12345678u)
		return -EIO;
	if (interrupts == EDU_MSI)
		return pci_msi_handle(edu->bdf, interrupt, edu);
	return interrupts == EDU_INTX ? pci_intx_handle(edu->bdf, interrupt, edu) : 0;
}

int edu_factorial(struct edu *edu, uint32_t n, uint32_t *result)
{
	uint32_t i;

	mmio_write32(edu->registers + STATUS, STATUS_INTERRUPT);
	mmio_write32(edu->registers + FACTORIAL, n);
	for (i = 0; i < PATIENCE_MS; i++) {
		time_delay_us(1000);
		if (mmio_read32(edu->registers + STATUS) & STATUS_BUSY)
			continue;
		*result = mmio_read32(edu->registers + FACTORIAL);
		return 0;
	}
	return -ETIMEDOUT;
}

void edu_raise(struct edu *edu, uint32_t cause)
{
	mmio_write32(edu->registers + RAISE, cause);
}

static int copy(struct edu *edu, uint64_t source, uint64_t target, uint32_t size, uint32_t command)
{
	uint32_t i;

	if (size > EDU_BUFFER)
		return -EINVAL;
	write64(edu, DMA_SOURCE, source);
	write64(edu, DMA_TARGET, target);
	write64(edu, DMA_COUNT, size);
	write64(edu, DMA_COMMAND, DMA_START | command);
	for (i = 0; i < PATIENCE_MS; i++) {
		if (edu->idle)
			edu->idle();
		else
			time_delay_us(1000);
		if (!(mmio_read32(edu->registers + DMA_COMMAND) & DMA_START))
			return 0;
	}
	return -ETIMEDOUT;
}

int edu_read_memory(struct edu *edu, uint64_t address, uint32_t size)
{
	return copy(edu, address, BUFFER, size, 0);
}

int edu_write_memory(struct edu *edu, uint64_t address, uint32_t size)
{
	return copy(edu, BUFFER, address, size, DMA_TO_MEMORY);
}
