/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Property: a network card of the cell's own receives, interrupts and sends. Answers every request
 * (tests/guest/nic-frame.h) with the addresses swapped and a counter. Options: intx=1, msi=1.
 */
#include <inmate/apic.h>
#include <inmate/console.h>
#include <inmate/cpu.h>
#include <inmate/nic.h>
#include <inmate/pci.h>
#include <inmate/platform.h>
#include <inmate/string.h>
#include <inmate/time.h>
#include "../../tests/guest/nic-frame.h"

#define LOOK_HZ 10 /* to see a shutdown request when nobody sends anything */

static struct nic nic;
static struct nic_frame frame;
static uint32_t answered, lost;

static void look(struct irq_frame *f, void *arg)
{
	(void)f;
	(void)arg;
}

static void answer(uint32_t size)
{
	if (!nic_frame_is_ours(&frame, size) || frame.kind != NIC_REQUEST)
		return;
	memcpy(frame.to, frame.from, NIC_ADDRESS);
	memcpy(frame.from, nic.address, NIC_ADDRESS);
	frame.kind = NIC_REPLY;
	frame.counter = ++answered;
	if (nic_send(&nic, &frame, size))
		lost++;
}

static void serve(void)
{
	int size;

	nic_rearm(&nic);
	while ((size = nic_receive(&nic, &frame, sizeof(frame))))
		if (size > 0)
			answer((uint32_t)size);
}

static enum nic_interrupts wanted(void)
{
	if (platform_option("intx", 0))
		return NIC_INTX;
	return platform_option("msi", 0) ? NIC_MSI : NIC_MSIX;
}

int inmate_main(void)
{
	int err;

	apic_init(apic_best_mode());
	time_init();
	err = nic_open(&nic, PCI_NONE, wanted());
	if (err)
		inmate_fail(-err, "no network card that works");
	irq_set(IRQ_TIMER, look, NULL);
	timer_periodic(LOOK_HZ);
	printf("nic-echo: %s %02x:%02x:%02x:%02x:%02x:%02x\n", nic.model, nic.address[0],
	       nic.address[1], nic.address[2], nic.address[3], nic.address[4], nic.address[5]);
	while (!platform_shutdown_requested()) {
		irq_disable();
		serve();
		cpu_sleep();
		platform_heartbeat(answered);
	}
	nic_close(&nic);
	printf("nic-echo: received=%lu answered=%u lost=%u errors=%lu interrupts=%lu unexpected=%lu\n",
	       nic.received, answered, lost, nic.errors, nic.interrupts, irq_unexpected);
	return lost || nic.errors ? EIO : 0;
}
