// SPDX-License-Identifier: GPL-2.0-only
/*
 * The decoder against the processor that the test runs on: random instructions of the forms
 * that we claim to know, on random registers, flags and memory, are run for real and through
 * insn_decode() and insn_execute(). All registers, the memory and the defined flags must agree.
 * The memory operand is RIP-relative, absolute, or that of a string form.
 */
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include "../../pure/insn.h"
#include "check.h"

#define ROUNDS 200000
#define FLAG_CF 0x001
#define FLAG_AF 0x010
#define FLAG_DF 0x400
#define FLAGS_STATUS 0x8d5
#define RSP 4

/* Used by name in the assembly below. */
struct cpu_state {
	uint64_t regs[16];
	uint64_t rflags;
};
struct cpu_state cpu_state;
uint64_t cpu_saved_rsp;
const void *cpu_code;
void cpu_run(void);
void cpu_back(void);

/* cpu_run() loads all registers but RSP, goes to cpu_code, and comes back at cpu_back(). */
__asm__(".text\n"
	"cpu_run:\n"
	"	push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
	"	mov %rsp, cpu_saved_rsp(%rip)\n"
	"	pushq cpu_state+128(%rip); popfq\n"
	"	mov cpu_state(%rip), %rax;     mov cpu_state+8(%rip), %rcx\n"
	"	mov cpu_state+16(%rip), %rdx;  mov cpu_state+24(%rip), %rbx\n"
	"	mov cpu_state+40(%rip), %rbp;  mov cpu_state+48(%rip), %rsi\n"
	"	mov cpu_state+56(%rip), %rdi;  mov cpu_state+64(%rip), %r8\n"
	"	mov cpu_state+72(%rip), %r9;   mov cpu_state+80(%rip), %r10\n"
	"	mov cpu_state+88(%rip), %r11;  mov cpu_state+96(%rip), %r12\n"
	"	mov cpu_state+104(%rip), %r13; mov cpu_state+112(%rip), %r14\n"
	"	mov cpu_state+120(%rip), %r15\n"
	"	jmp *cpu_code(%rip)\n"
	"cpu_back:\n"
	"	mov %rax, cpu_state(%rip);     mov %rcx, cpu_state+8(%rip)\n"
	"	mov %rdx, cpu_state+16(%rip);  mov %rbx, cpu_state+24(%rip)\n"
	"	mov %rbp, cpu_state+40(%rip);  mov %rsi, cpu_state+48(%rip)\n"
	"	mov %rdi, cpu_state+56(%rip);  mov %r8, cpu_state+64(%rip)\n"
	"	mov %r9, cpu_state+72(%rip);   mov %r10, cpu_state+80(%rip)\n"
	"	mov %r11, cpu_state+88(%rip);  mov %r12, cpu_state+96(%rip)\n"
	"	mov %r13, cpu_state+104(%rip); mov %r14, cpu_state+112(%rip)\n"
	"	mov %r15, cpu_state+120(%rip)\n"
	"	pushfq; popq cpu_state+128(%rip)\n"
	"	cld\n"
	"	mov cpu_saved_rsp(%rip), %rsp\n"
	"	pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
	"	ret\n");

/* One page of code, one of data; below 2 GiB so that the data has a 32-bit address, too. */
static uint8_t *code, *data;

static uint64_t random_state = 88172645463325252;

static uint64_t random_bits(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

/* Often a value at which flags change. */
static uint64_t random_value(void)
{
	static const uint64_t edges[] = { 0,
					  1,
					  0x7f,
					  0x80,
					  0xff,
					  0x7fff,
					  0x8000,
					  0xffff,
					  0x7fffffff,
					  0x80000000,
					  0xffffffff,
					  INT64_MAX,
					  UINT64_C(1) << 63,
					  UINT64_MAX };

	if (random_bits() & 1)
		return random_bits();
	return edges[random_bits() % (sizeof(edges) / sizeof(edges[0]))];
}

struct form {
	uint8_t opcode[2];
	uint8_t opcode_size;
	int8_t extension;  /* of ModRM, or -1: a register */
	uint8_t immediate; /* 0, 1, or 4: operand-sized */
};

static const struct form forms[] = {
	{ { 0x88 }, 1, -1, 0 },	      { { 0x89 }, 1, -1, 0 },	    { { 0x8a }, 1, -1, 0 },
	{ { 0x8b }, 1, -1, 0 },	      { { 0xc6 }, 1, 0, 1 },	    { { 0xc7 }, 1, 0, 4 },
	{ { 0x00 }, 1, -1, 0 },	      { { 0x01 }, 1, -1, 0 },	    { { 0x02 }, 1, -1, 0 },
	{ { 0x03 }, 1, -1, 0 },	      { { 0x08 }, 1, -1, 0 },	    { { 0x09 }, 1, -1, 0 },
	{ { 0x0a }, 1, -1, 0 },	      { { 0x0b }, 1, -1, 0 },	    { { 0x20 }, 1, -1, 0 },
	{ { 0x21 }, 1, -1, 0 },	      { { 0x22 }, 1, -1, 0 },	    { { 0x23 }, 1, -1, 0 },
	{ { 0x28 }, 1, -1, 0 },	      { { 0x29 }, 1, -1, 0 },	    { { 0x2a }, 1, -1, 0 },
	{ { 0x2b }, 1, -1, 0 },	      { { 0x30 }, 1, -1, 0 },	    { { 0x31 }, 1, -1, 0 },
	{ { 0x32 }, 1, -1, 0 },	      { { 0x33 }, 1, -1, 0 },	    { { 0x38 }, 1, -1, 0 },
	{ { 0x39 }, 1, -1, 0 },	      { { 0x3a }, 1, -1, 0 },	    { { 0x3b }, 1, -1, 0 },
	{ { 0x80 }, 1, 0, 1 },	      { { 0x80 }, 1, 5, 1 },	    { { 0x80 }, 1, 7, 1 },
	{ { 0x81 }, 1, 0, 4 },	      { { 0x81 }, 1, 1, 4 },	    { { 0x81 }, 1, 4, 4 },
	{ { 0x81 }, 1, 6, 4 },	      { { 0x81 }, 1, 7, 4 },	    { { 0x83 }, 1, 0, 1 },
	{ { 0x83 }, 1, 1, 1 },	      { { 0x83 }, 1, 4, 1 },	    { { 0x83 }, 1, 5, 1 },
	{ { 0x83 }, 1, 6, 1 },	      { { 0x83 }, 1, 7, 1 },	    { { 0x84 }, 1, -1, 0 },
	{ { 0x85 }, 1, -1, 0 },	      { { 0xf6 }, 1, 0, 1 },	    { { 0xf7 }, 1, 0, 4 },
	{ { 0x86 }, 1, -1, 0 },	      { { 0x87 }, 1, -1, 0 },	    { { 0x63 }, 1, -1, 0 },
	{ { 0x0f, 0xb6 }, 2, -1, 0 }, { { 0x0f, 0xb7 }, 2, -1, 0 }, { { 0x0f, 0xbe }, 2, -1, 0 },
	{ { 0x0f, 0xbf }, 2, -1, 0 }, { { 0x0f, 0xba }, 2, 4, 1 },  { { 0x0f, 0xba }, 2, 5, 1 },
	{ { 0x0f, 0xba }, 2, 6, 1 },
};

static uint8_t *put(uint8_t *at, uint64_t value, unsigned int width)
{
	memcpy(at, &value, width);
	return at + width;
}

/* Back to the test, without a register. */
static void put_return(uint8_t *at)
{
	at = put(at, 0x25ff, 2); /* jmp *0(%rip) */
	at = put(at, 0, 4);
	put(at, (uintptr_t)cpu_back, 8);
}

/* Prefixes and REX; *operand gets the operand size for immediates. */
static uint8_t *put_prefixes(uint8_t *at, unsigned int *operand)
{
	uint64_t random = random_bits();

	*operand = 4;
	if (random % 4 == 0)
		*at++ = 0x3e;
	if (random >> 8 & 1) {
		*at++ = 0x66;
		*operand = 2;
	}
	if (random >> 9 & 1) {
		*at++ = 0x40 | (random >> 16 & 0xf);
		if (random >> 16 & 8)
			*operand = 8;
	}
	return at;
}

static unsigned int put_modrm_instruction(void)
{
	const struct form *form = &forms[random_bits() % (sizeof(forms) / sizeof(forms[0]))];
	unsigned int operand, reg = random_bits() & 7;
	unsigned int immediate = form->immediate;
	uint8_t *at = put_prefixes(code, &operand);
	const int rex = at > code && (at[-1] & 0xf0) == 0x40 ? at[-1] : 0;
	uint8_t *end;

	/* RSP is the test's own; without REX its number means AH in byte forms */
	if (form->extension < 0 && reg == RSP && !(rex & 4))
		reg = 0;
	if (form->extension >= 0)
		reg = (unsigned int)form->extension;
	if (immediate == 4 && operand == 2)
		immediate = 2;
	memcpy(at, form->opcode, form->opcode_size);
	at += form->opcode_size;
	*at++ = (uint8_t)(reg << 3 | 5);
	end = at + 4 + immediate;
	at = put(at, (uint64_t)(data - end), 4);
	at = put(at, random_value(), immediate);
	put_return(at);
	return (unsigned int)(at - code);
}

/* MOV AH and its like, which put_modrm_instruction() leaves out. */
static unsigned int put_high_instruction(void)
{
	static const uint8_t opcodes[] = { 0x88, 0x8a, 0x00, 0x02, 0x28, 0x2a, 0x3a, 0x84, 0x86 };
	uint8_t *at = code;

	*at++ = opcodes[random_bits() % sizeof(opcodes)];
	*at++ = (uint8_t)((4 | (random_bits() & 3)) << 3 | 5);
	at = put(at, (uint64_t)(data - (at + 4)), 4);
	put_return(at);
	return (unsigned int)(at - code);
}

static unsigned int put_absolute_instruction(void)
{
	unsigned int operand;
	uint8_t *at = put_prefixes(code, &operand);

	*at++ = 0xa0 | (random_bits() & 3);
	at = put(at, (uintptr_t)data, 8);
	put_return(at);
	return (unsigned int)(at - code);
}

static unsigned int put_string_instruction(void)
{
	static const uint8_t opcodes[] = { 0xaa, 0xab, 0xac, 0xad };
	uint8_t *at = code;
	unsigned int operand;

	if (random_bits() & 1)
		*at++ = random_bits() & 1 ? 0xf2 : 0xf3;
	if (random_bits() & 1)
		*at++ = 0x67;
	if (random_bits() & 1) /* REX has to come last */
		*at++ = 0x48;
	else
		at = put_prefixes(at, &operand);
	*at++ = opcodes[random_bits() & 3];
	put_return(at);
	cpu_state.regs[1] = 1 + random_bits() % 5;
	cpu_state.regs[6] = (uintptr_t)data + 64;
	cpu_state.regs[7] = (uintptr_t)data + 64;
	return (unsigned int)(at - code);
}

static uint64_t defined_flags(const struct insn *insn)
{
	switch (insn->op) {
	case INSN_BT:
	case INSN_BTS:
	case INSN_BTR:
		return FLAG_CF | 0x40; /* ZF is kept, by definition */
	case INSN_AND:
	case INSN_OR:
	case INSN_XOR:
	case INSN_TEST:
		return FLAGS_STATUS & ~FLAG_AF;
	default:
		return FLAGS_STATUS | FLAG_DF;
	}
}

/* Emulate on state, with memory in the model's copy of the data page. */
static void emulate(const struct insn *insn, struct cpu_state *state, uint8_t *memory)
{
	int again;

	do {
		uint64_t offset = 0, value = 0, store = 0;

		if (insn->op == INSN_STOS)
			offset = state->regs[7] - (uintptr_t)data;
		if (insn->op == INSN_LODS)
			offset = state->regs[6] - (uintptr_t)data;
		REQUIRE(offset < 256);
		memcpy(&value, memory + offset, insn->width);
		if (insn_execute(insn, state->regs, &state->rflags, value, &store, &again))
			memcpy(memory + offset, &store, insn->width);
		else
			CHECK(!(insn->access & INSN_WRITE));
	} while (again);
}

static int round_agrees(unsigned int length)
{
	uint8_t memory[256];
	struct cpu_state model;
	struct insn insn;
	int ok = 1;

	for (unsigned int i = 0; i < sizeof(memory); i += 8)
		put(data + i, random_value(), 8);
	memcpy(memory, data, sizeof(memory));
	model = cpu_state;

	ok &= CHECK_EQ(insn_decode(code, INSN_MAX, INSN_64, &insn), 0);
	ok &= CHECK_EQ(insn.length, length);
	if (!ok)
		return 0;
	emulate(&insn, &model, memory);

	cpu_code = code;
	cpu_run();
	for (unsigned int i = 0; i < 16; i++)
		ok &= CHECK_EQ(model.regs[i], cpu_state.regs[i]);
	ok &= CHECK_EQ(model.rflags & defined_flags(&insn),
		       cpu_state.rflags & defined_flags(&insn));
	ok &= CHECK(memcmp(memory, data, sizeof(memory)) == 0);
	return ok;
}

static void fill_registers(void)
{
	for (unsigned int i = 0; i < 16; i++)
		cpu_state.regs[i] = random_value();
	cpu_state.regs[RSP] = 0;
	cpu_state.rflags = 0x202 | (random_bits() & (FLAGS_STATUS | FLAG_DF));
}

int main(void)
{
	static unsigned int (*const kinds[])(void) = {
		put_modrm_instruction, put_modrm_instruction,	 put_modrm_instruction,
		put_high_instruction,  put_absolute_instruction, put_string_instruction,
	};

	code = mmap(NULL, 8192, PROT_READ | PROT_WRITE | PROT_EXEC,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	REQUIRE(code != MAP_FAILED);
	data = code + 4096;
	for (unsigned int i = 0; i < ROUNDS; i++) {
		unsigned int length;

		fill_registers();
		length = kinds[random_bits() % 6]();
		if (round_agrees(length))
			continue;
		fprintf(stderr, "round %u:", i);
		for (unsigned int j = 0; j < length; j++)
			fprintf(stderr, " %02x", code[j]);
		fprintf(stderr, "\n");
		break;
	}
	return check_done();
}
