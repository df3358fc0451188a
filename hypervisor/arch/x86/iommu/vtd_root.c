// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VT-d unit as the root's Linux sees it: its registers, its queue, its tables, none of which the
 * hardware uses while we have the unit. What Linux asks for is checked, and carried out on our tables.
 */
#include "arch/x86/apic.h"
#include "arch/x86/iommu/vtd.h"
#include "arch/x86/remap.h"
#include "console.h"
#include "memory.h"

#define ENTRY_SIZE ((uint32_t)sizeof(struct vtd_entry))
#define DRAIN_ROUNDS 4

/* Entries of the queue that one exit carries out. Linux writes its tail once for a handful; more than
 * this would keep others from the unit for too long, and count as an error. */
#define QUEUE_BATCH 256

/* 16 bytes of the root's memory, or 0 if it is not the root's. */
static int read_entry(struct cpu *self, uint64_t gpa, struct vtd_entry *entry)
{
	const volatile struct vtd_entry *from = cell_view(self, WINDOW_SRC, gpa);

	if (!from)
		return 0;
	entry->low = from->low;
	entry->high = from->high;
	return 1;
}

/* ---------------------------------------------------------------------------- Linux's tables */

/* Calls found() for each function that Linux wants to be translated. Returns the sum of its results. */
static int for_each_translated(struct cpu *self, struct vtd *vtd,
			       int (*found)(struct vtd *vtd, uint16_t bdf))
{
	uint64_t root = vtd->root.rtaddr & VTD_ADDRESS;
	struct vtd_entry bus, context;
	int sum = 0;

	for (uint32_t bdf = 0; bdf < 0x10000; bdf++) {
		if (!(bdf & 0xff) && !read_entry(self, root + (bdf >> 8) * ENTRY_SIZE, &bus))
			return sum;
		if (!(bus.low & 1)) {
			bdf |= 0xff;
			continue;
		}
		if (read_entry(self, (bus.low & VTD_ADDRESS) + (bdf & 0xff) * ENTRY_SIZE,
			       &context) &&
		    !vtd_context_is_identity(&context))
			sum += found(vtd, (uint16_t)bdf);
	}
	return sum;
}

static int name_translated(struct vtd *vtd, uint16_t bdf)
{
	console_print(
		"Linux translates DMA of function %02x:%02x.%u: boot it with iommu=pt, or write "
		"\"identity\" to /sys/bus/pci/devices/.../iommu_group/type\n",
		bdf >> 8, bdf >> 3 & 31u, bdf & 7u);
	return 1;
}

/* Identity is not what Linux wants for it, nor are its tables what we work with. */
static int block_translated(struct vtd *vtd, uint16_t bdf)
{
	if (!iommu_owner(bdf) && vtd_block(vtd, bdf) && iommu_may_tell())
		console_print("Linux wants to translate DMA of function %02x:%02x.%u, which is not "
			      "supported while Bulkhead is enabled: the function is blocked\n",
			      bdf >> 8, bdf >> 3 & 31u, bdf & 7u);
	return 0;
}

int vtd_root_init(struct cpu *self, struct vtd *vtd)
{
	struct vtd_regs *root = &vtd->root;

	root->version = vtd_read(vtd, 0);
	root->gsts = vtd_read(vtd, VTD_GSTS);
	root->rtaddr = vtd_read64(vtd, VTD_RTADDR);
	root->irta = vtd_read64(vtd, VTD_IRTA);
	vtd->remaps = !!(root->gsts & VTD_IRE);
	vtd->extended = !!(root->irta & VTD_IRTA_EIME);
	root->iqa = vtd_read64(vtd, VTD_IQA);
	root->iqt = root->iqh = vtd_read(vtd, VTD_IQT);
	root->fectl = vtd_read(vtd, VTD_FECTL) & VTD_FECTL_IM;
	root->fedata = vtd_read(vtd, VTD_FEDATA);
	root->feaddr = vtd_read(vtd, VTD_FEADDR);
	root->feuaddr = vtd_read(vtd, VTD_FEUADDR);
	if (root->rtaddr & VTD_RTADDR_MODE || root->iqa & VTD_IQA_WIDE) {
		console_print("Linux uses scalable mode of the VT-d unit at %lx, which is not "
			      "supported: boot it with intel_iommu=on,sm_off\n",
			      vtd->unit->config->base_hpa);
		return -EOPNOTSUPP;
	}
	if (root->gsts & VTD_QIE &&
	    !pt_is_identity(&root_cell->npt, root->iqa & VTD_ADDRESS,
			    VTD_IQA_PAGES(root->iqa) * BH_PAGE_SIZE, PT_READ | PT_WRITE))
		return -EBUSY;
	if (!(root->gsts & VTD_IRE) &&
	    !(system_config.c->flags & BH_SYSTEM_ACCEPT_UNMODERATED_MSI)) {
		console_print(
			"Linux does not remap interrupts by the VT-d unit at %lx: boot it without "
			"intremap=off, or accept { unmoderated-msi; }\n",
			vtd->unit->config->base_hpa);
		return -EOPNOTSUPP;
	}
	if (root->gsts & VTD_TE && for_each_translated(self, vtd, name_translated))
		return -EBUSY;
	return 0;
}

/* ------------------------------------------------------------------------------- interrupts */

/* What our table may have of the root's entry: the entry, or nothing. */
static int judge_irte(const struct vtd *vtd, struct vtd_entry *entry)
{
	struct msi_interrupt irq;
	enum vtd_irte_kind kind = vtd_irte_check(entry, vtd->extended, &irq);

	/* the hardware would take its destination for another one */
	if (!!(vtd->root.irta & VTD_IRTA_EIME) != vtd->extended && kind == VTD_IRTE_ASK)
		kind = VTD_IRTE_DENY;
	if (kind == VTD_IRTE_ASK && apic_remapped_reaches_only(&irq, root_cell->cpus))
		return 1;
	*entry = (struct vtd_entry){ 0, 0 };
	return kind == VTD_IRTE_ABSENT;
}

static void copy_irte(struct cpu *self, struct vtd *vtd, uint32_t index, int tell)
{
	uint64_t at = (vtd->root.irta & VTD_ADDRESS) + (uint64_t)index * ENTRY_SIZE;
	struct vtd_entry entry = { 0, 0 };
	uint16_t source;
	int fine;

	if (index >= VTD_IRTA_ENTRIES(vtd->root.irta) || !read_entry(self, at, &entry))
		entry.low = 0;
	source = (uint16_t)entry.high;
	fine = index < VTD_ROOT_IRTES ? judge_irte(vtd, &entry) : !(entry.low & 1);
	if (tell && !fine)
		iommu_report(source, index, 0,
			     index < VTD_ROOT_IRTES ?
				     "Linux's entry is one that it may not have" :
				     "Linux's entry is beyond those that it can have",
			     BH_FAULT_INTERRUPT);
	if (index < VTD_ROOT_IRTES)
		vtd_set_irte(vtd, index, entry);
}

void vtd_root_copy_irtes(struct cpu *self, struct vtd *vtd, uint32_t first, uint32_t count)
{
	if (!(vtd->root.gsts & VTD_IRE))
		return;
	for (uint32_t index = first; index < VTD_ROOT_IRTES && index - first < count; index++)
		copy_irte(self, vtd, index, count == 1);
	if (first >= VTD_ROOT_IRTES)
		copy_irte(self, vtd, first, count == 1);
}

int vtd_root_reset(struct vtd *vtd)
{
	int err = 0;

	vtd_root_drain_faults(vtd);
	vtd_regs_reset(&vtd->root);
	remap_follow(vtd->unit->config, 0, 0);
	vtd_write(vtd, VTD_FECTL, VTD_FECTL_IM);
	for (uint32_t index = 0; index < VTD_ROOT_IRTES && !err; index++)
		err = vtd_set_irte(vtd, index, (struct vtd_entry){ 0, 0 });
	return err;
}

void vtd_root_set_fault_message(struct vtd *vtd)
{
	const struct vtd_regs *root = &vtd->root;
	struct msi_interrupt irq;

	vtd_write(vtd, VTD_FECTL, VTD_FECTL_IM);
	if (vtd_regs_message(root, &irq) || !apic_remapped_reaches_only(&irq, root_cell->cpus))
		return;
	vtd_write(vtd, VTD_FEDATA, root->fedata);
	vtd_write(vtd, VTD_FEADDR, root->feaddr);
	vtd_write(vtd, VTD_FEUADDR, root->feuaddr);
	vtd_write(vtd, VTD_FECTL, root->fectl);
}

/* ------------------------------------------------------------------------------------ faults */

static void take_fault(struct vtd *vtd, const struct vtd_entry *record)
{
	struct vtd_fault fault;
	int enough;

	vtd_fault(record, &fault);
	enough = iommu_report(fault.bdf, fault.address, fault.reason, vtd_fault_words(fault.reason),
			      fault.bdf | (fault.write ? BH_FAULT_WRITE : 0) |
				      (fault.interrupt ? BH_FAULT_INTERRUPT : 0));
	if (iommu_owner(fault.bdf)) {
		if (enough)
			vtd_mute(vtd, fault.bdf);
		return;
	}
	if (vtd->root.fault.high & VTD_FAULT_PRESENT)
		vtd->root.fsts |= VTD_FSTS_PFO;
	else
		vtd->root.fault = *record;
}

void vtd_root_drain_faults(struct vtd *vtd)
{
	for (int round = 0; round < DRAIN_ROUNDS; round++) {
		if (!(vtd_read(vtd, VTD_FSTS) & (VTD_FSTS_PPF | VTD_FSTS_PFO)))
			return;
		for (uint32_t n = 0; n < VTD_CAP_NFR(vtd->root.cap); n++) {
			uint32_t at = VTD_CAP_FRO(vtd->root.cap) + n * ENTRY_SIZE;
			struct vtd_entry record = { vtd_read64(vtd, at), vtd_read64(vtd, at + 8) };

			if (!(record.high & VTD_FAULT_PRESENT))
				continue;
			vtd_write(vtd, at + 12, (uint32_t)(VTD_FAULT_PRESENT >> 32));
			take_fault(vtd, &record);
		}
		vtd_write(vtd, VTD_FSTS, VTD_FSTS_PFO);
	}
}

/* ------------------------------------------------------------------------------------- queue */

static void write_status(struct cpu *self, const struct vtd_request *request)
{
	if (request->status_hpa == BH_ADDR_NONE ||
	    !cell_memory_is_roots(self, request->status_hpa, 4, PT_READ | PT_WRITE))
		return;
	__atomic_store_n((uint32_t *)memory_window(self, WINDOW_DST, request->status_hpa),
			 request->data, __ATOMIC_RELEASE);
}

/* Returns 0 for what the unit would call an error of the queue. */
static int carry_out(struct cpu *self, struct vtd *vtd, int *translations)
{
	struct vtd_request request;
	struct vtd_entry entry;

	if (!read_entry(self, (vtd->root.iqa & VTD_ADDRESS) + vtd->root.iqh, &entry))
		return 0;
	vtd_request(&entry, &request);
	switch (request.kind) {
	case VTD_REQUEST_TRANSLATION: /* the root's map is ours: there is nothing to forget */
		*translations = 1;
		return 1;
	case VTD_REQUEST_IRTES:
		vtd_root_copy_irtes(self, vtd, request.first, request.count);
		return 1;
	case VTD_REQUEST_WAIT:
		write_status(self, &request);
		return 1;
	default:
		return 0;
	}
}

static void run_queue(struct cpu *self, struct vtd *vtd)
{
	struct vtd_regs *root = &vtd->root;
	int translations = 0;

	for (int n = 0; vtd_regs_has_request(root); n++) {
		if (n == QUEUE_BATCH || !carry_out(self, vtd, &translations))
			root->fsts |= VTD_FSTS_IQE;
		else
			vtd_regs_next(root);
	}
	if (translations && root->gsts & VTD_TE)
		for_each_translated(self, vtd, block_translated);
}

static void write_register(struct cpu *self, struct vtd *vtd, uint32_t offset, uint32_t value)
{
	uint32_t effects = vtd_regs_write(&vtd->root, offset, value);

	if (effects & VTD_DO_CONTEXTS && vtd->root.gsts & VTD_TE)
		for_each_translated(self, vtd, block_translated);
	if (effects & VTD_DO_IRTES) {
		remap_follow(vtd->unit->config, vtd->root.irta, !!(vtd->root.gsts & VTD_IRE));
		vtd_root_copy_irtes(self, vtd, 0, VTD_IRTES);
	}
	if (effects & VTD_DO_MESSAGE)
		vtd_root_set_fault_message(vtd);
	if (effects & VTD_DO_QUEUE)
		run_queue(self, vtd);
}

void vtd_root_mmio(struct cpu *self, struct vtd *vtd, uint32_t offset, struct mmio_access *access,
		   uint64_t *value)
{
	if (access->write) {
		write_register(self, vtd, offset, (uint32_t)access->value);
		if (access->width == 8)
			write_register(self, vtd, offset + 4, (uint32_t)(access->value >> 32));
		return;
	}
	if (offset <= VTD_FSTS && offset + access->width > VTD_FSTS)
		vtd_root_drain_faults(vtd);
	*value = vtd_regs_read(&vtd->root, offset & ~7u) >> (offset & 4) * 8;
}
