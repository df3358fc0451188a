/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Decoder for the instructions with which guests touch device registers, for CPUs without
 * decode assists. Decodes and computes; reads no memory and changes no register file but the
 * one it is given. The bytes are untrusted: the result is checked as decoded.
 */
#ifndef PURE_INSN_H
#define PURE_INSN_H

#include <bulkhead/errno.h>
#include <bulkhead/types.h>

#define INSN_MAX 15 /* bytes */

enum insn_mode { INSN_16, INSN_32, INSN_64 };

#define INSN_READ 0x1  /* reads its memory operand */
#define INSN_WRITE 0x2 /* writes it */

enum insn_op {
	INSN_NONE, /* not one of ours */
	INSN_MOV,  /* register or immediate to or from memory */
	INSN_MOVZX,
	INSN_MOVSX, /* MOVSXD, too */
	INSN_XCHG,
	INSN_ADD,
	INSN_OR,
	INSN_AND,
	INSN_SUB,
	INSN_XOR,
	INSN_CMP,
	INSN_TEST,
	INSN_BT, /* BT, BTS, BTR with an immediate bit number */
	INSN_BTS,
	INSN_BTR,
	INSN_MOVS, /* as STOS, from memory at RSI, which the caller reads; 64-bit mode only */
	INSN_STOS, /* one element; REP repeats by leaving RIP where it is */
	INSN_LODS,
};

struct insn {
	uint8_t op;	   /* enum insn_op */
	uint8_t length;	   /* bytes */
	uint8_t access;	   /* INSN_READ | INSN_WRITE of the memory operand */
	uint8_t width;	   /* bytes of the memory operand: 1, 2, 4, 8 */
	uint8_t reg_width; /* bytes of the register operand */
	uint8_t reg; /* 0..15 in the instruction's numbering: RAX RCX RDX RBX RSP RBP RSI RDI R8.. */
	uint8_t high; /* 1: AH, CH, DH, BH (reg is then 0..3) */
	uint8_t has_imm;
	uint8_t to_memory; /* direction of two-operand forms */
	uint8_t rep;
	uint8_t address_width; /* bytes: 2, 4, 8; for the string forms' RDI/RSI/RCX */
	uint64_t imm;	       /* sign-extended to 64 bits */
};

/* ADC, SBB, INC, DEC, NOT, NEG, CMPXCHG, XADD and vector moves are not among ours.
 * -ENODATA: size is too short to tell (only when size < INSN_MAX); -EOPNOTSUPP: valid or not,
 * not one of ours, or its operand is not in memory. */
int insn_decode(const uint8_t *bytes, size_t size, enum insn_mode mode, struct insn *out);

/*
 * The instruction's effect, given what its memory operand held (ignored unless INSN_READ; MOVS: what
 * is at RSI).
 * Changes regs (16 entries, instruction numbering) and *rflags as the CPU would, RIP excepted.
 * Returns 1 and *store if the operand is to be written, else 0 and *store is anything. For REP
 * forms *again is 1 if RIP has to stay. REP with a count of zero: the caller must not be here
 * (no access happened).
 */
int insn_execute(const struct insn *insn, uint64_t regs[16], uint64_t *rflags, uint64_t memory,
		 uint64_t *store, int *again);

#endif
