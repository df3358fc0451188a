// SPDX-License-Identifier: GPL-2.0-only
/*
 * Moderation of IPIs: named cases first, then every combination of modes, destinations and
 * formats against a model that delivers bit by bit, as hardware does.
 */
#include "../../pure/icr.h"
#include "check.h"

#define COUNT 6
#define DEST(id) ((uint64_t)(id) << 32)
#define SHORTHAND(n) ((uint64_t)(n) << 18)
#define MODE(n) ((uint64_t)(n) << 8)

/* Two clusters; IDs out of order at the end. */
static const uint32_t ids[COUNT] = { 0, 1, 2, 3, 17, 16 };
static struct icr_cpu x2apic[COUNT], flat[COUNT], cluster[COUNT];

static void fill(void)
{
	for (unsigned int i = 0; i < COUNT; i++) {
		x2apic[i] = (struct icr_cpu){ ids[i], icr_x2apic_logical(ids[i]) };
		flat[i] = (struct icr_cpu){ ids[i], 1u << i };
		cluster[i] = (struct icr_cpu){ ids[i], (ids[i] >> 4) << 4 | 1u << (ids[i] & 3) };
	}
	flat[5].logical = 0;
}

static struct icr_verdict moderate(uint64_t icr, uint64_t owned, unsigned int self)
{
	return icr_moderate(icr, ICR_X2APIC, x2apic, COUNT, owned, self);
}

static void test_x2apic_send_unchanged(void)
{
	static const struct {
		uint64_t icr, owned, cpus;
	} sends[] = {
		{ DEST(2) | 0x4000 | 0xec, 0x0f, 0x04 },
		{ DEST(2) | 0xec, 0x0f, 0x04 },
		{ DEST(17) | 0xec, 0x10, 0x10 },
		{ DEST(16) | MODE(ICR_NMI), 0x20, 0x20 },
		{ DEST(0x0000f) | ICR_LOGICAL | 0xfd, 0x0f, 0x0f },
		{ DEST(0x0ff06) | ICR_LOGICAL | 0xfd, 0x06, 0x06 },
		{ DEST(0x10003) | ICR_LOGICAL | 0xfd, 0x3f, 0x30 },
		{ DEST(0xffffffff) | 0xfd, 0x3f, 0x3f },
		{ DEST(0xffffffff) | ICR_LOGICAL | 0xfd, 0x3f, 0x3f },
		{ SHORTHAND(ICR_SELF) | 0xf6, 0x02, 0x02 },
		{ SHORTHAND(ICR_ALL) | 0xf6, 0x3f, 0x3f },
		{ SHORTHAND(ICR_OTHERS) | MODE(ICR_NMI), 0x3f, 0x3d },
	};

	for (unsigned int i = 0; i < sizeof(sends) / sizeof(sends[0]); i++) {
		struct icr_verdict v = moderate(sends[i].icr, sends[i].owned, 1);

		CHECK_EQ(v.action, ICR_DO_SEND);
		CHECK_EQ(v.hardware, sends[i].icr);
		CHECK_EQ(v.vector, sends[i].icr & 0xff);
		CHECK_EQ(v.mode, ICR_MODE(sends[i].icr));
		CHECK_EQ(v.cpus, sends[i].cpus);
		CHECK_EQ(v.foreign, 0);
	}
}

static void test_foreign(void)
{
	struct icr_verdict v = moderate(DEST(3) | 0xec, 0x07, 0);

	CHECK_EQ(v.action, ICR_DO_NOTHING);
	CHECK_EQ(v.foreign, 1);

	v = moderate(DEST(0xf) | ICR_LOGICAL | 0xec, 0x0d, 0);
	CHECK_EQ(v.action, ICR_DO_EACH);
	CHECK_EQ(v.cpus, 0x0d);
	CHECK_EQ(v.vector, 0xec);
	CHECK_EQ(v.mode, ICR_FIXED);
	CHECK_EQ(v.foreign, 1);

	/* one is left: a single write does */
	v = moderate(DEST(0x3) | ICR_LOGICAL | 0x40ec, 0x02, 1);
	CHECK_EQ(v.action, ICR_DO_SEND);
	CHECK_EQ(v.hardware, DEST(1) | 0x40ec);
	CHECK_EQ(v.foreign, 1);

	/* a CPU that is not there is nobody's */
	v = moderate(DEST(99) | 0xec, 0x07, 0);
	CHECK_EQ(v.action, ICR_DO_NOTHING);
	CHECK_EQ(v.foreign, 0);

	v = moderate(DEST(3) | MODE(ICR_INIT) | ICR_ASSERT, 0x07, 0);
	CHECK_EQ(v.action, ICR_DO_NOTHING);
	CHECK_EQ(v.foreign, 1);
}

static void test_broadcast_stays_inside(void)
{
	struct icr_verdict v = moderate(SHORTHAND(ICR_OTHERS) | MODE(ICR_NMI), 0x0e, 1);

	CHECK_EQ(v.action, ICR_DO_EACH);
	CHECK_EQ(v.cpus, 0x0c);
	CHECK_EQ(v.mode, ICR_NMI);
	CHECK_EQ(v.foreign, 1);

	v = moderate(SHORTHAND(ICR_OTHERS) | MODE(ICR_NMI), 0x03, 1);
	CHECK_EQ(v.action, ICR_DO_SEND);
	CHECK_EQ(v.hardware, DEST(0) | MODE(ICR_NMI));

	v = moderate(SHORTHAND(ICR_OTHERS) | 0xfd, 0x30, 4);
	CHECK_EQ(v.action, ICR_DO_SEND);
	CHECK_EQ(v.hardware, DEST(16) | 0xfd);

	v = moderate(SHORTHAND(ICR_OTHERS) | 0xfd, 0x10, 4);
	CHECK_EQ(v.action, ICR_DO_NOTHING);
	v = moderate(DEST(0xffffffff) | 0xfd, 0x03, 0);
	CHECK_EQ(v.action, ICR_DO_EACH);
	CHECK_EQ(v.cpus, 0x03);
}

static void test_modes(void)
{
	const uint64_t all = SHORTHAND(ICR_OTHERS);
	struct icr_verdict v;

	CHECK_EQ(moderate(DEST(1) | MODE(ICR_SMI), 0x3f, 0).action, ICR_DO_DENY);
	CHECK_EQ(moderate(DEST(1) | MODE(3) | 0x40, 0x3f, 0).action, ICR_DO_DENY);
	CHECK_EQ(moderate(DEST(1) | MODE(7) | 0x40, 0x3f, 0).action, ICR_DO_DENY);
	CHECK_EQ(moderate(DEST(1) | 0x0f, 0x3f, 0).action, ICR_DO_DENY);
	CHECK_EQ(moderate(DEST(1) | MODE(ICR_LOWEST), 0x3f, 0).action, ICR_DO_DENY);
	CHECK_EQ(moderate(DEST(1) | 0x10, 0x3f, 0).action, ICR_DO_SEND);

	v = moderate(DEST(2) | MODE(ICR_INIT) | ICR_ASSERT, 0x3f, 0);
	CHECK_EQ(v.action, ICR_DO_INIT);
	CHECK_EQ(v.cpus, 0x04);
	CHECK_EQ(moderate(DEST(2) | MODE(ICR_INIT) | ICR_LEVEL | ICR_ASSERT, 0x3f, 0).action,
		 ICR_DO_INIT);
	CHECK_EQ(moderate(DEST(2) | MODE(ICR_INIT) | ICR_LEVEL, 0x3f, 0).action, ICR_DO_NOTHING);
	CHECK_EQ(moderate(DEST(2) | MODE(ICR_INIT), 0x3f, 0).action, ICR_DO_INIT);
	CHECK_EQ(moderate(all | MODE(ICR_INIT) | ICR_LEVEL, 0x3, 0).action, ICR_DO_NOTHING);
	v = moderate(all | MODE(ICR_INIT) | ICR_ASSERT, 0x7, 0);
	CHECK_EQ(v.action, ICR_DO_INIT);
	CHECK_EQ(v.cpus, 0x06);
	v = moderate(DEST(3) | MODE(ICR_STARTUP) | 0x08, 0x3f, 0);
	CHECK_EQ(v.action, ICR_DO_STARTUP);
	CHECK_EQ(v.cpus, 0x08);
	CHECK_EQ(v.vector, 0x08);

	v = moderate(DEST(0x3000e) | ICR_LOGICAL | 0x40, 0x3f, 0);
	CHECK_EQ(v.action, ICR_DO_NOTHING);
	v = moderate(DEST(0xc) | ICR_LOGICAL | MODE(ICR_LOWEST) | 0x40, 0x3a, 0);
	CHECK_EQ(v.action, ICR_DO_SEND);
	CHECK_EQ(v.hardware, DEST(3) | 0x40);
	v = moderate(DEST(1) | MODE(ICR_LOWEST) | 0x4040, 0x3f, 0);
	CHECK_EQ(v.action, ICR_DO_SEND);
	CHECK_EQ(v.hardware, DEST(1) | 0x4040);

	/* reserved and read-only bits do not reach the register: it would fault */
	v = moderate(DEST(1) | 0xfff330ecu, 0x3f, 0);
	CHECK_EQ(v.hardware, DEST(1) | 0xec);
}

static void test_xapic(void)
{
	struct icr_verdict v;

	CHECK_EQ(icr_from_xapic(0x12345678, 0x000c40fd), DEST(0x12) | 0x000c40fd);
	CHECK_EQ(icr_from_xapic(0xff000000, 0x40fd), DEST(0xff) | 0x40fd);

	v = icr_moderate(icr_from_xapic(0x11000000, 0x40fd), ICR_XAPIC_FLAT, flat, COUNT, 0x3f, 0);
	CHECK_EQ(v.action, ICR_DO_SEND);
	CHECK_EQ(v.hardware, DEST(17) | 0x40fd);

	/* several at once: logical IDs of the hardware are not the guest's */
	v = icr_moderate(DEST(0x0c) | ICR_LOGICAL | 0xfd, ICR_XAPIC_FLAT, flat, COUNT, 0x3f, 0);
	CHECK_EQ(v.action, ICR_DO_EACH);
	CHECK_EQ(v.cpus, 0x0c);
	v = icr_moderate(DEST(0x08) | ICR_LOGICAL | 0xfd, ICR_XAPIC_FLAT, flat, COUNT, 0x3f, 0);
	CHECK_EQ(v.action, ICR_DO_SEND);
	CHECK_EQ(v.hardware, DEST(3) | 0xfd);
	/* another cell's logical ID is no name here */
	v = icr_moderate(DEST(0x18) | ICR_LOGICAL | 0xfd, ICR_XAPIC_FLAT, flat, COUNT, 0x0f, 0);
	CHECK_EQ(v.cpus, 0x08);
	CHECK_EQ(v.foreign, 0);
	v = icr_moderate(DEST(0xff) | ICR_LOGICAL | 0xfd, ICR_XAPIC_FLAT, flat, COUNT, 0x3f, 0);
	CHECK_EQ(v.action, ICR_DO_EACH);
	CHECK_EQ(v.cpus, 0x3f);
	CHECK_EQ(v.foreign, 0);
	v = icr_moderate(DEST(0xff) | ICR_LOGICAL | 0xfd, ICR_XAPIC_FLAT, flat, COUNT, 0x1f, 0);
	CHECK_EQ(v.foreign, 1);
	v = icr_moderate(DEST(0xff) | 0xfd, ICR_XAPIC_FLAT, flat, COUNT, 0x01, 0);
	CHECK_EQ(v.action, ICR_DO_SEND);
	CHECK_EQ(v.hardware, DEST(0) | 0xfd);
	CHECK_EQ(v.foreign, 1);

	v = icr_moderate(DEST(0x12) | ICR_LOGICAL | 0xfd, ICR_XAPIC_CLUSTER, cluster, COUNT, 0x3f,
			 0);
	CHECK_EQ(v.cpus, 0x10);
	v = icr_moderate(DEST(0xff) | ICR_LOGICAL | 0xfd, ICR_XAPIC_CLUSTER, cluster, COUNT, 0x3f,
			 0);
	CHECK_EQ(v.action, ICR_DO_EACH);
	CHECK_EQ(v.cpus, 0x3f);

	v = icr_moderate(DEST(0xff) | 0xfd, ICR_XAPIC_CLUSTER, cluster, COUNT, 0x3f, 0);
	CHECK_EQ(v.action, ICR_DO_SEND);
	CHECK_EQ(v.hardware, DEST(0xffffffff) | 0xfd);
	v = icr_moderate(SHORTHAND(ICR_SELF) | 0xfd, ICR_XAPIC_FLAT, flat, COUNT, 0x04, 2);
	CHECK_EQ(v.action, ICR_DO_SEND);
	CHECK_EQ(v.hardware, SHORTHAND(ICR_SELF) | 0xfd);
	CHECK_EQ(v.cpus, 0x04);
	CHECK_EQ(v.foreign, 0);
}

/* A table that does not begin with ID 0, and ends where its array does. */
static void test_odd_table(void)
{
	struct icr_cpu odd[2] = { { 1, 0 }, { 0, 0 } };

	CHECK_EQ(icr_moderate(DEST(0) | 0x40, ICR_X2APIC, odd, 2, 3, 0).cpus, 2);
	CHECK_EQ(icr_moderate(DEST(1) | 0x40, ICR_X2APIC, odd, 2, 3, 0).cpus, 1);
	CHECK_EQ(icr_moderate(DEST(2) | 0x40, ICR_X2APIC, odd, 2, 3, 0).cpus, 0);
	CHECK_EQ(icr_moderate(DEST(3) | 0x40, ICR_X2APIC, odd, 2, 3, 0).cpus, 0);
}

static void test_64_cpus(void)
{
	struct icr_cpu many[64];
	struct icr_verdict v;

	for (unsigned int i = 0; i < 64; i++)
		many[i] = (struct icr_cpu){ 2 * i, icr_x2apic_logical(2 * i) };
	v = icr_moderate(SHORTHAND(ICR_ALL) | 0xfd, ICR_X2APIC, many, 64, UINT64_MAX, 63);
	CHECK_EQ(v.action, ICR_DO_SEND);
	CHECK_EQ(v.cpus, UINT64_MAX);
	v = icr_moderate(DEST(126) | 0xfd, ICR_X2APIC, many, 64, UINT64_MAX, 0);
	CHECK_EQ(v.cpus, UINT64_C(1) << 63);
	v = icr_moderate(SHORTHAND(ICR_OTHERS) | 0xfd, ICR_X2APIC, many, 64, ~UINT64_C(2), 63);
	CHECK_EQ(v.action, ICR_DO_EACH);
	CHECK_EQ(v.cpus, UINT64_MAX >> 1 & ~UINT64_C(2));
}

/* Whom an ICR value reaches on a machine whose APICs have the logical IDs of table. */
static uint64_t reach(uint64_t icr, enum icr_format format, const struct icr_cpu *table,
		      unsigned int self)
{
	uint32_t dest = (uint32_t)(icr >> 32);
	uint64_t mask = 0;

	for (unsigned int i = 0; i < COUNT; i++) {
		uint32_t id = table[i].logical;
		int hit;

		if (ICR_SHORTHAND(icr))
			hit = ICR_SHORTHAND(icr) == ICR_SELF ?
				      i == self :
				      i != self || ICR_SHORTHAND(icr) == ICR_ALL;
		else if (dest == (format == ICR_X2APIC ? 0xffffffffu : 0xffu))
			hit = 1;
		else if (!(icr & ICR_LOGICAL))
			hit = table[i].apic_id == dest;
		else if (format == ICR_X2APIC)
			hit = dest / 65536 == id / 65536 && (dest % 65536 & id % 65536);
		else if (format == ICR_XAPIC_FLAT)
			hit = !!(dest & id);
		else
			hit = dest / 16 == id / 16 && (dest % 16 & id % 16);
		mask |= (uint64_t)hit << i;
	}
	return mask;
}

static void check_one(uint64_t icr, enum icr_format format, const struct icr_cpu *table,
		      uint64_t owned, unsigned int self)
{
	struct icr_verdict v = icr_moderate(icr, format, table, COUNT, owned, self);
	uint64_t want = reach(icr, format, table, self) & owned;
	uint64_t got = v.cpus;

	if (v.action == ICR_DO_DENY)
		return;
	if (v.action == ICR_DO_SEND)
		CHECK_EQ(v.hardware & 0x7ff,
			 (icr & 0xff) | MODE(ICR_MODE(icr) == ICR_NMI ? ICR_NMI : ICR_FIXED));
	/* the hardware that a SEND goes to has x2APIC logical IDs */
	if (v.action == ICR_DO_SEND)
		got = reach(v.hardware, ICR_X2APIC, x2apic, self);
	CHECK_EQ(got & ~owned, 0);
	if (ICR_MODE(icr) == ICR_LOWEST)
		CHECK(got ? (got & want) == got && !(got & (got - 1)) : !want);
	else
		CHECK_EQ(got, want);
	CHECK(v.action != ICR_DO_NOTHING || !want);
	CHECK(v.action != ICR_DO_EACH || (got & (got - 1)));
}

static void test_against_model(void)
{
	static const struct icr_cpu *const tables[] = { x2apic, flat, cluster };
	static const uint32_t modes[] = { ICR_FIXED, ICR_LOWEST, ICR_NMI, ICR_INIT, ICR_STARTUP };

	for (unsigned int format = 0; format < 3; format++)
		for (unsigned int m = 0; m < 5; m++)
			for (uint64_t owned = 1; owned < 1 << COUNT; owned++)
				for (uint32_t d = 0; d < 0x120; d++) {
					uint64_t dest = d < 0x100 ? d :
							d < 0x110 ? 0x10000 | d :
								    ~0u;
					uint64_t icr = DEST(dest) | MODE(modes[m]) | ICR_ASSERT |
						       0x41;
					unsigned int self = (unsigned int)__builtin_ctzll(owned);

					if (format != ICR_X2APIC)
						icr &= DEST(0xff) | 0xffffffff;
					check_one(icr, format, tables[format], owned, self);
					check_one(icr | ICR_LOGICAL, format, tables[format], owned,
						  self);
					check_one(icr | SHORTHAND(d & 3), format, tables[format],
						  owned, self);
				}
}

int main(void)
{
	fill();
	test_x2apic_send_unchanged();
	test_foreign();
	test_broadcast_stays_inside();
	test_modes();
	test_xapic();
	test_odd_table();
	test_64_cpus();
	test_against_model();
	return check_done();
}
