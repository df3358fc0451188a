/* SPDX-License-Identifier: GPL-2.0-only */
/* Property: in one-shot mode an interrupt disables further ones until the cell enables them. */
#include "echo.h"

int inmate_main(void)
{
	return echo_run(ECHO_ONESHOT);
}
