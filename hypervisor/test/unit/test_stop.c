// SPDX-License-Identifier: GPL-2.0-only
/* Which writes to which ports stop the machine, in every width that covers the port. */
#include "check.h"
#include "pure/stop.h"

static const struct bh_config_stop stops[] = {
	{ 0x605, 0x20, 0x20, 0 }, /* PM1a_CNT, SLP_EN */
	{ 0xb2, 0xff, 0x7e, 0 },
};
static const struct config_system sys = { .stops = stops, .stop_count = 2 };

static const struct {
	uint16_t port;
	uint8_t width;
	uint32_t value;
	enum stop_verdict verdict;
	uint32_t written;
} writes[] = {
	/* reset control: the bit that sets it off, whatever the others say */
	{ 0xcf9, 1, 0x02, STOP_PASS, 0x02 },
	{ 0xcf9, 1, 0x0a, STOP_PASS, 0x0a },
	{ 0xcf9, 1, 0x04, STOP_MACHINE, 0x04 },
	{ 0xcf9, 1, 0x06, STOP_MACHINE, 0x06 },
	{ 0xcf9, 1, 0x0e, STOP_MACHINE, 0x0e },
	{ 0xcf8, 2, 0x0600, STOP_MACHINE, 0x0600 },
	{ 0xcf8, 2, 0x0006, STOP_PASS, 0x0006 },
	{ 0xcf6, 4, 0x06000000, STOP_MACHINE, 0x06000000 },
	{ 0xcf9, 2, 0x0600, STOP_PASS, 0x0600 },
	{ 0xcfa, 2, 0xffff, STOP_PASS, 0xffff },
	/* port 92h: address line 20 stays on */
	{ 0x92, 1, 0x01, STOP_MACHINE, 0x03 },
	{ 0x92, 1, 0x00, STOP_PASS, 0x02 },
	{ 0x91, 2, 0x0000, STOP_PASS, 0x0200 },
	{ 0x91, 4, 0xffff01ff, STOP_MACHINE, 0xffff03ff },
	{ 0x93, 1, 0x01, STOP_PASS, 0x01 },
	/* keyboard controller: pulses of the reset line, and ways to its output port */
	{ 0x64, 1, 0xfe, STOP_MACHINE, 0xfe },
	{ 0x64, 1, 0xf0, STOP_MACHINE, 0xf0 },
	{ 0x64, 1, 0xff, STOP_PASS, 0xff },
	{ 0x64, 1, 0xfd, STOP_PASS, 0xfd },
	{ 0x64, 1, 0xd1, STOP_DROP, 0xd1 },
	{ 0x64, 1, 0xdd, STOP_DROP, 0xdd },
	{ 0x64, 1, 0xdf, STOP_PASS, 0xdf },
	{ 0x64, 1, 0xd4, STOP_PASS, 0xd4 },
	{ 0x64, 1, 0x20, STOP_PASS, 0x20 },
	{ 0x63, 2, 0xfe00, STOP_MACHINE, 0xfe00 },
	{ 0x60, 1, 0xfe, STOP_PASS, 0xfe },
	/* what the description names */
	{ 0x604, 2, 0x2000, STOP_MACHINE, 0x2000 },
	{ 0x604, 2, 0x3c01, STOP_MACHINE, 0x3c01 },
	{ 0x604, 2, 0x1c01, STOP_PASS, 0x1c01 },
	{ 0x604, 4, 0x2000, STOP_MACHINE, 0x2000 },
	{ 0x605, 1, 0x20, STOP_MACHINE, 0x20 },
	{ 0x604, 1, 0x20, STOP_PASS, 0x20 },
	{ 0xb2, 1, 0x7e, STOP_MACHINE, 0x7e },
	{ 0xb2, 1, 0x7f, STOP_PASS, 0x7f },
	/* both: the worse */
	{ 0xb1, 2, 0x7ed1, STOP_MACHINE, 0x7ed1 },
	/* the ports end there */
	{ 0xffff, 4, 0xffffffff, STOP_PASS, 0xffffffff },
};

static void test_writes(void)
{
	for (size_t i = 0; i < sizeof(writes) / sizeof(writes[0]); i++) {
		uint32_t value = writes[i].value;
		enum stop_verdict verdict =
			stop_judge(&sys, writes[i].port, writes[i].width, &value);

		if (!CHECK_EQ(verdict, writes[i].verdict) || !CHECK_EQ(value, writes[i].written))
			fprintf(stderr, "  port %x, width %u, value %x\n", writes[i].port,
				writes[i].width, writes[i].value);
	}
}

/* A write that does something else than passing as it is must be to a port that is trapped. */
static void test_trapped_ports(void)
{
	static const uint8_t values[] = { 0x01, 0x04, 0xfe, 0xd1, 0x20, 0x7e };
	unsigned int trapped = 0;

	for (uint32_t port = 0; port < 0x10000; port++) {
		int is_port = stop_is_port(&sys, port);

		trapped += (unsigned int)is_port;
		for (size_t i = 0; i < sizeof(values); i++) {
			uint32_t value = values[i];

			if (stop_judge(&sys, (uint16_t)port, 1, &value) != STOP_PASS ||
			    value != values[i])
				CHECK(is_port);
		}
	}
	CHECK_EQ(trapped, 5);
}

int main(void)
{
	test_writes();
	test_trapped_ports();
	return check_done();
}
