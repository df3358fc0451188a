/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What a 64-bit program finds set up when inmate_main() begins: exceptions are caught. */
#include <inmate/irq.h>
#include <inmate/platform.h>

void setup_machine(void)
{
	irq_init();
	irq_init_cpu();
}
