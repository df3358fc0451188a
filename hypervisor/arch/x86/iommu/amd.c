// SPDX-License-Identifier: GPL-2.0-only
/* AMD IOMMUs: our device table, our rings, and the hardware that works with them. */
#include "arch/x86/iommu/amd.h"
#include "arch/x86/ioapic_access.h"
#include "arch/x86/x86.h"
#include "console.h"
#include "memory.h"
#include "setup.h"

#define RING_ENTRIES 256 /* a page; the smallest size */
#define RING_SIZE (UINT64_C(8) << 56)
#define DTES_PER_BUS 256
#define CELL_ORDER 8 /* of interrupt tables: as many entries as cells can have together */
#define RUNNING (AMDVI_EVENT_LOG | AMDVI_COMMAND_BUFFER)

static_assert(1 << CELL_ORDER == IOMMU_CELL_ENTRIES, "entries of cells are indices");

static struct amd amds[BH_MAX_IOMMUS];
static unsigned int count;

static struct amdvi_dte *table; /* one for all units */
static unsigned int table_pages;
static unsigned int functions; /* entries of it; the hardware blocks what lies beyond */

#define for_each_amd(a) for (struct amd *a = amds; a < amds + count; a++)

/* ---------------------------------------------------------------------------- the hardware */

static int wait_for(const struct amd *amd, uint32_t offset, uint64_t mask, uint64_t want)
{
	uint64_t begin = rdtsc();

	while ((amd_read(amd, offset) & mask) != want) {
		if (rdtsc() - begin > setup_tsc_hz)
			return -ETIMEDOUT;
		__builtin_ia32_pause();
	}
	return 0;
}

static void put(struct amd *amd, struct amdvi_entry entry)
{
	amd->commands[amd->command_tail] = entry;
	amd->command_tail = (amd->command_tail + 1) % RING_ENTRIES;
}

/* Commands that were put are carried out. 2.4.1 */
static int complete(struct amd *amd)
{
	uint64_t begin = rdtsc();

	put(amd, amdvi_wait(memory_hpa(&amd->completed), ++amd->waits));
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	amd_write(amd, AMDVI_COMMAND_TAIL, amd->command_tail * sizeof(struct amdvi_entry));
	while (__atomic_load_n(&amd->completed, __ATOMIC_ACQUIRE) != amd->waits) {
		if (rdtsc() - begin > setup_tsc_hz)
			return -ETIMEDOUT;
		__builtin_ia32_pause();
	}
	return 0;
}

int amd_submit(struct amd *amd, struct amdvi_entry entry)
{
	put(amd, entry);
	return complete(amd);
}

/* ------------------------------------------------------------------------------------- setup */

static const struct pt_format *pt_format(void)
{
	return &amdvi_pt_format;
}

static int remaps_interrupts(void)
{
	return amd_remaps;
}

static int check(const struct amd *amd)
{
	const char *missing = NULL;

	if (!(amd->root.features & AMDVI_FEATURE_INVALIDATE_ALL))
		missing = "invalidation of everything (EFR.IASup)";
	else if (amd->unit->config->size <= AMDVI_STATUS)
		missing = "registers of 16 KiB in the description";
	else if (system_config.c->address_limit >> 48)
		missing = "page tables for all addresses below address-limit";
	if (!missing)
		return 0;
	console_print("AMD IOMMU at %lx lacks %s; leave it to Linux (\"left-to-root\")\n",
		      amd->unit->config->base_hpa, missing);
	return -EOPNOTSUPP;
}

static int prepare(struct iommu_unit *unit)
{
	struct amd *amd = &amds[unit->index];
	int err;

	count = unit->index + 1;
	amd->unit = unit;
	amd->root.features = amd_read(amd, AMDVI_FEATURES);
	err = check(amd);
	if (err)
		return err;
	if ((unit->config->bus_last + 1u) * DTES_PER_BUS > functions)
		functions = (unit->config->bus_last + 1u) * DTES_PER_BUS;
	amd->commands = memory_alloc(1);
	amd->events = memory_alloc(1);
	if (!amd->commands || !amd->events)
		return -ENOMEM;
	return amd_root_init(cpu_table[0], amd);
}

static int prepare_tables(void)
{
	struct amdvi_dte root = amdvi_dte(&root_cell->dma, root_cell->id + 1, 0);

	table_pages = memory_pages(functions * sizeof(struct amdvi_dte));
	table = memory_alloc(table_pages);
	if (!table) {
		console_print(
			"no memory for a device table of %u pages: raise \"memory-size\", or say "
			"\"bus-last\"\n",
			table_pages);
		return -ENOMEM;
	}
	if (amd_remaps)
		root.q[2] = amdvi_dte_no_interrupts();
	for (unsigned int i = 0; i < functions; i++)
		table[i] = root;
	return amd_remaps ? amd_interrupts_spare() : 0;
}

/* ------------------------------------------------------------------------------ in and out */

/* Rings and table of one owner, with nothing remembered of the other's. */
static int switch_to(struct amd *amd, const struct amdvi_regs *to)
{
	uint64_t stopped = to->control & ~RUNNING;
	int err;

	amd_write(amd, AMDVI_CONTROL, stopped);
	err = wait_for(amd, AMDVI_STATUS, AMDVI_COMMANDS_RUN | AMDVI_EVENTS_RUN, 0);
	if (err)
		return err;
	amd_write(amd, AMDVI_DEVTAB, to->devtab);
	amd_write(amd, AMDVI_COMMANDS, to->commands);
	amd_write(amd, AMDVI_COMMAND_HEAD, to->command_head);
	amd_write(amd, AMDVI_COMMAND_TAIL, to->command_tail);
	amd_write(amd, AMDVI_EVENTS, to->events);
	amd_write(amd, AMDVI_EVENT_HEAD, to->event_head);
	amd_write(amd, AMDVI_EVENT_TAIL, to->event_tail);
	amd_write(amd, AMDVI_CONTROL, to->control);
	return 0;
}

/* Linux's own settings, on our memory. */
static struct amdvi_regs ours(struct amd *amd)
{
	struct amdvi_regs own = amd->root;

	amd->command_tail = amd->event_head = 0;
	own.devtab = memory_hpa(table) | (table_pages - 1);
	own.commands = memory_hpa(amd->commands) | RING_SIZE;
	own.events = memory_hpa(amd->events) | RING_SIZE;
	own.command_head = own.command_tail = own.event_head = own.event_tail = 0;
	own.control = (own.control & ~AMDVI_CONTROL_OFF) | AMDVI_ENABLE | RUNNING;
	return own;
}

/* 2.5: what was noted since the log ended is lost. */
void amd_restart_log(struct amd *amd)
{
	uint64_t control = amd_read(amd, AMDVI_CONTROL);

	amd_write(amd, AMDVI_CONTROL, control & ~AMDVI_EVENT_LOG);
	if (wait_for(amd, AMDVI_STATUS, AMDVI_EVENTS_RUN, 0))
		return;
	amd->event_head = 0;
	amd_write(amd, AMDVI_EVENTS, memory_hpa(amd->events) | RING_SIZE);
	amd_write(amd, AMDVI_EVENT_HEAD, 0);
	amd_write(amd, AMDVI_EVENT_TAIL, 0);
	amd_write(amd, AMDVI_STATUS, AMDVI_EVENT_OVERFLOW);
	amd_write(amd, AMDVI_CONTROL, control);
}

static void hand_back(struct cpu *self, struct iommu_unit *unit)
{
	struct amd *amd = &amds[unit->index];
	struct amdvi_regs own;
	int err;

	if (unit->ours)
		amd_root_drain_events(self, amd);
	own = ours(amd);
	/* what the unit remembers of our table is forgotten by a command in our ring */
	own.devtab = amd->root.devtab;
	err = switch_to(amd, &own);
	if (!err)
		err = amd_submit(amd, amdvi_flush_all());
	if (!err)
		err = switch_to(amd, &amd->root);
	if (err)
		console_print("AMD IOMMU at %lx does not answer: it is not as Linux left it\n",
			      unit->config->base_hpa);
}

static int take_over(struct cpu *self, struct iommu_unit *unit)
{
	struct amd *amd = &amds[unit->index];
	struct amdvi_regs *root = &amd->root, own;
	int err = wait_for(amd, AMDVI_COMMAND_HEAD, UINT64_MAX, amd_read(amd, AMDVI_COMMAND_TAIL));

	/* how far Linux has come with its rings */
	root->command_head = root->command_tail = (uint32_t)amd_read(amd, AMDVI_COMMAND_TAIL);
	root->event_head = (uint32_t)amd_read(amd, AMDVI_EVENT_HEAD);
	root->event_tail = (uint32_t)amd_read(amd, AMDVI_EVENT_TAIL);
	own = ours(amd);
	if (!err)
		err = switch_to(amd, &own);
	if (!err)
		amd_root_follow(self, amd);
	if (!err)
		err = amd_submit(amd, amdvi_flush_all());
	if (err)
		hand_back(self, unit);
	return err;
}

/* ------------------------------------------------------------------------------- functions */

static int prepare_device(uint16_t bdf)
{
	if (bdf < functions)
		return amd_remaps ? amd_interrupts_reserve(bdf, CELL_ORDER) : 0;
	console_print("function %02x:%02x.%u is beyond \"bus-last\" of the IOMMU\n", bdf >> 8,
		      bdf >> 3 & 31u, bdf & 7u);
	return -EINVAL;
}

static void set_device(uint16_t bdf, const struct cell *cell)
{
	struct amdvi_dte value = cell ? amdvi_dte(&cell->dma, cell->id + 1, 0) :
					amdvi_dte(NULL, 0, 0);

	if (bdf >= functions)
		return;
	if (amd_remaps) /* pins of cells go on */
		value.q[2] = ioapic_is_source(bdf) ? table[bdf].q[2] : amdvi_dte_no_interrupts();
	amdvi_store_dte(&table[bdf], value);
	if (cell)
		amd_interrupts_clear(&amds[0], bdf);
}

void amd_set_interrupts(uint16_t bdf, uint64_t word)
{
	if (bdf < functions)
		__atomic_store_n(&table[bdf].q[2], word, __ATOMIC_SEQ_CST);
}

void amd_mute(struct amd *amd, uint16_t bdf)
{
	if (bdf >= functions)
		return;
	table[bdf].q[1] |= amdvi_dte(NULL, 0, 1).q[1];
	amd_submit(amd, amdvi_flush_device(bdf));
}

int amd_block(struct amd *amd, uint16_t bdf)
{
	uint64_t blocked = amdvi_dte(NULL, 0, 0).q[0];

	if (bdf >= functions || table[bdf].q[0] == blocked)
		return 0;
	set_device(bdf, NULL);
	amd_submit(amd, amdvi_flush_all());
	return 1;
}

static int flush(struct iommu_unit *unit, const struct cell *cell)
{
	return amd_submit(&amds[unit->index], amdvi_flush_all());
}

static int set_entry(unsigned int n, uint16_t requester, const struct msi_interrupt *irq,
		     struct iommu_message *message)
{
	unsigned int index = amd_interrupts_index(requester, n);
	int err = 0;

	for_each_amd(a)
	{
		lock_take(&a->unit->lock);
		if (a->unit->ours && !err)
			err = amd_interrupts_set(a, requester, index, irq);
		lock_drop(&a->unit->lock);
	}
	amdvi_message(index, &message->address, &message->data);
	return err;
}

/* Without the unit's lock, for which a cell that rings would wait while Linux has the unit busy: what is
 * read is Linux's own in any case, and checked after. */
static int translate(struct cpu *self, uint16_t bdf, uint32_t data, struct msi_interrupt *irq)
{
	return amd_remaps ? amd_interrupts_translate(self, &amds[0], bdf, data, irq) : 0;
}

static int follow_cpus(struct cpu *self, struct iommu_unit *unit)
{
	struct amd *amd = &amds[unit->index];

	if (amd_remaps)
		amd_root_follow(self, amd);
	return amd_submit(amd, amdvi_flush_all());
}

static int reset_root(struct cpu *self, struct iommu_unit *unit)
{
	struct amd *amd = &amds[unit->index];

	amd_root_drain_events(self, amd);
	amdvi_regs_reset(&amd->root);
	for (uint32_t bdf = 0; bdf < functions; bdf++)
		if (!iommu_owner((uint16_t)bdf))
			set_device((uint16_t)bdf, root_cell);
	return amd_submit(amd, amdvi_flush_all());
}

static const char *mmio(struct cpu *self, struct iommu_unit *unit, uint32_t offset,
			struct mmio_access *access, uint64_t *value)
{
	amd_root_mmio(self, &amds[unit->index], offset, access, value);
	return NULL;
}

const struct iommu_hooks iommu_amd = {
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
	.is_roots_handle = amd_interrupts_is_roots,
	.judges_pins = remaps_interrupts,
	.translate = translate,
	.follow_cpus = follow_cpus,
	.reset_root = reset_root,
	.mmio = mmio,
};
