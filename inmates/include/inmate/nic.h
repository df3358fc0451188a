/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Raw Ethernet over one queue each way of an Intel 82574L (as e1000e drives it), or of a virtual
 * function of an 82576 (igbvf): same rings and descriptors, different bring-up. Frames are
 * copied; the rings lie in the struct, which is why that has to be static.
 *
 * Intel 82574 GbE Controller Family Datasheet, 7.1, 7.2, 10; Intel 82576 Datasheet, 7.1, 7.2, 8.28
 */
#ifndef INMATE_NIC_H
#define INMATE_NIC_H

#include <bulkhead/errno.h>
#include <bulkhead/types.h>
#include <inmate/irq.h>

#define NIC_RING 64	 /* descriptors each way */
#define NIC_BUFFER 2048u /* bytes, of each of them */
#define NIC_FRAME_MAX 1514u
#define NIC_FRAME_MIN 60u
#define NIC_ADDRESS 6

#define NIC_VENDOR 0x8086
#define NIC_82574L 0x10d3
#define NIC_82576_VF 0x10ca

struct nic_descriptor {
	uint64_t address;
	uint32_t low, high;
};
static_assert(sizeof(struct nic_descriptor) == 16, "hardware");

enum nic_interrupts { NIC_POLL, NIC_MSIX, NIC_MSI, NIC_INTX };

struct nic {
	uint32_t bdf;
	uintptr_t registers;
	uint8_t address[NIC_ADDRESS];
	const char *model;
	uint32_t tx_flags;    /* of every descriptor that is sent, beside its length */
	int tx_payload_shift; /* of the length in a descriptor's last word; 0: not there */
	uint32_t rearm_register; /* interrupts that have come are on again after rearm_value is written */
	uint32_t rearm_value;
	uint32_t mask_register;	 /* ones written to it switch all interrupts off */
	uint32_t cause_register; /* INTx: reading it lowers the line; 0: MSI-X */
	uint32_t rx_next, tx_next;
	uint64_t interrupts, received, sent, errors;
	struct nic_descriptor rx[NIC_RING] __attribute__((aligned(128)));
	struct nic_descriptor tx[NIC_RING] __attribute__((aligned(128)));
	uint8_t rx_buffer[NIC_RING][NIC_BUFFER];
	uint8_t tx_buffer[NIC_RING][NIC_BUFFER];
};

/* Resets the card, waits for its link, and makes it interrupt this CPU. bdf PCI_NONE: the first on bus 0.
 * After apic_init() and time_init(). -ENODEV: there is none; -EOPNOTSUPP: not interrupts of this kind;
 * -ETIMEDOUT: it does not do what it is asked; -ENOSPC: no vector. */
int nic_open(struct nic *nic, uint32_t bdf, enum nic_interrupts interrupts);

/* Copies a frame out of the ring; its length, 0: there is none, -EIO: it is damaged. */
int nic_receive(struct nic *nic, void *frame, size_t size);

/* Frames shorter than NIC_FRAME_MIN are filled up. -EAGAIN: the ring is full; -E2BIG */
int nic_send(struct nic *nic, const void *frame, size_t length);

/* To be called after an interrupt and before looking at the ring: the next frame interrupts again. */
void nic_rearm(struct nic *nic);

/* The card stops: no DMA, no interrupts. */
void nic_close(struct nic *nic);

/* The bring-up of each model, for nic_open(): reset, address, rings, interrupt causes. */
int nic_82574_start(struct nic *nic, enum nic_interrupts interrupts);
int nic_82576vf_start(struct nic *nic, enum nic_interrupts interrupts);

/* For them: registers that both models have in the same places. */
#define NIC_RDBAL 0x2800
#define NIC_RDBAH 0x2804
#define NIC_RDLEN 0x2808
#define NIC_RDH 0x2810
#define NIC_RDT 0x2818
#define NIC_RXDCTL 0x2828
#define NIC_TDBAL 0x3800
#define NIC_TDBAH 0x3804
#define NIC_TDLEN 0x3808
#define NIC_TDH 0x3810
#define NIC_TDT 0x3818
#define NIC_TXDCTL 0x3828

#define NIC_CTRL 0x0000
#define NIC_CTRL_RST (1u << 26)

uint32_t nic_read(const struct nic *nic, uint32_t reg);
void nic_write(const struct nic *nic, uint32_t reg, uint32_t value);
void nic_set_rings(struct nic *nic);
/* Until the bits are set, or (wanted 0) not. -ETIMEDOUT */
int nic_wait(const struct nic *nic, uint32_t reg, uint32_t bits, uint32_t wanted, uint32_t ms);

#endif
