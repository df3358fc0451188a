/* SPDX-License-Identifier: GPL-2.0-only */
/* Ways of touching memory, and ports; the order is memory.c's. */
#ifndef ATTACK_WAYS_H
#define ATTACK_WAYS_H

enum way {
	READ8,
	READ16,
	READ32,
	READ64,
	ACROSS, /* 8 bytes, of which 4 are in the page before */
	MOVS_FROM,
	MOVS_TO,
	STOS,
	VECTOR,
	WRITE8,
	WRITE16,
	WRITE32,
	WRITE64,
	LOCKED,
	BIT,
	EXCHANGE,
	COMPARE_EXCHANGE,
	INS, /* of ports, as the next */
	OUTS,
};

#endif
