// SPDX-License-Identifier: GPL-2.0-only
/* Formats of VT-d. See vtd.h. */
#include <bulkhead/config.h>
#include "icr.h"
#include "vtd.h"

/* Second-level entries, 9.8: bit 0 read, 1 write, 7 a large leaf. */
#define SECOND_LEVEL(depth, largest)                                                     \
	{                                                                                \
		.levels = depth, .max_leaf_level = largest, .address_mask = VTD_ADDRESS, \
		.present_mask = 0x3, .table_bits = 0x3, .large_bit = 0x80, .read = 0x1,  \
		.write = 0x2                                                             \
	}

const struct pt_format *vtd_pt_format(uint64_t cap)
{
	static const struct pt_format formats[2][3] = {
		{ SECOND_LEVEL(3, 0), SECOND_LEVEL(3, 1), SECOND_LEVEL(3, 2) },
		{ SECOND_LEVEL(4, 0), SECOND_LEVEL(4, 1), SECOND_LEVEL(4, 2) },
	};
	unsigned int largest = !(cap & VTD_CAP_2M) ? 0 : !(cap & VTD_CAP_1G) ? 1 : 2;

	if (cap & VTD_CAP_SAGAW_4 && VTD_CAP_MGAW(cap) >= 48)
		return &formats[1][largest];
	return cap & VTD_CAP_SAGAW_3 ? &formats[0][largest] : NULL;
}

void vtd_store(struct vtd_entry *to, struct vtd_entry value)
{
	if (to->high != value.high) {
		__atomic_store_n(&to->low, 0, __ATOMIC_SEQ_CST);
		__atomic_store_n(&to->high, value.high, __ATOMIC_SEQ_CST);
	}
	__atomic_store_n(&to->low, value.low, __ATOMIC_SEQ_CST);
}

struct vtd_entry vtd_root_entry(uint64_t table_hpa)
{
	return (struct vtd_entry){ table_hpa | 1, 0 };
}

/* Context entry: low is present (0), FPD (1), translation type (3:2), tables; high is address width
 * (2:0; 1: 3 levels, 2: 4) and domain (23:8). */
#define CONTEXT_PRESENT UINT64_C(1)
#define CONTEXT_TYPE(low) ((unsigned int)((low) >> 2 & 3))
#define TYPE_PASS_THROUGH 2

struct vtd_entry vtd_context_entry(const struct pt *pt, uint32_t domain)
{
	return (struct vtd_entry){ pt->root_hpa | CONTEXT_PRESENT,
				   (uint64_t)domain << 8 | (pt->format->levels - 2u) };
}

int vtd_context_is_identity(const struct vtd_entry *entry)
{
	return !(entry->low & CONTEXT_PRESENT) || CONTEXT_TYPE(entry->low) == TYPE_PASS_THROUGH;
}

/* Interrupts. The fields that matter to cells are in pure/msi.c as well, which reads them. */
#define IRTE_PRESENT UINT64_C(1)
#define IRTE_LOGICAL UINT64_C(0x4)
#define IRTE_HINT UINT64_C(0x8) /* redirection hint: as Linux sets it, with logical destinations */
#define IRTE_LEVEL UINT64_C(0x10)
#define IRTE_VALIDATION UINT64_C(0xc0000) /* of high */
#define IRTE_VALIDATE_REQUESTER UINT64_C(0x40000)

struct vtd_entry vtd_irte(const struct msi_interrupt *irq, uint16_t requester, int extended)
{
	uint64_t low = IRTE_PRESENT | (uint64_t)irq->mode << 5 | (uint64_t)irq->vector << 16;

	low |= (uint64_t)irq->destination << (extended ? 32 : 40);
	low |= irq->logical ? IRTE_LOGICAL | IRTE_HINT : 0;
	low |= irq->level ? IRTE_LEVEL : 0;
	return (struct vtd_entry){ low, IRTE_VALIDATE_REQUESTER | requester };
}

/* 5.1.2.2: handle in 19:5 and 2, remappable format (4), sub-handle valid (3). */
void vtd_message(uint32_t index, uint64_t *address, uint32_t *data)
{
	*address = 0xfee00018u | (index & 0x7fff) << 5 | index >> 15 << 2;
	*data = 0;
}

enum vtd_irte_kind vtd_irte_check(const struct vtd_entry *entry, int extended,
				  struct msi_interrupt *irq)
{
	/* Who may use an entry of the root is the root's affair. */
	uint64_t high = entry->high & ~IRTE_VALIDATION;

	if (!(entry->low & IRTE_PRESENT))
		return VTD_IRTE_ABSENT;
	if ((entry->high & IRTE_VALIDATION) == IRTE_VALIDATION ||
	    msi_vtd_entry(entry->low, high, extended, 0, irq))
		return VTD_IRTE_DENY;
	return irq->mode == ICR_SMI || irq->mode == ICR_INIT ? VTD_IRTE_DENY : VTD_IRTE_ASK;
}

/* The queue. A type is in 11:9 and 3:0 of low, a granularity in 5:4 (IEC: 4). */
#define TYPE(low) ((unsigned int)((low)&0xf) | (unsigned int)((low) >> 5 & 0x70))
#define TYPE_CONTEXT 1
#define TYPE_IOTLB 2
#define TYPE_IEC 4
#define TYPE_WAIT 5
#define GRANULARITY(low) ((unsigned int)((low) >> 4 & 3))
#define GLOBAL 0x10
#define IOTLB_DRAIN 0xc0 /* reads and writes that are under way are waited for */
#define IEC_INDEX 0x10
#define IEC_MASK(low) ((unsigned int)((low) >> 27 & 0x1f))
#define IEC_MASK_MAX 16
#define WAIT_STATUS 0x20

struct vtd_entry vtd_flush_contexts(void)
{
	return (struct vtd_entry){ TYPE_CONTEXT | GLOBAL, 0 };
}

struct vtd_entry vtd_flush_iotlb(void)
{
	return (struct vtd_entry){ TYPE_IOTLB | GLOBAL | IOTLB_DRAIN, 0 };
}

struct vtd_entry vtd_flush_irtes(void)
{
	return (struct vtd_entry){ TYPE_IEC, 0 };
}

struct vtd_entry vtd_flush_irte(uint32_t index)
{
	return (struct vtd_entry){ TYPE_IEC | IEC_INDEX | (uint64_t)index << 32, 0 };
}

struct vtd_entry vtd_wait(uint64_t status_hpa, uint32_t data)
{
	return (struct vtd_entry){ TYPE_WAIT | WAIT_STATUS | (uint64_t)data << 32, status_hpa };
}

static void request_irtes(uint64_t low, struct vtd_request *request)
{
	unsigned int mask = IEC_MASK(low);

	request->kind = VTD_REQUEST_IRTES;
	request->first = 0;
	request->count = 1u << 16;
	if (!(low & IEC_INDEX))
		return;
	if (mask > IEC_MASK_MAX) {
		request->kind = VTD_REQUEST_INVALID;
		return;
	}
	request->count = 1u << mask;
	request->first = (uint32_t)(low >> 32 & 0xffff) & ~(request->count - 1);
}

void vtd_request(const struct vtd_entry *entry, struct vtd_request *request)
{
	*request = (struct vtd_request){ .kind = VTD_REQUEST_INVALID };
	switch (TYPE(entry->low)) {
	case TYPE_CONTEXT:
	case TYPE_IOTLB:
		if (GRANULARITY(entry->low))
			request->kind = VTD_REQUEST_TRANSLATION;
		break;
	case TYPE_IEC:
		request_irtes(entry->low, request);
		break;
	case TYPE_WAIT:
		request->kind = VTD_REQUEST_WAIT;
		request->status_hpa = entry->low & WAIT_STATUS ? entry->high & ~UINT64_C(3) :
								 BH_ADDR_NONE;
		request->data = (uint32_t)(entry->low >> 32);
		break;
	default:
		break;
	}
}

/* Faults. High: source (15:0), reason (39:32), type 2 (60, pages only), type 1 (62: a read), F (63). */
#define FAULT_READ (UINT64_C(1) << 62)
#define REASON_INTERRUPT 0x20u /* from there to 0x2f */

int vtd_fault(const struct vtd_entry *record, struct vtd_fault *fault)
{
	if (!(record->high & VTD_FAULT_PRESENT))
		return 0;
	*fault = (struct vtd_fault){
		.address = record->low & ~UINT64_C(0xfff),
		.bdf = (uint16_t)record->high,
		.reason = (uint8_t)(record->high >> 32),
		.write = !(record->high & FAULT_READ),
	};
	if ((fault->reason & 0xf0) == REASON_INTERRUPT) {
		fault->interrupt = 1;
		fault->write = 0;
		fault->address = record->low >> 48;
	}
	return 1;
}

const char *vtd_fault_words(uint8_t reason)
{
	static const char *const translation[] = {
		"no reason",
		"no context table for its bus",
		"the function is blocked",
		"context entry",
		"beyond the address width",
		"not writable",
		"not readable",
		"page table",
		"root table",
		"context table",
		"reserved bits of the root entry",
		"reserved bits of the context entry",
		"reserved bits of a page table",
		"request type",
	};
	static const char *const interrupt[] = {
		"reserved bits of the message",	  "no such entry",
		"the entry is not present",	  "interrupt table",
		"reserved bits of the entry",	  "not in remappable format",
		"not a message of this function",
	};

	if (reason < sizeof(translation) / sizeof(translation[0]))
		return translation[reason];
	if (reason >= REASON_INTERRUPT &&
	    reason - REASON_INTERRUPT < sizeof(interrupt) / sizeof(interrupt[0]))
		return interrupt[reason - REASON_INTERRUPT];
	return "another reason";
}
