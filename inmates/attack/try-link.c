/* SPDX-License-Identifier: GPL-2.0-only */
/* Attacks by a link: interrupt messages at others, registers as they are not meant, floods. */
#include <inmate/apic.h>
#include <inmate/cpu.h>
#include <inmate/link.h>
#include <inmate/pci.h>
#include <inmate/platform.h>
#include <inmate/time.h>
#include "attack.h"

#define MESSAGE 0xfee00000u
#define MESSAGE_LOGICAL 0x4u
#define MESSAGE_REMAPPABLE 0x10u
#define DATA_SMI 0x200u
#define DATA_NMI 0x400u
#define DATA_INIT 0x500u
#define DATA_EXTINT 0x700u
#define SOME_VECTOR 0x50u
#define HANDLES 0x1000u
#define ROUNDS 20000
#define DOORBELLS 50000
#define STATES 5000
#define CONFIG_SIZE 256
#define ECAM_SIZE 4096

static struct link link;

static void ignore(struct irq_frame *frame, void *arg)
{
	(void)frame;
	(void)arg;
}

static void need_link(void)
{
	apic_init(apic_best_mode());
	time_init();
	if (link_open(&link, NULL))
		inmate_fail(ENODEV, "this attack needs a link");
}

/* Rings itself by a message of its own making. */
static void send_message(uint64_t address, uint32_t data)
{
	pci_msix_write(link.bdf, 0, address, data);
	link_ring(&link, link.peer, 0);
}

static void attack_by_message(uint64_t address, uint32_t data)
{
	need_link();
	if (link_handle(&link, 0, ignore, NULL))
		return;
	link_enable(&link);
	send_message(address, data);
}

void attack_link_msix_foreign(void)
{
	attack_by_message(MESSAGE | LINUX_APIC_ID << 12, SOME_VECTOR);
}

void attack_link_msix_victim(void)
{
	attack_by_message(MESSAGE | VICTIM_APIC_ID << 12, SOME_VECTOR);
}

void attack_link_msix_nmi(void)
{
	attack_by_message(MESSAGE | LINUX_APIC_ID << 12, DATA_NMI);
}

void attack_link_msix_smi(void)
{
	attack_by_message(MESSAGE | LINUX_APIC_ID << 12, DATA_SMI);
}

void attack_link_msix_init(void)
{
	attack_by_message(MESSAGE | LINUX_APIC_ID << 12, DATA_INIT);
}

void attack_link_msix_extint(void)
{
	attack_by_message(MESSAGE | LINUX_APIC_ID << 12, DATA_EXTINT);
}

void attack_link_msix_broadcast(void)
{
	attack_by_message(MESSAGE | 0xff << 12, SOME_VECTOR);
}

void attack_link_msix_logical(void)
{
	attack_by_message(MESSAGE | 0xff << 12 | MESSAGE_LOGICAL, SOME_VECTOR);
}

void attack_link_msix_handle(void)
{
	uint32_t handle;

	attack_by_message(MESSAGE | MESSAGE_REMAPPABLE, 0);
	for (handle = 0; handle < HANDLES; handle++)
		send_message(MESSAGE | MESSAGE_REMAPPABLE | handle << 5, 0);
}

void attack_link_msix_elsewhere(void)
{
	attack_by_message(platform_option("root", NOBODYS_MEMORY), SOME_VECTOR);
}

/* Minimal standard generator: the same accesses each time. */
static uint32_t random(void)
{
	static uint32_t state = 1;

	state = (uint32_t)(state * UINT64_C(48271) % 0x7fffffff);
	return state;
}

static void access(uintptr_t at, uint32_t value, unsigned int how)
{
	switch (how) {
	case 0:
		mmio_write8(at, (uint8_t)value);
		break;
	case 1:
		mmio_write16(at & ~(uintptr_t)1, (uint16_t)value);
		break;
	case 2:
		mmio_write32(at & ~(uintptr_t)3, value);
		break;
	case 3:
		*(volatile uint64_t *)(at & ~(uintptr_t)7) = (uint64_t)value << 32 | value;
		break;
	case 4:
		mmio_read8(at);
		break;
	case 5:
		mmio_read16(at & ~(uintptr_t)1);
		break;
	default:
		mmio_read32(at & ~(uintptr_t)3);
	}
}

static void random_accesses(uintptr_t page)
{
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		uint32_t value = random() & 1 ? random() : random() % 8;

		access(page + random() % 0x1000, value, random() % 7);
	}
}

void attack_link_registers(void)
{
	need_link();
	random_accesses(link.registers);
}

void attack_link_msix_table(void)
{
	need_link();
	random_accesses(pci_bar(link.bdf, 1));
}

void attack_link_config(void)
{
	unsigned int i, width, size = pci_use(PCI_BY_ECAM) ? CONFIG_SIZE : ECAM_SIZE;

	need_link();
	for (i = 0; i < ROUNDS; i++) {
		width = 1u << random() % 3;
		pci_write(link.bdf, random() % size & ~(width - 1), width, random());
	}
}

void attack_link_flood(void)
{
	unsigned int i;

	need_link();
	for (i = 0; i < DOORBELLS; i++)
		link_ring(&link, link.peer ? 0 : 1, i % 2);
}

void attack_link_states(void)
{
	unsigned int i;

	need_link();
	for (i = 0; i < STATES; i++)
		link_set_state(&link, i % 3);
}
