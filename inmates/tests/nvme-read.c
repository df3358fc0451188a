/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Property: a disk of the cell's own reads and writes by DMA and interrupts when it is done. Prints the
 * CRC of sectors first= on, count= of them, inverts the one that write= names, and reads that back.
 */
#include <inmate/apic.h>
#include <inmate/console.h>
#include <inmate/cpu.h>
#include <inmate/nvme.h>
#include <inmate/pci.h>
#include <inmate/platform.h>
#include <inmate/string.h>
#include <inmate/time.h>

#define CRC32 0xedb88320u /* IEEE 802.3, reflected */
#define NONE UINT64_MAX

static struct nvme nvme;
static uint8_t sector[NVME_PAGE], again[NVME_PAGE];

static uint32_t crc32(const uint8_t *data, size_t size)
{
	uint32_t crc = 0xffffffff;
	size_t i;
	int bit;

	for (i = 0; i < size; i++) {
		crc ^= data[i];
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? CRC32 : 0);
	}
	return ~crc;
}

static void check(int err, const char *what, uint64_t block)
{
	if (err)
		inmate_fail(-err, "block %lu could not be %s", block, what);
}

static void invert(uint64_t block)
{
	uint32_t i;

	check(nvme_read(&nvme, block, sector), "read", block);
	for (i = 0; i < nvme.block_size; i++)
		sector[i] = (uint8_t)~sector[i];
	check(nvme_write(&nvme, block, sector), "written", block);
	check(nvme_read(&nvme, block, again), "read again", block);
	if (memcmp(sector, again, nvme.block_size))
		inmate_fail(EIO, "block %lu is not what was written", block);
	printf("nvme: block %lu inverted\n", block);
}

int inmate_main(void)
{
	uint64_t first = platform_option("first", 0), count = platform_option("count", 4);
	uint64_t inverted = platform_option("write", NONE), block;
	int err;

	apic_init(apic_best_mode());
	time_init();
	irq_enable();
	err = nvme_open(&nvme, PCI_NONE);
	if (err)
		inmate_fail(-err, "no disk that works");
	printf("nvme: %s blocks=%lu of %u\n", nvme.serial, nvme.blocks, nvme.block_size);
	for (block = first; block < first + count; block++) {
		check(nvme_read(&nvme, block, sector), "read", block);
		printf("nvme: block %lu crc %08x\n", block, crc32(sector, nvme.block_size));
	}
	if (inverted != NONE)
		invert(inverted);
	printf("nvme: interrupts=%lu unexpected=%lu\n", nvme.interrupts, irq_unexpected);
	return 0;
}
