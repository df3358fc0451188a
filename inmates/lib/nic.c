/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Network cards: what is the same for both models. The rings hold extended (82574) or advanced (82576)
 * receive descriptors, which look the same to us. */
#include <inmate/cpu.h>
#include <inmate/nic.h>
#include <inmate/pci.h>
#include <inmate/string.h>
#include <inmate/time.h>

/* Receive, as written back: low is status and errors, high has the length. 82574 7.1.5, 82576 7.1.5.2 */
#define RX_DONE 0x1u
#define RX_WHOLE 0x2u
#define RX_ERRORS 0x97000000u /* CE SE SEQ CXE RXE */
#define RX_LENGTH 0xffffu

/* Transmit, as sent: low is length and command, high is written back. 82574 7.2.10, 82576 7.2.2.3 */
#define TX_EOP (1u << 24)
#define TX_IFCS (1u << 25)
#define TX_RS (1u << 27)
#define TX_DONE 0x1u

uint32_t nic_read(const struct nic *nic, uint32_t reg)
{
	return mmio_read32(nic->registers + reg);
}

void nic_write(const struct nic *nic, uint32_t reg, uint32_t value)
{
	mmio_write32(nic->registers + reg, value);
}

int nic_wait(const struct nic *nic, uint32_t reg, uint32_t bits, uint32_t wanted, uint32_t ms)
{
	uint32_t i;

	for (i = 0; i < ms * 10; i++) {
		if ((nic_read(nic, reg) & bits) == wanted)
			return 0;
		time_delay_us(100);
	}
	return -ETIMEDOUT;
}

static void give_buffer(struct nic *nic, uint32_t i)
{
	nic->rx[i] = (struct nic_descriptor){ .address = (uintptr_t)nic->rx_buffer[i] };
}

void nic_set_rings(struct nic *nic)
{
	uint64_t rx = (uintptr_t)nic->rx, tx = (uintptr_t)nic->tx;
	uint32_t i;

	for (i = 0; i < NIC_RING; i++) {
		give_buffer(nic, i);
		nic->tx[i] = (struct nic_descriptor){ .high = TX_DONE };
	}
	nic_write(nic, NIC_RDBAL, (uint32_t)rx);
	nic_write(nic, NIC_RDBAH, (uint32_t)(rx >> 32));
	nic_write(nic, NIC_RDLEN, sizeof(nic->rx));
	nic_write(nic, NIC_RDH, 0);
	nic_write(nic, NIC_RDT, 0);
	nic_write(nic, NIC_TDBAL, (uint32_t)tx);
	nic_write(nic, NIC_TDBAH, (uint32_t)(tx >> 32));
	nic_write(nic, NIC_TDLEN, sizeof(nic->tx));
	nic_write(nic, NIC_TDH, 0);
	nic_write(nic, NIC_TDT, 0);
}

static void interrupt(struct irq_frame *frame, void *arg)
{
	struct nic *nic = arg;

	(void)frame;
	nic->interrupts++;
	if (nic->cause_register)
		(void)nic_read(nic, nic->cause_register);
}

static int attach_interrupt(struct nic *nic, enum nic_interrupts interrupts)
{
	switch (interrupts) {
	case NIC_MSIX:
		return pci_msix_handle(nic->bdf, 0, interrupt, nic);
	case NIC_MSI:
		return pci_msi_handle(nic->bdf, interrupt, nic);
	case NIC_INTX:
		return pci_intx_handle(nic->bdf, interrupt, nic);
	default:
		return 0;
	}
}

static int is_ours(uint32_t device)
{
	return device == NIC_82574L || device == NIC_82576_VF;
}

static uint32_t find_card(void)
{
	uint32_t bdf = pci_find(0, NIC_VENDOR, PCI_NONE);

	while (bdf != PCI_NONE && !is_ours(pci_read(bdf, PCI_DEVICE, 2)))
		bdf = pci_find(bdf + 1, NIC_VENDOR, PCI_NONE);
	return bdf;
}

int nic_open(struct nic *nic, uint32_t bdf, enum nic_interrupts interrupts)
{
	int err;

	memset(nic, 0, sizeof(*nic));
	nic->bdf = bdf == PCI_NONE ? find_card() : bdf;
	if (pci_enable(nic->bdf) || !is_ours(pci_read(nic->bdf, PCI_DEVICE, 2)))
		return -ENODEV;
	nic->registers = (uintptr_t)pci_bar(nic->bdf, 0);
	err = pci_read(nic->bdf, PCI_DEVICE, 2) == NIC_82574L ? nic_82574_start(nic, interrupts) :
								nic_82576vf_start(nic, interrupts);
	if (!err)
		err = attach_interrupt(nic, interrupts);
	if (err)
		return err;
	/* All but one: head equal to tail means an empty ring. */
	nic_write(nic, NIC_RDT, NIC_RING - 1);
	nic_rearm(nic);
	return 0;
}

void nic_rearm(struct nic *nic)
{
	nic_write(nic, nic->rearm_register, nic->rearm_value);
}

int nic_receive(struct nic *nic, void *frame, size_t size)
{
	uint32_t i = nic->rx_next, status = *(volatile uint32_t *)&nic->rx[i].low, length;
	int damaged;

	if (!(status & RX_DONE))
		return 0;
	barrier_full();
	length = nic->rx[i].high & RX_LENGTH;
	damaged = !(status & RX_WHOLE) || (status & RX_ERRORS) || length > size;
	if (!damaged)
		memcpy(frame, nic->rx_buffer[i], length);
	give_buffer(nic, i);
	barrier_full();
	nic_write(nic, NIC_RDT, i);
	nic->rx_next = (i + 1) % NIC_RING;
	nic->received += !damaged;
	nic->errors += damaged;
	return damaged ? -EIO : (int)length;
}

int nic_send(struct nic *nic, const void *frame, size_t length)
{
	uint32_t i = nic->tx_next, next = (i + 1) % NIC_RING;
	uint32_t whole = length < NIC_FRAME_MIN ? NIC_FRAME_MIN : (uint32_t)length;

	if (length > NIC_FRAME_MAX)
		return -E2BIG;
	/* The one behind is free: so is this one, and the tail will not reach the head. */
	if (!(*(volatile uint32_t *)&nic->tx[next].high & TX_DONE))
		return -EAGAIN;
	memset(nic->tx_buffer[i] + length, 0, whole - length);
	memcpy(nic->tx_buffer[i], frame, length);
	nic->tx[i] = (struct nic_descriptor){
		.address = (uintptr_t)nic->tx_buffer[i],
		.low = whole | nic->tx_flags | TX_EOP | TX_IFCS | TX_RS,
		.high = nic->tx_payload_shift ? whole << nic->tx_payload_shift : 0,
	};
	barrier_full();
	nic_write(nic, NIC_TDT, next);
	nic->tx_next = next;
	nic->sent++;
	return 0;
}

void nic_close(struct nic *nic)
{
	uint32_t command = pci_read(nic->bdf, PCI_COMMAND, 2);

	/* first of all: a reset leaves them on in QEMU 7.2, which ends if the next owner then enables MSI-X */
	nic_write(nic, nic->mask_register, 0xffffffff);
	pci_write(nic->bdf, PCI_COMMAND, 2, command & ~PCI_COMMAND_MASTER);
	nic_write(nic, NIC_CTRL, nic_read(nic, NIC_CTRL) | NIC_CTRL_RST);
}
