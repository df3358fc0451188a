// SPDX-License-Identifier: GPL-2.0-only
/* See amdvi.h. */
#include "amdvi.h"

#define READABLE (UINT64_C(1) << 61)
#define WRITABLE (UINT64_C(1) << 62)
#define COHERENT (UINT64_C(1) << 60)

const struct pt_format amdvi_pt_format = {
	.levels = 4,
	.max_leaf_level = 2,
	.address_mask = AMDVI_ADDRESS,
	.present_mask = 1,
	.table_bits = 1 | READABLE | WRITABLE,
	.leaf_bits = 1 | COHERENT,
	.next_level = 9,
	.read = READABLE,
	.write = WRITABLE,
};

/* ------------------------------------------------------------------------------ device table */

#define DTE_VALID UINT64_C(1)
#define DTE_TRANSLATION_VALID UINT64_C(2)
#define DTE_MODE(q) ((unsigned int)((q) >> 9 & 7))
#define DTE_GUEST_VALID (UINT64_C(1) << 55)
#define DTE_QUIET (UINT64_C(1) << 34)	 /* SA, of the second word */
#define DTE_INTERRUPTS_VALID UINT64_C(1) /* of the third word */
#define DTE_INTERRUPT_CONTROL(q) ((unsigned int)((q) >> 60 & 3))
#define REMAPPED 2

struct amdvi_dte amdvi_dte(const struct pt *pt, uint32_t domain, int quiet)
{
	struct amdvi_dte dte = { { DTE_VALID | DTE_TRANSLATION_VALID, domain, 0, 0 } };

	/* without tables, and without the rights to read and write: nothing goes through */
	if (pt)
		dte.q[0] |= pt->root_hpa | (uint64_t)pt->format->levels << 9 | READABLE | WRITABLE;
	if (quiet)
		dte.q[1] |= DTE_QUIET;
	return dte;
}

void amdvi_store_dte(struct amdvi_dte *to, struct amdvi_dte value)
{
	for (int i = 3; i >= 0; i--)
		__atomic_store_n(&to->q[i], value.q[i], __ATOMIC_SEQ_CST);
}

int amdvi_dte_is_identity(const struct amdvi_dte *dte)
{
	if (!(dte->q[0] & DTE_VALID) || !(dte->q[0] & DTE_TRANSLATION_VALID))
		return 1;
	if (!(dte->q[0] & (READABLE | WRITABLE)))
		return 1;
	return !DTE_MODE(dte->q[0]) && !(dte->q[0] & DTE_GUEST_VALID);
}

int amdvi_dte_remaps(const struct amdvi_dte *dte)
{
	return dte->q[0] & DTE_VALID && dte->q[2] & DTE_INTERRUPTS_VALID &&
	       DTE_INTERRUPT_CONTROL(dte->q[2]) == REMAPPED;
}

/* -------------------------------------------------------------------------------- interrupts */

#define TABLE_ADDRESS UINT64_C(0x000fffffffffffc0)
#define TABLE_ORDER(q) ((unsigned int)((q) >> 1 & 15))
#define CONTROL(n) ((uint64_t)(n) << 60)

uint64_t amdvi_dte_interrupts(uint64_t hpa, unsigned int order)
{
	return hpa | CONTROL(REMAPPED) | order << 1 | DTE_INTERRUPTS_VALID;
}

uint64_t amdvi_dte_no_interrupts(void)
{
	return DTE_INTERRUPTS_VALID;
}

uint64_t amdvi_dte_table(const struct amdvi_dte *dte, unsigned int *order)
{
	*order = TABLE_ORDER(dte->q[2]) < AMDVI_MAX_ORDER ? TABLE_ORDER(dte->q[2]) :
							    AMDVI_MAX_ORDER;
	return dte->q[2] & TABLE_ADDRESS;
}

#define IRTE_ENABLED 1u
#define IRTE_TYPE(q) ((uint8_t)((q) >> 2 & 7)) /* 0 fixed, 1 lowest priority: as in an ICR */
#define IRTE_LOGICAL (1u << 6)
#define IRTE_GUEST (1u << 7)

int amdvi_irte(const uint64_t q[2], int wide, struct msi_interrupt *irq)
{
	uint64_t low = q[0];

	if (!(low & IRTE_ENABLED))
		return -ENOENT;
	*irq = (struct msi_interrupt){
		.destination = (uint32_t)(low >> 8) & (wide ? 0xffffff : 0xff),
		.vector = (uint8_t)(wide ? q[1] : low >> 16),
		.mode = IRTE_TYPE(low),
		.logical = !!(low & IRTE_LOGICAL),
	};
	if (wide)
		irq->destination |= (uint32_t)(q[1] >> 56) << 24;
	if (irq->vector < 16) /* enabled before it had one, as Linux does: it delivers nothing */
		return -ENOENT;
	return low & IRTE_GUEST || irq->mode > 1 ? -EINVAL : 0;
}

void amdvi_make_irte(const struct msi_interrupt *irq, int wide, uint64_t q[2])
{
	q[0] = IRTE_ENABLED | (uint64_t)irq->mode << 2 | (irq->logical ? IRTE_LOGICAL : 0);
	q[0] |= (uint64_t)(irq->destination & (wide ? 0xffffff : 0xff)) << 8;
	q[0] |= wide ? 0 : (uint64_t)irq->vector << 16;
	q[1] = wide ? (uint64_t)(irq->destination >> 24) << 56 | irq->vector : 0;
}

typedef unsigned __int128 wide_irte __attribute__((may_alias));

/* Entries of 32 bits lie in pairs where wide ones have their first word. */
void amdvi_store_irte(void *table, uint32_t index, int wide, const uint64_t q[2])
{
	wide_irte *to = (wide_irte *)table + index, old, value = (wide_irte)q[1] << 64 | q[0];

	if (!wide) {
		__atomic_store_n((uint32_t *)table + index, (uint32_t)q[0], __ATOMIC_SEQ_CST);
		return;
	}
	do
		old = *to;
	while (!__sync_bool_compare_and_swap(to, old, value));
}

void amdvi_message(uint32_t index, uint64_t *address, uint32_t *data)
{
	*address = 0xfee00000;
	*data = index;
}

/* ---------------------------------------------------------------------------------- commands */

#define CODE(low) ((unsigned int)((low) >> 60))
#define OPERATION(code) ((uint64_t)(code) << 60)
#define COMPLETION_WAIT 1
#define INVALIDATE_DEVTAB_ENTRY 2
#define INVALIDATE_IOMMU_PAGES 3
#define INVALIDATE_INTERRUPT_TABLE 5
#define PREFETCH_IOMMU_PAGES 6
#define INVALIDATE_IOMMU_ALL 8
#define WAIT_STORE UINT64_C(1)
#define WAIT_ADDRESS UINT64_C(0x000ffffffffffff8)

struct amdvi_entry amdvi_wait(uint64_t status_hpa, uint64_t data)
{
	return (struct amdvi_entry){ OPERATION(COMPLETION_WAIT) | status_hpa | WAIT_STORE, data };
}

struct amdvi_entry amdvi_flush_device(uint16_t bdf)
{
	return (struct amdvi_entry){ OPERATION(INVALIDATE_DEVTAB_ENTRY) | bdf, 0 };
}

struct amdvi_entry amdvi_flush_interrupts(uint16_t bdf)
{
	return (struct amdvi_entry){ OPERATION(INVALIDATE_INTERRUPT_TABLE) | bdf, 0 };
}

struct amdvi_entry amdvi_flush_all(void)
{
	return (struct amdvi_entry){ OPERATION(INVALIDATE_IOMMU_ALL), 0 };
}

void amdvi_command(const struct amdvi_entry *entry, struct amdvi_command *command)
{
	*command = (struct amdvi_command){ .kind = AMDVI_COMMAND_INVALID,
					   .status_hpa = BH_ADDR_NONE,
					   .bdf = (uint16_t)entry->low };
	switch (CODE(entry->low)) {
	case COMPLETION_WAIT:
		command->kind = AMDVI_COMMAND_WAIT;
		command->data = entry->high;
		if (entry->low & WAIT_STORE)
			command->status_hpa = entry->low & WAIT_ADDRESS;
		break;
	case INVALIDATE_DEVTAB_ENTRY:
		command->kind = AMDVI_COMMAND_DEVICE;
		break;
	case INVALIDATE_INTERRUPT_TABLE:
		command->kind = AMDVI_COMMAND_INTERRUPTS;
		break;
	case INVALIDATE_IOMMU_PAGES:
	case PREFETCH_IOMMU_PAGES:
		command->kind = AMDVI_COMMAND_NOTHING;
		break;
	case INVALIDATE_IOMMU_ALL:
		command->kind = AMDVI_COMMAND_ALL;
		break;
	}
}

/* ------------------------------------------------------------------------------------ events */

#define IO_PAGE_FAULT 2
#define EVENT_INTERRUPT (UINT64_C(1) << 51)
#define EVENT_WRITE (UINT64_C(1) << 53)

static const char *const words[] = {
	[1] = "the function's entry in the device table is broken",
	[IO_PAGE_FAULT] = "not its owner's memory",
	[3] = "the device table cannot be read",
	[4] = "the page tables cannot be read",
	[7] = "the function does not answer an invalidation",
	[8] = "a request that no function may make",
};
#define EVENTS (sizeof(words) / sizeof(words[0]))

int amdvi_event(const struct amdvi_entry *entry, struct amdvi_event *event)
{
	unsigned int code = CODE(entry->low);

	if (code >= EVENTS || !words[code])
		return 0;
	*event = (struct amdvi_event){
		.address = entry->high,
		.bdf = (uint16_t)entry->low,
		.code = (uint8_t)code,
		.write = code == IO_PAGE_FAULT && entry->low & EVENT_WRITE,
		.interrupt = code == IO_PAGE_FAULT && entry->low & EVENT_INTERRUPT,
	};
	return 1;
}

const char *amdvi_event_words(uint8_t code)
{
	return code < EVENTS && words[code] ? words[code] : "unknown";
}
