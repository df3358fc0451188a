/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The IO-APIC: redirection entries. Intel 82093AA data sheet, 3.2.4 */
#include <inmate/cpu.h>
#include <inmate/ioapic.h>
#include <inmate/platform.h>

#define REGSEL 0x00
#define WIN 0x10
#define VERSION 1
#define ENTRY 0x10
#define ENTRY_MASKED (1u << 16)
#define ENTRY_LEVEL (1u << 15)
#define ENTRY_ACTIVE_LOW (1u << 13)
#define DEFAULT_BASE 0xfec00000u

static void write_register(uintptr_t base, uint32_t reg, uint32_t value)
{
	mmio_write32(base + REGSEL, reg);
	mmio_write32(base + WIN, value);
}

static int find(unsigned int pin, uintptr_t *base)
{
	const struct bh_info *info = platform_info();

	*base = info ? (uintptr_t)info->ioapic_gpa : DEFAULT_BASE;
	if (*base == (uintptr_t)BH_ADDR_NONE)
		return -ENODEV;
	mmio_write32(*base + REGSEL, VERSION);
	return pin <= (mmio_read32(*base + WIN) >> 16 & 0xff) ? 0 : -EINVAL;
}

static int route(unsigned int pin, uint32_t apic_id, uint32_t entry)
{
	uintptr_t base;
	int err = find(pin, &base);

	if (err)
		return err;
	write_register(base, ENTRY + 2 * pin, ENTRY_MASKED);
	write_register(base, ENTRY + 2 * pin + 1, apic_id << 24);
	write_register(base, ENTRY + 2 * pin, entry);
	return 0;
}

int ioapic_route(unsigned int pin, uint8_t vector, uint32_t apic_id)
{
	return route(pin, apic_id, vector);
}

int ioapic_route_level(unsigned int pin, uint8_t vector, uint32_t apic_id)
{
	return route(pin, apic_id, vector | ENTRY_LEVEL | ENTRY_ACTIVE_LOW);
}

int ioapic_mask(unsigned int pin)
{
	uintptr_t base;
	int err = find(pin, &base);

	if (!err)
		write_register(base, ENTRY + 2 * pin, ENTRY_MASKED);
	return err;
}
