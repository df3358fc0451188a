// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupt remapping by AMD IOMMUs. Linux has a table for each function; the hardware works on copies, which
 * hold what the root may have. Functions of cells have tables of our own.
 */
#include "arch/x86/apic.h"
#include "arch/x86/ioapic_access.h"
#include "arch/x86/iommu/amd.h"
#include "console.h"
#include "memory.h"

#define TABLES 128
#define SPARES 8
#define USUAL_ORDER 9 /* of Linux's tables */
#define WIDEST 16     /* bytes of an entry */

/* Pins of cells are behind those that Linux has in the table of their IO-APIC, the first one last: what the IO-APIC
 * takes for their vectors, and ends by, is then no handle of Linux's. */
#define PINS 256
#define FIRST_PIN 511

struct table {
	void *entries; /* of either size */
	uint16_t bdf;
	uint8_t order, used;
};

int amd_remaps;

static struct table tables[TABLES];

/* Taken last: cells get tables with machine_lock, the root's functions with a unit's lock. */
static struct lock tables_lock;

static struct table *find(uint16_t bdf)
{
	for (struct table *t = tables; t < tables + TABLES; t++)
		if (t->used && t->bdf == bdf)
			return t;
	return NULL;
}

static struct table *unused(int with_entries)
{
	for (struct table *t = tables; t < tables + TABLES; t++)
		if (!t->used && !t->entries == !with_entries)
			return t;
	return NULL;
}

static int reserve(uint16_t bdf, unsigned int order, int used)
{
	struct table *t = unused(0);
	void *entries = t ? memory_alloc(memory_pages((uint64_t)WIDEST << order)) : NULL;

	if (!entries)
		return -ENOMEM;
	*t = (struct table){ entries, bdf, (uint8_t)order, (uint8_t)used };
	return 0;
}

int amd_interrupts_reserve(uint16_t bdf, unsigned int order)
{
	int err;

	if (ioapic_is_source(bdf) && order < USUAL_ORDER)
		order = USUAL_ORDER;
	lock_take(&tables_lock);
	err = find(bdf) ? 0 : reserve(bdf, order, 1);
	lock_drop(&tables_lock);
	return err;
}

int amd_interrupts_spare(void)
{
	int err = 0;

	for (int i = 0; i < SPARES && !err; i++)
		err = reserve(0, USUAL_ORDER, 0);
	return err;
}

/* A function that Linux gave a table after we came takes a spare one. */
static struct table *find_or_take(uint16_t bdf, unsigned int order)
{
	struct table *t;

	lock_take(&tables_lock);
	t = find(bdf);
	if (!t) {
		t = unused(1);
		t = t && t->order >= order ? t : NULL;
		if (t)
			*t = (struct table){ t->entries, bdf, t->order, 1 };
	}
	lock_drop(&tables_lock);
	return t;
}

/* What our table may have of the root's entry: the entry, or nothing. Returns 0 if that is less. */
static int judge(const uint64_t q[2], int wide, uint64_t allowed[2])
{
	struct msi_interrupt irq;
	int err = amdvi_irte(q, wide, &irq);

	allowed[0] = allowed[1] = 0;
	if (err)
		return err == -ENOENT;
	if (!apic_remapped_reaches_only(&irq, root_cell->cpus))
		return 0;
	amdvi_make_irte(&irq, wide, allowed);
	return 1;
}

/* An entry of Linux's table */
static void read_linux(struct cpu *self, int wide, uint64_t from, unsigned int index, uint64_t q[2])
{
	uint64_t at = from + index * (wide ? 16ul : 4ul);

	q[0] = q[1] = 0;
	amd_root_read(self, at & ~UINT64_C(7), q, wide ? 2 : 1);
	if (!wide)
		q[0] = (uint32_t)(q[0] >> (at & 4) * 8);
}

/* As many entries of a table as Linux can have. */
static unsigned int end_of_linux(const struct table *t)
{
	return ioapic_is_source(t->bdf) ? PINS : 1u << t->order;
}

static void copy(struct cpu *self, struct amd *amd, const struct table *t, uint64_t from,
		 unsigned int order)
{
	int wide = amd->wide;

	for (unsigned int index = 0; index < end_of_linux(t); index++) {
		uint64_t q[2] = { 0, 0 }, allowed[2];

		if (!(index >> order))
			read_linux(self, wide, from, index, q);
		if (!judge(q, wide, allowed))
			iommu_report(t->bdf, index, 0, "Linux's entry is one that it may not have",
				     BH_FAULT_INTERRUPT);
		amdvi_store_irte(t->entries, index, wide, allowed);
	}
}

void amd_interrupts_clear(struct amd *amd, uint16_t bdf)
{
	static const uint64_t none[2];
	struct table *t = find(bdf);

	if (!amd_remaps || !t)
		return;
	for (unsigned int index = 0; index < end_of_linux(t); index++)
		amdvi_store_irte(t->entries, index, amd->wide, none);
	amd_set_interrupts(bdf, amdvi_dte_interrupts(memory_hpa(t->entries), t->order));
}

void amd_interrupts_follow(struct cpu *self, struct amd *amd, uint16_t bdf,
			   const struct amdvi_dte *dte)
{
	unsigned int order;
	uint64_t from = amdvi_dte_table(dte, &order);
	struct table *t;

	if (!amd_remaps)
		return;
	t = amdvi_dte_remaps(dte) ? find_or_take(bdf, order) : NULL;
	if (t) {
		copy(self, amd, t, from, order);
		amd_set_interrupts(bdf, amdvi_dte_interrupts(memory_hpa(t->entries), t->order));
	} else {
		amd_interrupts_clear(amd, bdf);
	}
	if (!t && amdvi_dte_remaps(dte) && iommu_may_tell())
		console_print(
			"no table left for interrupts of function %02x:%02x.%u: it has none\n",
			bdf >> 8, bdf >> 3 & 31u, bdf & 7u);
	amd_submit(amd, amdvi_flush_interrupts(bdf));
}

unsigned int amd_interrupts_index(uint16_t bdf, unsigned int n)
{
	return ioapic_is_source(bdf) ? FIRST_PIN - n : n;
}

int amd_interrupts_is_roots(uint32_t index)
{
	return index < PINS;
}

int amd_interrupts_set(struct amd *amd, uint16_t bdf, unsigned int index,
		       const struct msi_interrupt *irq)
{
	struct table *t = ioapic_is_source(bdf) || iommu_owner(bdf) ? find(bdf) : NULL;
	uint64_t q[2] = { 0, 0 };

	if (!t || index >> t->order)
		return irq ? -EOPNOTSUPP : 0;
	if (irq)
		amdvi_make_irte(irq, amd->wide, q);
	amdvi_store_irte(t->entries, index, amd->wide, q);
	return amd_submit(amd, amdvi_flush_interrupts(bdf));
}

int amd_interrupts_translate(struct cpu *self, struct amd *amd, uint16_t bdf, uint32_t data,
			     struct msi_interrupt *irq)
{
	unsigned int order, index = data & ((1u << AMDVI_MAX_ORDER) - 1);
	struct amdvi_dte dte;
	uint64_t q[2], from;

	/* The function of a link is no unit's: Linux may leave its messages as they are. */
	if (!amd_root_dte(self, amd, bdf, &dte) || !amdvi_dte_remaps(&dte))
		return 0;
	from = amdvi_dte_table(&dte, &order);
	if (index >> order)
		return -EINVAL;
	read_linux(self, amd->wide, from, index, q);
	return amdvi_irte(q, amd->wide, irq);
}
