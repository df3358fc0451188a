/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Bring-up of a virtual function of the 82576. The driver of the physical function has a say in
 * that, by a mailbox: it acknowledges the reset, and knows our address. Datasheet: virtual function
 * registers 8.28, mailbox 7.10.2.9; the messages are those of Linux's igb.
 */
#include <inmate/cpu.h>
#include <inmate/nic.h>
#include <inmate/string.h>
#include <inmate/time.h>

#define MAILBOX 0x0c40
#define MAILBOX_REQUEST (1u << 0)
#define MAILBOX_ACK (1u << 1)
#define MAILBOX_OURS (1u << 2)
#define MAILBOX_PF_STATUS (1u << 4)
#define MAILBOX_PF_ACK (1u << 5)
#define MAILBOX_RESET_DONE (1u << 7)
#define MAILBOX_CLEARED_BY_READING 0xb0u
#define MAILBOX_MEMORY 0x0800

#define MESSAGE_RESET 0x01u
#define MESSAGE_SET_ADDRESS 0x02u
#define MESSAGE_ACK 0x80000000u
#define MESSAGE_KIND 0xffffu
#define MESSAGE_WORDS 3

#define VTEIMS 0x1524
#define VTEIMC 0x1528
#define VTEIAC 0x152c
#define VTEIAM 0x1530
#define VTIVAR 0x1700
#define VTIVAR_MISC 0x1740
#define SRRCTL 0x280c

/* Receive queue 0 by vector 0, transmit queue 0 and the mailbox by vector 1, which stays masked. */
#define VTIVAR_VALUE (0x80u | 0x81u << 8)
#define VTIVAR_MISC_VALUE 0x81u
#define SRRCTL_ONE_BUFFER (1u << 25)
#define SRRCTL_2_KIB 2u
#define QUEUE_ENABLE (1u << 25)

#define TX_DATA (3u << 20)
#define TX_DEXT (1u << 29)
#define TX_PAYLOAD_SHIFT 14

#define PATIENCE_MS 2000

/* Some bits vanish when they are read: seen collects them. */
static int wait_for(const struct nic *nic, uint32_t bit, uint32_t *seen)
{
	uint32_t i;

	for (i = 0; i < PATIENCE_MS * 10; i++) {
		*seen |= nic_read(nic, MAILBOX) & MAILBOX_CLEARED_BY_READING;
		if (*seen & bit) {
			*seen &= ~bit;
			return 0;
		}
		time_delay_us(100);
	}
	return -ETIMEDOUT;
}

static int take_memory(const struct nic *nic, uint32_t *seen)
{
	uint32_t i, value;

	for (i = 0; i < PATIENCE_MS * 10; i++) {
		nic_write(nic, MAILBOX, MAILBOX_OURS);
		value = nic_read(nic, MAILBOX);
		*seen |= value & MAILBOX_CLEARED_BY_READING;
		if (value & MAILBOX_OURS)
			return 0;
		time_delay_us(100);
	}
	return -ETIMEDOUT;
}

/* Sends a message and replaces it by the answer. */
static int ask(const struct nic *nic, uint32_t message[MESSAGE_WORDS])
{
	uint32_t i, seen = 0;
	int err = take_memory(nic, &seen);

	if (err)
		return err;
	seen = 0;
	for (i = 0; i < MESSAGE_WORDS; i++)
		nic_write(nic, MAILBOX_MEMORY + 4 * i, message[i]);
	nic_write(nic, MAILBOX, MAILBOX_REQUEST);
	err = wait_for(nic, MAILBOX_PF_ACK, &seen);
	if (!err)
		err = wait_for(nic, MAILBOX_PF_STATUS, &seen);
	if (!err)
		err = take_memory(nic, &seen);
	if (err)
		return err;
	for (i = 0; i < MESSAGE_WORDS; i++)
		message[i] = nic_read(nic, MAILBOX_MEMORY + 4 * i);
	nic_write(nic, MAILBOX, MAILBOX_ACK);
	return 0;
}

/* A function that nobody gave an address chooses one that is locally administered. */
static int choose_address(struct nic *nic)
{
	uint32_t message[MESSAGE_WORDS] = { MESSAGE_SET_ADDRESS };
	uint64_t word = rdtsc();
	int err;

	memcpy(nic->address, &word, NIC_ADDRESS);
	nic->address[0] = 0x02;
	memcpy(&message[1], nic->address, NIC_ADDRESS);
	err = ask(nic, message);
	if (err)
		return err;
	return message[0] & MESSAGE_ACK ? 0 : -EACCES;
}

static int reset(struct nic *nic)
{
	uint32_t message[MESSAGE_WORDS] = { MESSAGE_RESET }, seen = 0;
	int err;

	nic_write(nic, VTEIMC, 0xffffffff);
	nic_write(nic, NIC_CTRL, NIC_CTRL_RST);
	/* The physical function's driver says that it is up. */
	err = wait_for(nic, MAILBOX_RESET_DONE, &seen);
	if (!err)
		err = ask(nic, message);
	if (err)
		return err;
	if ((message[0] & MESSAGE_KIND) != MESSAGE_RESET)
		return -EIO;
	if (!(message[0] & MESSAGE_ACK))
		return choose_address(nic);
	memcpy(nic->address, &message[1], NIC_ADDRESS);
	return 0;
}

int nic_82576vf_start(struct nic *nic, enum nic_interrupts interrupts)
{
	int err;

	if (interrupts == NIC_INTX || interrupts == NIC_MSI)
		return -EOPNOTSUPP;
	err = reset(nic);
	if (err)
		return err;
	nic->model = "82576 virtual function";
	nic->tx_flags = TX_DATA | TX_DEXT;
	nic->tx_payload_shift = TX_PAYLOAD_SHIFT;
	nic->rearm_register = VTEIMS;
	nic->mask_register = VTEIMC;
	nic->rearm_value = interrupts == NIC_MSIX;
	nic_set_rings(nic);
	nic_write(nic, SRRCTL, SRRCTL_ONE_BUFFER | SRRCTL_2_KIB);
	nic_write(nic, VTIVAR, VTIVAR_VALUE);
	nic_write(nic, VTIVAR_MISC, VTIVAR_MISC_VALUE);
	nic_write(nic, VTEIAC, 1);
	nic_write(nic, VTEIAM, 1);
	nic_write(nic, NIC_RXDCTL, nic_read(nic, NIC_RXDCTL) | QUEUE_ENABLE);
	nic_write(nic, NIC_TXDCTL, nic_read(nic, NIC_TXDCTL) | QUEUE_ENABLE);
	err = nic_wait(nic, NIC_RXDCTL, QUEUE_ENABLE, QUEUE_ENABLE, PATIENCE_MS);
	return err ? err : nic_wait(nic, NIC_TXDCTL, QUEUE_ENABLE, QUEUE_ENABLE, PATIENCE_MS);
}
