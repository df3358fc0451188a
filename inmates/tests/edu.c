/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Property: a device that masters the bus reaches the cell's own memory in both directions, and
 * interrupts. Options: intx=1 (default: MSI), pin=, poll=1 (no interrupts at all).
 */
#include <inmate/apic.h>
#include <inmate/console.h>
#include <inmate/cpu.h>
#include <inmate/edu.h>
#include <inmate/pci.h>
#include <inmate/platform.h>
#include <inmate/string.h>
#include <inmate/time.h>

#define CAUSE 0x40u
#define PATIENCE_MS 5000

enum { OK, FAIL_FACTORIAL = 1, FAIL_INTERRUPT, FAIL_DMA };

static struct edu edu;
static uint8_t source[EDU_BUFFER], target[EDU_BUFFER];

static void copy_through(void)
{
	uint32_t i;

	for (i = 0; i < sizeof(source); i++)
		source[i] = (uint8_t)(i * 7 + 1);
	if (edu_read_memory(&edu, (uintptr_t)source, sizeof(source)) ||
	    edu_write_memory(&edu, (uintptr_t)target, sizeof(target)))
		inmate_fail(FAIL_DMA, "it does not finish");
	if (memcmp(source, target, sizeof(source)))
		inmate_fail(FAIL_DMA, "what it wrote is not what it read");
}

static void expect_interrupt(uint32_t cause)
{
	uint32_t i;

	for (i = 0; i < PATIENCE_MS && !(edu.causes & cause); i++)
		time_delay_us(1000);
	if (!(edu.causes & cause))
		inmate_fail(FAIL_INTERRUPT, "no interrupt for cause %x", cause);
}

int inmate_main(void)
{
	enum edu_interrupts how = platform_option("intx", 0) ? EDU_INTX : EDU_MSI;
	uint32_t result = 0;
	int err;

	if (platform_option("poll", 0))
		how = EDU_POLL;
	apic_init(apic_best_mode());
	time_init();
	irq_enable();
	err = edu_open(&edu, PCI_NONE, how);
	if (err)
		inmate_fail(-err, "no device that works");
	if (edu_factorial(&edu, 10, &result) || result != 3628800)
		inmate_fail(FAIL_FACTORIAL, "10! is not %u", result);
	if (how != EDU_POLL) {
		expect_interrupt(1);
		edu_raise(&edu, CAUSE);
		expect_interrupt(CAUSE);
	}
	copy_through();
	printf("edu: interrupts=%lu causes=%x unexpected=%lu\n", edu.interrupts, edu.causes,
	       irq_unexpected);
	return OK;
}
