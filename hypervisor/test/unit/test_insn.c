// SPDX-License-Identifier: GPL-2.0-only
/*
 * The decoder by example, in all three modes: what each form is taken for, how long it is, and
 * what is refused. Whether the effects are right is test_insn_cpu.c's question.
 */
#include <string.h>
#include "../../pure/insn.h"
#include "check.h"

#define R INSN_READ
#define W INSN_WRITE
#define BYTES(...) { __VA_ARGS__ }, sizeof((uint8_t[]){ __VA_ARGS__ })

struct example {
	enum insn_mode mode;
	uint8_t bytes[INSN_MAX];
	size_t size;
	enum insn_op op;
	uint8_t access, width, reg_width, reg, high;
	uint8_t has_imm;
	uint64_t imm;
};

static const struct example examples[] = {
	/* addressing: what is skipped in each mode */
	{ INSN_64, BYTES(0x89, 0x03), INSN_MOV, W, 4, 4, 0, 0, 0, 0 },
	{ INSN_64, BYTES(0x89, 0x43, 0x10), INSN_MOV, W, 4, 4, 0, 0, 0, 0 },
	{ INSN_64, BYTES(0x89, 0x8b, 1, 2, 3, 4), INSN_MOV, W, 4, 4, 1, 0, 0, 0 },
	{ INSN_64, BYTES(0x89, 0x15, 1, 2, 3, 4), INSN_MOV, W, 4, 4, 2, 0, 0, 0 },
	{ INSN_64, BYTES(0x89, 0x1c, 0x18), INSN_MOV, W, 4, 4, 3, 0, 0, 0 },
	{ INSN_64, BYTES(0x89, 0x1c, 0x25, 1, 2, 3, 4), INSN_MOV, W, 4, 4, 3, 0, 0, 0 },
	{ INSN_64, BYTES(0x89, 0x5c, 0x25, 1), INSN_MOV, W, 4, 4, 3, 0, 0, 0 },
	{ INSN_64, BYTES(0x89, 0x9c, 0x25, 1, 2, 3, 4), INSN_MOV, W, 4, 4, 3, 0, 0, 0 },
	{ INSN_64, BYTES(0x67, 0x89, 0x05, 1, 2, 3, 4), INSN_MOV, W, 4, 4, 0, 0, 0, 0 },
	{ INSN_32, BYTES(0x89, 0x2d, 1, 2, 3, 4), INSN_MOV, W, 4, 4, 5, 0, 0, 0 },
	{ INSN_32, BYTES(0x67, 0x89, 0x06, 1, 2), INSN_MOV, W, 4, 4, 0, 0, 0, 0 },
	{ INSN_32, BYTES(0x67, 0x89, 0x84, 1, 2), INSN_MOV, W, 4, 4, 0, 0, 0, 0 },
	{ INSN_16, BYTES(0x89, 0x07), INSN_MOV, W, 2, 2, 0, 0, 0, 0 },
	{ INSN_16, BYTES(0x89, 0x46, 1), INSN_MOV, W, 2, 2, 0, 0, 0, 0 },
	{ INSN_16, BYTES(0x89, 0x0e, 1, 2), INSN_MOV, W, 2, 2, 1, 0, 0, 0 },
	{ INSN_16, BYTES(0x89, 0x05), INSN_MOV, W, 2, 2, 0, 0, 0, 0 },
	{ INSN_16, BYTES(0x66, 0x67, 0x89, 0x05, 1, 2, 3, 4), INSN_MOV, W, 4, 4, 0, 0, 0, 0 },

	/* registers and sizes */
	{ INSN_64, BYTES(0x88, 0x23), INSN_MOV, W, 1, 1, 0, 1, 0, 0 },
	{ INSN_64, BYTES(0x40, 0x88, 0x23), INSN_MOV, W, 1, 1, 4, 0, 0, 0 },
	{ INSN_64, BYTES(0x44, 0x8a, 0x3b), INSN_MOV, R, 1, 1, 15, 0, 0, 0 },
	{ INSN_32, BYTES(0x8a, 0x3b), INSN_MOV, R, 1, 1, 3, 1, 0, 0 },
	{ INSN_64, BYTES(0x66, 0x8b, 0x03), INSN_MOV, R, 2, 2, 0, 0, 0, 0 },
	{ INSN_64, BYTES(0x66, 0x48, 0x8b, 0x03), INSN_MOV, R, 8, 8, 0, 0, 0, 0 },
	{ INSN_64, BYTES(0x4d, 0x8b, 0x03), INSN_MOV, R, 8, 8, 8, 0, 0, 0 },
	/* REX counts right before the opcode only */
	{ INSN_64, BYTES(0x4c, 0x66, 0x8b, 0x03), INSN_MOV, R, 2, 2, 0, 0, 0, 0 },
	{ INSN_64, BYTES(0x65, 0x8b, 0x04, 0x25, 1, 2, 3, 4), INSN_MOV, R, 4, 4, 0, 0, 0, 0 },
	{ INSN_64, BYTES(0x0f, 0xb6, 0x0b), INSN_MOVZX, R, 1, 4, 1, 0, 0, 0 },
	{ INSN_64, BYTES(0x48, 0x0f, 0xb7, 0x0b), INSN_MOVZX, R, 2, 8, 1, 0, 0, 0 },
	{ INSN_64, BYTES(0x66, 0x0f, 0xbe, 0x23), INSN_MOVSX, R, 1, 2, 4, 0, 0, 0 },
	{ INSN_64, BYTES(0x48, 0x63, 0x0b), INSN_MOVSX, R, 4, 8, 1, 0, 0, 0 },

	/* immediates and addresses after the opcode */
	{ INSN_64, BYTES(0xc6, 0x03, 0x80), INSN_MOV, W, 1, 1, 0, 0, 1, -0x80 },
	{ INSN_64, BYTES(0xc7, 0x03, 1, 2, 3, 0x84), INSN_MOV, W, 4, 4, 0, 0, 1,
	  UINT64_C(0xffffffff84030201) },
	{ INSN_64, BYTES(0x66, 0xc7, 0x03, 1, 2), INSN_MOV, W, 2, 2, 0, 0, 1, 0x201 },
	{ INSN_64, BYTES(0x48, 0xc7, 0x43, 9, 1, 2, 3, 4), INSN_MOV, W, 8, 8, 0, 0, 1, 0x4030201 },
	{ INSN_64, BYTES(0xa1, 1, 2, 3, 4, 5, 6, 7, 8), INSN_MOV, R, 4, 4, 0, 0, 0, 0 },
	{ INSN_64, BYTES(0x48, 0xa3, 1, 2, 3, 4, 5, 6, 7, 8), INSN_MOV, W, 8, 8, 0, 0, 0, 0 },
	{ INSN_64, BYTES(0x67, 0xa2, 1, 2, 3, 4), INSN_MOV, W, 1, 1, 0, 0, 0, 0 },
	{ INSN_32, BYTES(0xa0, 1, 2, 3, 4), INSN_MOV, R, 1, 1, 0, 0, 0, 0 },
	{ INSN_16, BYTES(0xa3, 1, 2), INSN_MOV, W, 2, 2, 0, 0, 0, 0 },

	/* read, change, write */
	{ INSN_64, BYTES(0xf0, 0x09, 0x03), INSN_OR, R | W, 4, 4, 0, 0, 0, 0 },
	{ INSN_64, BYTES(0x0b, 0x03), INSN_OR, R, 4, 4, 0, 0, 0, 0 },
	{ INSN_64, BYTES(0xf0, 0x83, 0x0b, 0xff), INSN_OR, R | W, 4, 4, 0, 0, 1, -1 },
	{ INSN_64, BYTES(0x81, 0x23, 1, 2, 3, 4), INSN_AND, R | W, 4, 4, 0, 0, 1, 0x4030201 },
	{ INSN_32, BYTES(0x80, 0x2b, 7), INSN_SUB, R | W, 1, 1, 0, 0, 1, 7 },
	{ INSN_64, BYTES(0x83, 0x3b, 0), INSN_CMP, R, 4, 4, 0, 0, 1, 0 },
	{ INSN_64, BYTES(0xf7, 0x03, 0, 0, 1, 0), INSN_TEST, R, 4, 4, 0, 0, 1, 0x10000 },
	{ INSN_64, BYTES(0xf6, 0x0b, 4), INSN_TEST, R, 1, 1, 0, 0, 1, 4 },
	{ INSN_64, BYTES(0xf0, 0x87, 0x03), INSN_XCHG, R | W, 4, 4, 0, 0, 0, 0 },
	{ INSN_64, BYTES(0x0f, 0xba, 0x23, 12), INSN_BT, R, 4, 4, 0, 0, 1, 12 },
	{ INSN_64, BYTES(0xf0, 0x0f, 0xba, 0x2b, 3), INSN_BTS, R | W, 4, 4, 0, 0, 1, 3 },
	{ INSN_64, BYTES(0xf0, 0x48, 0x0f, 0xba, 0x33, 3), INSN_BTR, R | W, 8, 8, 0, 0, 1, 3 },
	{ INSN_64, BYTES(0xf3, 0x48, 0xab), INSN_STOS, W, 8, 8, 0, 0, 0, 0 },
	{ INSN_64, BYTES(0xf3, 0xa5), INSN_MOVS, W, 4, 4, 0, 0, 0, 0 },
	{ INSN_64, BYTES(0xa4), INSN_MOVS, W, 1, 1, 0, 0, 0, 0 },
	{ INSN_16, BYTES(0x66, 0xad), INSN_LODS, R, 4, 4, 0, 0, 0, 0 },
};

static void check_example(const struct example *e)
{
	uint8_t padded[INSN_MAX];
	struct insn insn;

	memset(padded, 0x90, sizeof(padded));
	memcpy(padded, e->bytes, e->size);
	CHECK_EQ(insn_decode(padded, sizeof(padded), e->mode, &insn), 0);
	CHECK_EQ(insn_decode(e->bytes, e->size, e->mode, &insn), 0);
	CHECK_EQ(insn.length, e->size);
	CHECK_EQ(insn.op, e->op);
	CHECK_EQ(insn.access, e->access);
	CHECK_EQ(insn.width, e->width);
	CHECK_EQ(insn.reg_width, e->reg_width);
	CHECK_EQ(insn.reg, e->reg);
	CHECK_EQ(insn.high, e->high);
	CHECK_EQ(insn.has_imm, e->has_imm);
	CHECK_EQ(insn.imm, e->imm);
	for (size_t size = 0; size < e->size; size++)
		CHECK_EQ(insn_decode(e->bytes, size, e->mode, &insn), -ENODATA);
}

static void test_refused(void)
{
	static const struct {
		enum insn_mode mode;
		uint8_t bytes[8];
	} refused[] = {
		{ INSN_64, { 0x89, 0xc3 } },		    /* mov %eax, %ebx */
		{ INSN_64, { 0xf0, 0x89, 0x03 } },	    /* lock mov */
		{ INSN_64, { 0xf0, 0x0b, 0x03 } },	    /* lock or into a register */
		{ INSN_64, { 0xf0, 0x39, 0x03 } },	    /* lock cmp */
		{ INSN_64, { 0xf0, 0x0f, 0xba, 0x23, 1 } }, /* lock bt */
		{ INSN_64, { 0x11, 0x03 } },		    /* adc */
		{ INSN_64, { 0x83, 0x13, 1 } },		    /* adc */
		{ INSN_64, { 0x82, 0x03, 1 } },
		{ INSN_64, { 0xc7, 0xf8, 0, 0, 0, 0 } }, /* xbegin */
		{ INSN_64, { 0xc7, 0x0b, 0, 0, 0, 0 } },
		{ INSN_64, { 0xf7, 0x13 } },	      /* not */
		{ INSN_64, { 0x0f, 0xba, 0x3b, 1 } }, /* btc */
		{ INSN_64, { 0x0f, 0x0b } },	      /* ud2 */
		{ INSN_32, { 0xa4 } },		      /* movs */
		{ INSN_64, { 0x65, 0xa4 } },	      /* from gs */
		{ INSN_64, { 0x64, 0xf3, 0xa5 } },
		{ INSN_64, { 0xc4, 0xe2, 0x79, 0x18, 0x03 } }, /* vbroadcastss */
		{ INSN_32, { 0x48, 0x89, 0x03 } },	       /* dec %eax, then a mov */
		{ INSN_32, { 0x63, 0x03 } },		       /* arpl */
		{ INSN_16, { 0x90 } },
	};
	struct insn insn;

	for (unsigned int i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		CHECK_EQ(insn_decode(refused[i].bytes, 8, refused[i].mode, &insn), -EOPNOTSUPP);
}

static void test_too_long(void)
{
	uint8_t bytes[32];
	struct insn insn;

	/* 13 prefixes and two bytes are as much as there may be */
	memset(bytes, 0x2e, sizeof(bytes));
	memcpy(bytes + 13, (uint8_t[]){ 0x8b, 0x03 }, 2);
	CHECK_EQ(insn_decode(bytes, sizeof(bytes), INSN_64, &insn), 0);
	CHECK_EQ(insn.length, 15);
	memset(bytes, 0x2e, sizeof(bytes));
	memcpy(bytes + 14, (uint8_t[]){ 0x8b, 0x03 }, 2);
	CHECK_EQ(insn_decode(bytes, sizeof(bytes), INSN_64, &insn), -EOPNOTSUPP);
	CHECK_EQ(insn_decode(bytes, 15, INSN_64, &insn), -EOPNOTSUPP);
	CHECK_EQ(insn_decode(bytes, 14, INSN_64, &insn), -ENODATA);
	/* no need to see the end of what is not ours */
	CHECK_EQ(insn_decode((uint8_t[]){ 0x81, 0xc4 }, 2, INSN_64, &insn), -EOPNOTSUPP);
	CHECK_EQ(insn_decode((uint8_t[]){ 0x81, 0x14 }, 2, INSN_64, &insn), -EOPNOTSUPP);
	memset(bytes, 0x66, sizeof(bytes));
	CHECK_EQ(insn_decode(bytes, sizeof(bytes), INSN_64, &insn), -EOPNOTSUPP);
	CHECK_EQ(insn_decode(bytes, 0, INSN_64, &insn), -ENODATA);
}

static void test_narrow_strings(void)
{
	uint64_t regs[16] = { 0 }, rflags = 0x402, store;
	struct insn insn;
	int again;

	/* rep stosw, backwards, 16-bit counters which wrap */
	CHECK_EQ(insn_decode((uint8_t[]){ 0xf3, 0xab }, 2, INSN_16, &insn), 0);
	regs[0] = 0x12345678;
	regs[1] = 0xabcd0002;
	regs[7] = 0xabcd0001;
	CHECK_EQ(insn_execute(&insn, regs, &rflags, 0, &store, &again), 1);
	CHECK_EQ(store, 0x5678);
	CHECK_EQ(again, 1);
	CHECK_EQ(regs[1], 0xabcd0001);
	CHECK_EQ(regs[7], 0xabcdffff);
	CHECK_EQ(insn_execute(&insn, regs, &rflags, 0, &store, &again), 1);
	CHECK_EQ(again, 0);
	CHECK_EQ(rflags, 0x402);
}

static void test_copies(void)
{
	uint64_t regs[16] = { 0 }, rflags = 2, store;
	struct insn insn;
	int again;

	CHECK_EQ(insn_decode((uint8_t[]){ 0xf3, 0x48, 0xa5 }, 3, INSN_64, &insn), 0);
	regs[1] = 2;
	regs[6] = 0x1000;
	regs[7] = 0x2000;
	CHECK_EQ(insn_execute(&insn, regs, &rflags, 0x8877665544332211, &store, &again), 1);
	CHECK_EQ(store, 0x8877665544332211);
	CHECK(again && regs[1] == 1 && regs[6] == 0x1008 && regs[7] == 0x2008);
	rflags |= 0x400; /* backwards */
	CHECK_EQ(insn_execute(&insn, regs, &rflags, 1, &store, &again), 1);
	CHECK(store == 1 && !again && !regs[1] && regs[6] == 0x1000 && regs[7] == 0x2000);
}

/* Whoever reads a device may hand in more bits than the operand has. */
static void test_wide_memory(void)
{
	uint64_t regs[16] = { 0 }, rflags = 2, store;
	struct insn insn;
	int again;

	CHECK_EQ(insn_decode((uint8_t[]){ 0x8b, 0x03 }, 2, INSN_64, &insn), 0);
	CHECK_EQ(insn_execute(&insn, regs, &rflags, UINT64_MAX, &store, &again), 0);
	CHECK_EQ(regs[0], 0xffffffff);
	CHECK_EQ(insn_decode((uint8_t[]){ 0x0f, 0xb6, 0x0b }, 3, INSN_64, &insn), 0);
	CHECK_EQ(insn_execute(&insn, regs, &rflags, 0x1280, &store, &again), 0);
	CHECK_EQ(regs[1], 0x80);
	CHECK_EQ(insn_decode((uint8_t[]){ 0x83, 0x03, 1 }, 3, INSN_64, &insn), 0);
	CHECK_EQ(insn_execute(&insn, regs, &rflags, UINT64_C(0x7ffffffff), &store, &again), 1);
	CHECK_EQ(store, 0);
	CHECK_EQ(rflags, 2 | 0x55); /* CF, PF, AF, ZF */
}

int main(void)
{
	for (unsigned int i = 0; i < sizeof(examples) / sizeof(examples[0]); i++)
		check_example(&examples[i]);
	test_refused();
	test_too_long();
	test_narrow_strings();
	test_copies();
	test_wide_memory();
	return check_done();
}
