/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an AMD IOMMU's registers, device table, commands and events mean. Section numbers are those of the
 * AMD I/O Virtualization Technology specification (48882), revision 3.08.
 */
#ifndef PURE_AMDVI_H
#define PURE_AMDVI_H

#include <bulkhead/errno.h>
#include "msi.h"
#include "pt.h"

/* Registers, 3.4 */
#define AMDVI_DEVTAB 0x0000
#define AMDVI_COMMANDS 0x0008
#define AMDVI_EVENTS 0x0010
#define AMDVI_CONTROL 0x0018
#define AMDVI_EXCLUSION_BASE 0x0020
#define AMDVI_EXCLUSION_LIMIT 0x0028
#define AMDVI_FEATURES 0x0030
#define AMDVI_COMMAND_HEAD 0x2000
#define AMDVI_COMMAND_TAIL 0x2008
#define AMDVI_EVENT_HEAD 0x2010
#define AMDVI_EVENT_TAIL 0x2018
#define AMDVI_STATUS 0x2020

/* Address part of base registers; the size of a ring is in bits 59:56, as a power of 2 of entries. */
#define AMDVI_ADDRESS UINT64_C(0x000ffffffffff000)
#define AMDVI_RING(base) ((uint32_t)((base) >> 56 & 15))
#define AMDVI_RING_BYTES(base) (UINT32_C(16) << AMDVI_RING(base))
#define AMDVI_DEVTAB_BYTES(base) ((((uint32_t)(base)&0x1ff) + 1) * 0x1000u)

#define AMDVI_ENABLE (UINT64_C(1) << 0)
#define AMDVI_EVENT_LOG (UINT64_C(1) << 2)
#define AMDVI_EVENT_INTERRUPT (UINT64_C(1) << 3)
#define AMDVI_COMMAND_BUFFER (UINT64_C(1) << 12)
#define AMDVI_WIDE_IRTES (UINT64_C(1) << 17) /* GAEn */
/* Off while the unit is ours, whatever Linux switched on when it found them: page requests with their log,
 * guest translation, the log of virtual interrupts */
#define AMDVI_CONTROL_OFF (UINT64_C(0x1e000) | UINT64_C(3) << 28)

#define AMDVI_EXCLUSION_ENABLE UINT64_C(1)

#define AMDVI_FEATURE_INVALIDATE_ALL (UINT64_C(1) << 6)
/* PPR, x2APIC, guest translation, guest vAPIC: not for the root */
#define AMDVI_FEATURES_HIDDEN \
	(UINT64_C(1) << 1 | UINT64_C(1) << 2 | UINT64_C(1) << 4 | UINT64_C(7) << 21)

#define AMDVI_EVENT_OVERFLOW (1u << 0)
#define AMDVI_EVENT_PENDING (1u << 1)
#define AMDVI_EVENTS_RUN (1u << 3)
#define AMDVI_COMMANDS_RUN (1u << 4)

/* Tables of 4 levels, 2.2.3 */
extern const struct pt_format amdvi_pt_format;

/* 2.2.2.1: an entry of the device table. */
struct amdvi_dte {
	uint64_t q[4];
};

/* DMA goes through these tables, NULL: nowhere. Interrupts as they come. quiet: no events. */
struct amdvi_dte amdvi_dte(const struct pt *pt, uint32_t domain, int quiet);

/* In an order that a unit may watch: the last word written is the one that says where the tables are. */
void amdvi_store_dte(struct amdvi_dte *to, struct amdvi_dte value);

/* What Linux wants with a function: whether its entry is absent, passes addresses through, or lets
 * nothing through (1), or translates (0). And whether its interrupts are remapped. */
int amdvi_dte_is_identity(const struct amdvi_dte *dte);
int amdvi_dte_remaps(const struct amdvi_dte *dte);

/* 2.2.2.1: the third word: interrupts of the function go through a table of 2^order entries at hpa;
 * amdvi_dte_no_interrupts: they are dropped, those too that the function may send unmapped. */
uint64_t amdvi_dte_interrupts(uint64_t hpa, unsigned int order);
uint64_t amdvi_dte_no_interrupts(void);
/* Where Linux's table is, by such a word, and how large (2 << AMDVI_MAX_ORDER entries at most) */
#define AMDVI_MAX_ORDER 11
uint64_t amdvi_dte_table(const struct amdvi_dte *dte, unsigned int *order);

/*
 * 2.2.5: entries of interrupt tables: one word of 32 bits, or with wide (control register, GAEn) two of 64.
 * 0: *irq is what it asks for, and the caller judges whom it reaches; -ENOENT: there is none; -EINVAL:
 * a kind that nobody may have.
 */
int amdvi_irte(const uint64_t q[2], int wide, struct msi_interrupt *irq);
void amdvi_make_irte(const struct msi_interrupt *irq, int wide, uint64_t q[2]);

/* Entry index of such a table. A unit that looks meanwhile finds the old one or the new one, and an interrupt never
 * none. */
void amdvi_store_irte(void *table, uint32_t index, int wide, const uint64_t q[2]);

/* The message that leads to an entry of the sender's table. */
void amdvi_message(uint32_t index, uint64_t *address, uint32_t *data);

/* 2.4: commands, of two words each. */
struct amdvi_entry {
	uint64_t low, high;
};
struct amdvi_entry amdvi_wait(uint64_t status_hpa, uint64_t data);
struct amdvi_entry amdvi_flush_device(uint16_t bdf);
struct amdvi_entry amdvi_flush_interrupts(uint16_t bdf);
struct amdvi_entry amdvi_flush_all(void);

struct amdvi_command {
	enum {
		AMDVI_COMMAND_INVALID,	  /* no such command, or one of what we hide */
		AMDVI_COMMAND_WAIT,	  /* status_hpa, data; BH_ADDR_NONE: nothing to write */
		AMDVI_COMMAND_DEVICE,	  /* bdf */
		AMDVI_COMMAND_INTERRUPTS, /* bdf */
		AMDVI_COMMAND_NOTHING,	  /* translations of the root, which are ours; hints */
		AMDVI_COMMAND_ALL,
	} kind;
	uint64_t status_hpa, data;
	uint16_t bdf;
};
void amdvi_command(const struct amdvi_entry *entry, struct amdvi_command *command);

/* 2.5: an event. 1, or 0 if it is not about an access of a function. */
struct amdvi_event {
	uint64_t address;
	uint16_t bdf;
	uint8_t code;
	uint8_t write, interrupt;
};
int amdvi_event(const struct amdvi_entry *entry, struct amdvi_event *event);
const char *amdvi_event_words(uint8_t code);

#endif
