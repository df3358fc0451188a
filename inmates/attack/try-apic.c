/* SPDX-License-Identifier: GPL-2.0-only */
/* Attacks by interprocessor interrupts and by the local vector table. */
#include <inmate/apic.h>
#include <inmate/cpu.h>
#include <inmate/irq.h>
#include <inmate/platform.h>
#include <inmate/time.h>
#include "attack.h"

#define ICR_SMI 0x200u
#define LVT_SMI 0x200u
#define LVT_EXTINT 0x700u
#define ICR_LOWEST 0x100u
#define ICR_LOGICAL 0x800u
#define ICR_LEVEL 0x8000u
#define ICR_ALL 0x80000u
#define SOME_VECTOR 0x50u
#define VECTOR_NMI 2
#define MODE_FIXED 0
#define MODE_NMI 4
#define LISTEN_US 20000
#define LISTEN_LONG_US 500000 /* Linux looks at the cell meanwhile, and writes to its serial line */
#define LOW_VECTOR 3u

static void nothing(struct irq_frame *frame, void *arg)
{
	(void)frame;
	(void)arg;
}

/* Our own are not the point. */
static void take_nmis(void)
{
	irq_set(VECTOR_NMI, nothing, NULL);
}

/* With interrupts on: those of others would come here, and end as exceptions of the 8259's vectors. */
static void listen_for(uint64_t us)
{
	time_init();
	irq_enable();
	time_delay_us(us);
	irq_disable();
}

static void listen(void)
{
	listen_for(LISTEN_US);
}

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

/* A delivery mode that no cell may have stays without effect. */
static void write_lvt(uint32_t reg, uint32_t value)
{
	apic_write(reg, value);
	if (!(apic_read(reg) & APIC_MASKED))
		inmate_fail(EPERM, "LVT entry %x takes %x", reg, value);
}

void attack_lvt_smi(void)
{
	write_lvt(APIC_LVT_LINT1, LVT_SMI);
}

void attack_icr_lowest_foreign(void)
{
	apic_send(LINUX_APIC_ID, ICR_LOWEST | SOME_VECTOR);
}

void attack_icr_fixed_victim(void)
{
	apic_send(VICTIM_APIC_ID, APIC_ICR_FIXED | SOME_VECTOR);
}

void attack_icr_lowest_victim(void)
{
	apic_send(VICTIM_APIC_ID, ICR_LOWEST | SOME_VECTOR);
}

void attack_icr_nmi_victim(void)
{
	apic_send(VICTIM_APIC_ID, APIC_ICR_NMI);
}

void attack_icr_init_victim(void)
{
	apic_send(VICTIM_APIC_ID, APIC_ICR_INIT);
}

void attack_icr_startup_victim(void)
{
	apic_send(VICTIM_APIC_ID, APIC_ICR_STARTUP | 0x10);
}

void attack_icr_fixed_others(void)
{
	apic_send(0, APIC_ICR_OTHERS | APIC_ICR_FIXED | SOME_VECTOR);
}

void attack_icr_nmi_others(void)
{
	apic_send(0, APIC_ICR_OTHERS | APIC_ICR_NMI);
}

void attack_icr_startup_others(void)
{
	apic_send(0, APIC_ICR_OTHERS | APIC_ICR_STARTUP | 0x10);
}

void attack_icr_fixed_all(void)
{
	apic_send(0, ICR_ALL | APIC_ICR_FIXED | SOME_VECTOR);
}

void attack_icr_nmi_all(void)
{
	take_nmis();
	apic_send(0, ICR_ALL | APIC_ICR_NMI);
}

void attack_icr_fixed_broadcast(void)
{
	apic_send(UINT32_MAX, APIC_ICR_FIXED | SOME_VECTOR);
}

void attack_icr_nmi_broadcast(void)
{
	take_nmis();
	apic_send(UINT32_MAX, APIC_ICR_NMI);
}

void attack_icr_fixed_logical(void)
{
	apic_send(0xffff, ICR_LOGICAL | APIC_ICR_FIXED | SOME_VECTOR);
}

void attack_icr_nmi_logical(void)
{
	take_nmis();
	apic_send(0xffff, ICR_LOGICAL | APIC_ICR_NMI);
}

void attack_icr_init_deassert(void)
{
	if (apic_mode() == APIC_X2APIC)
		wrmsr(APIC_X2_MSR + APIC_ICR / 16, ICR_ALL | ICR_LEVEL | APIC_ICR_INIT);
	else
		apic_write(APIC_ICR, ICR_ALL | ICR_LEVEL | APIC_ICR_INIT);
}

void attack_icr_smi_foreign(void)
{
	apic_send(LINUX_APIC_ID, ICR_SMI);
}

void attack_icr_smi_others(void)
{
	apic_send(0, APIC_ICR_OTHERS | ICR_SMI);
}

void attack_icr_extint_foreign(void)
{
	apic_send(LINUX_APIC_ID, 0x700);
}

void attack_icr_reserved_foreign(void)
{
	apic_send(LINUX_APIC_ID, 0x300);
}

void attack_xapic_nmi_foreign(void)
{
	apic_init(APIC_XAPIC);
	apic_send(LINUX_APIC_ID, APIC_ICR_NMI);
}

void attack_xapic_nmi_victim(void)
{
	apic_init(APIC_XAPIC);
	apic_send(VICTIM_APIC_ID, APIC_ICR_NMI);
}

void attack_xapic_init_others(void)
{
	apic_init(APIC_XAPIC);
	apic_send(0, APIC_ICR_OTHERS | APIC_ICR_INIT);
}

void attack_xapic_broadcast(void)
{
	apic_init(APIC_XAPIC);
	apic_send(0xff, APIC_ICR_FIXED | SOME_VECTOR);
}

void attack_xapic_logical_all(void)
{
	apic_init(APIC_XAPIC);
	irq_set(SOME_VECTOR, nothing, NULL); /* it is one of those that are meant */
	apic_write(APIC_LDR, 0xff000000);
	apic_write(APIC_DFR, 0xffffffff);
	apic_send(0xff, ICR_LOGICAL | APIC_ICR_FIXED | SOME_VECTOR);
	listen_for(LISTEN_LONG_US); /* what is meant for others would reach this ID as well */
	apic_write(APIC_DFR, 0x0fffffff);
	apic_send(0x0f, ICR_LOGICAL | APIC_ICR_FIXED | SOME_VECTOR);
	apic_send(0xff, ICR_LOGICAL | APIC_ICR_FIXED | SOME_VECTOR);
	listen();
	if (irq_unexpected)
		inmate_fail(EPERM, "%lu interrupts that were meant for others", irq_unexpected);
}

void attack_xapic_read_all(void)
{
	apic_init(APIC_XAPIC);
	for (uint32_t reg = 0; reg < 0x400; reg += 0x10)
		mmio_read32(APIC_PAGE + reg);
}

void attack_xapic_narrow_write(void)
{
	apic_init(APIC_XAPIC);
	mmio_write8(APIC_PAGE + APIC_ICR_HIGH + 3, 0);
	mmio_write8(APIC_PAGE + APIC_ICR, 0x30);
	mmio_write16(APIC_PAGE + APIC_ICR, 0x4500);
}

void attack_xapic_wide_write(void)
{
	apic_init(APIC_XAPIC);
	*(volatile uint64_t *)(uintptr_t)(APIC_PAGE + APIC_ICR) = 0x4500;
}

void attack_xapic_odd_write(void)
{
	apic_init(APIC_XAPIC);
	mmio_write32(APIC_PAGE + APIC_ICR + 1, 0x45);
	mmio_write32(APIC_PAGE + 0xffe, 0x4500);
}

void attack_lvt_extint(void)
{
	write_lvt(APIC_LVT_LINT0, LVT_EXTINT);
	listen();
}

void attack_lvt_init(void)
{
	write_lvt(APIC_LVT_LINT0, 0x500);
}

void attack_lvt_timer_smi(void)
{
	write_lvt(APIC_LVT_TIMER, LVT_SMI | APIC_TIMER_PERIODIC | SOME_VECTOR);
	apic_write(APIC_TIMER_INITIAL, 10000);
	listen();
}

void attack_lvt_error_smi(void)
{
	write_lvt(APIC_LVT_ERROR, LVT_SMI);
}

void attack_lvt_all_modes(void)
{
	uint32_t reg, mode;

	for (reg = APIC_LVT_TIMER; reg <= APIC_LVT_ERROR; reg += 0x10)
		for (mode = 0; mode < 8; mode++)
			(mode == MODE_FIXED || mode == MODE_NMI ? apic_write : write_lvt)(
				reg, mode << 8 | SOME_VECTOR);
	for (reg = APIC_LVT_TIMER; reg <= APIC_LVT_ERROR; reg += 0x10)
		apic_write(reg, APIC_MASKED);
}
