/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An attack: lets a device of its own write to, and read from, the address that to= names (hexadecimal), and
 * then to its own memory. Prints the words that the device found there; repeat=1 goes on writing until the
 * cell is ended, crash=1 dies in the middle of that.
 */
#include <inmate/apic.h>
#include <inmate/console.h>
#include <inmate/cpu.h>
#include <inmate/edu.h>
#include <inmate/pci.h>
#include <inmate/platform.h>
#include <inmate/string.h>
#include <inmate/time.h>

#define WORDS 16
#define MARK 0x45564944u /* "DIVE" */
#define BACKGROUND 0x5a5a5a5au

static struct edu edu;
static uint32_t mine[WORDS], found[WORDS];

static void fill(uint32_t *words, uint32_t value)
{
	uint32_t i;

	for (i = 0; i < WORDS; i++)
		words[i] = value;
}

/* From memory at the address to the device, and on to where we can look at it. */
static void look_at(uint64_t address)
{
	fill(found, BACKGROUND);
	if (edu_read_memory(&edu, (uintptr_t)found, sizeof(found)) ||
	    edu_read_memory(&edu, address, sizeof(found)) ||
	    edu_write_memory(&edu, (uintptr_t)found, sizeof(found)))
		inmate_fail(ETIMEDOUT, "the device does not finish");
}

static void write_to(uint64_t address)
{
	if (edu_read_memory(&edu, (uintptr_t)mine, sizeof(mine)) ||
	    edu_write_memory(&edu, address, sizeof(mine)))
		inmate_fail(ETIMEDOUT, "the device does not finish");
}

int inmate_main(void)
{
	uint64_t to = platform_option("to", (uintptr_t)found);
	uint32_t turns = 0;
	int err;

	apic_init(apic_best_mode());
	time_init();
	err = edu_open(&edu, PCI_NONE, EDU_POLL);
	if (err)
		inmate_fail(-err, "no device that works");
	fill(mine, MARK);
	look_at(to);
	printf("edu-dma: before %lx %08x %08x\n", to, found[0], found[WORDS - 1]);
	write_to(to);
	look_at(to);
	printf("edu-dma: after %lx %08x %08x\n", to, found[0], found[WORDS - 1]);
	look_at((uintptr_t)mine);
	printf("edu-dma: own %08x %08x\n", found[0], found[WORDS - 1]);
	while (platform_option("repeat", 0) && !platform_shutdown_requested()) {
		write_to(to);
		platform_heartbeat(++turns);
		if (turns == 3)
			printf("edu-dma: goes on\n");
		if (platform_option("crash", 0) && turns == 5)
			__asm__ volatile("ud2");
	}
	return 0;
}
