// SPDX-License-Identifier: GPL-2.0-only
/* The registers of a virtual AMD IOMMU. See amdvi_regs.h. */
#include "amdvi_regs.h"

#define ENTRY_SIZE ((uint32_t)sizeof(struct amdvi_entry))
#define INDEX_BITS 0x7fff0u
#define RING_OF_256 (UINT64_C(8) << 56)

static uint64_t status(const struct amdvi_regs *regs)
{
	return regs->status | (regs->control & AMDVI_COMMAND_BUFFER ? AMDVI_COMMANDS_RUN : 0) |
	       (regs->control & AMDVI_EVENT_LOG ? AMDVI_EVENTS_RUN : 0);
}

void amdvi_regs_reset(struct amdvi_regs *regs)
{
	*regs = (struct amdvi_regs){
		.features = regs->features,
		.commands = RING_OF_256,
		.events = RING_OF_256,
	};
}

uint64_t amdvi_regs_read(const struct amdvi_regs *regs, uint32_t offset)
{
	switch (offset) {
	case AMDVI_DEVTAB:
		return regs->devtab;
	case AMDVI_COMMANDS:
		return regs->commands;
	case AMDVI_EVENTS:
		return regs->events;
	case AMDVI_CONTROL:
		return regs->control;
	case AMDVI_EXCLUSION_BASE:
		return regs->exclusion_base;
	case AMDVI_EXCLUSION_LIMIT:
		return regs->exclusion_limit;
	case AMDVI_FEATURES:
		return regs->features & ~AMDVI_FEATURES_HIDDEN;
	case AMDVI_COMMAND_HEAD:
		return regs->command_head;
	case AMDVI_COMMAND_TAIL:
		return regs->command_tail;
	case AMDVI_EVENT_HEAD:
		return regs->event_head;
	case AMDVI_EVENT_TAIL:
		return regs->event_tail;
	case AMDVI_STATUS:
		return status(regs);
	default:
		return 0;
	}
}

void amdvi_regs_write(struct amdvi_regs *regs, uint32_t offset, uint64_t value, uint64_t mask)
{
	uint64_t whole = (amdvi_regs_read(regs, offset) & ~mask) | (value & mask);

	switch (offset) {
	case AMDVI_DEVTAB:
		regs->devtab = whole;
		break;
	case AMDVI_COMMANDS:
		regs->commands = whole;
		regs->command_head = regs->command_tail = 0;
		break;
	case AMDVI_EVENTS:
		regs->events = whole;
		regs->event_head = regs->event_tail = 0;
		break;
	case AMDVI_CONTROL:
		regs->control = whole;
		break;
	case AMDVI_EXCLUSION_LIMIT:
		regs->exclusion_limit = whole; /* of no effect: its base says that it is off */
		break;
	case AMDVI_COMMAND_HEAD:
		regs->command_head = whole & INDEX_BITS;
		break;
	case AMDVI_COMMAND_TAIL:
		regs->command_tail = whole & INDEX_BITS;
		break;
	case AMDVI_EVENT_HEAD:
		regs->event_head = whole & INDEX_BITS;
		break;
	case AMDVI_EVENT_TAIL:
		regs->event_tail = whole & INDEX_BITS;
		break;
	case AMDVI_STATUS:
		regs->status &= ~(uint32_t)(value & mask);
		break;
	}
}

uint64_t amdvi_regs_command(const struct amdvi_regs *regs)
{
	if (!(regs->control & AMDVI_COMMAND_BUFFER) ||
	    regs->command_tail >= AMDVI_RING_BYTES(regs->commands) ||
	    regs->command_head == regs->command_tail)
		return BH_ADDR_NONE;
	return (regs->commands & AMDVI_ADDRESS) + regs->command_head;
}

void amdvi_regs_next(struct amdvi_regs *regs)
{
	regs->command_head = (regs->command_head + ENTRY_SIZE) % AMDVI_RING_BYTES(regs->commands);
}

void amdvi_regs_stop(struct amdvi_regs *regs)
{
	regs->control &= ~AMDVI_COMMAND_BUFFER;
}

uint64_t amdvi_regs_event(struct amdvi_regs *regs)
{
	uint32_t next = (regs->event_tail + ENTRY_SIZE) % AMDVI_RING_BYTES(regs->events);
	uint64_t at = (regs->events & AMDVI_ADDRESS) + regs->event_tail;

	if (!(regs->control & AMDVI_EVENT_LOG))
		return BH_ADDR_NONE;
	if (next == regs->event_head) {
		regs->status |= AMDVI_EVENT_OVERFLOW;
		return BH_ADDR_NONE;
	}
	regs->event_tail = next;
	regs->status |= AMDVI_EVENT_PENDING;
	return at;
}
