/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Decoding of interrupt messages and of interrupt-remapping entries. Bits that the manuals
 * reserve make a message or an entry invalid: what we do not understand is not let through.
 */
#include "icr.h"
#include "msi.h"

/* Message address, SDM vol. 3, 11.11.1 */
#define ADDRESS_BASE 0xfee
#define ADDRESS_DESTINATION(a) ((uint32_t)((a) >> 12) & 0xff)
#define ADDRESS_RESERVED 0xfe3u
#define ADDRESS_REMAPPABLE 0x10u
#define ADDRESS_LOGICAL 0x4u

/* Message data, SDM vol. 3, 11.11.2 */
#define DATA_RESERVED 0xffff3800u
#define DATA_ASSERT (1u << 14)
#define DATA_LEVEL (1u << 15)

/* Remappable address, VT-d specification, 5.1.2.2 */
#define HANDLE_LOW(a) ((uint32_t)((a) >> 5) & 0x7fff)
#define HANDLE_HIGH 0x4u
#define HANDLE_SUBHANDLE_VALID 0x8u
#define HANDLE_RESERVED 0x3u
#define INDEX_MAX 0xffff

/* Interrupt-remapping entry, VT-d specification, 9.10 */
#define IRTE_PRESENT UINT64_C(0x1)
#define IRTE_LOGICAL UINT64_C(0x4)
#define IRTE_LEVEL UINT64_C(0x10)
#define IRTE_MODE(low) ((uint8_t)((low) >> 5 & 7))
#define IRTE_POSTED UINT64_C(0x8000)
#define IRTE_VECTOR(low) ((uint8_t)((low) >> 16))
#define IRTE_RESERVED_LOW UINT64_C(0xff007000)
#define IRTE_XAPIC_RESERVED UINT64_C(0xffff00ff) /* of the destination field */
#define IRTE_SOURCE(high) ((uint16_t)(high))
#define IRTE_QUALIFIER(high) ((unsigned int)((high) >> 16 & 3))
#define IRTE_VALIDATION(high) ((unsigned int)((high) >> 18 & 3))
#define IRTE_RESERVED_HIGH (~UINT64_C(0xfffff))

#define VALIDATE_NOTHING 0
#define VALIDATE_REQUESTER 1

static int is_reserved_mode(uint8_t mode)
{
	return mode == 3 || mode == 6;
}

/* Vectors 0 to 15 do not exist for interrupts that carry one. */
static int is_bad_vector(uint8_t mode, uint8_t vector)
{
	return (mode == ICR_FIXED || mode == ICR_LOWEST) && vector < 16;
}

static enum msi_kind decode_remappable(uint32_t address, uint32_t data, uint32_t *index)
{
	uint32_t handle = HANDLE_LOW(address) | (address & HANDLE_HIGH ? 1u << 15 : 0);

	if (address & HANDLE_RESERVED)
		return MSI_NONE;
	if (address & HANDLE_SUBHANDLE_VALID) {
		if (data > 0xffff)
			return MSI_NONE;
		handle += data;
	}
	if (handle > INDEX_MAX)
		return MSI_NONE;
	*index = handle;
	return MSI_REMAPPABLE;
}

enum msi_kind msi_decode(uint64_t address, uint32_t data, struct msi_interrupt *irq,
			 uint32_t *index)
{
	uint8_t mode = ICR_MODE(data);
	uint8_t vector = (uint8_t)data;

	if (address >> 20 != ADDRESS_BASE)
		return MSI_NONE;
	if (address & ADDRESS_REMAPPABLE)
		return decode_remappable((uint32_t)address, data, index);
	if ((address & ADDRESS_RESERVED) || (data & DATA_RESERVED))
		return MSI_NONE;
	if ((data & DATA_LEVEL) && !(data & DATA_ASSERT))
		return MSI_NONE;
	if (is_reserved_mode(mode) || is_bad_vector(mode, vector))
		return MSI_NONE;
	*irq = (struct msi_interrupt){
		.destination = ADDRESS_DESTINATION(address),
		.vector = vector,
		.mode = mode,
		.logical = !!(address & ADDRESS_LOGICAL),
		.level = !!(data & DATA_LEVEL),
	};
	return MSI_COMPATIBLE;
}

int msi_encode(const struct msi_interrupt *irq, uint64_t *address, uint32_t *data)
{
	if (irq->destination > 0xfe)
		return -EINVAL;
	*address = (uint64_t)ADDRESS_BASE << 20 | irq->destination << 12 |
		   (irq->logical ? ADDRESS_LOGICAL : 0);
	*data = irq->vector | (uint32_t)irq->mode << 8 |
		(irq->level ? DATA_LEVEL | DATA_ASSERT : 0);
	return 0;
}

static int requester_passes(uint64_t high, uint16_t requester)
{
	/* Function number bits that each source-id qualifier leaves out of the comparison */
	static const uint16_t ignored[4] = { 0x0, 0x4, 0x6, 0x7 };

	if (IRTE_VALIDATION(high) == VALIDATE_NOTHING)
		return 1;
	if (IRTE_VALIDATION(high) != VALIDATE_REQUESTER)
		return 0;
	return !((IRTE_SOURCE(high) ^ requester) & ~ignored[IRTE_QUALIFIER(high)]);
}

int msi_vtd_entry(uint64_t low, uint64_t high, int extended, uint16_t requester,
		  struct msi_interrupt *irq)
{
	uint32_t destination = (uint32_t)(low >> 32);
	uint8_t mode = IRTE_MODE(low);
	uint8_t vector = IRTE_VECTOR(low);

	if (!(low & IRTE_PRESENT) || (low & IRTE_POSTED))
		return -EINVAL;
	if ((low & IRTE_RESERVED_LOW) || (high & IRTE_RESERVED_HIGH))
		return -EINVAL;
	if (!extended && (destination & IRTE_XAPIC_RESERVED))
		return -EINVAL;
	if (is_reserved_mode(mode) || is_bad_vector(mode, vector))
		return -EINVAL;
	if (!requester_passes(high, requester))
		return -EINVAL;
	*irq = (struct msi_interrupt){
		.destination = extended ? destination : destination >> 8,
		.vector = vector,
		.mode = mode,
		.logical = !!(low & IRTE_LOGICAL),
		.level = !!(low & IRTE_LEVEL),
	};
	return 0;
}
