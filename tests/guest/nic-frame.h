/* SPDX-License-Identifier: GPL-2.0-only */
/* Frames that tests exchange between Linux and inmates, or between inmates. */
#ifndef NIC_FRAME_H
#define NIC_FRAME_H

#include <stdint.h>

#define NIC_TYPE_HIGH 0x88 /* 88B5: for experiments (IEEE 802) */
#define NIC_TYPE_LOW 0xb5

#define NIC_REQUEST 1
#define NIC_REPLY 2 /* the same frame back, with the counter of the one who answers */

struct nic_frame {
	uint8_t to[6], from[6];
	uint8_t type[2];
	uint8_t kind;
	uint8_t reserved;
	uint32_t sequence;
	uint32_t counter; /* of the requests that were answered so far */
	uint16_t length;  /* of the payload */
	uint8_t payload[1514 - 26];
} __attribute__((packed));

#define NIC_FRAME_HEADER 26u
_Static_assert(sizeof(struct nic_frame) == 1514, "wire");

static inline int nic_frame_is_ours(const struct nic_frame *f, uint32_t size)
{
	return size >= NIC_FRAME_HEADER && f->type[0] == NIC_TYPE_HIGH &&
	       f->type[1] == NIC_TYPE_LOW && f->length <= size - NIC_FRAME_HEADER;
}

/* Every byte of every frame is another. */
static inline uint8_t nic_frame_byte(uint32_t sequence, uint32_t i)
{
	return (uint8_t)((sequence * 2654435761u + i * 40503u) >> 11);
}

static inline void nic_frame_fill(struct nic_frame *f, uint32_t sequence, uint16_t length)
{
	f->type[0] = NIC_TYPE_HIGH;
	f->type[1] = NIC_TYPE_LOW;
	f->kind = NIC_REQUEST;
	f->reserved = 0;
	f->sequence = sequence;
	f->counter = 0;
	f->length = length;
	for (uint32_t i = 0; i < length; i++)
		f->payload[i] = nic_frame_byte(sequence, i);
}

/* Bytes of the payload that are not what they should be. */
static inline uint32_t nic_frame_wrong(const struct nic_frame *f)
{
	uint32_t wrong = 0;

	for (uint32_t i = 0; i < f->length; i++)
		wrong += f->payload[i] != nic_frame_byte(f->sequence, i);
	return wrong;
}

#endif
