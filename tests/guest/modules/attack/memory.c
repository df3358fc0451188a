// SPDX-License-Identifier: GPL-2.0-only
/* Accesses to memory by every kind of instruction that the hypervisor emulates, and some that it does not. */
#include <linux/string.h>
#include <asm/fpu/api.h>
#include "attack.h"
#include "ways.h"

#define COMPARED 64

/* Reads that must find ones. A place of others that can be read is judged by its writes only. */
static int read_way(void *at, enum way way)
{
	u64 value = 0;
	int vector;

	switch (way) {
	case READ8:
		vector = TRY(0, "movb (%2), %%r11b; movb %%r11b, (%1)", "r"(&value), "r"(at));
		return vector < 0 && (u8)value != 0xff ? attack_note("read %llx", value) : vector;
	case READ16:
		vector = TRY(0, "movw (%2), %%r11w; movw %%r11w, (%1)", "r"(&value), "r"(at));
		return vector < 0 && (u16)value != 0xffff ? attack_note("read %llx", value) :
							    vector;
	case READ32:
		vector = TRY(0, "movl (%2), %%r11d; movl %%r11d, (%1)", "r"(&value), "r"(at));
		return vector < 0 && (u32)value != ~0u ? attack_note("read %llx", value) : vector;
	case ACROSS:
		at -= 4;
		vector = TRY(0, "movq (%2), %%r11; movq %%r11, (%1)", "r"(&value), "r"(at));
		return vector < 0 && value >> 32 != ~0u ? attack_note("read %llx", value) : vector;
	default:
		vector = TRY(0, "movq (%2), %%r11; movq %%r11, (%1)", "r"(&value), "r"(at));
		return vector < 0 && value != ~0ull ? attack_note("read %llx", value) : vector;
	}
}

static int string_way(void *at, enum way way)
{
	u8 buffer[16];
	u64 count = sizeof(buffer);
	void *from = way == MOVS_FROM ? at : buffer, *to = way == MOVS_FROM ? buffer : at;
	int vector;

	memset(buffer, 0x5a, sizeof(buffer));
	if (way == STOS)
		asm volatile("rep stosb" : "+D"(to), "+c"(count) : "a"(0x5a) : "memory");
	if (way == STOS)
		return ATTACK_IGNORED;
	vector = -1;
	asm volatile("1: rep movsb\n2:" _ASM_EXTABLE_TYPE(1b, 2b, EX_TYPE_FAULT)
		     : "+D"(to), "+S"(from), "+c"(count), "+a"(vector)
		     :
		     : "memory");
	if (vector < 0 && way == MOVS_FROM && memchr_inv(buffer, 0xff, sizeof(buffer)))
		return attack_note("read %*ph", 16, buffer);
	return vector;
}

static int vector_way(void *at)
{
	int vector;

	kernel_fpu_begin();
	vector = TRY(0, "movdqu (%1), %%xmm0", "r"(at));
	kernel_fpu_end();
	return vector < 0 ? attack_note("a vector register was loaded") : vector;
}

static int write_way(void *at, enum way way)
{
	u64 value = 0x5a5a5a5a5a5a5a5a;

	switch (way) {
	case WRITE8:
		return TRY(0, "movb %%cl, (%1)", "r"(at), "c"(value));
	case WRITE16:
		return TRY(0, "movw %%cx, (%1)", "r"(at), "c"(value));
	case WRITE32:
		return TRY(0, "movl %%ecx, (%1)", "r"(at), "c"(value));
	case WRITE64:
		return TRY(0, "movq %%rcx, (%1)", "r"(at), "c"(value));
	case LOCKED:
		return TRY(0, "lock; xorl %%ecx, (%1)", "r"(at), "c"(value));
	case BIT:
		return TRY(0, "lock; btsl $3, (%1)", "r"(at));
	case EXCHANGE:
		return TRY(value, "xchgq %%rax, (%1)", "r"(at));
	default:
		return TRY(0, "lock; cmpxchgq %%rcx, (%1)", "r"(at), "c"(value));
	}
}

static int attempt(void *at, enum way way)
{
	if (way <= ACROSS)
		return read_way(at, way);
	if (way <= STOS)
		return string_way(at, way);
	return way == VECTOR ? vector_way(at) : write_way(at, way);
}

/* Nobody's, or somebody else's whole page */
int attack_hidden(u64 place, u64 way)
{
	return attempt(place_map(place), way);
}

/* A page that may be read: what is there stays. The writer of it is another cell, which may write on, so
 * only our value is looked for. */
int attack_readable(u64 place, u64 way)
{
	u8 *at = place_map(place) + 0x800, before[COMPARED];
	int vector;

	memcpy(before, at, sizeof(before));
	vector = attempt(at, way);
	if (memcmp(before, at, sizeof(before)))
		return attack_note("%*ph became %*ph", 16, before, 16, at);
	return vector;
}
