// SPDX-License-Identifier: GPL-2.0-only
/* Memory maps of a root that is started again: what is left of the firmware's, and places in it. */
#include <string.h>
#include "check.h"
#include "pure/e820.h"

#define KIB UINT64_C(0x400)
#define MIB UINT64_C(0x100000)
#define GIB UINT64_C(0x40000000)
#define PAGE BH_PAGE_SIZE

/* What the root does not have, in order of address. */
static struct bh_config_range holes[300];
static unsigned int hole_count;

static int owns(void *context, uint64_t at, uint64_t *same)
{
	for (unsigned int i = 0; i < hole_count; i++) {
		if (at < holes[i].hpa) {
			*same = holes[i].hpa - at;
			return 1;
		}
		*same = holes[i].hpa + holes[i].size - at;
		if (at - holes[i].hpa < holes[i].size)
			return 0;
	}
	*same = UINT64_MAX - at;
	return 1;
}

static const struct e820_owner owner = { owns, NULL };

static void hole(uint64_t at, uint64_t size)
{
	holes[hole_count++] = (struct bh_config_range){ at, size };
}

static const struct bh_memmap_entry firmware[] = {
	{ 0, 639 * KIB, BH_MEMMAP_RAM, 0 },   { 639 * KIB, KIB, BH_MEMMAP_RESERVED, 0 },
	{ MIB, GIB - MIB, BH_MEMMAP_RAM, 0 }, { 2 * GIB, 256 * MIB, BH_MEMMAP_RESERVED, 0 },
	{ 4 * GIB, GIB, BH_MEMMAP_RAM, 0 },
};
#define FIRMWARE (sizeof(firmware) / sizeof(firmware[0]))

static void check_entry(const struct bh_memmap_entry *e, uint64_t base, uint64_t end, uint32_t type)
{
	CHECK_EQ(e->base, base);
	CHECK_EQ(e->base + e->size, end);
	CHECK_EQ(e->type, type);
}

static void test_all_is_the_roots(void)
{
	struct e820 map;

	hole_count = 0;
	e820_make(&map, firmware, FIRMWARE, 8 * GIB, &owner);
	CHECK_EQ(map.count, FIRMWARE);
	CHECK(!memcmp(map.entry, firmware, sizeof(firmware)));
}

static void test_holes(void)
{
	struct e820 map;

	hole_count = 0;
	hole(16 * MIB, 2 * MIB);	/* in the middle: the page before goes, too */
	hole(18 * MIB, 2 * MIB);	/* the next one adjoins it */
	hole(20 * MIB + PAGE, PAGE);	/* one page of RAM before it, which is all guard */
	hole(GIB, PAGE);		/* where RAM ends anyway: reserved, and guarded */
	hole(2 * GIB - PAGE, 2 * PAGE); /* half in an entry of the firmware */
	hole(3 * GIB, PAGE);		/* of one owner */
	hole(3 * GIB + PAGE, PAGE);	/* and of another: one entry */
	hole(5 * GIB - MIB, MIB);	/* to the end of RAM, and of the limit */
	e820_make(&map, firmware, FIRMWARE, 5 * GIB, &owner);
	REQUIRE(map.count == 9);
	check_entry(&map.entry[0], 0, 639 * KIB, BH_MEMMAP_RAM);
	check_entry(&map.entry[1], 639 * KIB, 640 * KIB, BH_MEMMAP_RESERVED);
	check_entry(&map.entry[2], MIB, 16 * MIB - PAGE, BH_MEMMAP_RAM);
	check_entry(&map.entry[3], 20 * MIB + 2 * PAGE, GIB - PAGE, BH_MEMMAP_RAM);
	check_entry(&map.entry[4], 2 * GIB, 2 * GIB + 256 * MIB, BH_MEMMAP_RESERVED);
	check_entry(&map.entry[5], 4 * GIB, 5 * GIB - MIB - PAGE, BH_MEMMAP_RAM);
	check_entry(&map.entry[6], GIB, GIB + PAGE, BH_MEMMAP_RESERVED);
	check_entry(&map.entry[7], 2 * GIB - PAGE, 2 * GIB, BH_MEMMAP_RESERVED);
	check_entry(&map.entry[8], 3 * GIB, 3 * GIB + 2 * PAGE, BH_MEMMAP_RESERVED);
}

/* Firmware that does not keep its entries apart, or lets one wrap around. */
static void test_odd_firmware(void)
{
	static const struct bh_memmap_entry odd[] = {
		{ 3 * MIB, MIB, BH_MEMMAP_RESERVED, 0 },
		{ 2 * MIB, 3 * MIB, BH_MEMMAP_RESERVED, 0 },
		{ MIB, 0, BH_MEMMAP_RAM, 0 },
		{ GIB, UINT64_MAX, BH_MEMMAP_RAM, 0 },
	};
	struct e820 map;

	hole_count = 0;
	hole(MIB, 6 * MIB);
	e820_make(&map, odd, 4, 2 * GIB, &owner);
	REQUIRE(map.count == 5);
	check_entry(&map.entry[2], GIB, 2 * GIB, BH_MEMMAP_RAM);
	check_entry(&map.entry[3], MIB, 2 * MIB, BH_MEMMAP_RESERVED);
	check_entry(&map.entry[4], 5 * MIB, 7 * MIB, BH_MEMMAP_RESERVED);
}

/* More pieces than there is room for: the big ones stay, whenever they come. */
static void test_too_many(void)
{
	static const struct bh_memmap_entry ram[] = { { 0, GIB, BH_MEMMAP_RAM, 0 } };
	struct e820 map;
	unsigned int reserved = 0;

	hole_count = 0;
	for (uint64_t i = 0; i < 200; i++)
		hole(i * 4 * PAGE + 3 * PAGE, PAGE);
	hole(2 * GIB, PAGE); /* not RAM: stays */
	e820_make(&map, ram, 1, 4 * GIB, &owner);
	CHECK_EQ(map.count, BH_MEMMAP_MAX);
	for (unsigned int i = 0; i < map.count; i++) {
		if (map.entry[i].type == BH_MEMMAP_RESERVED)
			reserved++;
		else if (map.entry[i].size > MIB)
			check_entry(&map.entry[i], 800 * PAGE, GIB, BH_MEMMAP_RAM);
	}
	CHECK_EQ(reserved, 1);
	CHECK_EQ(e820_place(&map, &(struct e820_wish){ .size = MIB, .align = PAGE, .last = GIB }),
		 800 * PAGE);
}

static void test_nothing_to_leave_out(void)
{
	static struct bh_memmap_entry full[BH_MEMMAP_MAX + 1];
	struct e820 map;

	hole_count = 0;
	for (unsigned int i = 0; i <= BH_MEMMAP_MAX; i++)
		full[i] = (struct bh_memmap_entry){ i * 2 * MIB, MIB, BH_MEMMAP_RESERVED, 0 };
	e820_make(&map, full, BH_MEMMAP_MAX + 1, GIB, &owner);
	CHECK_EQ(map.count, BH_MEMMAP_MAX);
	CHECK_EQ(e820_place(&map, &(struct e820_wish){ .size = PAGE, .align = PAGE, .last = GIB }),
		 BH_ADDR_NONE);
}

static void test_places(void)
{
	struct bh_config_range taken[] = { { 16 * MIB, 10 * MIB }, { 27 * MIB, MIB } };
	struct e820_wish wish = { .size = 2 * MIB, .align = 2 * MIB, .last = 4 * GIB - 1 };
	struct e820 map;

	hole_count = 0;
	e820_make(&map, firmware, FIRMWARE, 8 * GIB, &owner);
	CHECK_EQ(e820_place(&map, &wish), 2 * MIB);
	wish.min = 16 * MIB;
	CHECK_EQ(e820_place(&map, &wish), 16 * MIB);
	wish.taken = taken;
	wish.taken_count = 2;
	CHECK_EQ(e820_place(&map, &wish), 28 * MIB);
	wish.align = PAGE;
	wish.size = MIB;
	CHECK_EQ(e820_place(&map, &wish), 26 * MIB);
	wish.size = 2 * GIB;
	CHECK_EQ(e820_place(&map, &wish), BH_ADDR_NONE);
	wish.size = GIB - 28 * MIB;
	CHECK_EQ(e820_place(&map, &wish), 28 * MIB);
	wish.last = GIB - 2;
	CHECK_EQ(e820_place(&map, &wish), BH_ADDR_NONE);
	wish.last = 8 * GIB;
	wish.min = 2 * GIB;
	CHECK_EQ(e820_place(&map, &wish), 4 * GIB);
	wish.last = GIB;
	CHECK_EQ(e820_place(&map, &wish), BH_ADDR_NONE);
}

int main(void)
{
	test_all_is_the_roots();
	test_holes();
	test_odd_firmware();
	test_too_many();
	test_nothing_to_leave_out();
	test_places();
	return check_done();
}
