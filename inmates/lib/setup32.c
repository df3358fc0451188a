/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* A 32-bit program gets the console and the platform, and brings its own interrupt table. */
#include <inmate/platform.h>

void setup_machine(void)
{
}
