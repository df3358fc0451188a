// SPDX-License-Identifier: GPL-2.0-only
/* Ports of a cell, in each width and by string instructions. Its first range is a register of one byte that does not hold
 * ones, its second one is eight bytes wide. */
#include <linux/io.h>
#include <linux/string.h>
#include "attack.h"
#include "ways.h"

#define BELOW 3 /* where an access of four bytes begins of which the last is the cell's */
#define UNTOUCHED 0x5a

static int judge(u32 value, u32 ones)
{
	return value == ones ? ATTACK_IGNORED : attack_note("read %x", value);
}

static int string_way(u16 port, enum way way)
{
	u8 buffer[16];

	memset(buffer, UNTOUCHED, sizeof(buffer));
	if (way == OUTS)
		outsb(port, buffer, sizeof(buffer));
	else
		insb(port, buffer, sizeof(buffer));
	if (memchr_inv(buffer, UNTOUCHED, sizeof(buffer)))
		return attack_note("read %*ph", 16, buffer);
	return ATTACK_IGNORED;
}

static int write_way(u16 port, enum way way)
{
	if (way == WRITE8)
		outb(0, port);
	else if (way == WRITE16)
		outw(0, port);
	else
		outl(0, port);
	return ATTACK_IGNORED;
}

static int read_way(u16 port, enum way way)
{
	switch (way) {
	case READ8:
		return judge(inb(port), 0xff);
	case READ16:
		return judge(inw(port), 0xffff);
	case READ32:
		return judge(inl(port), 0xffffffff);
	default:
		return judge(inl(port - BELOW), 0xffffffff);
	}
}

int attack_port(u64 way, u64 range)
{
	u16 port = place_port(range);

	if (!port)
		return attack_note("no cell has a port");
	if (way == INS || way == OUTS)
		return string_way(port, way);
	return way <= ACROSS ? read_way(port, way) : write_way(port, way);
}
