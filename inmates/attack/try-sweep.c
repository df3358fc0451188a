/* SPDX-License-Identifier: GPL-2.0-only */
/* Attacks that try all there is of a kind: ports, functions, MSRs, bits of registers, hypercalls. */
#include <inmate/apic.h>
#include <inmate/console.h>
#include <inmate/cpu.h>
#include <inmate/irq.h>
#include <inmate/pci.h>
#include <inmate/platform.h>
#include "attack.h"

#define PORTS 0x10000u
#define PCI_FUNCTIONS 0x10000u
#define ECAM_FUNCTIONS 0x100u
#define BUSES 4u /* with functions, in any machine of the tests */
#define CF8_FIRST 0xcf8u
#define CF8_LAST 0xcffu
#define ALL_ONES ~UINT64_C(0)

/* Ports of the configuration mechanism are there for cells; what they do is not for this row. */
static int is_config(uint32_t port)
{
	return port + 3 >= CF8_FIRST && port <= CF8_LAST;
}

#define FOR_EACH_PORT(port)                  \
	for (port = 0; port < PORTS; port++) \
		if (!is_config(port))

static void not_ones(uint32_t port, uint32_t value)
{
	printf("port %x reads %x\n", port, value);
	__asm__ volatile("ud2");
}

void attack_port_read_all8(void)
{
	uint32_t port;

	FOR_EACH_PORT(port)
	if (inb((uint16_t)port) != 0xff)
		not_ones(port, inb((uint16_t)port));
}

void attack_port_read_all16(void)
{
	uint32_t port;

	FOR_EACH_PORT(port)
	if (inw((uint16_t)port) != 0xffff)
		not_ones(port, inw((uint16_t)port));
}

void attack_port_read_all32(void)
{
	uint32_t port;

	FOR_EACH_PORT(port)
	if (inl((uint16_t)port) != UINT32_MAX)
		not_ones(port, inl((uint16_t)port));
}

void attack_port_write_all8(void)
{
	uint32_t port;

	FOR_EACH_PORT(port)
	outb((uint16_t)port, 0x06);
}

void attack_port_write_all16(void)
{
	uint32_t port;

	FOR_EACH_PORT(port)
	outw((uint16_t)port, 0x2006);
}

void attack_port_write_all32(void)
{
	uint32_t port;

	FOR_EACH_PORT(port)
	outl((uint16_t)port, 0x2006fe06);
}

void attack_port_string_all(void)
{
	static uint8_t buffer[16];
	uint32_t port;

	FOR_EACH_PORT(port)
	{
		uint8_t *to = buffer;
		size_t n = sizeof(buffer);

		__asm__ volatile("rep insb" : "+D"(to), "+c"(n) : "d"(port) : "memory");
		for (n = 0; n < sizeof(buffer); n++)
			if (buffer[n] && buffer[n] != 0xff)
				not_ones(port, buffer[n]);
	}
}

/* What a foreign function could be hurt by: its command register and its BARs. Behind the buses that machines
 * have, one write each. */
static void all_functions(uint32_t count)
{
	uint32_t bdf;

	for (bdf = 0; bdf < count; bdf++) {
		if (bdf >= BUSES << 8 || pci_read(bdf, PCI_VENDOR, 2) == 0xffff)
			pci_write(bdf, PCI_COMMAND, 2, 0);
		if (bdf >= BUSES << 8)
			continue;
		pci_write(bdf, PCI_BAR0 + 4, 4, 0xfee00000);
		pci_write(bdf, 0x40, 1, 0);
	}
}

void attack_pci_all_by_cf8(void)
{
	pci_use(PCI_BY_PORTS);
	all_functions(PCI_FUNCTIONS);
}

void attack_pci_all_by_ecam(void)
{
	pci_use(PCI_BY_ECAM);
	all_functions(ECAM_FUNCTIONS);
}

/* ---------------------------------------------------------------------------------------- MSRs */

static const struct {
	uint32_t first, last;
} msr_ranges[] = {
	{ 0, 0x1fff },
	{ 0x40000000, 0x400001ff },
	{ 0xc0000000, 0xc0001fff },
	{ 0xc0010000, 0xc0011fff },
};
#define RANGES (sizeof(msr_ranges) / sizeof(msr_ranges[0]))

struct access {
	uint32_t msr;
	uint64_t value;
};

static void read_msr(void *arg)
{
	struct access *a = arg;

	a->value = rdmsr(a->msr);
}

static void write_msr(void *arg)
{
	const struct access *a = arg;

	wrmsr(a->msr, a->value);
}

/* What no cell sees: VMX_BASIC ... VMX_VMFUNC, SMM_BASE, VM_HSAVE_PA. */
static int is_others(uint32_t msr)
{
	return (msr >= 0x480 && msr <= 0x491) || msr == 0xc0010111 || msr == 0xc0010117;
}

void attack_msr_read_all(void)
{
	struct access a;
	unsigned int i;

	for (i = 0; i < RANGES; i++)
		for (a.msr = msr_ranges[i].first; a.msr <= msr_ranges[i].last; a.msr++)
			if (irq_try(read_msr, &a) < 0 && is_others(a.msr))
				inmate_fail(EPERM, "MSR %x reads %lx", a.msr, a.value);
}

/* Those that have rows of their own: IPIs would reach our own CPU, and end the program. */
static int is_ours(uint32_t msr)
{
	return msr == APIC_X2_MSR + APIC_ICR / 16 || msr == APIC_X2_MSR + 0x3f ||
	       msr == MSR_APIC_BASE;
}

static void write_values(struct access *a)
{
	uint64_t values[] = { ALL_ONES, 0x700, 0 };
	unsigned int i;

	if (is_ours(a->msr))
		return;
	if (irq_try(read_msr, a) < 0)
		values[2] = a->value;
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		a->value = values[i];
		if (irq_try(write_msr, a) < 0 && is_others(a->msr))
			inmate_fail(EPERM, "MSR %x takes %lx", a->msr, a->value);
	}
}

void attack_msr_write_all(void)
{
	struct access a;
	unsigned int i;

	for (i = 0; i < RANGES; i++)
		for (a.msr = msr_ranges[i].first; a.msr <= msr_ranges[i].last; a.msr++)
			write_values(&a);
}

/* ---------------------------------------------------------------------------------------- bits */

/* Paging ends with these in emulators, where a CPU would refuse: nobody's business but ours */
#define CR0_PE 0x1u
#define CR0_PG 0x80000000u
#define CR4_PAE 0x20u
#define CR4_LA57 0x1000u
#define CR4_VMXE 0x2000u
#define DR7_GD 0x2000u /* the next access to a debug register traps */
#define EFER_SVME UINT64_C(0x1000)

static uint64_t bit;

#define FLIP(name, read, write)                         \
	static void flip_##name(void *arg)              \
	{                                               \
		uint64_t old = read(), now = old ^ bit; \
		(void)arg;                              \
		write(now);                             \
		write(old);                             \
	}

#define REGISTER(name)                                                          \
	static uint64_t read_##name(void)                                       \
	{                                                                       \
		uint64_t value;                                                 \
		__asm__ volatile("mov %%" #name ", %0" : "=r"(value));          \
		return value;                                                   \
	}                                                                       \
	static void write_##name(uint64_t value)                                \
	{                                                                       \
		__asm__ volatile("mov %0, %%" #name : : "r"(value) : "memory"); \
	}                                                                       \
	FLIP(name, read_##name, write_##name)

REGISTER(cr0)
REGISTER(cr4)
REGISTER(dr6)
REGISTER(dr7)

static void flip_all(void (*flip)(void *arg), uint64_t but)
{
	for (bit = 1; bit; bit <<= 1)
		if (!(bit & but))
			irq_try(flip, NULL);
}

void attack_bits_cr0(void)
{
	flip_all(flip_cr0, CR0_PE | CR0_PG);
}

/* VMXE where it is reserved: QEMU accepts it all the same, and cannot run the guest any more. */
void attack_bits_cr4(void)
{
	const struct bh_info *info = platform_info();

	flip_all(flip_cr4, CR4_PAE | CR4_LA57 | (info->vendor == BH_VENDOR_INTEL ? 0 : CR4_VMXE));
}

void attack_bits_dr7(void)
{
	flip_all(flip_dr6, 0);
	flip_all(flip_dr7, DR7_GD);
}

/* Of the bits that may change, none is in the mask. */
static void flip_msr(uint32_t msr, uint64_t fixed)
{
	struct access a = { msr, 0 };
	uint64_t old, one;

	if (irq_try(read_msr, &a) >= 0)
		return;
	old = a.value;
	for (one = 1; one; one <<= 1) {
		a.value = old ^ one;
		irq_try(write_msr, &a);
		read_msr(&a);
		if ((a.value ^ old) & fixed)
			inmate_fail(EPERM, "MSR %x takes %lx", msr, a.value);
		a.value = old;
		irq_try(write_msr, &a);
	}
}

void attack_bits_efer(void)
{
	flip_msr(0xc0000080, EFER_SVME);
}

void attack_bits_apic_base(void)
{
	flip_msr(MSR_APIC_BASE, ~(uint64_t)APIC_BASE_EXTD);
}

static void set_xcr0(void *arg)
{
	uint64_t value = *(const uint64_t *)arg;

	__asm__ volatile("xsetbv" : : "c"(0), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
}

void attack_bits_xcr0(void)
{
	uint64_t one, value;

	attack_use_xsave();
	for (one = 1; one; one <<= 1) {
		value = one ^ 1;
		irq_try(set_xcr0, &value);
		value = one | 1;
		irq_try(set_xcr0, &value);
	}
	value = 1;
	irq_try(set_xcr0, &value);
}

/* ---------------------------------------------------------------------------------- hypercalls */

/* NOP succeeds, as it should; EXIT with a way to end that there is would end the program. */
void attack_hc_arguments(void)
{
	static const unsigned long values[] = {
		0, 1, 2, 0xfff, 0x1000, 0x100000, 0xfd000000, 0xfee00000, 0x7fffffffffffffff, ~0ul,
	};
	const unsigned int count = sizeof(values) / sizeof(values[0]);
	unsigned long number;
	unsigned int i;

	attack_denied = 1;
	for (number = 1; number < 32; number++)
		for (i = 0; i < count * count * count; i++) {
			unsigned long a = values[i % count];

			if (number == BH_HC_CELL_EXIT && a <= BH_FINISH_FAILED)
				continue;
			attack_denied &= hypercall(number, a, values[i / count % count],
						   values[i / count / count]) < 0;
		}
}
