/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Attacks on memory and registers of others at their host addresses, in each width. Where the hypervisor,
 * Linux and the victim have their memory comes by the command line; registers are where a PC has them.
 */
#include <inmate/cpu.h>
#include <inmate/platform.h>
#include "attack.h"

#define IOAPIC_WIN 0x10u
#define IOAPIC_REDTBL 0x10u
#define IOAPIC_PINS 24u
#define IOAPIC_MASKED 0x10000u

/* In the middle of the block of 2 MiB that the option names. */
static uintptr_t block(const char *whose)
{
	uintptr_t at = platform_option(whose, 0);

	if (!at)
		inmate_fail(EINVAL, "no option %s=", whose);
	return at + IN_BLOCK;
}

static void execute(uintptr_t at)
{
	((void (*)(void))at)();
}

static uint64_t read64(uintptr_t at)
{
	return *(volatile uint64_t *)at;
}

static void write64(uintptr_t at, uint64_t value)
{
	*(volatile uint64_t *)at = value;
}

void attack_reach_hv_read8(void)
{
	mmio_read8(block("hv"));
}

void attack_reach_hv_read16(void)
{
	mmio_read16(block("hv"));
}

void attack_reach_hv_read32(void)
{
	mmio_read32(block("hv"));
}

void attack_reach_hv_read64(void)
{
	read64(block("hv"));
}

void attack_reach_hv_write8(void)
{
	mmio_write8(block("hv"), 0x5a);
}

void attack_reach_hv_write16(void)
{
	mmio_write16(block("hv"), 0x5a5a);
}

void attack_reach_hv_write32(void)
{
	mmio_write32(block("hv"), 0x5a5a5a5a);
}

void attack_reach_hv_write64(void)
{
	write64(block("hv"), 0x5a5a5a5a5a5a5a5a);
}

void attack_reach_hv_execute(void)
{
	execute(block("hv"));
}

void attack_reach_root_read8(void)
{
	mmio_read8(block("root"));
}

void attack_reach_root_read64(void)
{
	read64(block("root"));
}

void attack_reach_root_write8(void)
{
	mmio_write8(block("root"), 0x5a);
}

void attack_reach_root_write64(void)
{
	write64(block("root"), 0x5a5a5a5a5a5a5a5a);
}

void attack_reach_root_execute(void)
{
	execute(block("root"));
}

void attack_reach_victim_read8(void)
{
	mmio_read8(block("victim"));
}

void attack_reach_victim_read64(void)
{
	read64(block("victim"));
}

void attack_reach_victim_write8(void)
{
	mmio_write8(block("victim"), 0x5a);
}

void attack_reach_victim_write64(void)
{
	write64(block("victim"), 0x5a5a5a5a5a5a5a5a);
}

void attack_reach_victim_execute(void)
{
	execute(block("victim"));
}

void attack_reach_lapic_read32(void)
{
	mmio_read32(LAPIC + 0x300);
}

void attack_reach_lapic_write32(void)
{
	mmio_write32(LAPIC + 0x300, 0x5a5a5a5a);
}

void attack_reach_messages_read32(void)
{
	mmio_read32(MESSAGES + 0x1000);
}

void attack_reach_messages_write32(void)
{
	mmio_write32(MESSAGES + 0x1000, 0x5a5a5a5a);
}

void attack_reach_messages_write64(void)
{
	write64(MESSAGES + 0x1000, 0x5a5a5a5a5a5a5a5a);
}

/* Linux has pins that are not masked; the cell's virtual one has none after a reset. */
void attack_reach_ioapic_read32(void)
{
	uint32_t pin, low;

	for (pin = 0; pin < IOAPIC_PINS; pin++) {
		mmio_write32(IOAPIC, IOAPIC_REDTBL + 2 * pin);
		low = mmio_read32(IOAPIC + IOAPIC_WIN);
		if (!(low & IOAPIC_MASKED))
			inmate_fail(EPERM, "pin %u reads %x", pin, low);
	}
}

/* Linux would hear nothing any more. */
void attack_reach_ioapic_write32(void)
{
	uint32_t pin;

	for (pin = 0; pin < IOAPIC_PINS; pin++) {
		mmio_write32(IOAPIC, IOAPIC_REDTBL + 2 * pin);
		mmio_write32(IOAPIC + IOAPIC_WIN, IOAPIC_MASKED);
	}
	mmio_write32(IOAPIC + IOAPIC_WIN, 0x5a5a5a5a);
}

void attack_reach_hpet_read32(void)
{
	mmio_read32(HPET + 0x10);
}

void attack_reach_hpet_write32(void)
{
	mmio_write32(HPET + 0x10, 0x5a5a5a5a);
}

void attack_reach_hpet_write64(void)
{
	write64(HPET + 0x10, 0x5a5a5a5a5a5a5a5a);
}

void attack_reach_vtd_read32(void)
{
	mmio_read32(VTD + 0x18);
}

void attack_reach_vtd_write32(void)
{
	mmio_write32(VTD + 0x18, 0x5a5a5a5a);
}

void attack_reach_vtd_write64(void)
{
	write64(VTD + 0x18, 0x5a5a5a5a5a5a5a5a);
}

void attack_reach_amdvi_read32(void)
{
	mmio_read32(AMDVI + 0x18);
}

void attack_reach_amdvi_write64(void)
{
	write64(AMDVI + 0x18, 0x5a5a5a5a5a5a5a5a);
}

void attack_reach_ecam_read32(void)
{
	mmio_read32(ECAM_BRIDGE + 4);
}

void attack_reach_ecam_write8(void)
{
	mmio_write8(ECAM_BRIDGE + 4, 0x5a);
}

void attack_reach_ecam_write32(void)
{
	mmio_write32(ECAM_BRIDGE + 4, 0x5a5a5a5a);
}

void attack_reach_firmware_read32(void)
{
	mmio_read32(FIRMWARE);
}

void attack_reach_firmware_write32(void)
{
	mmio_write32(FIRMWARE, 0x5a5a5a5a);
}

void attack_reach_firmware_execute(void)
{
	execute(FIRMWARE);
}
