// SPDX-License-Identifier: GPL-2.0-only
/*
 * The decoder against objdump, in all three modes: random bytes behind random prefixes. What
 * we accept must have the length, the operation and the operand width that objdump prints;
 * what we refuse must not be one of the instructions that we claim to know.
 */
#include <stdint.h>
#include <string.h>
#include "../../pure/insn.h"
#include "check.h"

#define SAMPLES 6000
#define SLOT 32 /* bytes: a sample, then NOPs, so that the next one starts in step */

struct mnemonic {
	const char *name;
	enum insn_op op;
};

static const struct mnemonic mnemonics[] = {
	{ "mov", INSN_MOV },	 { "movabs", INSN_MOV },   { "movzx", INSN_MOVZX },
	{ "movsx", INSN_MOVSX }, { "movsxd", INSN_MOVSX }, { "xchg", INSN_XCHG },
	{ "add", INSN_ADD },	 { "or", INSN_OR },	   { "and", INSN_AND },
	{ "sub", INSN_SUB },	 { "xor", INSN_XOR },	   { "cmp", INSN_CMP },
	{ "test", INSN_TEST },	 { "bt", INSN_BT },	   { "bts", INSN_BTS },
	{ "btr", INSN_BTR },	 { "stos", INSN_STOS },	   { "lods", INSN_LODS },
	{ "movs", INSN_MOVS },
};

static const struct {
	const char *name;
	unsigned int width;
} pointers[] = { { "BYTE PTR", 1 }, { "QWORD PTR", 8 }, { "DWORD PTR", 4 }, { "WORD PTR", 2 } };

static const char
	*const machines[] = { [INSN_16] = "i8086", [INSN_32] = "i386", [INSN_64] = "i386:x86-64" };

static uint8_t samples[SAMPLES][SLOT];
static unsigned int compared, skipped;
static uint64_t random_state = 2463534242;

static uint32_t random_below(uint32_t limit)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 16) % limit;
}

/* objdump prints repeated prefixes as lines of their own, so each group has at most one. */
static void make_sample(uint8_t *at, enum insn_mode mode)
{
	static const uint8_t groups[][2] = {
		{ 0x66, 0x66 }, { 0x67, 0x67 }, { 0x2e, 0x65 }, { 0xf0, 0xf3 }
	};
	uint8_t *end = at + INSN_MAX;

	memset(at, 0x90, SLOT);
	for (unsigned int i = 0; i < 4; i++)
		if (random_below(4) == 0)
			*at++ = groups[i][random_below(2)];
	if (mode == INSN_64 && random_below(2))
		*at++ = 0x40 | random_below(16);
	if (random_below(3) == 0)
		*at++ = 0x0f;
	while (at < end)
		*at++ = (uint8_t)random_below(256);
}

static const struct mnemonic *find_mnemonic(const char *text)
{
	size_t length = strcspn(text, " \n");

	for (unsigned int i = 0; i < sizeof(mnemonics) / sizeof(mnemonics[0]); i++)
		if (strlen(mnemonics[i].name) == length &&
		    !strncmp(text, mnemonics[i].name, length))
			return &mnemonics[i];
	return NULL;
}

/* Skip what objdump calls the prefixes. */
static const char *skip_prefixes(const char *text)
{
	static const char *const prefixes[] = { "lock",	    "rep",	"repz",	  "repnz",
						"data16",   "data32",	"addr16", "addr32",
						"xacquire", "xrelease", "cs",	  "ds",
						"es",	    "fs",	"gs",	  "ss",
						"rex" };

	for (unsigned int i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		size_t length = strlen(prefixes[i]);

		if (strncmp(text, prefixes[i], length))
			continue;
		if (text[length] == '.') /* rex.WRXB */
			length = strcspn(text, " \n");
		if (text[length] == ' ')
			return skip_prefixes(text + length + 1);
	}
	return text;
}

static unsigned int pointer_width(const char *text)
{
	for (unsigned int i = 0; i < 4; i++)
		if (strstr(text, pointers[i].name))
			return pointers[i].width;
	return 0;
}

/* Forms that have our mnemonics but are not ours: segment, control and debug registers, bit
 * numbers in a register, MOVS outside 64-bit mode or with a segment, immediates to the accumulator, the alias at 82, forms without memory,
 * and what faults for its LOCK prefix. */
static int may_be_refused(const uint8_t *sample, unsigned int length, const char *text)
{
	int is_lock = 0;

	if (!pointer_width(text) || !strncmp(skip_prefixes(text), "movs ", 5))
		return 1;
	for (unsigned int i = 0; i < length && i < 4; i++)
		is_lock |= sample[i] == 0xf0;
	if (is_lock || strstr(text, "bt"))
		return 1;
	for (unsigned int i = 0; i < length && i < 6; i++)
		if (sample[i] == 0x8c || sample[i] == 0x8e || sample[i] == 0x82)
			return 1;
	return 0;
}

static void complain(const uint8_t *sample, const char *text, enum insn_mode mode)
{
	fprintf(stderr, "%s:", machines[mode]);
	for (unsigned int i = 0; i < INSN_MAX; i++)
		fprintf(stderr, " %02x", sample[i]);
	fprintf(stderr, ": %s", text);
}

static void compare(const uint8_t *sample, enum insn_mode mode, unsigned int length,
		    const char *text)
{
	const struct mnemonic *mnemonic = find_mnemonic(skip_prefixes(text));
	struct insn insn;
	int ok = 1;

	if (insn_decode(sample, INSN_MAX, mode, &insn)) {
		ok = CHECK(!mnemonic || may_be_refused(sample, length, text));
	} else if (length < insn.length && !find_mnemonic(skip_prefixes(text))) {
		skipped++; /* prefixes on a line of their own */
	} else {
		compared++;
		ok &= CHECK_EQ(insn.length, length);
		ok &= CHECK(mnemonic && insn.op == mnemonic->op);
		ok &= CHECK(!pointer_width(text) || pointer_width(text) == insn.width);
	}
	if (!ok)
		complain(sample, text, mode);
}

/* A line is "address:\tbytes \tinstruction". Only the one at the start of a slot counts. */
static void read_line(char *line, enum insn_mode mode)
{
	unsigned int address, length = 0;
	char *bytes = strchr(line, '\t'), *text = bytes ? strchr(bytes + 1, '\t') : NULL;

	if (!text || sscanf(line, "%x:", &address) != 1 || address % SLOT)
		return;
	REQUIRE(address / SLOT < SAMPLES);
	for (const char *at = bytes + 1; at < text; at += 3)
		length += at[0] != ' ';
	compare(samples[address / SLOT], mode, length, text + 1);
}

static void test_mode(enum insn_mode mode)
{
	char path[] = "/tmp/test_insn_objdump.XXXXXX";
	char command[256], line[512];
	int fd = mkstemp(path);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "wb");

	REQUIRE(file);
	for (unsigned int i = 0; i < SAMPLES; i++)
		make_sample(samples[i], mode);
	REQUIRE(fwrite(samples, SLOT, SAMPLES, file) == SAMPLES);
	fclose(file);
	snprintf(command, sizeof(command),
		 "objdump -D -z -w --insn-width=16 -b binary -M intel -m %s %s", machines[mode],
		 path);
	file = popen(command, "r");
	REQUIRE(file);
	while (fgets(line, sizeof(line), file))
		read_line(line, mode);
	CHECK_EQ(pclose(file), 0);
	remove(path);
}

int main(void)
{
	test_mode(INSN_64);
	test_mode(INSN_32);
	test_mode(INSN_16);
	CHECK(compared > SAMPLES / 4);
	CHECK(skipped < compared / 4);
	printf("%u compared, %u left out: ", compared, skipped);
	return check_done();
}
