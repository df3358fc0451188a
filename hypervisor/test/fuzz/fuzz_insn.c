// SPDX-License-Identifier: GPL-2.0-only
/*
 * The instruction decoder on arbitrary bytes: the first byte chooses the mode, the rest is
 * code. What it accepts has to be complete, no longer than it says, and harmless to carry out.
 */
#include <stdlib.h>
#include <string.h>
#include "../../pure/insn.h"

#define FLAGS_STATUS 0x8d5

#define REQUIRE(condition)        \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t mask(unsigned int width)
{
	return width == 8 ? UINT64_MAX : (UINT64_C(1) << 8 * width) - 1;
}

static int is_width(unsigned int width)
{
	return width == 1 || width == 2 || width == 4 || width == 8;
}

static void check_shape(const struct insn *insn, size_t size, enum insn_mode mode)
{
	REQUIRE(insn->length >= 1 && insn->length <= INSN_MAX && insn->length <= size);
	REQUIRE(insn->op <= INSN_LODS);
	REQUIRE(insn->access && !(insn->access & ~(INSN_READ | INSN_WRITE)));
	REQUIRE(is_width(insn->width) && is_width(insn->reg_width));
	REQUIRE(insn->width <= insn->reg_width);
	REQUIRE(insn->reg < (insn->high ? 4 : mode == INSN_64 ? 16 : 8));
	REQUIRE(!insn->high || insn->reg_width == 1);
	REQUIRE(mode == INSN_64 || (insn->width < 8 && insn->address_width < 8));
	REQUIRE(!insn->rep || (insn->op >= INSN_MOVS && insn->op <= INSN_LODS));
	REQUIRE(insn->op != INSN_MOVS || mode == INSN_64);
}

/* Only as many bytes as it says matter, and all of them do. */
static void check_length(const uint8_t *code, enum insn_mode mode, const struct insn *insn)
{
	uint8_t copy[INSN_MAX];
	struct insn again;

	memset(copy, 0x66, sizeof(copy));
	memcpy(copy, code, insn->length);
	REQUIRE(insn_decode(copy, sizeof(copy), mode, &again) == 0);
	REQUIRE(memcmp(&again, insn, sizeof(again)) == 0);
	for (size_t size = 0; size < insn->length; size++)
		REQUIRE(insn_decode(code, size, mode, &again) == -ENODATA);
}

static void check_effects(const struct insn *insn)
{
	uint64_t before[16], regs[16], rflags = 0x202, store = 0, memory = 0x8877665544332211;
	unsigned int changed = 0;
	int again, stores;

	for (unsigned int i = 0; i < 16; i++)
		before[i] = regs[i] = 0xf1e2d3c4b5a69780 * (i + 1);
	stores = insn_execute(insn, regs, &rflags, memory, &store, &again);
	REQUIRE(!stores || (insn->access & INSN_WRITE));
	REQUIRE(!stores || store <= mask(insn->width));
	REQUIRE(!((rflags ^ 0x202) & ~(uint64_t)FLAGS_STATUS));
	REQUIRE(!again || insn->rep);
	for (unsigned int i = 0; i < 16; i++)
		changed += regs[i] != before[i];
	REQUIRE(changed <= 3);
	if (insn->op < INSN_MOVS)
		REQUIRE(changed == 0 || (changed == 1 && regs[insn->reg] != before[insn->reg]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct insn insn;
	enum insn_mode mode;
	int error;

	if (size < 1)
		return 0;
	mode = data[0] % 3;
	error = insn_decode(data + 1, size - 1, mode, &insn);
	if (error) {
		REQUIRE(error == -EOPNOTSUPP || (error == -ENODATA && size - 1 < INSN_MAX));
		return 0;
	}
	check_shape(&insn, size - 1, mode);
	check_length(data + 1, mode, &insn);
	check_effects(&insn);
	return 0;
}
