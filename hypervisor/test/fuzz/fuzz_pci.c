/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PCI moderation under arbitrary accesses: the input is a list of 8-byte commands. After each
 * of them what must never change is compared with a pristine copy.
 */
#include <stdlib.h>
#include <string.h>
#include <bulkhead/config.h>
#include "../../pure/pci.h"

#define REQUIRE(condition)        \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

struct command {
	uint8_t op;
	uint8_t width;
	uint16_t offset;
	uint32_t value;
};

static void check_access(const struct pci_access *access)
{
	REQUIRE(access->offset < 4096);
	REQUIRE(access->width == 1 || access->width == 2 || access->width == 4);
	REQUIRE((access->offset & 3) + access->width <= 4);
}

static void check_function(const struct pci_function *fn, const struct pci_function *pristine)
{
	for (size_t i = 0; i < sizeof(fn->config); i++) {
		REQUIRE(fn->writable[i] == pristine->writable[i]);
		REQUIRE(!((fn->config[i] ^ pristine->config[i]) & ~fn->writable[i]));
	}
	for (unsigned int bar = 0; bar < 8; bar++) {
		uint64_t address = pci_bar_address(fn, bar);

		REQUIRE(address == BH_ADDR_NONE || (bar < 2 && !(address & 0xfff)));
	}
}

static void run(struct pci_function *fn, const struct command *c)
{
	struct pci_access access;
	struct pci_function before = *fn;

	switch (c->op % 5) {
	case 0:
		(void)pci_read(fn, c->offset, c->width);
		break;
	case 1:
		if (pci_write(fn, c->offset, c->width, c->value))
			REQUIRE(memcmp(before.config, fn->config, sizeof(fn->config)));
		break;
	case 2:
		pci_bar_set(fn, c->width, (uint64_t)c->value << 12);
		break;
	case 3:
		if (!pci_decode_cf8(c->value, c->offset, c->width, &access))
			check_access(&access);
		break;
	default:
		if (!pci_decode_ecam((uint64_t)c->value << 4 | (c->offset & 15),
				     (uint8_t)(c->offset >> 8), c->width, &access))
			check_access(&access);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pci_function fn, pristine;
	struct bh_config_link link = { 0 };
	struct command c;

	if (size < sizeof(c))
		return 0;
	memcpy(&c, data, sizeof(c));
	link.protocol = c.offset;
	link.flags = c.op & BH_LINK_INTX;
	link.vectors = c.width % 17;
	link.gpa = (uint64_t)c.value << 12;
	if (c.op & 2)
		pci_make_bridge(&fn);
	else
		pci_make_link(&fn, &link, c.width);
	pristine = fn;
	for (size_t at = sizeof(c); at + sizeof(c) <= size; at += sizeof(c)) {
		memcpy(&c, data + at, sizeof(c));
		run(&fn, &c);
		check_function(&fn, &pristine);
	}
	return 0;
}
