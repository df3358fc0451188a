// SPDX-License-Identifier: GPL-2.0-only
/* Functions that an earlier Linux used: what is written to stop them, to reset them, and afterwards. */
#include <string.h>
#include "check.h"
#include "pure/pci_quiet.h"

#define MSI 0x50
#define MSIX 0x60
#define PCIE 0x70

static uint8_t raw[256];
static struct pci_quiet q;

static void put(unsigned int at, uint32_t value, unsigned int bytes)
{
	memcpy(raw + at, &value, bytes);
}

/* An NVMe controller at work: decoding memory, mastering the bus, with MSI-X on */
static void make(void)
{
	memset(raw, 0, sizeof(raw));
	put(0, 0x00101b36, 4);
	put(0x04, 0x0106, 2);
	put(0x06, 0x10, 2);
	put(0x08, 0x01080202, 4);
	put(0x0c, 0x0010, 2);
	put(0x0e, 0x80, 1); /* of several functions */
	for (unsigned int bar = 0; bar < 6; bar++)
		put(0x10 + 4 * bar, 0xfe000004 + (bar << 16), 4);
	put(0x30, 0xfd000001, 4);
	put(0x34, MSI, 1);
	put(0x3c, 0x010b, 2);
	put(MSI, 0x00810000 | MSIX << 8 | 0x05, 4);
	put(MSIX, 0xc0070000 | PCIE << 8 | 0x11, 4);
	put(PCIE, 0x10, 1);
	put(PCIE + 4, 1u << 28, 4);
	put(PCIE + 8, 0x2810, 2);
}

static void check_write(const struct pci_write *w, unsigned int offset, unsigned int width,
			uint32_t value)
{
	CHECK_EQ(w->offset, offset);
	CHECK_EQ(w->width, width);
	CHECK_EQ(w->value, value);
}

static void test_stop(void)
{
	make();
	CHECK(pci_quiet_make(&q, raw));
	check_write(&q.stop[0], 0x04, 2, 0x0502);
	check_write(&q.stop[1], MSI + 2, 2, 0x0080);
	check_write(&q.stop[2], MSIX + 2, 2, 0x4007);
	/* without capabilities, whatever their pointer says */
	put(0x06, 0, 2);
	CHECK(pci_quiet_make(&q, raw));
	check_write(&q.stop[0], 0x04, 2, 0x0502);
	CHECK(!q.stop[1].width && !q.stop[2].width && !q.reset.width);
}

static void test_reset(void)
{
	make();
	CHECK(pci_quiet_make(&q, raw));
	check_write(&q.reset, PCIE + 8, 2, 0xa810);
	check_write(&q.back[0], PCIE + 8, 2, 0x2810);
	for (unsigned int bar = 0; bar < 6; bar++)
		check_write(&q.back[1 + bar], 0x10 + 4 * bar, 4, 0xfe000004 + (bar << 16));
	check_write(&q.back[7], 0x30, 4, 0xfd000001);
	check_write(&q.back[8], 0x0c, 2, 0x0010);
	check_write(&q.back[9], 0x3c, 1, 0x0b);
	check_write(&q.back[10], 0x04, 2, 0x0502);
}

static int resets(void)
{
	return pci_quiet_make(&q, raw) && q.reset.width;
}

static void test_what_cannot_be_reset(void)
{
	make();
	put(PCIE + 4, 0, 4);
	CHECK(!resets());
	make();
	put(0x0b, 3, 1);
	CHECK(!resets());
	CHECK(q.stop[0].width);
	/* a capability that does not fit */
	make();
	put(0x34, 0xf8, 1);
	put(0xf8, 0x10, 1);
	CHECK(!resets());
	/* a list without end */
	make();
	put(MSI + 1, MSI, 1);
	CHECK(!resets());
	CHECK_EQ(q.stop[1].width, 2);
}

static int is_left_alone(uint8_t header, uint8_t class, uint8_t subclass)
{
	make();
	raw[0x0e] = header;
	raw[0x0b] = class;
	raw[0x0a] = subclass;
	return !pci_quiet_make(&q, raw) && !q.stop[0].width && !q.reset.width;
}

static void test_what_is_left_alone(void)
{
	CHECK(is_left_alone(0, 6, 1));	   /* ISA */
	CHECK(is_left_alone(0, 8, 6));	   /* a remapping unit */
	CHECK(!is_left_alone(0, 8, 5));	   /* an SD host */
	CHECK(!is_left_alone(0, 8, 0x80)); /* an engine that copies memory */
	CHECK(is_left_alone(2, 6, 7));	   /* CardBus */
	CHECK(!is_left_alone(0x80, 0x0c, 3));
}

/* Nothing but its command register, in which it goes on to decode addresses */
static void test_bridges_pass_no_dma_on(void)
{
	static const uint8_t headers[] = { 0x01, 0x81 };

	for (unsigned int i = 0; i < 2; i++) {
		make();
		raw[0x0e] = headers[i];
		raw[0x0b] = 6;
		raw[0x0a] = 4;
		CHECK(pci_quiet_is_bridge(raw));
		CHECK(pci_quiet_make(&q, raw));
		check_write(&q.stop[0], 0x04, 2, 0x0102);
		CHECK(!q.stop[1].width && !q.stop[2].width && !q.reset.width);
	}
	make();
	CHECK(!pci_quiet_is_bridge(raw));
}

int main(void)
{
	test_bridges_pass_no_dma_on();
	test_stop();
	test_reset();
	test_what_cannot_be_reset();
	test_what_is_left_alone();
	return check_done();
}
