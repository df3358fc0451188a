// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of cells. The root's map starts as everything below the description's address limit;
 * what is the hypervisor's, trapped, or given away, are holes in it. That map is also the record
 * of what the root owns.
 */
#include "arch/x86/apic.h"
#include "arch/x86/iommu/iommu.h"
#include "arch/x86/memory_type.h"
#include "arch/x86/vmm.h"
#include "assign.h"
#include "console.h"
#include "memory.h"
#include "pci_config.h"
#include "setup.h"
#include "string.h"

#define for_each_memory(m, cell)                                       \
	for (const struct bh_config_memory *m = (cell)->config.memory; \
	     m < (cell)->config.memory + (cell)->config.memory_count; m++)

/* Our own memory is a hole, but for what Linux may read. */
static int hide_own_memory(void)
{
	struct pt *npt = &root_cell->npt;
	uint64_t shown = memory_hpa(&public_area);
	int err = 0;

	for (uint64_t at = 0; at < public_area.memory_size && !err; at += BH_PIECE_SIZE) {
		uint64_t piece = memory_hpa((char *)BH_IMAGE_VA + at);

		err = pt_prepare(npt, piece, BH_PIECE_SIZE);
		if (!err)
			err = pt_unmap(npt, piece, BH_PIECE_SIZE);
	}
	if (!err)
		err = pt_map(npt, shown, shown, PUBLIC_SIZE, PT_READ);
	return err;
}

static int hide_function(uint16_t bdf)
{
	uint64_t page = pci_ecam_page(bdf);

	return page == BH_ADDR_NONE ? 0 : pt_unmap(&root_cell->npt, page, BH_PAGE_SIZE);
}

/* Configuration space of the slots where links will appear, and of host bridges */
static int hide_functions(void)
{
	int err = 0;

	pci_find_host_bridges();
	for (unsigned int i = 0; i < system_config.slot_count && !err; i++)
		err = hide_function(system_config.slots[i].bdf);
	for (uint16_t bdf = 0; bdf < 256 && !err; bdf++)
		if (pci_is_host_bridge(bdf))
			err = hide_function(bdf);
	return err;
}

static int map_all(struct pt *npt)
{
	uint64_t limit = system_config.c->address_limit, size;
	int err = 0;

	for (uint64_t at = 0; at < limit && !err; at += size) {
		uint32_t rights = memory_type_rights(at, &size);

		if (size > limit - at)
			size = limit - at;
		err = pt_map(npt, at, at, size, rights);
	}
	return err;
}

int cell_memory_init_root(void)
{
	struct pt *npt = &root_cell->npt;
	int err;

	err = pt_init(npt, vmm_pt_format, &memory_pt_ops, NULL);
	if (!err)
		err = map_all(npt);
	if (!err)
		err = hide_own_memory();
	if (!err)
		err = hide_functions();
	for (unsigned int i = 0; i < system_config.ioapic_count && !err; i++)
		err = pt_unmap(npt, system_config.ioapics[i].base_hpa, BH_PAGE_SIZE);
	if (!err)
		err = pt_unmap(npt, APIC_PAGE, APIC_MESSAGES);
	if (!err && !apic_machine_x2)
		err = pt_map(npt, APIC_PAGE, APIC_PAGE, BH_PAGE_SIZE, PT_READ | PT_UNCACHED);
	return err;
}

/* ------------------------------------------------------------------------ a cell's own map */

static_assert(BH_MEM_READ == PT_READ && BH_MEM_WRITE == PT_WRITE && BH_MEM_EXEC == PT_EXEC,
	      "what a description says is what the tables are told");

/* What the root has now: cached memory, or registers of a device, and not the end of one with the begin of
 * the other: the root gets it back as what its first byte is. */
static int is_roots(const struct bh_config_memory *m)
{
	uint64_t same;
	uint32_t rights = memory_type_rights(m->hpa, &same);

	if (same < m->size)
		return 0;
	if (m->flags & BH_MEM_IO)
		return pt_is_identity(&root_cell->npt, m->hpa, m->size, PT_READ | PT_WRITE);
	return rights == PT_RWX && pt_is_identity(&root_cell->npt, m->hpa, m->size, PT_RWX);
}

static uint32_t rights_of(const struct bh_config_memory *m)
{
	return (m->flags & PT_RWX) | (m->flags & BH_MEM_IO ? PT_UNCACHED : 0);
}

static int map_ram(struct cell *cell)
{
	int err;

	for_each_memory(m, cell) {
		if (!is_roots(m)) {
			console_print("cell %s: memory at %lx is not the root's to give\n",
				      cell->config.c->header.name, m->hpa);
			return -EBUSY;
		}
		err = pt_split(&root_cell->npt, m->hpa, m->size);
		if (!err)
			err = iommu_root_split(m->hpa, m->size);
		if (!err)
			err = pt_map(&cell->npt, m->gpa, m->hpa, m->size, rights_of(m));
		if (err)
			return err;
	}
	return 0;
}

/* The information page is the cell's to read; the status page and the ring, to write. */
static int map_comm(struct cell *cell)
{
	uint64_t gpa = cell->config.c->info_gpa;
	uint64_t hpa;
	int err;

	cell->comm_pages = memory_pages(BH_COMM_SIZE(cell->config.c->console_size));
	cell->info = memory_alloc(cell->comm_pages);
	if (!cell->info)
		return -ENOMEM;
	hpa = memory_hpa(cell->info);
	err = pt_map(&cell->npt, gpa, hpa, BH_PAGE_SIZE, PT_READ);
	if (!err)
		err = pt_map(&cell->npt, gpa + BH_PAGE_SIZE, hpa + BH_PAGE_SIZE,
			     (cell->comm_pages - 1) * BH_PAGE_SIZE, PT_READ | PT_WRITE);
	return err;
}

static void fill_info_memory(struct cell *cell)
{
	struct bh_info *info = cell->info;
	struct bh_info_memory *last = NULL;

	for_each_memory(m, cell) {
		if (last && last->gpa + last->size == m->gpa && last->flags == m->flags) {
			last->size += m->size;
		} else if (info->memory_count < BH_INFO_MEMORY) {
			last = &info->memory[info->memory_count++];
			*last = (struct bh_info_memory){ m->gpa, m->size, m->flags };
		}
	}
}

static void fill_info(struct cell *cell)
{
	const struct bh_cell_config *c = cell->config.c;
	struct bh_info *info = cell->info;

	info->magic = BH_INFO_MAGIC;
	info->abi = BH_ABI;
	info->size = sizeof(*info);
	memcpy(info->name, c->header.name, BH_NAME_LEN);
	info->cell_id = cell->id;
	info->vendor = vmm.vendor;
	info->tsc_hz = setup_tsc_hz;
	info->apic_timer_hz = setup_apic_timer_hz;
	info->status_gpa = c->info_gpa + BH_COMM_STATUS;
	info->console_gpa = c->info_gpa + BH_COMM_RING;
	info->console_size = c->console_size;
	info->ecam_gpa = c->ecam_gpa;
	info->ioapic_gpa = c->ioapic_gpa;
	info->cpu_count = cell->config.cpu_count;
	for (unsigned int i = 0; i < info->cpu_count; i++)
		info->apic_id[i] = cell->config.cpus[i].apic_id;
	fill_info_memory(cell);
}

int cell_memory_prepare(struct cell *cell)
{
	int err = pt_init(&cell->npt, vmm_pt_format, &memory_pt_ops, NULL);

	if (!err)
		err = map_ram(cell);
	if (!err)
		err = map_comm(cell);
	if (!err && !apic_machine_x2)
		err = pt_map(&cell->npt, APIC_PAGE, APIC_PAGE, BH_PAGE_SIZE, PT_READ | PT_UNCACHED);
	if (!err)
		err = iommu_cell_init(cell);
	if (!err)
		fill_info(cell);
	return err;
}

int cell_memory_flush(struct cpu *self)
{
	int err = cpu_request_all(self, root_cell, CPU_FLUSH);

	return iommu_flush(root_cell) ? -ETIMEDOUT : err;
}

void cell_memory_settle(struct cpu *self)
{
	cell_memory_flush(self);
	cpu_wait_lookers();
}

int cell_memory_is_roots(struct cpu *self, uint64_t gpa, uint64_t size, uint32_t rights)
{
	int is;

	__atomic_store_n(&self->looks, 1, __ATOMIC_SEQ_CST);
	is = pt_is_identity(&root_cell->npt, gpa, size, rights);
	__atomic_store_n(&self->looks, 0, __ATOMIC_SEQ_CST);
	return is;
}

void cell_memory_destroy(struct cpu *self, struct cell *cell)
{
	if (!cell->npt.format)
		return;
	for_each_memory(m, cell) {
		pt_merge(&root_cell->npt, m->hpa, m->size);
		iommu_root_merge(m->hpa, m->size);
	}
	assign_destroy(cell);
	cell_memory_settle(self);
	iommu_cell_destroy(cell);
	if (cell->info)
		memory_free(cell->info, cell->comm_pages);
	pt_destroy(&cell->npt);
}

/* ------------------------------------------------------------------------------- hand over */

int cell_memory_take(struct cpu *self, struct cell *cell)
{
	uint64_t comm = memory_hpa(cell->info);

	for_each_memory(m, cell) {
		/* split by map_ram() */
		CHECK(!pt_unmap(&root_cell->npt, m->hpa, m->size));
		iommu_root_set(m->hpa, m->size, 0);
	}
	/* prepared by hide_own_memory() */
	CHECK(!pt_map(&root_cell->npt, comm, comm, cell->comm_pages * BH_PAGE_SIZE, PT_READ));
	return cell_memory_flush(self);
}

void cell_memory_give_back(struct cell *cell)
{
	for_each_memory(m, cell) {
		uint64_t same;

		CHECK(!pt_map(&root_cell->npt, m->hpa, m->hpa, m->size,
			      memory_type_rights(m->hpa, &same)));
		iommu_root_set(m->hpa, m->size, PT_RWX);
	}
	CHECK(!pt_unmap(&root_cell->npt, memory_hpa(cell->info), cell->comm_pages * BH_PAGE_SIZE));
}

/* ----------------------------------------------------------------------------------- copies */

uint64_t cell_memory_clear(struct cpu *self, struct cell *cell, uint64_t progress, uint64_t step)
{
	uint64_t begin = 0, end = progress + step;

	for_each_memory(m, cell) {
		if (m->flags & BH_MEM_IO)
			continue;
		while (progress >= begin && progress < begin + m->size && progress < end) {
			memset(memory_window(self, WINDOW_DST, m->hpa + progress - begin), 0,
			       BH_PAGE_SIZE);
			progress += BH_PAGE_SIZE;
		}
		begin += m->size;
	}
	return progress;
}

/* Bytes from address to the end of its page, at most size. */
static uint64_t within_page(uint64_t address, uint64_t size)
{
	uint64_t rest = BH_PAGE_SIZE - (address & (BH_PAGE_SIZE - 1));

	return rest < size ? rest : size;
}

int cell_memory_copy_in(struct cpu *self, void *to, uint64_t gpa, uint64_t size)
{
	while (size) {
		uint64_t chunk = within_page(gpa, size);
		const void *from = cell_view(self, WINDOW_SRC, gpa);

		if (!from)
			return -EINVAL;
		memcpy(to, from, chunk);
		to = (char *)to + chunk;
		gpa += chunk;
		size -= chunk;
	}
	return 0;
}

int cell_memory_copy_out(struct cpu *self, uint64_t gpa, const void *from, uint64_t size)
{
	uint64_t done = 0;

	if (!pt_is_identity(&root_cell->npt, gpa, size, PT_RWX))
		return -EINVAL;
	while (done < size) {
		uint64_t chunk = within_page(gpa + done, size - done);

		memcpy(memory_window(self, WINDOW_DST, gpa + done), (const char *)from + done,
		       chunk);
		done += chunk;
	}
	return (int)size;
}

/* Where the cell's RAM at gpa is, or BH_ADDR_NONE. */
static uint64_t ram_hpa(const struct cell *cell, uint64_t gpa)
{
	for_each_memory(m, cell) {
		if (gpa - m->gpa < m->size && !(m->flags & BH_MEM_IO))
			return m->hpa + (gpa - m->gpa);
	}
	return BH_ADDR_NONE;
}

int cell_memory_load(struct cpu *self, struct cell *cell, uint64_t dst, uint64_t src, uint64_t size)
{
	while (size) {
		uint64_t chunk = within_page(src, within_page(dst, size));
		uint64_t hpa = ram_hpa(cell, dst);
		const void *from = cell_view(self, WINDOW_SRC, src);

		if (!from || hpa == BH_ADDR_NONE)
			return -EINVAL;
		memcpy(memory_window(self, WINDOW_DST, hpa), from, chunk);
		src += chunk;
		dst += chunk;
		size -= chunk;
	}
	return 0;
}

const void *cell_view(struct cpu *self, unsigned int window, uint64_t gpa)
{
	uint64_t offset = gpa & (BH_PAGE_SIZE - 1);
	uint64_t page = gpa - offset;
	struct pt_leaf leaf;

	if (self->view_gpa[window] != page + 1) {
		self->view_gpa[window] = 0;
		if (pt_lookup(&self->cell->npt, page, &leaf) || leaf.rights & PT_UNCACHED)
			return NULL;
		memory_window(self, window, leaf.hpa);
		self->view_gpa[window] = page + 1;
	}
	return memory_window_va(self, window) + offset;
}

void cell_forget_views(struct cpu *self)
{
	memset(self->view_gpa, 0, sizeof(self->view_gpa));
}
