// SPDX-License-Identifier: GPL-2.0-only
/*
 * Linux as an attacker with a DMA engine: QEMU's edu device, driven from user space.
 *
 *   edu-dma 0000:00:06.0 read ADDRESS         prints the 64-bit word that the device finds there
 *   edu-dma 0000:00:06.0 write ADDRESS WORD   has it write WORD there
 *
 * ADDRESS is physical; "own" is a page of this program, which then says what it holds.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "own-page.h"

#define SOURCE 0x80
#define TARGET 0x88
#define COUNT 0x90
#define COMMAND 0x98
#define START 1
#define FROM_DEVICE 2
#define BUFFER 0x40000 /* the device's own memory */
#define MARK 0x6b72616d6e776f2eull

static volatile uint8_t *regs;

static void transfer(uint64_t from, uint64_t to, unsigned int command)
{
	*(volatile uint64_t *)(regs + SOURCE) = from;
	*(volatile uint64_t *)(regs + TARGET) = to;
	*(volatile uint64_t *)(regs + COUNT) = 8;
	*(volatile uint64_t *)(regs + COMMAND) = command | START;
	for (int i = 0; i < 5000; i++) {
		if (!(*(volatile uint64_t *)(regs + COMMAND) & START))
			return;
		usleep(1000);
	}
	die("the device does not finish");
}

static void map(const char *function)
{
	char path[128];
	uint16_t command;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/config", function);
	fd = open(path, O_RDWR);
	if (fd < 0 || pread(fd, &command, 2, 4) != 2)
		die(path);
	command |= 6; /* memory, bus master */
	if (pwrite(fd, &command, 2, 4) != 2)
		die(path);
	close(fd);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/resource0", function);
	fd = open(path, O_RDWR | O_SYNC);
	if (fd < 0)
		die(path);
	regs = mmap(NULL, 0x100000, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (regs == MAP_FAILED)
		die(path);
}

int main(int argc, char **argv)
{
	uint64_t own_hpa, *own = own_page(&own_hpa), address, word;
	int own_target = argc > 3 && !strcmp(argv[3], "own");

	if (argc < 4)
		return 2;
	map(argv[1]);
	word = argc > 4 ? strtoull(argv[4], NULL, 0) : MARK;
	address = own_target ? own_hpa + 64 : strtoull(argv[3], NULL, 0);
	own[0] = word;
	transfer(own_hpa, BUFFER, 0);
	if (!strcmp(argv[2], "write")) {
		transfer(BUFFER, address, FROM_DEVICE);
		if (own_target)
			printf("%#" PRIx64 "\n", own[8]);
		return 0;
	}
	transfer(address, BUFFER, 0);
	transfer(BUFFER, own_hpa, FROM_DEVICE);
	printf("%#" PRIx64 "\n", own[0]);
	return 0;
}
