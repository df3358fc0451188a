// SPDX-License-Identifier: GPL-2.0-only
/* VT-d units: our tables, our queue, and the hardware that works on them. */
#include "arch/x86/iommu/vtd.h"
#include "arch/x86/x86.h"
#include "console.h"
#include "memory.h"
#include "setup.h"
#include "string.h"

#define CACHE_LINE 64
#define QUEUE_ENTRIES (BH_PAGE_SIZE / sizeof(struct vtd_entry))
#define SPARE_TABLES 4
#define TABLE_ENTRIES 256 /* of the root table: buses; of a context table: functions */

static struct vtd vtds[BH_MAX_IOMMUS];
static unsigned int count;
static uint64_t common_cap = UINT64_MAX; /* what all units can do */
static int coherent = 1;		 /* all of them look into caches when they walk tables */

/* One set for all units. Buses without a function of a cell share one context table. */
static struct vtd_entry *buses;
static struct vtd_entry *shared;
static struct vtd_entry *own_table[TABLE_ENTRIES];
static struct vtd_entry *spare[SPARE_TABLES]; /* for functions that have to be blocked at once */

#define for_each_vtd(v) for (struct vtd *v = vtds; v < vtds + count; v++)

/* ---------------------------------------------------------------------------- the hardware */

void vtd_write_back(const struct vtd *vtd, const void *at, size_t size)
{
	if (vtd ? vtd->root.ecap & VTD_ECAP_C : (uint64_t)coherent)
		return;
	for (size_t i = 0; i < size; i += CACHE_LINE)
		clflush((const char *)at + i);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static void write_back_table(void *context, uint64_t *table)
{
	vtd_write_back(NULL, table, BH_PAGE_SIZE);
}

static int wait_register(const struct vtd *vtd, uint32_t offset, uint32_t mask, uint32_t want)
{
	uint64_t begin = rdtsc();

	while ((vtd_read(vtd, offset) & mask) != want) {
		if (rdtsc() - begin > setup_tsc_hz)
			return -ETIMEDOUT;
		__builtin_ia32_pause();
	}
	return 0;
}

/* 11.4.4.1: one command at a time, with all that lasts. */
static int command(const struct vtd *vtd, uint32_t bit, int on)
{
	uint32_t lasting = vtd_read(vtd, VTD_GSTS) & VTD_LASTING & ~bit;

	vtd_write(vtd, VTD_GCMD, lasting | (on ? bit : 0));
	return wait_register(vtd, VTD_GSTS, bit, on ? bit : 0);
}

static int set_state(const struct vtd *vtd, uint32_t bit, int on)
{
	return !(vtd_read(vtd, VTD_GSTS) & bit) == !on ? 0 : command(vtd, bit, on);
}

static void put(struct vtd *vtd, const struct vtd_entry *entry)
{
	vtd->queue[vtd->tail] = *entry;
	vtd->tail = (vtd->tail + 1) % QUEUE_ENTRIES;
}

int vtd_submit(struct vtd *vtd, const struct vtd_entry *entries, unsigned int n)
{
	uint64_t begin = rdtsc();
	struct vtd_entry wait = vtd_wait(memory_hpa(&vtd->status), ++vtd->waits);

	for (unsigned int i = 0; i < n; i++)
		put(vtd, &entries[i]);
	put(vtd, &wait);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	vtd_write64(vtd, VTD_IQT, vtd->tail * sizeof(struct vtd_entry));
	while (__atomic_load_n(&vtd->status, __ATOMIC_ACQUIRE) != vtd->waits) {
		if (rdtsc() - begin > setup_tsc_hz)
			return -ETIMEDOUT;
		__builtin_ia32_pause();
	}
	return 0;
}

static int flush_all(struct vtd *vtd)
{
	const struct vtd_entry all[] = { vtd_flush_contexts(), vtd_flush_iotlb() };

	return vtd_submit(vtd, all, 2);
}

/* ------------------------------------------------------------------------------------- setup */

static const struct pt_format *pt_format(void)
{
	return vtd_pt_format(common_cap);
}

static int remaps_interrupts(void)
{
	for_each_vtd(v)
	{
		if (!v->remaps)
			return 0;
	}
	return count > 0;
}

static int check(const struct vtd *vtd)
{
	const char *missing = NULL;

	if (!(vtd->root.ecap & VTD_ECAP_QI))
		missing = "queued invalidation";
	else if (!(vtd->root.ecap & VTD_ECAP_PT))
		missing = "pass-through, without which Linux has no plain identity domains";
	else if (vtd->root.cap & VTD_CAP_RWBF)
		missing = "a write buffer that needs no flushing";
	else if (!VTD_CAP_ND(vtd->root.cap))
		missing = "more than 16 domains";
	else if (!pt_format() || system_config.c->address_limit >> (12 + 9 * pt_format()->levels))
		missing = "page tables for all addresses below address-limit";
	if (!missing)
		return 0;
	console_print("VT-d unit at %lx lacks %s (CAP %lx, ECAP %lx); leave it to Linux "
		      "(\"left-to-root\")\n",
		      vtd->unit->config->base_hpa, missing, vtd->root.cap, vtd->root.ecap);
	return -EOPNOTSUPP;
}

static int prepare(struct iommu_unit *unit)
{
	struct vtd *vtd = &vtds[unit->index];
	int err;

	count = unit->index + 1;
	vtd->unit = unit;
	vtd->root.cap = vtd_read64(vtd, VTD_CAP);
	vtd->root.ecap = vtd_read64(vtd, VTD_ECAP);
	common_cap &= vtd->root.cap;
	coherent &= (int)(vtd->root.ecap & VTD_ECAP_C);
	err = check(vtd);
	if (err)
		return err;
	vtd->queue = memory_alloc(1);
	vtd->irtes = memory_alloc(VTD_IRTES * sizeof(struct vtd_entry) / BH_PAGE_SIZE);
	if (!vtd->queue || !vtd->irtes)
		return -ENOMEM;
	return vtd_root_init(cpu_table[0], vtd);
}

static int prepare_tables(void)
{
	struct vtd_entry root = vtd_context_entry(&root_cell->dma, root_cell->id + 1);

	buses = memory_alloc(1);
	shared = memory_alloc(1);
	for (unsigned int i = 0; i < SPARE_TABLES; i++)
		spare[i] = memory_alloc(1);
	if (!buses || !shared)
		return -ENOMEM;
	for (unsigned int i = 0; i < TABLE_ENTRIES; i++) {
		buses[i] = vtd_root_entry(memory_hpa(shared));
		shared[i] = root;
	}
	vtd_write_back(NULL, buses, BH_PAGE_SIZE);
	vtd_write_back(NULL, shared, BH_PAGE_SIZE);
	pt_for_each_table(&root_cell->dma, write_back_table);
	return 0;
}

/* ------------------------------------------------------------------------------ in and out */

/* The queue lies at iqa from here on, and is empty. 6.5.2 */
static int switch_queue(struct vtd *vtd, uint64_t iqa)
{
	int err = wait_register(vtd, VTD_IQH, UINT32_MAX, vtd_read(vtd, VTD_IQT));

	if (!err)
		err = set_state(vtd, VTD_QIE, 0);
	if (err)
		return err;
	vtd_write64(vtd, VTD_IQA, iqa);
	vtd_write64(vtd, VTD_IQT, 0);
	return command(vtd, VTD_QIE, 1);
}

/* Tables of both kinds, and nothing remembered of others. */
static int switch_tables(struct vtd *vtd, uint64_t rtaddr, uint64_t irta)
{
	const struct vtd_entry irtes = vtd_flush_irtes();
	int err;

	vtd_write64(vtd, VTD_RTADDR, rtaddr);
	err = command(vtd, VTD_SRTP, 1);
	if (!err)
		err = flush_all(vtd);
	if (err || !remaps_interrupts())
		return err;
	vtd_write64(vtd, VTD_IRTA, irta);
	err = command(vtd, VTD_SIRTP, 1);
	return err ? err : vtd_submit(vtd, &irtes, 1);
}

static uint64_t our_irta(const struct vtd *vtd)
{
	return memory_hpa(vtd->irtes) | (vtd->extended ? VTD_IRTA_EIME : 0) |
	       (__builtin_ctz(VTD_IRTES) - 1u);
}

/*
 * Linux finds its queue where it left it. The head, which begins at 0, can only be moved by having the
 * unit go through as many entries; Linux believes them to be done long ago and has no use for what is
 * in them.
 */
static int return_queue(struct cpu *self, struct vtd *vtd)
{
	uint32_t end = vtd->root.iqt / sizeof(struct vtd_entry);
	int err = switch_queue(vtd, vtd->root.iqa);
	uint64_t begin = rdtsc();

	for (uint32_t i = 0; i < end && !err; i++) {
		uint64_t at = (vtd->root.iqa & VTD_ADDRESS) + i * sizeof(struct vtd_entry);

		*(struct vtd_entry *)memory_window(self, WINDOW_DST, at) =
			vtd_wait(memory_hpa(&vtd->status), ++vtd->waits);
	}
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	vtd_write64(vtd, VTD_IQT, end * sizeof(struct vtd_entry));
	while (!err && end && __atomic_load_n(&vtd->status, __ATOMIC_ACQUIRE) != vtd->waits)
		if (rdtsc() - begin > setup_tsc_hz)
			err = -ETIMEDOUT;
	return err;
}

static void hand_back(struct cpu *self, struct iommu_unit *unit)
{
	struct vtd *vtd = &vtds[unit->index];
	int err;

	vtd_root_drain_faults(vtd);
	err = vtd->root.gsts & VTD_TE ? 0 : set_state(vtd, VTD_TE, 0);
	if (!err && !(vtd->root.gsts & VTD_IRE))
		err = set_state(vtd, VTD_IRE, 0);
	if (!err)
		err = switch_tables(vtd, vtd->root.rtaddr, vtd->root.irta);
	if (!err)
		err = return_queue(self, vtd);
	if (!err && !(vtd->root.gsts & VTD_QIE))
		err = set_state(vtd, VTD_QIE, 0);
	if (err)
		console_print("VT-d unit at %lx does not answer: it is not as Linux left it\n",
			      unit->config->base_hpa);
}

static int take_over(struct cpu *self, struct iommu_unit *unit)
{
	struct vtd *vtd = &vtds[unit->index];
	int err = switch_queue(vtd, memory_hpa(vtd->queue));

	if (err)
		return err;
	vtd_root_copy_irtes(self, vtd, 0, VTD_IRTES);
	err = switch_tables(vtd, memory_hpa(buses), our_irta(vtd));
	if (!err)
		err = set_state(vtd, VTD_TE, 1);
	if (!err && remaps_interrupts())
		err = set_state(vtd, VTD_CFI, 0);
	if (err)
		hand_back(self, unit);
	return err;
}

/* ------------------------------------------------------------------------------- functions */

/* The bus gets a context table of its own, with the same meaning. */
static void use_own_table(unsigned int bus, struct vtd_entry *table)
{
	memcpy(table, shared, BH_PAGE_SIZE);
	vtd_write_back(NULL, table, BH_PAGE_SIZE);
	own_table[bus] = table;
	buses[bus].low = vtd_root_entry(memory_hpa(table)).low;
	vtd_write_back(NULL, &buses[bus], sizeof(buses[bus]));
}

static int prepare_device(uint16_t bdf)
{
	struct vtd_entry *table;

	if (own_table[bdf >> 8])
		return 0;
	table = memory_alloc(1);
	if (!table)
		return -ENOMEM;
	use_own_table(bdf >> 8, table);
	return 0;
}

static void set_device(uint16_t bdf, const struct cell *cell)
{
	struct vtd_entry *entry = &own_table[bdf >> 8][bdf & 0xff];
	struct vtd_entry value = { 0, 0 };

	if (cell)
		value = vtd_context_entry(&cell->dma, cell->id + 1);
	vtd_store(entry, value);
	vtd_write_back(NULL, entry, sizeof(*entry));
}

void vtd_mute(struct vtd *vtd, uint16_t bdf)
{
	const struct vtd_entry flush = vtd_flush_contexts();
	struct vtd_entry *table = own_table[bdf >> 8];

	if (!table)
		return;
	__atomic_or_fetch(&table[bdf & 0xff].low, VTD_CONTEXT_FPD, __ATOMIC_SEQ_CST);
	vtd_write_back(NULL, &table[bdf & 0xff], sizeof(table[0]));
	vtd_submit(vtd, &flush, 1);
}

int vtd_block(struct vtd *vtd, uint16_t bdf)
{
	unsigned int bus = bdf >> 8;

	for (unsigned int i = 0; i < SPARE_TABLES && !own_table[bus]; i++) {
		struct vtd_entry *table = __atomic_exchange_n(&spare[i], NULL, __ATOMIC_SEQ_CST);

		if (table)
			use_own_table(bus, table);
	}
	if (!own_table[bus])
		buses[bus].low = 0;
	else if (own_table[bus][bdf & 0xff].low)
		set_device(bdf, NULL);
	else
		return 0;
	vtd_write_back(NULL, &buses[bus], sizeof(buses[bus]));
	flush_all(vtd);
	return 1;
}

static int flush(struct iommu_unit *unit, const struct cell *cell)
{
	struct vtd *vtd = &vtds[unit->index];

	if (!coherent)
		pt_for_each_table(&cell->dma, write_back_table);
	vtd_root_drain_faults(vtd);
	return flush_all(vtd);
}

/* ------------------------------------------------------------------------------ interrupts */

int vtd_set_irte(struct vtd *vtd, uint32_t index, struct vtd_entry value)
{
	const struct vtd_entry flush = vtd_flush_irte(index);
	struct vtd_entry *entry = &vtd->irtes[index];

	if (entry->low == value.low && entry->high == value.high)
		return 0;
	vtd_store(entry, value);
	vtd_write_back(vtd, entry, sizeof(*entry));
	return vtd_submit(vtd, &flush, 1);
}

static int set_entry(unsigned int n, uint16_t requester, const struct msi_interrupt *irq,
		     struct iommu_message *message)
{
	uint32_t index = VTD_ROOT_IRTES + n;
	struct vtd_entry value = { 0, 0 };
	int err = 0;

	for_each_vtd(v)
	{
		if (irq)
			value = vtd_irte(irq, requester, v->extended);
		lock_take(&v->unit->lock);
		if (v->unit->ours && vtd_set_irte(v, index, value))
			err = -ETIMEDOUT;
		lock_drop(&v->unit->lock);
	}
	vtd_message(index, &message->address, &message->data);
	return err;
}

static int is_roots_handle(uint32_t index)
{
	return index < VTD_ROOT_IRTES;
}

static int follow_cpus(struct cpu *self, struct iommu_unit *unit)
{
	const struct vtd_entry irtes = vtd_flush_irtes();
	struct vtd *vtd = &vtds[unit->index];

	vtd_root_set_fault_message(vtd);
	vtd_root_copy_irtes(self, vtd, 0, VTD_IRTES);
	return vtd_submit(vtd, &irtes, 1);
}

/* What an earlier Linux wanted to be translated, and what has faulted too often */
static void allow_bus(unsigned int bus)
{
	if (!buses[bus].low)
		buses[bus] = vtd_root_entry(memory_hpa(shared));
	for (unsigned int fn = 0; own_table[bus] && fn < TABLE_ENTRIES; fn++)
		if (!iommu_owner((uint16_t)(bus << 8 | fn)))
			set_device((uint16_t)(bus << 8 | fn), root_cell);
	vtd_write_back(NULL, &buses[bus], sizeof(buses[bus]));
}

static int reset_root(struct cpu *self, struct iommu_unit *unit)
{
	struct vtd *vtd = &vtds[unit->index];
	int err = vtd_root_reset(vtd);

	for (unsigned int bus = 0; bus < TABLE_ENTRIES; bus++)
		allow_bus(bus);
	return err ? err : flush_all(vtd);
}

static const char *mmio(struct cpu *self, struct iommu_unit *unit, uint32_t offset,
			struct mmio_access *access, uint64_t *value)
{
	vtd_root_mmio(self, &vtds[unit->index], offset, access, value);
	return NULL;
}

const struct iommu_hooks iommu_vtd = {
	.pt_format = pt_format,
	.remaps_interrupts = remaps_interrupts,
	.prepare = prepare,
	.prepare_tables = prepare_tables,
	.take_over = take_over,
	.hand_back = hand_back,
	.prepare_device = prepare_device,
	.set_device = set_device,
	.flush = flush,
	.set_entry = set_entry,
	.is_roots_handle = is_roots_handle,
	.follow_cpus = follow_cpus,
	.reset_root = reset_root,
	.mmio = mmio,
};
