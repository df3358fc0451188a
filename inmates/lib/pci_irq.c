/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* How a PCI function interrupts: by MSI-X, MSI, or a pin. PCI Local Bus 3.0, 6.8; messages: SDM vol. 3, 11.11 */
#include <inmate/apic.h>
#include <inmate/cpu.h>
#include <inmate/ioapic.h>
#include <inmate/pci.h>
#include <inmate/platform.h>

#define MSIX_CONTROL 2
#define MSIX_ENABLE 0x8000u
#define MSIX_SIZE 0x7ffu
#define MSIX_TABLE 4
#define MSIX_TABLE_BIR 7u
#define MSIX_ENTRY 16u

#define MSI_CONTROL 2
#define MSI_ENABLE 0x1u
#define MSI_64BIT 0x80u
#define MSI_ADDRESS_LOW 4
#define MSI_ADDRESS_HIGH 8

#define MESSAGE_ADDRESS 0xfee00000u
#define MESSAGE_MAX_ID 0xff

static int allocate(irq_handler *handler, void *arg)
{
	int irq = irq_allocate();

	if (irq >= 0)
		irq_set((unsigned int)irq, handler, arg);
	return irq;
}

static uint32_t message_address(void)
{
	return MESSAGE_ADDRESS | (apic_id() & MESSAGE_MAX_ID) << 12;
}

static void command(uint32_t bdf, uint32_t set, uint32_t clear)
{
	uint32_t value = pci_read(bdf, PCI_COMMAND, 2);

	pci_write(bdf, PCI_COMMAND, 2, (value | set) & ~clear);
}

int pci_msix_write(uint32_t bdf, unsigned int entry, uint64_t address, uint32_t data)
{
	unsigned int cap = pci_capability(bdf, PCI_CAP_MSIX);
	uint32_t table;
	uintptr_t at;

	if (!cap)
		return -ENODEV;
	if (entry > (pci_read(bdf, cap + MSIX_CONTROL, 2) & MSIX_SIZE))
		return -EINVAL;
	table = pci_read(bdf, cap + MSIX_TABLE, 4);
	at = (uintptr_t)pci_bar(bdf, table & MSIX_TABLE_BIR) + (table & ~MSIX_TABLE_BIR) +
	     entry * MSIX_ENTRY;
	mmio_write32(at, (uint32_t)address);
	mmio_write32(at + 4, (uint32_t)(address >> 32));
	mmio_write32(at + 8, data);
	mmio_write32(at + 12, 0);
	return 0;
}

int pci_msix_handle(uint32_t bdf, unsigned int entry, irq_handler *handler, void *arg)
{
	unsigned int cap = pci_capability(bdf, PCI_CAP_MSIX);
	int irq, err;

	if (!cap)
		return -ENODEV;
	irq = allocate(handler, arg);
	if (irq < 0)
		return irq;
	err = pci_msix_write(bdf, entry, message_address(), (uint32_t)irq);
	if (err)
		return err;
	command(bdf, PCI_COMMAND_NO_INTX, 0);
	pci_write(bdf, cap + MSIX_CONTROL, 2, MSIX_ENABLE);
	return 0;
}

int pci_msi_handle(uint32_t bdf, irq_handler *handler, void *arg)
{
	unsigned int cap = pci_capability(bdf, PCI_CAP_MSI), data;
	int irq;

	if (!cap)
		return -ENODEV;
	irq = allocate(handler, arg);
	if (irq < 0)
		return irq;
	data = MSI_ADDRESS_HIGH;
	pci_write(bdf, cap + MSI_ADDRESS_LOW, 4, message_address());
	if (pci_read(bdf, cap + MSI_CONTROL, 2) & MSI_64BIT) {
		pci_write(bdf, cap + MSI_ADDRESS_HIGH, 4, 0);
		data += 4;
	}
	pci_write(bdf, cap + data, 2, (uint32_t)irq);
	command(bdf, PCI_COMMAND_NO_INTX, 0);
	pci_write(bdf, cap + MSI_CONTROL, 2, MSI_ENABLE);
	return 0;
}

int pci_intx_handle(uint32_t bdf, irq_handler *handler, void *arg)
{
	uint32_t pin = pci_read(bdf, PCI_INTERRUPT_LINE, 1);
	int irq;

	if (!pci_read(bdf, PCI_INTERRUPT_PIN, 1))
		return -ENODEV;
	irq = irq_allocate();
	if (irq < 0)
		return irq;
	irq_set_level((unsigned int)irq, handler, arg);
	command(bdf, 0, PCI_COMMAND_NO_INTX);
	return ioapic_route_level((unsigned int)platform_option("pin", pin), (uint8_t)irq,
				  apic_id());
}
