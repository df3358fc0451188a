/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Property: two cells exchange frames by cards of their own. Sends requests to whoever answers the
 * first one (nic-echo), one after the other. Options: count=1000, size=200 (bytes of payload), msi=1.
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

#define MAX_SAMPLES 10000
#define PATIENCE_NS UINT64_C(2000000000)
#define GIVE_UP_AFTER 10 /* answers in a row that did not come */

static struct nic nic;
static struct nic_frame request, reply;
static uint64_t samples[MAX_SAMPLES];
static uint32_t answered, lost, wrong;

static void look(struct irq_frame *f, void *arg)
{
	(void)f;
	(void)arg;
}

static int is_answer(uint32_t size)
{
	return nic_frame_is_ours(&reply, size) && reply.kind == NIC_REPLY &&
	       reply.sequence == request.sequence;
}

static int wait_for_answer(uint64_t start)
{
	uint64_t limit = time_from_ns(PATIENCE_NS);
	int size;

	while (rdtsc() - start < limit) {
		irq_disable();
		nic_rearm(&nic);
		size = nic_receive(&nic, &reply, sizeof(reply));
		if (!size)
			cpu_sleep();
		irq_enable();
		if (size > 0 && is_answer((uint32_t)size))
			return 1;
	}
	return 0;
}

static void ping(uint32_t sequence, uint16_t length)
{
	uint64_t start = rdtsc();

	nic_frame_fill(&request, sequence, length);
	if (nic_send(&nic, &request, NIC_FRAME_HEADER + length) || !wait_for_answer(start)) {
		lost++;
		return;
	}
	samples[answered++] = time_to_ns(rdtsc() - start) / 1000;
	wrong += reply.length != length || nic_frame_wrong(&reply) ||
		 memcmp(reply.to, nic.address, 6);
	memcpy(request.to, reply.from, NIC_ADDRESS);
}

int inmate_main(void)
{
	uint32_t count = (uint32_t)platform_option("count", 1000), i;
	uint16_t length = (uint16_t)platform_option("size", 200);
	int err;

	apic_init(apic_best_mode());
	time_init();
	err = nic_open(&nic, PCI_NONE, platform_option("msi", 0) ? NIC_MSI : NIC_MSIX);
	if (err || count > MAX_SAMPLES || length > sizeof(request.payload))
		inmate_fail(err ? -err : EINVAL, "no network card that works, or a bad option");
	irq_set(IRQ_TIMER, look, NULL);
	timer_periodic(10);
	memset(request.to, 0xff, NIC_ADDRESS);
	memcpy(request.from, nic.address, NIC_ADDRESS);
	for (i = 0; i < count && lost < GIVE_UP_AFTER; i++)
		ping(i, length);
	nic_close(&nic);
	printf("nic-ping: sent=%u answered=%u lost=%u wrong=%u p50=%lu us max=%lu us interrupts=%lu\n",
	       i, answered, lost, wrong, time_percentile(samples, answered, 500),
	       time_percentile(samples, answered, 1000), nic.interrupts);
	return lost || wrong || answered != count ? EIO : 0;
}
