/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Whether anybody wrote to this cell's memory: a sum over code and constants, and a pattern in
 * all RAM behind the program.
 */
#include <inmate/platform.h>
#include "rtos.h"

#define PATTERN UINT64_C(0x9e3779b97f4a7c15) /* odd: every address has a value of its own */

extern const uint8_t image_start[], image_rodata_end[], image_end[];

static uint64_t pattern(uintptr_t address)
{
	return (address | 1) * PATTERN;
}

static uint64_t word(uintptr_t address)
{
	return *(volatile uint64_t *)address;
}

static uint64_t sum_constants(void)
{
	uintptr_t at, end = (uintptr_t)image_rodata_end;
	uint64_t sum = 0;

	for (at = (uintptr_t)image_start; at + 8 <= end; at += 8)
		sum = (sum ^ word(at)) * PATTERN;
	return sum;
}

uint32_t memory_check(void)
{
	static uint64_t sum;
	const struct bh_info *info = platform_info();
	uintptr_t first = ((uintptr_t)image_end + 7) & ~(uintptr_t)7;
	uintptr_t end = info && info->memory_count ? info->memory[0].gpa + info->memory[0].size : 0;
	uint32_t changed = 0;
	uintptr_t at;

	if (sum) {
		for (at = first; at < end; at += 8)
			changed += word(at) != pattern(at);
		return changed + (sum != sum_constants());
	}
	for (at = first; at < end; at += 8)
		*(volatile uint64_t *)at = pattern(at);
	sum = sum_constants();
	return 0;
}
