/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Links: the ivshmem function as bulkhead/ivshmem.h describes it. */
#include <inmate/apic.h>
#include <inmate/ioapic.h>
#include <inmate/link.h>
#include <inmate/pci.h>
#include <inmate/platform.h>
#include <inmate/string.h>

#define MSIX_CONTROL 2
#define MSIX_SIZE 0x7ffu

static uint64_t read64(uint32_t bdf, unsigned int offset)
{
	return pci_read(bdf, offset, 4) | (uint64_t)pci_read(bdf, offset + 4, 4) << 32;
}

static uint32_t find_function(const char *name)
{
	const struct bh_info *info = platform_info();
	uint32_t i;

	if (!name)
		return pci_find(0, IVSHMEM_VENDOR_ID, IVSHMEM_DEVICE_ID);
	for (i = 0; info && i < info->link_count; i++)
		if (!strcmp(info->link[i].name, name))
			return info->link[i].bdf;
	return PCI_NONE;
}

/* Where the shared memory lies: the Base Address capability says it, or, where that is
 * missing, a 64-bit BAR2. */
static int find_sections(struct link *link)
{
	unsigned int cap = pci_capability(link->bdf, PCI_CAP_VENDOR);
	uint64_t base;

	if (!cap)
		return -EIO;
	link->rw_size = read64(link->bdf, cap + IVSHMEM_CAP_RW_SIZE);
	link->output_size = read64(link->bdf, cap + IVSHMEM_CAP_OUTPUT_SIZE);
	base = pci_read(link->bdf, cap + IVSHMEM_CAP_LENGTH, 1) > IVSHMEM_CAP_BASE_ADDRESS ?
		       read64(link->bdf, cap + IVSHMEM_CAP_BASE_ADDRESS) :
		       pci_bar(link->bdf, 2);
	if (!base || !link->output_size)
		return -EIO;
	link->state = (volatile uint32_t *)(uintptr_t)base;
	link->rw = (uint8_t *)(uintptr_t)base +
		   pci_read(link->bdf, cap + IVSHMEM_CAP_STATE_TABLE_SIZE, 4);
	link->outputs = link->rw + link->rw_size;
	return 0;
}

static void find_vectors(struct link *link)
{
	unsigned int cap = pci_capability(link->bdf, PCI_CAP_MSIX);

	if (!cap) {
		link->intx = 1;
		link->vectors = 1;
		return;
	}
	link->vectors = (pci_read(link->bdf, cap + MSIX_CONTROL, 2) & MSIX_SIZE) + 1;
}

int link_open(struct link *link, const char *name)
{
	int err;

	*link = (struct link){ .bdf = find_function(name) };
	if (pci_enable(link->bdf))
		return -ENODEV;
	link->registers = (uintptr_t)pci_bar(link->bdf, 0);
	err = find_sections(link);
	if (err || !link->registers)
		return -EIO;
	find_vectors(link);
	link->peer = mmio_read32(link->registers + IVSHMEM_REG_ID);
	link->peers = mmio_read32(link->registers + IVSHMEM_REG_MAX_PEERS);
	return link->peer < link->peers && link->peers <= BH_MAX_PEERS ? 0 : -EIO;
}

int link_handle(struct link *link, unsigned int vector, irq_handler *handler, void *arg)
{
	int irq;

	if (vector >= link->vectors)
		return -EINVAL;
	if (!link->intx)
		return pci_msix_handle(link->bdf, vector, handler, arg);
	irq = irq_allocate();
	if (irq < 0)
		return irq;
	irq_set((unsigned int)irq, handler, arg);
	return ioapic_route(pci_read(link->bdf, PCI_INTERRUPT_LINE, 1), (uint8_t)irq, apic_id());
}

void link_enable(struct link *link)
{
	mmio_write32(link->registers + IVSHMEM_REG_INT_CONTROL, IVSHMEM_INT_ENABLE);
}

void link_disable(struct link *link)
{
	mmio_write32(link->registers + IVSHMEM_REG_INT_CONTROL, 0);
}

void link_oneshot(struct link *link, int on)
{
	unsigned int cap = pci_capability(link->bdf, PCI_CAP_VENDOR);

	pci_write(link->bdf, cap + IVSHMEM_CAP_PRIV_CNTL, 1, on ? IVSHMEM_PRIV_ONESHOT : 0);
}

void link_set_state(struct link *link, uint32_t state)
{
	barrier_full();
	mmio_write32(link->registers + IVSHMEM_REG_STATE, state);
}

int link_messages(struct link *link, struct bh_lp *lp, unsigned int vector)
{
	int err;

	*lp = (struct bh_lp){
		.state = link->state,
		.own = link_output(link, link->peer),
		.outputs = link->outputs,
		.output_size = link->output_size,
		.peers = link->peers,
		.self = link->peer,
	};
	link_set_state(link, BH_LP_INIT);
	err = bh_lp_open(lp, rdtsc(), (uint16_t)vector);
	if (!err)
		link_set_state(link, BH_LP_READY);
	return err;
}

int link_attach(struct link *link, struct bh_lp *lp, uint32_t peer)
{
	int result = bh_lp_attach(lp, peer);

	if (result == 1)
		link_ring(link, peer, 0);
	return result;
}
