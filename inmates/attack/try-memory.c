/* SPDX-License-Identifier: GPL-2.0-only */
/* Attacks by memory access and by links. */
#include <inmate/apic.h>
#include <inmate/cpu.h>
#include <inmate/link.h>
#include <inmate/pci.h>
#include <inmate/platform.h>
#include <inmate/time.h>
#include "attack.h"

#define FAR_ABOVE UINT64_C(0x3ff0000000)
#define PTE_LARGE_WRITABLE 0x83
#define PBA 0x800

void attack_mem_write(void)
{
	mmio_write32(NOBODYS_MEMORY, 0x12345678);
}

void attack_mem_read(void)
{
	mmio_read32(NOBODYS_MEMORY);
}

void attack_mem_execute(void)
{
	((void (*)(void))(uintptr_t)NOBODYS_MEMORY)();
}

void attack_mem_info_write(void)
{
	mmio_write32((uintptr_t)platform_info(), 0);
}

void attack_mem_page_table(void)
{
	__asm__ volatile("mov %0, %%cr3" : : "r"((uint64_t)NOBODYS_MEMORY) : "memory");
}

/* Far above the 4 GiB that are mapped: gets a mapping of its own first. */
void attack_mem_high(void)
{
	static uint64_t tables[2][512] __attribute__((aligned(4096)));
	uint64_t cr3, *root;

	__asm__("mov %%cr3, %0" : "=r"(cr3));
	root = (uint64_t *)(uintptr_t)cr3;
	tables[1][0] = FAR_ABOVE / 0x200000 * 0x200000 | PTE_LARGE_WRITABLE;
	tables[0][0] = (uintptr_t)tables[1] | 3;
	root[1] = (uintptr_t)tables[0] | 3;
	mmio_write32(UINT64_C(1) << 39, 1);
}

static struct link link;

static void need_link(void)
{
	apic_init(apic_best_mode());
	time_init();
	if (link_open(&link, NULL))
		inmate_fail(ENODEV, "this attack needs a link");
}

static uint32_t other(void)
{
	return link.peer ? 0 : 1;
}

void attack_link_state_table(void)
{
	need_link();
	link.state[other()] = 7;
}

void attack_link_foreign_output(void)
{
	need_link();
	mmio_write32((uintptr_t)link_output(&link, other()), 7);
}

void attack_link_doorbell_target(void)
{
	need_link();
	link_ring(&link, link.peers, 0);
	link_ring(&link, 0xffff, 0);
}

static void nothing(struct irq_frame *frame, void *arg)
{
	(void)frame;
	(void)arg;
}

/* To itself, too: there it would be seen, as pending. */
void attack_link_doorbell_vector(void)
{
	uint32_t pending;

	need_link();
	link_ring(&link, other(), 0xffff);
	link_ring(&link, other(), IVSHMEM_MAX_VECTORS);
	if (link.intx || link_handle(&link, 0, nothing, NULL))
		return;
	link_enable(&link);
	link_ring(&link, link.peer, link.vectors);
	link_ring(&link, link.peer, 0xffff);
	pending = mmio_read32(pci_bar(link.bdf, 1) + PBA);
	if (pending >> link.vectors)
		inmate_fail(EPERM, "pending vectors %x of %u", pending, link.vectors);
}

void attack_link_bar_move(void)
{
	uint32_t before;

	need_link();
	before = pci_read(link.bdf, PCI_BAR0, 4);
	pci_write(link.bdf, PCI_BAR0, 4, APIC_PAGE);
	mmio_read32(APIC_PAGE + APIC_ID);
	pci_write(link.bdf, PCI_BAR0, 4, before);
	mmio_read32(link.registers + IVSHMEM_REG_ID);
}
