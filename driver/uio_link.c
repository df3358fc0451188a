// SPDX-License-Identifier: GPL-2.0-only
/*
 * Driver for the PCI function of a link. Works in the Linux that runs Bulkhead, where the
 * function comes by hot-plug with the link's name as a property, and in a Linux inside a cell.
 */
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/property.h>
#include <linux/slab.h>
#include <bulkhead/config.h>
#include <bulkhead/uio.h>
#include "compat.h"
#include "uio_device.h"

#define REGISTERS_BAR 0
#define MEMORY_BAR 2 /* of devices whose capability has no Base Address */

/* ---------------------------------------------------------------------------- attributes */

static struct uio_link *link_of(struct device *dev)
{
	return dev_get_drvdata(dev);
}

static ssize_t link_name_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	const char *name;

	if (device_property_read_string(dev, "link-name", &name))
		name = dev_name(dev);
	return sysfs_emit(buf, "%s\n", name);
}
static DEVICE_ATTR_RO(link_name);

static ssize_t peer_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", link_of(dev)->layout.peer);
}
static DEVICE_ATTR_RO(peer);

static ssize_t peers_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", link_of(dev)->layout.peers);
}
static DEVICE_ATTR_RO(peers);

static ssize_t vectors_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", link_of(dev)->vectors);
}
static DEVICE_ATTR_RO(vectors);

static ssize_t protocol_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "0x%04x\n", link_of(dev)->layout.protocol);
}
static DEVICE_ATTR_RO(protocol);

static ssize_t interrupts_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct uio_link *link = link_of(dev);
	ssize_t len = 0;
	unsigned int i;

	for (i = 0; i < link->vectors; i++)
		len += sysfs_emit_at(buf, len, "%u %u\n", i,
				     (u32)atomic_read(&link->interrupts[i]));
	return len;
}
static DEVICE_ATTR_RO(interrupts);

static struct attribute *link_attrs[] = {
	&dev_attr_link_name.attr,
	&dev_attr_peer.attr,
	&dev_attr_peers.attr,
	&dev_attr_vectors.attr,
	&dev_attr_protocol.attr,
	&dev_attr_interrupts.attr,
	NULL,
};

static const struct attribute_group link_group = { .attrs = link_attrs };

/* ------------------------------------------------------------------------------- layout */

static u64 read_config_qword(struct pci_dev *pci, int where)
{
	u32 low, high;

	pci_read_config_dword(pci, where, &low);
	pci_read_config_dword(pci, where + 4, &high);
	return (u64)high << 32 | low;
}

static bool layout_is_sane(const struct uio_layout *l, u64 limit)
{
	u64 outputs;

	if (!l->base || !l->state_size || !l->peers || l->peers > BH_MAX_PEERS ||
	    l->peer >= l->peers)
		return false;
	if (!PAGE_ALIGNED(l->base | l->state_size | l->rw_size | l->output_size))
		return false;
	if (l->state_size > limit || l->rw_size > limit - l->state_size)
		return false;
	outputs = limit - l->state_size - l->rw_size;
	return l->output_size <= outputs / l->peers;
}

static u64 layout_size(const struct uio_layout *l)
{
	return l->state_size + l->rw_size + l->peers * l->output_size;
}

static int layout_read(struct uio_link *link)
{
	struct pci_dev *pci = link->pci;
	struct uio_layout *l = &link->layout;
	int cap = pci_find_capability(pci, PCI_CAP_ID_VNDR);
	u64 limit = 1ull << 40;
	u8 length = 0;
	u32 size;

	if (cap)
		pci_read_config_byte(pci, cap + IVSHMEM_CAP_LENGTH, &length);
	if (length < IVSHMEM_CAP_BASE_ADDRESS) {
		pci_err(pci, "no usable vendor capability: not a revision 2 link\n");
		return -ENODEV;
	}
	pci_read_config_dword(pci, cap + IVSHMEM_CAP_STATE_TABLE_SIZE, &size);
	l->state_size = size;
	l->rw_size = read_config_qword(pci, cap + IVSHMEM_CAP_RW_SIZE);
	l->output_size = read_config_qword(pci, cap + IVSHMEM_CAP_OUTPUT_SIZE);
	if (length >= IVSHMEM_CAP_BASE_ADDRESS + 8) {
		l->base = read_config_qword(pci, cap + IVSHMEM_CAP_BASE_ADDRESS);
	} else {
		l->base = pci_resource_start(pci, MEMORY_BAR);
		limit = pci_resource_len(pci, MEMORY_BAR);
	}
	l->peer = ioread32(link->registers + IVSHMEM_REG_ID);
	l->peers = ioread32(link->registers + IVSHMEM_REG_MAX_PEERS);
	l->protocol = pci->class & 0xffff;
	/* Every interrupt is an event here, not only the first after a write. */
	pci_write_config_byte(pci, cap + IVSHMEM_CAP_PRIV_CNTL, 0);
	if (layout_is_sane(l, limit))
		return 0;
	pci_err(pci,
		"the device tells impossible sizes: state %#llx, rw %#llx, output %#llx, peer %u of %u\n",
		l->state_size, l->rw_size, l->output_size, l->peer, l->peers);
	return -ENODEV;
}

/* --------------------------------------------------------------------------- interrupts */

static irqreturn_t on_interrupt(int irq, void *data)
{
	struct uio_link *link = data;
	unsigned int vector;

	for (vector = 0; vector < link->vectors; vector++)
		if (link->irq[vector] == irq)
			uio_device_interrupt(link, vector);
	return IRQ_HANDLED;
}

static void interrupts_free(struct uio_link *link, unsigned int requested)
{
	while (requested)
		free_irq(link->irq[--requested], link);
	pci_free_irq_vectors(link->pci);
}

static int interrupts_request(struct uio_link *link)
{
	int err, vectors;
	unsigned int i;

	vectors = pci_alloc_irq_vectors(link->pci, 1, IVSHMEM_MAX_VECTORS,
					PCI_IRQ_MSIX | PCI_IRQ_INTX);
	if (vectors < 0)
		return vectors;
	link->vectors = vectors;
	for (i = 0; i < link->vectors; i++)
		link->irq[i] = pci_irq_vector(link->pci, i);
	for (i = 0; i < link->vectors; i++) {
		err = request_irq(link->irq[i], on_interrupt, 0, BH_UIO_NAME, link);
		if (err) {
			interrupts_free(link, i);
			return err;
		}
	}
	return 0;
}

/* --------------------------------------------------------------------------- probe, remove */

static int link_probe(struct pci_dev *pci, const struct pci_device_id *id)
{
	struct uio_link *link;
	int err;

	link = kzalloc(sizeof(*link), GFP_KERNEL);
	if (!link)
		return -ENOMEM;
	link->pci = pci;
	pci_set_drvdata(pci, link);
	err = pci_enable_device(pci);
	if (err)
		goto free;
	err = pci_request_region(pci, REGISTERS_BAR, BH_UIO_NAME);
	if (err)
		goto disable;
	link->registers_hpa = pci_resource_start(pci, REGISTERS_BAR);
	link->registers = pci_iomap(pci, REGISTERS_BAR, 0);
	err = -ENOMEM;
	if (!link->registers)
		goto release_region;
	err = layout_read(link);
	if (err)
		goto unmap;
	link->memory = memremap(link->layout.base, layout_size(&link->layout), MEMREMAP_WB);
	err = -ENOMEM;
	if (!link->memory)
		goto unmap;
	pci_set_master(pci);
	err = interrupts_request(link);
	if (err)
		goto unmap_memory;
	err = sysfs_create_group(&pci->dev.kobj, &link_group);
	if (err)
		goto free_interrupts;
	err = uio_device_register(link);
	if (err)
		goto remove_group;
	return 0;

remove_group:
	sysfs_remove_group(&pci->dev.kobj, &link_group);
free_interrupts:
	interrupts_free(link, link->vectors);
unmap_memory:
	memunmap(link->memory);
unmap:
	pci_iounmap(pci, link->registers);
release_region:
	pci_release_region(pci, REGISTERS_BAR);
disable:
	pci_disable_device(pci);
free:
	kfree(link);
	return err;
}

static void link_remove(struct pci_dev *pci)
{
	struct uio_link *link = pci_get_drvdata(pci);

	/* The core's device, which interrupts are reported to, may be gone when it is unregistered. */
	interrupts_free(link, link->vectors);
	uio_device_unregister(link);
	sysfs_remove_group(&pci->dev.kobj, &link_group);
	memunmap(link->memory);
	pci_iounmap(pci, link->registers);
	pci_release_region(pci, REGISTERS_BAR);
	pci_disable_device(pci);
	kfree(link);
}

static const struct pci_device_id link_ids[] = {
	{ PCI_DEVICE(IVSHMEM_VENDOR_ID, IVSHMEM_DEVICE_ID) },
	{},
};
MODULE_DEVICE_TABLE(pci, link_ids);

static struct pci_driver link_driver = {
	.name = BH_UIO_NAME,
	.id_table = link_ids,
	.probe = link_probe,
	.remove = link_remove,
};
module_pci_driver(link_driver);

MODULE_DESCRIPTION("Bulkhead: user-space access to the links of a cell");
MODULE_AUTHOR("The Bulkhead authors");
MODULE_LICENSE("GPL");
