/* SPDX-License-Identifier: GPL-2.0-only */
/* Property: messages and doorbells go both ways. */
#include "echo.h"

int inmate_main(void)
{
	return echo_run(ECHO_PLAIN);
}
