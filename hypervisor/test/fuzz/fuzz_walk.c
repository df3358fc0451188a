// SPDX-License-Identifier: GPL-2.0-only
/*
 * The walker on arbitrary control registers and tables: the input is the state, an address,
 * and then what memory holds, over and over. It must end, ask for each level once and in
 * order, and give back nothing that it was not told.
 */
#include <stdlib.h>
#include <string.h>
#include "../../pure/walk.h"

#define REFUSED (-EACCES)
#define REFUSED_FROM (UINT64_C(1) << 40)

#define REQUIRE(condition)        \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct guest {
	const uint8_t *data;
	size_t size;
	unsigned int reads;
	unsigned int level; /* of the last read */
	uint64_t entry;	    /* that it gave */
	int refused;
};

static int read_guest(void *context, uint64_t gpa, unsigned int level, unsigned int width,
		      uint64_t *value)
{
	struct guest *guest = context;

	REQUIRE(!guest->refused);
	REQUIRE(width == 4 || width == 8);
	REQUIRE(gpa % width == 0 && gpa < UINT64_C(1) << 52);
	REQUIRE(guest->reads == 0 ? level < 5 : level == guest->level - 1);
	REQUIRE(guest->reads == 0 || (guest->entry & 1));
	REQUIRE(guest->reads == 0 || gpa >> 12 == (guest->entry >> 12 & UINT64_C(0xffffffffff)));
	guest->reads++;
	guest->level = level;
	if (gpa >= REFUSED_FROM) {
		guest->refused = 1;
		return REFUSED;
	}
	*value = 0;
	for (unsigned int i = 0; i < width && guest->size; i++)
		*value |= (uint64_t)guest->data[(gpa + i) % guest->size] << (8 * i);
	guest->entry = *value;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct {
		struct walk_state state;
		uint64_t linear;
	} in;
	struct guest guest = { 0 };
	struct walk_memory memory = { read_guest, &guest };
	uint64_t gpa = 0;
	int error;

	if (size < sizeof(in))
		return 0;
	memcpy(&in, data, sizeof(in));
	guest.data = data + sizeof(in);
	guest.size = size - sizeof(in);
	error = walk_translate(&in.state, &memory, in.linear, &gpa);

	REQUIRE(error == 0 || error == -ENOENT || error == REFUSED);
	REQUIRE((error == REFUSED) == guest.refused);
	if (error)
		return 0;
	REQUIRE(gpa < UINT64_C(1) << 52);
	REQUIRE((gpa & 0xfff) == (in.linear & 0xfff));
	REQUIRE((guest.reads > 0) == (in.state.cr0 >> 31 & 1));
	REQUIRE(!guest.reads || (guest.entry & 1));
	return 0;
}
