/* SPDX-License-Identifier: GPL-2.0-only */
/* Attacks by hypercalls that belong to the root, or to nobody. */
#include <inmate/platform.h>
#include "attack.h"

int attack_denied;

/* The call with each id that could be a cell, and some that cannot. Refused for who calls, and not only
 * for what is asked at this moment. */
static void call_all(unsigned long number, unsigned long b, unsigned long c)
{
	unsigned long id;

	attack_denied = hypercall(number, ~0ul, b, c) == -EPERM;
	for (id = 0; id <= BH_MAX_CELLS; id++)
		attack_denied &= hypercall(number, id, b, c) == -EPERM;
}

void attack_hc_disable(void)
{
	attack_denied = hypercall(BH_HC_DISABLE, 0, 0, 0) == -EPERM;
}

void attack_hc_create(void)
{
	call_all(BH_HC_CELL_CREATE, 4096, 0);
}

void attack_hc_destroy(void)
{
	call_all(BH_HC_CELL_DESTROY, 0, 0);
}

void attack_hc_reset(void)
{
	call_all(BH_HC_CELL_RESET, 0, 0);
}

void attack_hc_load(void)
{
	call_all(BH_HC_CELL_LOAD, 0x1000, 0);
}

void attack_hc_start(void)
{
	call_all(BH_HC_CELL_START, 0x100000, BH_START_FLAT32);
}

void attack_hc_stop(void)
{
	call_all(BH_HC_CELL_STOP, BH_STOP_FORCE, 0);
}

void attack_hc_unknown(void)
{
	static const unsigned long numbers[] = { 64, 65, 255, 0x7fffffff, 0x80000000, ~0ul };
	unsigned int i;

	attack_denied = 1;
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		attack_denied &= hypercall(numbers[i], 1, 2, 3) == -ENOSYS;
}
