/* SPDX-License-Identifier: GPL-2.0-only */
/* Attacks by interprocessor interrupts and by the local vector table. */
#include <inmate/apic.h>
#include <inmate/cpu.h>
#include "attack.h"

#define ICR_SMI 0x200u
#define LVT_SMI 0x200u
#define SOME_VECTOR 0x50u
#define LOW_VECTOR 3u

void attack_icr_init_foreign(void)
{
	apic_send(LINUX_APIC_ID, APIC_ICR_INIT);
}

void attack_icr_startup_foreign(void)
{
	apic_send(LINUX_APIC_ID, APIC_ICR_STARTUP | 0x10);
}

void attack_icr_nmi_foreign(void)
{
	apic_send(LINUX_APIC_ID, APIC_ICR_NMI);
}

void attack_icr_fixed_foreign(void)
{
	apic_send(LINUX_APIC_ID, APIC_ICR_FIXED | SOME_VECTOR);
}

void attack_icr_init_others(void)
{
	apic_send(0, APIC_ICR_OTHERS | APIC_ICR_INIT);
}

void attack_icr_smi(void)
{
	apic_send(apic_id(), ICR_SMI);
}

void attack_icr_low_vector(void)
{
	apic_send(apic_id(), APIC_ICR_FIXED | LOW_VECTOR);
}

void attack_xapic_icr_foreign(void)
{
	apic_init(APIC_XAPIC);
	apic_send(LINUX_APIC_ID, APIC_ICR_INIT);
}

void attack_lvt_smi(void)
{
	apic_write(APIC_LVT_LINT1, LVT_SMI);
}
