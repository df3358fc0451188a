/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Attacks by devices of the cell: DMA into memory and registers of others, and interrupt messages written as
 * data, by QEMU's edu and by a network card, which sends frames to itself (82574 10.2.5.1, loopback mode).
 * First the device reaches the cell's own memory: so an attempt is one. Where it is aimed is printed, for who
 * looks for the fault that it leads to.
 */
#include <inmate/console.h>
#include <inmate/cpu.h>
#include <inmate/edu.h>
#include <inmate/link.h>
#include <inmate/nic.h>
#include <inmate/pci.h>
#include <inmate/platform.h>
#include <inmate/string.h>
#include <inmate/time.h>
#include "attack.h"

#define WORDS 8
#define MARK UINT64_C(0x4556494445564944) /* "DIVE" */

#define MESSAGE_TO(id) (MESSAGES | (id) << 12)
#define MESSAGE_OF(handle) (MESSAGES | (handle) << 5 | 0x10u) /* VT-d 5.1.2.2 */
#define HANDLES_OF_CELLS UINT64_C(3840)
#define SOME 8
#define EVERYBODY 0xffu
#define NMI 0x400u
#define INIT 0x500u
#define NOBODYS_VECTOR 0xd0u

static struct edu edu;
static struct nic nic;
static uint64_t mine[WORDS], found[WORDS];

static void fill(uint64_t *words, uint64_t value)
{
	unsigned int i;

	for (i = 0; i < WORDS; i++)
		words[i] = value;
}

static void aim(const char *what, uint64_t at)
{
	printf("attack: %s %lx\n", what, at);
}

/* A pin's entry by way of the IO-APIC's two registers, where the data has the second one. */
#define PIN_8_LOW 0x20u
#define IOAPIC_WINDOW 0x10
#define FORGED 0xd0u /* its vector, not masked */

/* The device is the attacker. A CPU that computes meanwhile would take long where time is counted instructions. */
static void sleep_a_little(void)
{
	timer_oneshot_ns(20000000);
	cpu_sleep();
	irq_disable();
}

static void must(int err, const char *what)
{
	if (err)
		inmate_fail(-err, "%s", what);
}

/* What a device says it has read: either what it had before, or what a stopped read gives. */
static void nothing_of(const uint64_t *words)
{
	unsigned int i;

	for (i = 0; i < WORDS; i++)
		if (words[i] && words[i] != ~UINT64_C(0) && words[i] != MARK)
			inmate_fail(EPERM, "read %lx, which is somebody else's", words[i]);
}

static void is_mark(const uint64_t *words)
{
	unsigned int i;

	for (i = 0; i < WORDS; i++)
		if (words[i] != MARK)
			inmate_fail(EIO, "the device does not reach the cell's own memory");
}

/* ----------------------------------------------------------------------------------------- edu */

static void edu_begin(uint64_t pattern)
{
	time_init();
	must(edu_open(&edu, PCI_NONE, EDU_POLL), "no edu device that works");
	edu.idle = sleep_a_little;
	fill(mine, MARK);
	must(edu_read_memory(&edu, (uintptr_t)mine, sizeof(mine)), "own memory");
	must(edu_write_memory(&edu, (uintptr_t)found, sizeof(found)), "own memory");
	is_mark(found);
	if (pattern == MARK)
		return;
	fill(mine, pattern);
	must(edu_read_memory(&edu, (uintptr_t)mine, sizeof(mine)), "own memory");
}

static void edu_read(uint64_t at)
{
	edu_begin(MARK);
	aim("read", at);
	must(edu_read_memory(&edu, at, sizeof(found)), "a read");
	must(edu_write_memory(&edu, (uintptr_t)found, sizeof(found)), "own memory");
	nothing_of(found);
}

static void edu_write(uint64_t at)
{
	static uint64_t pin[WORDS] = { PIN_8_LOW, 0, FORGED };

	edu_begin(MARK);
	if (at == IOAPIC)
		must(edu_read_memory(&edu, (uintptr_t)pin, sizeof(pin)), "own memory");
	aim("write", at);
	must(edu_write_memory(&edu, at, sizeof(mine)), "a write");
}

static void edu_message(uint64_t at, uint32_t data)
{
	edu_begin(data);
	aim("interrupt", at);
	must(edu_write_memory(&edu, at, sizeof(data)), "a message");
}

/* ---------------------------------------------------------------------------- the network card */

#define RCTL 0x0100
#define RCTL_LOOPBACK (1u << 6)
#define RCTL_PROMISCUOUS (1u << 3 | 1u << 4)
#define TX_EOP (1u << 24)
#define TX_IFCS (1u << 25)
#define TX_RS (1u << 27)
#define TX_DONE 0x1u
#define RX_DONE 0x1u
#define HEADER 14
#define PATIENCE 10

static uint8_t header[HEADER] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02,
				  0,	0,    0,    0,	  1,	0x88, 0xb5 };

static int is_done(const uint32_t *word)
{
	uint32_t i;

	for (i = 0; i < PATIENCE; i++) {
		if (*(volatile const uint32_t *)word & 1)
			return 1;
		sleep_a_little();
	}
	return 0;
}

/* A frame with the words at one address, received, header first, at another. Returns whether it came. */
static int pass(uint64_t from, uint64_t to)
{
	uint32_t t = nic.tx_next, r = nic.rx_next;

	nic.rx[r] = (struct nic_descriptor){ .address = to };
	nic.tx[t] = (struct nic_descriptor){ .address = (uintptr_t)header,
					     .low = HEADER | TX_IFCS | TX_RS };
	nic.tx[t + 1] = (struct nic_descriptor){ .address = from,
						 .low = sizeof(mine) | TX_EOP | TX_IFCS | TX_RS };
	barrier_full();
	nic.tx_next = t + 2;
	nic.rx_next = r + 1;
	nic_write(&nic, NIC_TDT, nic.tx_next);
	if (!is_done(&nic.tx[t + 1].high))
		inmate_fail(ETIMEDOUT, "the card does not send");
	return is_done(&nic.rx[r].low);
}

static const uint64_t *payload(void)
{
	static uint64_t words[WORDS];

	memcpy(words, nic.rx_buffer[0] + HEADER, sizeof(words));
	return words;
}

static void nic_begin(void)
{
	time_init();
	must(nic_open(&nic, PCI_NONE, NIC_POLL), "no network card that works");
	nic_write(&nic, RCTL, nic_read(&nic, RCTL) | RCTL_LOOPBACK | RCTL_PROMISCUOUS);
	fill(mine, MARK);
	if (!pass((uintptr_t)mine, (uintptr_t)nic.rx_buffer[0]))
		inmate_fail(ETIMEDOUT, "the card does not receive what it sends");
	is_mark(payload());
	memset(nic.rx_buffer[0], 0, NIC_BUFFER);
}

static void nic_read_at(uint64_t at)
{
	nic_begin();
	aim("read", at);
	if (pass(at, (uintptr_t)nic.rx_buffer[0]))
		nothing_of(payload());
	nic_close(&nic);
}

/* Where the second register is, the frame has bytes of its payload. */
static void aim_at_pin(void)
{
	uint32_t forged = FORGED;

	memset(header, 0, 6);
	header[0] = PIN_8_LOW;
	memcpy((uint8_t *)mine + IOAPIC_WINDOW - HEADER, &forged, sizeof(forged));
}

static void nic_write_at(uint64_t at)
{
	nic_begin();
	if (at == IOAPIC)
		aim_at_pin();
	aim("write", at);
	if (!pass((uintptr_t)mine, at))
		inmate_fail(ETIMEDOUT, "the card has not received");
	nic_close(&nic);
}

/* The card takes descriptors from there, and marks them as done. */
static void nic_rings_at(uint64_t at)
{
	nic_begin();
	aim("read", at);
	nic_write(&nic, NIC_RDBAL, (uint32_t)at);
	nic_write(&nic, NIC_RDBAH, (uint32_t)(at >> 32));
	pass((uintptr_t)mine, (uintptr_t)nic.rx_buffer[0]);
	nic_write(&nic, NIC_TDBAL, (uint32_t)at);
	nic_write(&nic, NIC_TDBAH, (uint32_t)(at >> 32));
	nic_write(&nic, NIC_TDT, nic.tx_next + 1);
	sleep_a_little();
	nic_close(&nic);
}

/* ---------------------------------------------------------------------------------------- rows */

static uint64_t told(const char *name)
{
	uint64_t at = platform_option(name, 0);

	if (!at)
		inmate_fail(EINVAL, "no option %s=", name);
	return at;
}

/* The table has zeros until a peer has a state: the cell's own will do. */
static uint64_t state_table(void)
{
	static struct link link;

	must(link_open(&link, NULL), "no link");
	link_set_state(&link, 1);
	return told("state");
}

#define ROWS(place, at)                     \
	void attack_edu_read_##place(void)  \
	{                                   \
		edu_read(at);               \
	}                                   \
	void attack_edu_write_##place(void) \
	{                                   \
		edu_write(at);              \
	}                                   \
	void attack_nic_read_##place(void)  \
	{                                   \
		nic_read_at(at);            \
	}                                   \
	void attack_nic_write_##place(void) \
	{                                   \
		nic_write_at(at);           \
	}

ROWS(hv, told("hv"))
ROWS(root, told("root"))
ROWS(victim, told("victim") + IN_BLOCK)
ROWS(state, state_table())
ROWS(output, told("output"))
ROWS(ecam, ECAM_BRIDGE)
ROWS(ioapic, IOAPIC)
ROWS(hpet, HPET)
ROWS(unit, told("unit"))

void attack_nic_rings_hv(void)
{
	nic_rings_at(told("hv"));
}

void attack_nic_rings_victim(void)
{
	nic_rings_at(told("victim") + IN_BLOCK);
}

void attack_edu_message_linux(void)
{
	edu_message(MESSAGE_TO(LINUX_APIC_ID), NOBODYS_VECTOR);
}

void attack_edu_message_victim(void)
{
	edu_message(MESSAGE_TO(VICTIM_APIC_ID), NOBODYS_VECTOR);
}

void attack_edu_message_nmi(void)
{
	edu_message(MESSAGE_TO(VICTIM_APIC_ID), NMI);
}

void attack_edu_message_init(void)
{
	edu_message(MESSAGE_TO(LINUX_APIC_ID), INIT);
}

void attack_edu_message_broadcast(void)
{
	edu_message(MESSAGE_TO(EVERYBODY), NOBODYS_VECTOR);
}

/* With handles that entries of cells have. Not with Linux's: QEMU tells a VT-d unit of whom a message is
 * only if the function sends it as one, so that this would take those for Linux's own. */
void attack_edu_message_handles(void)
{
	uint64_t handle;

	edu_begin(0);
	aim("interrupt", MESSAGE_OF(HANDLES_OF_CELLS));
	for (handle = HANDLES_OF_CELLS; handle < HANDLES_OF_CELLS + SOME; handle++)
		must(edu_write_memory(&edu, MESSAGE_OF(handle), sizeof(uint32_t)), "a message");
}

void attack_edu_message_all(void)
{
	static uint32_t data[EDU_BUFFER / sizeof(uint32_t)];
	unsigned int i;

	edu_begin(MARK);
	for (i = 0; i < sizeof(data) / sizeof(data[0]); i++)
		data[i] = NOBODYS_VECTOR;
	must(edu_read_memory(&edu, (uintptr_t)data, sizeof(data)), "own memory");
	aim("interrupt", MESSAGES);
	for (i = 0; i < SOME; i++)
		must(edu_write_memory(&edu, MESSAGE_TO(i), sizeof(data)), "messages");
}

void attack_nic_message_victim(void)
{
	nic_write_at(MESSAGE_TO(VICTIM_APIC_ID));
}
