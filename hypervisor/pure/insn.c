// SPDX-License-Identifier: GPL-2.0-only
/*
 * The instruction decoder: prefixes, then an opcode looked up in a table of forms, then the
 * operands' bytes, of which only the immediate matters: where the memory operand lies is known
 * from the exit. SDM vol. 2, chapter 2 and appendix A.
 */
#include "insn.h"

/* What a form's opcode bits and operands mean. */
#define FORM_SIZED 0x01	      /* bit 0 clear: bytes; else the operand size */
#define FORM_DIRECTION 0x02   /* bit 1 set: the register is the destination, else memory */
#define FORM_TO_MEMORY 0x04   /* memory is the destination, or what is compared */
#define FORM_IMMEDIATE 0x08   /* of the operand's size, at most 4 bytes */
#define FORM_IMMEDIATE_8 0x10 /* of one byte */
#define FORM_EXTENDED 0x20    /* the op is chosen by ModRM.reg */
#define FORM_OFFSET 0x40      /* no ModRM: an address follows; the register is rAX */
#define FORM_STRING 0x80      /* no operand bytes; the register is rAX */

struct insn_form {
	uint8_t mask, opcode;
	uint8_t op; /* enum insn_op; with FORM_EXTENDED the row of insn_groups */
	uint8_t flags;
};

enum insn_group { GROUP_ALU, GROUP_MOV, GROUP_TEST, GROUP_BIT };

static const uint8_t insn_groups[][8] = {
	[GROUP_ALU] = { INSN_ADD, INSN_OR, INSN_NONE, INSN_NONE, INSN_AND, INSN_SUB, INSN_XOR,
			INSN_CMP },
	[GROUP_MOV] = { INSN_MOV },
	[GROUP_TEST] = { INSN_TEST, INSN_TEST },
	[GROUP_BIT] = { [4] = INSN_BT, [5] = INSN_BTS, [6] = INSN_BTR },
};

static const struct insn_form insn_forms[] = {
	{ 0xfc, 0x88, INSN_MOV, FORM_SIZED | FORM_DIRECTION },
	{ 0xfe, 0xc6, GROUP_MOV, FORM_SIZED | FORM_TO_MEMORY | FORM_IMMEDIATE | FORM_EXTENDED },
	{ 0xfe, 0xa0, INSN_MOV, FORM_SIZED | FORM_OFFSET },
	{ 0xfe, 0xa2, INSN_MOV, FORM_SIZED | FORM_OFFSET | FORM_TO_MEMORY },
	{ 0xfc, 0x00, INSN_ADD, FORM_SIZED | FORM_DIRECTION },
	{ 0xfc, 0x08, INSN_OR, FORM_SIZED | FORM_DIRECTION },
	{ 0xfc, 0x20, INSN_AND, FORM_SIZED | FORM_DIRECTION },
	{ 0xfc, 0x28, INSN_SUB, FORM_SIZED | FORM_DIRECTION },
	{ 0xfc, 0x30, INSN_XOR, FORM_SIZED | FORM_DIRECTION },
	{ 0xfc, 0x38, INSN_CMP, FORM_SIZED | FORM_DIRECTION },
	{ 0xfe, 0x80, GROUP_ALU, FORM_SIZED | FORM_TO_MEMORY | FORM_IMMEDIATE | FORM_EXTENDED },
	{ 0xff, 0x83, GROUP_ALU, FORM_SIZED | FORM_TO_MEMORY | FORM_IMMEDIATE_8 | FORM_EXTENDED },
	{ 0xfe, 0x84, INSN_TEST, FORM_SIZED | FORM_TO_MEMORY },
	{ 0xfe, 0xf6, GROUP_TEST, FORM_SIZED | FORM_TO_MEMORY | FORM_IMMEDIATE | FORM_EXTENDED },
	{ 0xfe, 0x86, INSN_XCHG, FORM_SIZED | FORM_TO_MEMORY },
	{ 0xff, 0x63, INSN_MOVSX, 0 }, /* MOVSXD in 64-bit mode, ARPL elsewhere */
	{ 0xfe, 0xa4, INSN_MOVS, FORM_SIZED | FORM_STRING | FORM_TO_MEMORY },
	{ 0xfe, 0xaa, INSN_STOS, FORM_SIZED | FORM_STRING | FORM_TO_MEMORY },
	{ 0xfe, 0xac, INSN_LODS, FORM_SIZED | FORM_STRING },
};

static const struct insn_form insn_forms_0f[] = {
	{ 0xfe, 0xb6, INSN_MOVZX, 0 },
	{ 0xfe, 0xbe, INSN_MOVSX, 0 },
	{ 0xff, 0xba, GROUP_BIT, FORM_TO_MEMORY | FORM_IMMEDIATE_8 | FORM_EXTENDED },
};

/* The bytes, and how far they are read. Reading on behind the end gives zeros and sets short:
 * it is looked at once, when the decoder is through. */
struct insn_reader {
	const uint8_t *bytes;
	uint8_t size;
	uint8_t at;
	uint8_t is_short;
};

struct insn_prefixes {
	uint8_t rex;
	uint8_t operand_size; /* bytes */
	uint8_t address_size; /* bytes */
	uint8_t lock;
	uint8_t rep;
	uint8_t based; /* FS or GS, whose bases are not 0 */
};

static uint8_t insn_byte(struct insn_reader *reader)
{
	if (reader->at < reader->size)
		return reader->bytes[reader->at++];
	reader->is_short = 1;
	return 0;
}

static void insn_skip(struct insn_reader *reader, unsigned int count)
{
	while (count--)
		insn_byte(reader);
}

/* Little-endian, sign-extended. */
static uint64_t insn_immediate(struct insn_reader *reader, unsigned int width)
{
	uint64_t value = 0;
	unsigned int i;

	for (i = 0; i < width; i++)
		value |= (uint64_t)insn_byte(reader) << (8 * i);
	return (value ^ (UINT64_C(1) << (8 * width - 1))) - (UINT64_C(1) << (8 * width - 1));
}

static void insn_set_sizes(struct insn_prefixes *prefixes, enum insn_mode mode, int operand,
			   int address)
{
	static const uint8_t operand_sizes[][2] = { { 2, 4 }, { 4, 2 }, { 4, 2 } };
	static const uint8_t address_sizes[][2] = { { 2, 4 }, { 4, 2 }, { 8, 4 } };

	prefixes->operand_size = operand_sizes[mode][operand];
	prefixes->address_size = address_sizes[mode][address];
	if (prefixes->rex & 8)
		prefixes->operand_size = 8;
}

/* Returns the first byte of the opcode. */
static uint8_t insn_read_prefixes(struct insn_reader *reader, enum insn_mode mode,
				  struct insn_prefixes *prefixes)
{
	int operand = 0, address = 0;
	uint8_t byte;

	*prefixes = (struct insn_prefixes){ 0 };
	for (;;) {
		byte = insn_byte(reader);
		if (mode == INSN_64 && (byte & 0xf0) == 0x40) {
			prefixes->rex = byte;
			continue;
		}
		switch (byte) {
		case 0x66:
			operand = 1;
			break;
		case 0x67:
			address = 1;
			break;
		case 0xf0:
			prefixes->lock = 1;
			break;
		case 0xf2:
		case 0xf3:
			prefixes->rep = 1;
			break;
		case 0x26: /* segments: the exit gives the final address */
		case 0x2e:
		case 0x36:
		case 0x3e:
			break;
		case 0x64:
		case 0x65:
			prefixes->based = 1;
			break;
		default:
			insn_set_sizes(prefixes, mode, operand, address);
			return byte;
		}
		prefixes->rex = 0; /* counts only right before the opcode */
	}
}

static const struct insn_form *insn_find_form(const struct insn_form *forms, size_t count,
					      uint8_t opcode)
{
	for (size_t i = 0; i < count; i++)
		if ((opcode & forms[i].mask) == forms[i].opcode)
			return &forms[i];
	return NULL;
}

/* Skip SIB and displacement of a memory operand. */
static void insn_skip_address(struct insn_reader *reader, unsigned int address_size, uint8_t modrm)
{
	unsigned int mod = modrm >> 6;
	unsigned int base = modrm & 7;
	unsigned int wide = address_size == 2 ? 2 : 4;
	unsigned int no_base = address_size == 2 ? 6 : 5;

	if (address_size != 2 && base == 4)
		base = insn_byte(reader) & 7;
	if (mod == 1)
		insn_skip(reader, 1);
	else if (mod == 2 || base == no_base)
		insn_skip(reader, wide);
}

static void insn_set_register(struct insn *insn, uint8_t modrm, uint8_t rex)
{
	insn->reg = (modrm >> 3 & 7) | (rex & 4) << 1;
	insn->high = insn->reg_width == 1 && !rex && insn->reg >= 4;
	if (insn->high)
		insn->reg -= 4;
}

static void insn_set_widths(struct insn *insn, const struct insn_form *form,
			    const struct insn_prefixes *prefixes, uint8_t opcode)
{
	uint8_t width = prefixes->operand_size;

	if ((form->flags & FORM_SIZED) && !(opcode & 1))
		width = 1;
	insn->width = width;
	insn->reg_width = width;
	insn->address_width = prefixes->address_size;
	if (form->opcode == 0x63)
		insn->width = width == 8 ? 4 : width;
	else if (form->opcode == 0xb6 || form->opcode == 0xbe)
		insn->width = opcode & 1 ? 2 : 1;
}

static uint8_t insn_access(const struct insn *insn)
{
	switch (insn->op) {
	case INSN_MOV:
	case INSN_MOVS:
	case INSN_STOS:
		return insn->to_memory ? INSN_WRITE : INSN_READ;
	case INSN_CMP:
	case INSN_TEST:
	case INSN_BT:
		return INSN_READ;
	default:
		return insn->to_memory ? INSN_READ | INSN_WRITE : INSN_READ;
	}
}

/* The bytes after the opcode. Leaves INSN_NONE in insn->op if the form is not one of ours. */
static void insn_read_operands(struct insn_reader *reader, const struct insn_form *form,
			       const struct insn_prefixes *prefixes, struct insn *insn)
{
	uint8_t modrm;

	insn->op = form->op;
	if (form->flags & FORM_OFFSET) {
		insn_skip(reader, prefixes->address_size);
		return;
	}
	if (form->flags & FORM_STRING) {
		insn->rep = prefixes->rep;
		return;
	}

	modrm = insn_byte(reader);
	if (form->flags & FORM_EXTENDED)
		insn->op = insn_groups[form->op][modrm >> 3 & 7];
	else
		insn_set_register(insn, modrm, prefixes->rex);
	if (modrm >> 6 == 3) /* two registers */
		insn->op = INSN_NONE;
	if (insn->op == INSN_NONE)
		return;
	insn_skip_address(reader, prefixes->address_size, modrm);
	insn->has_imm = (form->flags & (FORM_IMMEDIATE | FORM_IMMEDIATE_8)) != 0;
	if (form->flags & FORM_IMMEDIATE)
		insn->imm = insn_immediate(reader, insn->width == 8 ? 4 : insn->width);
	else if (form->flags & FORM_IMMEDIATE_8)
		insn->imm = insn_immediate(reader, 1);
}

/* MOVSXD is ARPL elsewhere; the source of MOVS is found where bases are 0. */
static int insn_is_ours(const struct insn_form *form, enum insn_mode mode,
			const struct insn_prefixes *prefixes)
{
	if (form->opcode == 0xa4)
		return mode == INSN_64 && !prefixes->based;
	return form->opcode != 0x63 || mode == INSN_64;
}

int insn_decode(const uint8_t *bytes, size_t size, enum insn_mode mode, struct insn *out)
{
	struct insn_reader reader = { bytes, size < INSN_MAX ? (uint8_t)size : INSN_MAX, 0, 0 };
	struct insn_prefixes prefixes;
	const struct insn_form *form;
	uint8_t opcode = insn_read_prefixes(&reader, mode, &prefixes);

	*out = (struct insn){ 0 };
	if (opcode == 0x0f) {
		opcode = insn_byte(&reader);
		form = insn_find_form(insn_forms_0f, sizeof(insn_forms_0f) / sizeof(*form), opcode);
	} else {
		form = insn_find_form(insn_forms, sizeof(insn_forms) / sizeof(*form), opcode);
	}

	if (form && insn_is_ours(form, mode, &prefixes)) {
		out->to_memory = (form->flags & FORM_TO_MEMORY) ||
				 ((form->flags & FORM_DIRECTION) && !(opcode & 2));
		insn_set_widths(out, form, &prefixes, opcode);
		insn_read_operands(&reader, form, &prefixes, out);
		out->access = insn_access(out);
		out->length = reader.at;
	}

	if (reader.is_short)
		return size < INSN_MAX ? -ENODATA : -EOPNOTSUPP;
	if (out->op == INSN_NONE)
		return -EOPNOTSUPP;
	/* LOCK faults on anything that does not read, change and write memory */
	if (prefixes.lock && out->access != (INSN_READ | INSN_WRITE))
		return -EOPNOTSUPP;
	return 0;
}
