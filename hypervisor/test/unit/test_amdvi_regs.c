/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The registers and rings of an AMD IOMMU as the root sees them.
 */
#include <string.h>
#include "../../pure/amdvi_regs.h"
#include "check.h"

#define RING (UINT64_C(8) << 56) /* of 256 entries: 4 KiB */
#define COMMANDS_AT UINT64_C(0x100000)
#define EVENTS_AT UINT64_C(0x200000)

static struct amdvi_regs regs;

static void write_all(uint32_t offset, uint64_t value)
{
	amdvi_regs_write(&regs, offset, value, UINT64_MAX);
}

static void start(uint64_t control)
{
	memset(&regs, 0, sizeof(regs));
	write_all(AMDVI_COMMANDS, COMMANDS_AT | RING);
	write_all(AMDVI_EVENTS, EVENTS_AT | RING);
	write_all(AMDVI_CONTROL, control);
}

static void test_what_is_written_is_read(void)
{
	static const uint32_t wide[] = { AMDVI_DEVTAB, AMDVI_COMMANDS, AMDVI_EVENTS, AMDVI_CONTROL,
					 AMDVI_EXCLUSION_LIMIT };
	static const uint32_t indices[] = { AMDVI_COMMAND_HEAD, AMDVI_COMMAND_TAIL,
					    AMDVI_EVENT_HEAD, AMDVI_EVENT_TAIL };

	start(0);
	for (size_t i = 0; i < 5; i++) {
		write_all(wide[i], UINT64_C(0x0800000087654000));
		CHECK_EQ(amdvi_regs_read(&regs, wide[i]), UINT64_C(0x0800000087654000));
	}
	for (size_t i = 0; i < 4; i++) {
		write_all(indices[i], UINT64_MAX);
		CHECK_EQ(amdvi_regs_read(&regs, indices[i]), 0x7fff0);
	}
}

static void test_halves(void)
{
	start(0);
	amdvi_regs_write(&regs, AMDVI_DEVTAB, UINT64_C(0x12345000), UINT32_MAX);
	amdvi_regs_write(&regs, AMDVI_DEVTAB, UINT64_C(7) << 32, ~(uint64_t)UINT32_MAX);
	CHECK_EQ(amdvi_regs_read(&regs, AMDVI_DEVTAB), UINT64_C(0x712345000));
}

static void test_a_new_ring_is_empty(void)
{
	start(0);
	write_all(AMDVI_COMMAND_TAIL, 0x40);
	write_all(AMDVI_EVENT_TAIL, 0x40);
	write_all(AMDVI_COMMANDS, COMMANDS_AT | RING);
	write_all(AMDVI_EVENTS, EVENTS_AT | RING);
	CHECK_EQ(amdvi_regs_read(&regs, AMDVI_COMMAND_TAIL), 0);
	CHECK_EQ(amdvi_regs_read(&regs, AMDVI_EVENT_TAIL), 0);
}

static void test_what_is_not_the_roots_to_write(void)
{
	start(0);
	regs.features = UINT64_MAX;
	regs.exclusion_base = 0x5000;
	write_all(AMDVI_FEATURES, 0);
	write_all(AMDVI_EXCLUSION_BASE, AMDVI_EXCLUSION_ENABLE);
	CHECK_EQ(amdvi_regs_read(&regs, AMDVI_FEATURES), ~AMDVI_FEATURES_HIDDEN);
	CHECK_EQ(amdvi_regs_read(&regs, AMDVI_EXCLUSION_BASE), 0x5000);
	CHECK_EQ(amdvi_regs_read(&regs, 0x38), 0);
}

static void test_status_follows_control_and_is_cleared_by_ones(void)
{
	start(AMDVI_COMMAND_BUFFER | AMDVI_EVENT_LOG);
	CHECK_EQ(amdvi_regs_read(&regs, AMDVI_STATUS), AMDVI_COMMANDS_RUN | AMDVI_EVENTS_RUN);
	start(0);
	CHECK_EQ(amdvi_regs_read(&regs, AMDVI_STATUS), 0);
	regs.status = AMDVI_EVENT_PENDING | AMDVI_EVENT_OVERFLOW;
	write_all(AMDVI_STATUS, AMDVI_EVENT_PENDING);
	CHECK_EQ(amdvi_regs_read(&regs, AMDVI_STATUS), AMDVI_EVENT_OVERFLOW);
	/* the other half does not clear */
	amdvi_regs_write(&regs, AMDVI_STATUS, UINT64_MAX, ~(uint64_t)UINT32_MAX);
	CHECK_EQ(amdvi_regs_read(&regs, AMDVI_STATUS), AMDVI_EVENT_OVERFLOW);
}

static void test_commands_come_in_order_and_round_the_ring(void)
{
	start(AMDVI_COMMAND_BUFFER);
	CHECK_EQ(amdvi_regs_command(&regs), BH_ADDR_NONE);
	write_all(AMDVI_COMMAND_HEAD, 0xff0);
	write_all(AMDVI_COMMAND_TAIL, 0x10);
	CHECK_EQ(amdvi_regs_command(&regs), COMMANDS_AT + 0xff0);
	amdvi_regs_next(&regs);
	CHECK_EQ(amdvi_regs_command(&regs), COMMANDS_AT);
	amdvi_regs_next(&regs);
	CHECK_EQ(amdvi_regs_command(&regs), BH_ADDR_NONE);
	CHECK_EQ(amdvi_regs_read(&regs, AMDVI_COMMAND_HEAD), 0x10);
}

static void test_no_commands_of_a_ring_that_is_off_or_shorter(void)
{
	start(0);
	write_all(AMDVI_COMMAND_TAIL, 0x10);
	CHECK_EQ(amdvi_regs_command(&regs), BH_ADDR_NONE);
	start(AMDVI_COMMAND_BUFFER);
	write_all(AMDVI_COMMAND_TAIL, 0x1000);
	CHECK_EQ(amdvi_regs_command(&regs), BH_ADDR_NONE);
	write_all(AMDVI_COMMAND_TAIL, 0x10);
	amdvi_regs_stop(&regs);
	CHECK_EQ(amdvi_regs_command(&regs), BH_ADDR_NONE);
	CHECK_EQ(amdvi_regs_read(&regs, AMDVI_STATUS), 0);
}

static void test_events_until_the_log_is_full(void)
{
	start(0);
	CHECK_EQ(amdvi_regs_event(&regs), BH_ADDR_NONE);
	CHECK_EQ(regs.status, 0);
	start(AMDVI_EVENT_LOG);
	for (uint32_t i = 0; i < 255; i++)
		CHECK_EQ(amdvi_regs_event(&regs), EVENTS_AT + i * 16);
	CHECK_EQ(regs.status, AMDVI_EVENT_PENDING);
	CHECK_EQ(amdvi_regs_event(&regs), BH_ADDR_NONE);
	CHECK_EQ(regs.status, AMDVI_EVENT_PENDING | AMDVI_EVENT_OVERFLOW);
	write_all(AMDVI_EVENT_HEAD, 0x10);
	CHECK_EQ(amdvi_regs_event(&regs), EVENTS_AT + 0xff0);
	CHECK_EQ(amdvi_regs_read(&regs, AMDVI_EVENT_TAIL), 0);
}

static void test_reset(void)
{
	start(AMDVI_ENABLE | AMDVI_COMMAND_BUFFER | AMDVI_EVENT_LOG);
	regs.features = AMDVI_FEATURE_INVALIDATE_ALL;
	write_all(AMDVI_DEVTAB, 0x12345000);
	write_all(AMDVI_COMMAND_TAIL, 0x40);
	amdvi_regs_event(&regs);
	amdvi_regs_reset(&regs);
	CHECK_EQ(amdvi_regs_read(&regs, AMDVI_FEATURES), AMDVI_FEATURE_INVALIDATE_ALL);
	CHECK_EQ(amdvi_regs_read(&regs, AMDVI_COMMANDS), RING);
	CHECK_EQ(amdvi_regs_read(&regs, AMDVI_EVENTS), RING);
	for (uint32_t at = 0; at < 0x2100; at += 8)
		if (at != AMDVI_FEATURES && at != AMDVI_COMMANDS && at != AMDVI_EVENTS)
			CHECK_EQ(amdvi_regs_read(&regs, at), 0);
}

int main(void)
{
	test_what_is_written_is_read();
	test_halves();
	test_a_new_ring_is_empty();
	test_what_is_not_the_roots_to_write();
	test_status_follows_control_and_is_cleared_by_ones();
	test_commands_come_in_order_and_round_the_ring();
	test_no_commands_of_a_ring_that_is_off_or_shorter();
	test_events_until_the_log_is_full();
	test_reset();
	return check_done();
}
