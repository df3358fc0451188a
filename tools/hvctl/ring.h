/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading a console ring whose writer neither waits for the reader nor can be trusted: the
 * reader keeps its own position, and takes the ring's size from the public pages.
 */
#ifndef HVCTL_RING_H
#define HVCTL_RING_H

#include <stddef.h>
#include <stdint.h>

struct ring_reader {
	uint64_t next; /* first byte not read yet, counted as the writer counts */
	uint64_t lost; /* bytes that were overwritten before they could be read */
};

/* A stretch of the ring's bytes that can be copied at once. */
struct ring_span {
	uint64_t offset;
	uint64_t size;
};

/* Places up to two spans that hold all that is new at this head, and moves next to it. A head
 * behind next is a writer that began anew. Returns the number of spans. size is not 0. */
unsigned int ring_take(struct ring_reader *r, uint64_t head, uint64_t size,
		       struct ring_span span[2]);

/* After the copy, with the head as it is now: how many of the first of the copied bytes may
 * have been overwritten meanwhile. They are counted as lost. */
uint64_t ring_torn(struct ring_reader *r, uint64_t head_now, uint64_t size, uint64_t copied);

/* For a terminal: control characters other than newline and tab, and all bytes that are no
 * ASCII, as \xNN; a carriage return is dropped. to holds 4 * size bytes. Returns the bytes
 * written. */
size_t ring_escape(char *to, const uint8_t *from, size_t size);

#endif
