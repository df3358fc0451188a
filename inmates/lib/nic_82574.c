/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Bring-up of the 82574L. Datasheet: initialization 4.6, registers 10.2, MSI-X 7.4 */
#include <inmate/cpu.h>
#include <inmate/nic.h>
#include <inmate/time.h>

#define STATUS 0x0008
#define STATUS_LU (1u << 1)
#define CTRL_SLU (1u << 6)
#define CTRL_EXT 0x0018
#define CTRL_EXT_PBA_CLR (1u << 31)
#define ICR 0x00c0
#define IMS 0x00d0
#define IMC 0x00d8
#define EIAC 0x00dc
#define IVAR 0x00e4
#define RCTL 0x0100
#define TCTL 0x0400
#define TIPG 0x0410
#define RFCTL 0x5008
#define MTA 0x5200
#define MTA_WORDS 128
#define RAL0 0x5400
#define RAH0 0x5404

#define CAUSE_RXT0 (1u << 7)
#define CAUSE_RXQ0 (1u << 20)
#define CAUSE_TXQ0 (1u << 22)
#define CAUSE_OTHER (1u << 24)
/* Receive queue 0 to vector 0; the others to vector 1, which stays masked. */
#define IVAR_VALUE (0x8u | 0x9u << 8 | 0x9u << 16)

#define RCTL_EN (1u << 1)
#define RCTL_BAM (1u << 15)
#define RCTL_SECRC (1u << 26)
#define TCTL_EN (1u << 1)
#define TCTL_PSP (1u << 3)
#define TCTL_CT (0xfu << 4)
#define TCTL_COLD (0x3fu << 12)
#define TIPG_VALUE (8u | 8u << 10 | 6u << 20)
#define RFCTL_EXSTEN (1u << 15)

#define RESET_MS 100
#define LINK_MS 5000

static int reset(struct nic *nic)
{
	int err;

	nic_write(nic, IMC, 0xffffffff);
	nic_write(nic, NIC_CTRL, nic_read(nic, NIC_CTRL) | NIC_CTRL_RST);
	/* The registers must not be touched at once. 82574 10.2.2.1 */
	time_delay_us(1000);
	err = nic_wait(nic, NIC_CTRL, NIC_CTRL_RST, 0, RESET_MS);
	if (err)
		return err;
	nic_write(nic, IMC, 0xffffffff);
	(void)nic_read(nic, ICR);
	nic_write(nic, NIC_CTRL, nic_read(nic, NIC_CTRL) | CTRL_SLU);
	return nic_wait(nic, STATUS, STATUS_LU, STATUS_LU, LINK_MS);
}

static void read_address(struct nic *nic)
{
	uint32_t low = nic_read(nic, RAL0), high = nic_read(nic, RAH0);
	int i;

	for (i = 0; i < 4; i++)
		nic->address[i] = (uint8_t)(low >> 8 * i);
	nic->address[4] = (uint8_t)high;
	nic->address[5] = (uint8_t)(high >> 8);
}

static void choose_interrupts(struct nic *nic, enum nic_interrupts interrupts)
{
	nic->rearm_register = IMS;
	nic->mask_register = IMC;
	switch (interrupts) {
	case NIC_MSIX:
		nic_write(nic, IVAR, IVAR_VALUE);
		nic_write(nic, CTRL_EXT, nic_read(nic, CTRL_EXT) | CTRL_EXT_PBA_CLR);
		nic_write(nic, EIAC, CAUSE_RXQ0 | CAUSE_TXQ0 | CAUSE_OTHER);
		nic->rearm_value = CAUSE_RXQ0;
		break;
	case NIC_MSI:
	case NIC_INTX:
		nic->rearm_value = CAUSE_RXT0;
		nic->cause_register = ICR;
		break;
	default:
		break;
	}
}

int nic_82574_start(struct nic *nic, enum nic_interrupts interrupts)
{
	uint32_t i;
	int err = reset(nic);

	if (err)
		return err;
	nic->model = "82574L";
	read_address(nic);
	for (i = 0; i < MTA_WORDS; i++)
		nic_write(nic, MTA + 4 * i, 0);
	nic_set_rings(nic);
	nic_write(nic, RFCTL, RFCTL_EXSTEN);
	nic_write(nic, TIPG, TIPG_VALUE);
	choose_interrupts(nic, interrupts);
	nic_write(nic, RCTL, RCTL_EN | RCTL_BAM | RCTL_SECRC);
	nic_write(nic, TCTL, TCTL_EN | TCTL_PSP | TCTL_CT | TCTL_COLD);
	return 0;
}
