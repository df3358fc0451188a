/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A link's end under an arbitrary guest and arbitrary peers: the input is a list of 12-byte
 * commands. What holds after each of them: nobody but this end's reset changes its identity,
 * the pending set stays inside the vectors, effects name existing peers, an interrupt is
 * delivered only through every switch that guards it, and nothing that is deliverable stays
 * pending.
 */
#include <stdlib.h>
#include <string.h>
#include "../../pure/ivshmem_regs.h"

#define REQUIRE(condition)        \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

#define ID 2
#define PEERS 5

struct command {
	uint8_t op;
	uint8_t width;
	uint16_t offset;
	uint64_t value;
} __attribute__((packed));

static int is_open(const struct ivshmem_end *end, uint32_t vector)
{
	uint32_t command = pci_read(&end->fn, PCI_COMMAND, 2);
	uint32_t control;

	if (end->intx)
		return vector == 0 && !(command & PCI_COMMAND_INTX_DISABLE);
	if (!end->fn.msix_cap || vector >= end->vectors)
		return 0;
	control = pci_read(&end->fn, end->fn.msix_cap + PCI_MSIX_CONTROL, 2);
	return (command & PCI_COMMAND_MASTER) && (control & PCI_MSIX_ENABLE) &&
	       !(control & PCI_MSIX_MASKALL) && !(end->vector[vector].control & 1);
}

static void check_end(const struct ivshmem_end *end)
{
	REQUIRE(end->id == ID && end->peers == PEERS);
	REQUIRE(ivshmem_read(end, 0, IVSHMEM_REG_ID, 4) == ID);
	REQUIRE(end->vectors <= IVSHMEM_MAX_VECTORS);
	REQUIRE(!((uint64_t)end->pending >> end->vectors));
	REQUIRE(!(end->int_control & ~1u));
	for (uint32_t v = 0; v < IVSHMEM_MAX_VECTORS; v++) {
		REQUIRE(!(end->pending >> v & 1) || !is_open(end, v));
		REQUIRE(!(end->vector[v].control & ~1u) && !(end->vector[v].address & 3));
	}
}

static void check_effect(const struct ivshmem_end *end, const struct ivshmem_effect *effect)
{
	if (effect->what == IVSHMEM_DOORBELL)
		REQUIRE(effect->target < PEERS && effect->vector <= 0xffff);
	if (effect->what != IVSHMEM_UNMASKED) {
		REQUIRE(!effect->mask);
		return;
	}
	REQUIRE(effect->mask);
	for (uint32_t v = 0; v < 32; v++)
		REQUIRE(!(effect->mask >> v & 1) || is_open(end, v));
}

static void deliver(struct ivshmem_end *end, uint32_t vector)
{
	uint32_t enabled = end->int_control;
	union ivshmem_vector message;
	enum ivshmem_signal signal = ivshmem_signal(end, vector, &message);

	switch (signal) {
	case IVSHMEM_SEND_MSI:
		REQUIRE(!memcmp(&message, &end->vector[vector], sizeof(message)));
		/* fall through */
	case IVSHMEM_SEND_INTX:
		REQUIRE(enabled && is_open(end, vector));
		REQUIRE(!end->intx == (signal == IVSHMEM_SEND_MSI));
		break;
	case IVSHMEM_HELD:
		REQUIRE(enabled && (end->pending >> vector & 1));
		break;
	case IVSHMEM_DROP:
		break;
	}
}

static void run(struct ivshmem_end *end, const struct bh_config_link *link, const struct command *c)
{
	struct ivshmem_effect effect = { .what = IVSHMEM_NONE };
	int changed;

	switch (c->op % 6) {
	case 0:
		(void)ivshmem_read(end, c->op >> 4 & 3, c->offset, c->width);
		break;
	case 1:
	case 2:
		effect = ivshmem_write(end, c->op >> 4 & 3, c->offset, c->width, c->value);
		break;
	case 3:
		effect = ivshmem_config_write(end, c->offset, c->width, (uint32_t)c->value,
					      &changed);
		break;
	case 4:
		deliver(end, c->op & 0x80 ? (uint32_t)c->value : c->offset & 15);
		break;
	default:
		if (c->op == 5)
			ivshmem_reset(end, link, 16);
		break;
	}
	check_effect(end, &effect);
	check_end(end);
	for (uint32_t v = 0; v < 32; v++)
		if (effect.mask >> v & 1)
			deliver(end, v);
}

/* As a driver leaves it: far into the state space, where one write makes a difference. */
static void set_up(struct ivshmem_end *end)
{
	int changed;

	ivshmem_config_write(end, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER,
			     &changed);
	if (end->fn.msix_cap)
		ivshmem_config_write(end, end->fn.msix_cap + PCI_MSIX_CONTROL, 2, PCI_MSIX_ENABLE,
				     &changed);
	for (uint32_t v = 0; v < end->vectors; v++)
		ivshmem_write(end, 1, v * 16 + 12, 4, 0);
	ivshmem_write(end, 0, IVSHMEM_REG_INT_CONTROL, 4, IVSHMEM_INT_ENABLE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ivshmem_end end = { 0 };
	struct bh_config_link link = {
		.protocol = IVSHMEM_PROTO_USER, .peer = ID, .peers = PEERS, .rw_size = 0x1000
	};
	struct command c;

	if (size < 1)
		return 0;
	link.flags = data[0] & BH_LINK_INTX;
	link.vectors = link.flags ? 1 : data[0] >> 1 & 31;
	ivshmem_reset(&end, &link, 16);
	if (data[0] & 0x80)
		set_up(&end);
	check_end(&end);
	for (size_t at = 1; at + sizeof(c) <= size; at += sizeof(c)) {
		memcpy(&c, data + at, sizeof(c));
		run(&end, &link, &c);
	}
	return 0;
}
