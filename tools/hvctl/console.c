// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copies console rings; see console.h.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "console.h"
#include "device.h"
#include "json.h"

#define DATA_OFFSET (3 * BH_PAGE_SIZE) /* of the ring's bytes, in the comm region */
static_assert(BH_COMM_RING + sizeof(struct bh_ring) == DATA_OFFSET, "data follows the header");

void console_open(struct console *c, int fd, const struct bh_cell_public *cell, bool json)
{
	*c = (struct console){
		.fd = fd,
		.cell = cell ? cell->id : BH_ID_NONE,
		.size = cell ? cell->console_size : BH_HV_CONSOLE_SIZE,
		.name = cell ? cell->name : "hypervisor",
		.json = json,
		.to = stdout,
		.escape = isatty(STDOUT_FILENO),
	};
	c->bytes = xmalloc(c->size);
}

void console_close(struct console *c)
{
	free(c->bytes);
}

static int read_head(const struct console *c, uint64_t *head)
{
	if (c->cell == BH_ID_NONE)
		return device_read(c->fd, BH_READ_PUBLIC, 0,
				   offsetof(struct bh_public, console_head), head, sizeof(*head));
	return device_read(c->fd, BH_READ_COMM, c->cell, BH_COMM_RING, head, sizeof(*head));
}

void console_skip(struct console *c)
{
	uint64_t head;

	if (!read_head(c, &head))
		c->reader.next = head;
}

static int read_data(const struct console *c, const struct ring_span *s, uint8_t *to)
{
	if (c->cell == BH_ID_NONE)
		return device_read(c->fd, BH_READ_PUBLIC, 0,
				   offsetof(struct bh_public, console) + s->offset, to, s->size);
	return device_read(c->fd, BH_READ_COMM, c->cell, DATA_OFFSET + s->offset, to, s->size);
}

static void print_json(struct console *c, const uint8_t *bytes, size_t size)
{
	struct json j;

	json_begin(&j, stdout);
	json_object(&j, NULL);
	json_string(&j, "console", c->name);
	json_bytes(&j, "text", bytes, size);
	if (c->reader.lost != c->told)
		json_number(&j, "lost_bytes", c->reader.lost - c->told);
	json_object_end(&j);
	c->told = c->reader.lost;
}

static void print_text(struct console *c, const uint8_t *bytes, size_t size)
{
	if (c->reader.lost != c->told) {
		fflush(stdout);
		fprintf(stderr,
			"hvctl: %" PRIu64 " bytes of the console of %s were overwritten "
			"before they could be read\n",
			c->reader.lost - c->told, c->name);
		c->told = c->reader.lost;
	}
	if (c->escape) {
		char *text = xmalloc(4 * size);

		fwrite(text, 1, ring_escape(text, bytes, size), c->to);
		free(text);
	} else {
		fwrite(bytes, 1, size, c->to);
	}
	fflush(c->to);
}

int console_copy(struct console *c)
{
	struct ring_span span[2];
	uint64_t head = 0, copied = 0, torn;
	unsigned int spans;

	if (!c->size || read_head(c, &head))
		return EXIT_NOT_ENABLED;
	spans = ring_take(&c->reader, head, c->size, span);
	for (unsigned int i = 0; i < spans; i++) {
		if (read_data(c, &span[i], c->bytes + copied))
			return EXIT_NOT_ENABLED;
		copied += span[i].size;
	}
	if (!copied)
		return EXIT_OK;
	if (read_head(c, &head))
		return EXIT_NOT_ENABLED;
	torn = ring_torn(&c->reader, head, c->size, copied);
	(c->json ? print_json : print_text)(c, c->bytes + torn, copied - torn);
	return ferror(c->to) ? fail(EXIT_FAILED, "cannot write the output") : EXIT_OK;
}
