// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a decoded instruction does to registers and flags, and what it writes to its memory
 * operand. Flags that the manuals leave undefined are cleared by logic operations (AF) and
 * kept by bit tests, as the processors do. SDM vol. 1, 3.4.3; vol. 2 for each instruction.
 */
#include "insn.h"

#define FLAG_CF 0x001
#define FLAG_PF 0x004
#define FLAG_AF 0x010
#define FLAG_ZF 0x040
#define FLAG_SF 0x080
#define FLAG_DF 0x400
#define FLAG_OF 0x800
#define FLAGS_STATUS (FLAG_CF | FLAG_PF | FLAG_AF | FLAG_ZF | FLAG_SF | FLAG_OF)

enum { RAX = 0, RCX = 1, RSI = 6, RDI = 7 };

static uint64_t insn_mask(unsigned int width)
{
	return UINT64_MAX >> (64 - 8 * width);
}

static uint64_t insn_sign_bit(unsigned int width)
{
	return UINT64_C(1) << (8 * width - 1);
}

static uint64_t insn_sign_extend(uint64_t value, unsigned int width)
{
	return (value ^ insn_sign_bit(width)) - insn_sign_bit(width);
}

/* 32-bit results clear the upper half, narrower ones keep what is beside them. */
static void insn_write_part(uint64_t *reg, uint64_t value, unsigned int width, unsigned int shift)
{
	uint64_t mask = width == 4 ? UINT64_MAX : insn_mask(width) << shift;

	*reg = (*reg & ~mask) | (value & insn_mask(width)) << shift;
}

static uint64_t insn_get_register(const struct insn *insn, const uint64_t regs[16])
{
	return regs[insn->reg] >> (insn->high ? 8 : 0) & insn_mask(insn->reg_width);
}

static void insn_put_register(const struct insn *insn, uint64_t regs[16], uint64_t value)
{
	insn_write_part(&regs[insn->reg], value, insn->reg_width, insn->high ? 8 : 0);
}

static uint64_t insn_result_flags(uint64_t result, unsigned int width)
{
	uint64_t flags = 0;

	flags |= result & insn_sign_bit(width) ? FLAG_SF : 0;
	flags |= result == 0 ? FLAG_ZF : 0;
	flags |= __builtin_parity((unsigned int)(result & 0xff)) ? 0 : FLAG_PF;
	return flags;
}

/* The two-operand operations. All of a, b and the result are of the given width. */
static uint64_t insn_alu(uint8_t op, uint64_t a, uint64_t b, unsigned int width, uint64_t *rflags)
{
	uint64_t result, carries, overflow, flags;

	switch (op) {
	case INSN_ADD:
		result = a + b;
		carries = (a & b) | ((a | b) & ~result);
		overflow = ~(a ^ b) & (a ^ result);
		break;
	case INSN_SUB:
	case INSN_CMP:
		result = a - b;
		carries = (~a & b) | (~(a ^ b) & result);
		overflow = (a ^ b) & (a ^ result);
		break;
	default:
		result = op == INSN_OR ? a | b : op == INSN_XOR ? a ^ b : a & b;
		carries = 0;
		overflow = 0;
	}

	result &= insn_mask(width);
	flags = insn_result_flags(result, width);
	flags |= carries & insn_sign_bit(width) ? FLAG_CF : 0;
	flags |= carries & 0x8 ? FLAG_AF : 0;
	flags |= overflow & insn_sign_bit(width) ? FLAG_OF : 0;
	*rflags = (*rflags & ~(uint64_t)FLAGS_STATUS) | flags;
	return result;
}

/* Returns 1 if memory is to be written. */
static int insn_execute_alu(const struct insn *insn, uint64_t regs[16], uint64_t *rflags,
			    uint64_t memory, uint64_t *store)
{
	uint64_t other = insn->has_imm ? insn->imm & insn_mask(insn->width) :
					 insn_get_register(insn, regs);
	uint64_t a = insn->to_memory ? memory : other;
	uint64_t b = insn->to_memory ? other : memory;
	uint64_t result = insn_alu(insn->op, a, b, insn->width, rflags);

	if (insn->op == INSN_CMP || insn->op == INSN_TEST)
		return 0;
	if (!insn->to_memory) {
		insn_put_register(insn, regs, result);
		return 0;
	}
	*store = result;
	return 1;
}

static int insn_execute_bit(const struct insn *insn, uint64_t *rflags, uint64_t memory,
			    uint64_t *store)
{
	uint64_t bit = UINT64_C(1) << (insn->imm % (8 * insn->width));

	*rflags = (*rflags & ~(uint64_t)FLAG_CF) | (memory & bit ? FLAG_CF : 0);
	*store = insn->op == INSN_BTS ? memory | bit : memory & ~bit;
	return insn->op != INSN_BT;
}

static void insn_advance(const struct insn *insn, uint64_t regs[16], uint64_t rflags,
			 unsigned int pointer)
{
	uint64_t step = rflags & FLAG_DF ? -(uint64_t)insn->width : insn->width;

	insn_write_part(&regs[pointer], regs[pointer] + step, insn->address_width, 0);
}

/* Returns 1 if RIP has to stay for the next element. */
static int insn_advance_string(const struct insn *insn, uint64_t regs[16], uint64_t rflags,
			       unsigned int pointer)
{
	insn_advance(insn, regs, rflags, pointer);
	if (!insn->rep)
		return 0;
	insn_write_part(&regs[RCX], regs[RCX] - 1, insn->address_width, 0);
	return (regs[RCX] & insn_mask(insn->address_width)) != 0;
}

int insn_execute(const struct insn *insn, uint64_t regs[16], uint64_t *rflags, uint64_t memory,
		 uint64_t *store, int *again)
{
	uint64_t value = insn->has_imm ? insn->imm : insn_get_register(insn, regs);

	*again = 0;
	memory &= insn_mask(insn->width);
	switch (insn->op) {
	case INSN_MOV:
	case INSN_XCHG:
		if (insn->access & INSN_READ)
			insn_put_register(insn, regs, memory);
		break;
	case INSN_MOVZX:
		insn_put_register(insn, regs, memory);
		break;
	case INSN_MOVSX:
		insn_put_register(insn, regs, insn_sign_extend(memory, insn->width));
		break;
	case INSN_MOVS:
		value = memory;
		insn_advance(insn, regs, *rflags, RSI);
		*again = insn_advance_string(insn, regs, *rflags, RDI);
		break;
	case INSN_STOS:
		*again = insn_advance_string(insn, regs, *rflags, RDI);
		break;
	case INSN_LODS:
		insn_put_register(insn, regs, memory);
		*again = insn_advance_string(insn, regs, *rflags, RSI);
		break;
	case INSN_BT:
	case INSN_BTS:
	case INSN_BTR:
		return insn_execute_bit(insn, rflags, memory, store);
	default:
		return insn_execute_alu(insn, regs, rflags, memory, store);
	}

	*store = value & insn_mask(insn->width);
	return (insn->access & INSN_WRITE) != 0;
}
