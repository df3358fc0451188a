// SPDX-License-Identifier: GPL-2.0-only
/*
 * Console rings; see ring.h.
 */
#include "ring.h"

unsigned int ring_take(struct ring_reader *r, uint64_t head, uint64_t size,
		       struct ring_span span[2])
{
	uint64_t count, offset;

	if (head < r->next)
		r->next = head > size ? head - size : 0;
	count = head - r->next;
	if (count > size) {
		r->lost += count - size;
		r->next = head - size;
		count = size;
	}
	offset = r->next % size;
	r->next = head;
	if (!count)
		return 0;
	if (count <= size - offset) {
		span[0] = (struct ring_span){ offset, count };
		return 1;
	}
	span[0] = (struct ring_span){ offset, size - offset };
	span[1] = (struct ring_span){ 0, count - (size - offset) };
	return 2;
}

uint64_t ring_torn(struct ring_reader *r, uint64_t head_now, uint64_t size, uint64_t copied)
{
	uint64_t first = r->next - copied, torn;

	if (head_now < r->next || head_now - first <= size)
		return 0; /* began anew: what was copied is still the old life's */
	torn = head_now - first - size;
	if (torn > copied)
		torn = copied;
	r->lost += torn;
	return torn;
}

size_t ring_escape(char *to, const uint8_t *from, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	size_t at = 0;

	for (size_t i = 0; i < size; i++) {
		uint8_t c = from[i];

		if (c == '\r')
			continue;
		if (c == '\n' || c == '\t' || (c >= 0x20 && c < 0x7f)) {
			to[at++] = (char)c;
			continue;
		}
		to[at++] = '\\';
		to[at++] = 'x';
		to[at++] = digits[c >> 4];
		to[at++] = digits[c & 15];
	}
	return at;
}
