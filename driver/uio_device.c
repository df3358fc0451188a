// SPDX-License-Identifier: GPL-2.0-only
/*
 * The UIO device of one link (see uio_device.h).
 *
 * Mappings are made here and not by the UIO core, for two reasons: most sections must not be
 * written, and the memory must vanish from processes before it goes back to the kernel.
 */
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <bulkhead/uio.h>
#include "compat.h"
#include "uio_device.h"

static struct uio_link *link_of(struct uio_info *info)
{
	return container_of(info, struct uio_link, info);
}

static void set_interrupts(struct uio_link *link, u32 value)
{
	iowrite32(value, link->registers + IVSHMEM_REG_INT_CONTROL);
}

/* ------------------------------------------------------------------------------- maps */

enum map_access { MAP_READ_ONLY, MAP_READ_WRITE };

static void add_map(struct uio_link *link, const char *name, phys_addr_t hpa, u64 size,
		    enum map_access access)
{
	unsigned int i = 0;

	if (!size)
		return;
	while (link->info.mem[i].size)
		i++;
	link->info.mem[i].name = name;
	link->info.mem[i].addr = hpa;
	link->info.mem[i].size = size;
	link->info.mem[i].memtype = UIO_MEM_PHYS;
	link->read_only[i] = access == MAP_READ_ONLY;
}

static void add_maps(struct uio_link *link)
{
	const struct uio_layout *l = &link->layout;
	phys_addr_t rw = l->base + l->state_size;
	phys_addr_t outputs = rw + l->rw_size;

	add_map(link, BH_UIO_MAP_REGISTERS, link->registers_hpa, PAGE_SIZE, MAP_READ_WRITE);
	add_map(link, BH_UIO_MAP_STATE, l->base, l->state_size, MAP_READ_ONLY);
	add_map(link, BH_UIO_MAP_OUTPUT, outputs + l->peer * l->output_size, l->output_size,
		MAP_READ_WRITE);
	add_map(link, BH_UIO_MAP_OUTPUTS, outputs, l->peers * l->output_size, MAP_READ_ONLY);
	add_map(link, BH_UIO_MAP_RW, rw, l->rw_size, MAP_READ_WRITE);
}

/* Pages are mapped when they are touched, never by mmap() itself: the kernel makes a new mapping
 * known only after the driver's part in it, so that one made while the link goes away would be
 * missed. Once the core has forgotten the link, an access raises SIGBUS. The core keeps its
 * device, which it noted in the mapping, as long as the file is open. */
static vm_fault_t mapping_fault(struct vm_fault *vmf)
{
	struct uio_device *uio = vmf->vma->vm_private_data;
	vm_fault_t result = VM_FAULT_SIGBUS;

	mutex_lock(&uio->info_lock);
	if (uio->info)
		result = vmf_insert_pfn(vmf->vma, vmf->address, vmf->pgoff);
	mutex_unlock(&uio->info_lock);
	return result;
}

static const struct vm_operations_struct mapping_operations = { .fault = mapping_fault };

/* The core has checked index and size, and keeps the device registered meanwhile. */
static int device_mmap(struct uio_info *info, struct vm_area_struct *vma)
{
	struct uio_link *link = link_of(info);
	unsigned long index = vma->vm_pgoff;

	if (link->read_only[index]) {
		if (vma->vm_flags & VM_WRITE)
			return -EACCES;
		vm_flags_clear(vma, VM_MAYWRITE);
	}
	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_ops = &mapping_operations;
	vma->vm_pgoff = PHYS_PFN(info->mem[index].addr);
	if (info->mem[index].addr == link->registers_hpa)
		vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	return 0;
}

/* ------------------------------------------------------------------------------ users */

static int device_open(struct uio_info *info, struct inode *inode)
{
	struct uio_link *link = link_of(info);
	int err = 0;

	mutex_lock(&link->lock);
	if (link->users && link->inode != inode) {
		/* Opened by another device node: its mappings could not be found. */
		err = -EBUSY;
		goto unlock;
	}
	if (!link->users++) {
		ihold(inode);
		link->inode = inode;
		set_interrupts(link, IVSHMEM_INT_ENABLE);
	}
unlock:
	mutex_unlock(&link->lock);
	return err;
}

/* The file is closed and no mapping of it is left. */
static int device_release(struct uio_info *info, struct inode *inode)
{
	struct uio_link *link = link_of(info);

	mutex_lock(&link->lock);
	if (!--link->users) {
		set_interrupts(link, 0);
		iowrite32(0, link->registers + IVSHMEM_REG_STATE);
		iput(link->inode);
		link->inode = NULL;
	}
	mutex_unlock(&link->lock);
	return 0;
}

static int device_irqcontrol(struct uio_info *info, s32 on)
{
	set_interrupts(link_of(info), on ? IVSHMEM_INT_ENABLE : 0);
	return 0;
}

void uio_device_interrupt(struct uio_link *link, unsigned int vector)
{
	atomic_inc(&link->interrupts[vector]);
	/* A program may open the device while it is still being registered. */
	if (READ_ONCE(link->info.uio_dev))
		uio_event_notify(&link->info);
}

/* ----------------------------------------------------------------------- registration */

int uio_device_register(struct uio_link *link)
{
	struct uio_info *info = &link->info;

	mutex_init(&link->lock);
	info->name = BH_UIO_NAME;
	info->version = "1";
	info->irq = UIO_IRQ_CUSTOM;
	info->irqcontrol = device_irqcontrol;
	info->mmap = device_mmap;
	info->open = device_open;
	info->release = device_release;
	add_maps(link);
	return uio_register_device(&link->pci->dev, info);
}

void uio_device_unregister(struct uio_link *link)
{
	/* From here on no callback comes, not even for files that are still open. */
	uio_unregister_device(&link->info);
	mutex_lock(&link->lock);
	if (link->inode) {
		unmap_mapping_range(link->inode->i_mapping, 0, 0, 1);
		iput(link->inode);
		link->inode = NULL;
	}
	mutex_unlock(&link->lock);
	set_interrupts(link, 0);
	iowrite32(0, link->registers + IVSHMEM_REG_STATE);
}
