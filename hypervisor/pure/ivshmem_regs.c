/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One end of a link: registers, MSI-X table, and what becomes of an interrupt. Everything that
 * stands between an interrupt and the guest is either the device's own switch (the Interrupt
 * Control register: what comes while it is off is lost, as the specification says) or a mask of
 * PCI (what comes meanwhile is kept and delivered when the mask is lifted, so that a guest which
 * moves an interrupt to another CPU loses nothing).
 */
#include "ivshmem_regs.h"

#define TABLE_ENTRY_SIZE 16
#define TABLE_SIZE(end) ((end)->vectors * TABLE_ENTRY_SIZE)
#define PBA_OFFSET 0x800

#define VECTOR_MASKED 0x1u

static const struct ivshmem_effect no_effect = { .what = IVSHMEM_NONE };

static uint16_t command(const struct ivshmem_end *end)
{
	return (uint16_t)pci_read(&end->fn, PCI_COMMAND, 2);
}

static uint16_t msix_control(const struct ivshmem_end *end)
{
	return (uint16_t)pci_read(&end->fn, end->fn.msix_cap + PCI_MSIX_CONTROL, 2);
}

static int msix_is_enabled(const struct ivshmem_end *end)
{
	return end->fn.msix_cap && (msix_control(end) & PCI_MSIX_ENABLE);
}

/* Whether a mask of PCI holds the vector back: to be kept pending, not dropped. */
static int is_masked(const struct ivshmem_end *end, uint32_t vector)
{
	if (end->intx)
		return !!(command(end) & PCI_COMMAND_INTX_DISABLE);
	if (!(command(end) & PCI_COMMAND_MASTER) || (msix_control(end) & PCI_MSIX_MASKALL))
		return 1;
	return !!(end->vector[vector].control & VECTOR_MASKED);
}

/* Takes out of the pending set what no mask holds back any more. */
static struct ivshmem_effect release_pending(struct ivshmem_end *end)
{
	struct ivshmem_effect effect = no_effect;

	for (uint32_t v = 0; end->pending >> v; v++)
		if ((end->pending >> v & 1) && !is_masked(end, v))
			effect.mask |= 1u << v;
	end->pending &= ~effect.mask;
	if (effect.mask)
		effect.what = IVSHMEM_UNMASKED;
	return effect;
}

void ivshmem_reset(struct ivshmem_end *end, const struct bh_config_link *link, uint8_t intx_line)
{
	struct bh_config_link limited = *link;

	if (limited.vectors > IVSHMEM_MAX_VECTORS)
		limited.vectors = IVSHMEM_MAX_VECTORS;
	*end = (struct ivshmem_end){
		.id = link->peer,
		.peers = link->peers,
		.vectors = limited.vectors,
		.intx = !!(link->flags & BH_LINK_INTX),
	};
	pci_make_link(&end->fn, &limited, intx_line);
	for (uint32_t v = 0; v < IVSHMEM_MAX_VECTORS; v++)
		end->vector[v].control = VECTOR_MASKED;
}

static uint32_t register_read(const struct ivshmem_end *end, uint32_t offset)
{
	switch (offset) {
	case IVSHMEM_REG_ID:
		return end->id;
	case IVSHMEM_REG_MAX_PEERS:
		return end->peers;
	case IVSHMEM_REG_INT_CONTROL:
		return end->int_control;
	case IVSHMEM_REG_STATE:
		return end->state;
	default:
		return 0;
	}
}

static uint32_t table_read32(const struct ivshmem_end *end, uint32_t offset)
{
	if (offset == PBA_OFFSET)
		return end->pending;
	if (offset >= TABLE_SIZE(end))
		return 0;
	return end->vector[offset / TABLE_ENTRY_SIZE].word[offset % TABLE_ENTRY_SIZE / 4];
}

static void table_write32(struct ivshmem_end *end, uint32_t offset, uint32_t value)
{
	static const uint32_t writable[] = { ~3u, ~0u, ~0u, VECTOR_MASKED };
	uint32_t n = offset % TABLE_ENTRY_SIZE / 4;

	if (offset < TABLE_SIZE(end))
		end->vector[offset / TABLE_ENTRY_SIZE].word[n] = value & writable[n];
}

static int is_register_access(unsigned int bar, uint32_t offset, unsigned int width)
{
	return bar == 0 && width == 4 && !(offset & 3);
}

static int is_table_access(const struct ivshmem_end *end, unsigned int bar, uint32_t offset,
			   unsigned int width)
{
	return bar == 1 && !end->intx && (width == 4 || width == 8) && !(offset & (width - 1));
}

uint64_t ivshmem_read(const struct ivshmem_end *end, unsigned int bar, uint32_t offset,
		      unsigned int width)
{
	uint64_t value;

	if (is_register_access(bar, offset, width))
		return register_read(end, offset);
	if (!is_table_access(end, bar, offset, width))
		return ~UINT64_C(0);
	value = table_read32(end, offset);
	if (width == 8)
		value |= (uint64_t)table_read32(end, offset + 4) << 32;
	return value;
}

static struct ivshmem_effect register_write(struct ivshmem_end *end, uint32_t offset,
					    uint32_t value)
{
	struct ivshmem_effect effect = no_effect;

	switch (offset) {
	case IVSHMEM_REG_DOORBELL:
		effect.target = value >> 16;
		effect.vector = value & 0xffff;
		if (effect.target < end->peers)
			effect.what = IVSHMEM_DOORBELL;
		break;
	case IVSHMEM_REG_INT_CONTROL:
		end->int_control = value & IVSHMEM_INT_ENABLE;
		break;
	case IVSHMEM_REG_STATE:
		if (end->state != value)
			effect.what = IVSHMEM_STATE;
		end->state = value;
		break;
	}
	return effect;
}

struct ivshmem_effect ivshmem_write(struct ivshmem_end *end, unsigned int bar, uint32_t offset,
				    unsigned int width, uint64_t value)
{
	if (is_register_access(bar, offset, width))
		return register_write(end, offset, (uint32_t)value);
	if (!is_table_access(end, bar, offset, width))
		return no_effect;
	table_write32(end, offset, (uint32_t)value);
	if (width == 8)
		table_write32(end, offset + 4, (uint32_t)(value >> 32));
	return release_pending(end);
}

struct ivshmem_effect ivshmem_config_write(struct ivshmem_end *end, uint32_t offset,
					   unsigned int width, uint32_t value, int *changed)
{
	*changed = pci_write(&end->fn, offset, width, value);
	if (!*changed)
		return no_effect;
	if (end->state && !(command(end) & PCI_COMMAND_MEMORY)) {
		end->state = 0;
		return (struct ivshmem_effect){ .what = IVSHMEM_STATE };
	}
	if (!end->intx && !msix_is_enabled(end))
		end->pending = 0;
	return release_pending(end);
}

enum ivshmem_signal ivshmem_signal(struct ivshmem_end *end, uint32_t vector,
				   union ivshmem_vector *message)
{
	if (!(end->int_control & IVSHMEM_INT_ENABLE) || vector >= end->vectors)
		return IVSHMEM_DROP;
	if (!end->intx && !msix_is_enabled(end))
		return IVSHMEM_DROP;
	if (is_masked(end, vector)) {
		end->pending |= 1u << vector;
		return IVSHMEM_HELD;
	}
	end->pending &= ~(1u << vector);
	if (end->fn.config[end->fn.vendor_cap + IVSHMEM_CAP_PRIV_CNTL] & IVSHMEM_PRIV_ONESHOT)
		end->int_control &= ~IVSHMEM_INT_ENABLE;
	if (end->intx)
		return IVSHMEM_SEND_INTX;
	*message = end->vector[vector];
	return IVSHMEM_SEND_MSI;
}
