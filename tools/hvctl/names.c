// SPDX-License-Identifier: GPL-2.0-only
/*
 * The words; see names.h.
 */
#include <inttypes.h>
#include <stdio.h>
#include <bulkhead/comm.h>
#include <bulkhead/link_proto.h>
#include "names.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

const char *const bh_exit_name[BH_EXIT_CAUSES] = {
	[BH_EXIT_HYPERCALL] = "hypercall",
	[BH_EXIT_CPUID] = "cpuid",
	[BH_EXIT_ICR] = "icr",
	[BH_EXIT_MSR] = "msr",
	[BH_EXIT_APIC] = "apic",
	[BH_EXIT_IOAPIC] = "ioapic",
	[BH_EXIT_PCI] = "pci",
	[BH_EXIT_PIO] = "pio",
	[BH_EXIT_DOORBELL] = "doorbell",
	[BH_EXIT_LINK] = "link",
	[BH_EXIT_KICK] = "kick",
	[BH_EXIT_NMI] = "nmi",
	[BH_EXIT_IRET] = "iret",
	[BH_EXIT_CR] = "cr",
	[BH_EXIT_INSN] = "insn",
	[BH_EXIT_STRAY] = "stray",
	[BH_EXIT_IOMMU] = "iommu",
	[BH_EXIT_DEVICE] = "device",
	[BH_EXIT_OTHER] = "other",
};

static const char *const cell_states[] = {
	[BH_CELL_NONE] = "none",       [BH_CELL_CREATED] = "created", [BH_CELL_RESET] = "ready",
	[BH_CELL_RUNNING] = "running", [BH_CELL_STOPPED] = "stopped", [BH_CELL_DONE] = "done",
	[BH_CELL_FAILED] = "failed",   [BH_CELL_CRASHED] = "crashed",
};

static const char *const cpu_states[] = {
	[BH_CPU_ABSENT] = "absent",
	[BH_CPU_RUNNING] = "running",
	[BH_CPU_PARKED] = "parked",
	[BH_CPU_WAIT_SIPI] = "waits for SIPI",
};

static const char *const events[] = {
	[BH_EVENT_NONE] = "none",	[BH_EVENT_CREATED] = "created",
	[BH_EVENT_STARTED] = "started", [BH_EVENT_STOPPED] = "stopped",
	[BH_EVENT_DONE] = "done",	[BH_EVENT_FAILED] = "failed",
	[BH_EVENT_CRASHED] = "crashed", [BH_EVENT_DESTROYED] = "destroyed",
	[BH_EVENT_STRAY] = "stray",	[BH_EVENT_LINK] = "link",
	[BH_EVENT_FAULT] = "fault",
};

static const char *const vendors[] = {
	[BH_VENDOR_AMD] = "AMD SVM",
	[BH_VENDOR_INTEL] = "Intel VT-x",
};

static const char *const link_states[] = {
	[BH_LP_DOWN] = "down",
	[BH_LP_INIT] = "starting",
	[BH_LP_READY] = "ready",
};

static const char *word(const char *const *table, size_t count, uint32_t number)
{
	return number < count && table[number] ? table[number] : "?";
}

const char *exit_name(uint32_t cause)
{
	return word(bh_exit_name, COUNT(bh_exit_name), cause);
}

const char *cell_state_name(uint32_t state)
{
	return word(cell_states, COUNT(cell_states), state);
}

const char *cpu_state_name(uint32_t state)
{
	return word(cpu_states, COUNT(cpu_states), state);
}

const char *event_name(uint32_t type)
{
	return word(events, COUNT(events), type);
}

const char *vendor_name(uint32_t vendor)
{
	return word(vendors, COUNT(vendors), vendor);
}

const char *link_state_name(uint32_t state)
{
	return word(link_states, COUNT(link_states), state);
}

static const char *space_name(uint32_t cause)
{
	switch (cause) {
	case BH_EXIT_MSR:
		return "MSR";
	case BH_EXIT_ICR:
		return "interrupt command register";
	case BH_EXIT_PIO:
		return "port";
	case BH_EXIT_CR:
		return "control register";
	default:
		return "address";
	}
}

const char *report_text(const struct bh_report *r, char *buffer, size_t size)
{
	if (r->cause == BH_EXIT_INSN || r->cause == BH_EXIT_OTHER)
		snprintf(buffer, size,
			 "%s on CPU %u at rip 0x%" PRIx64 " (detail 0x%" PRIx64 ", 0x%" PRIx64 ")",
			 r->cause == BH_EXIT_INSN ? "forbidden instruction" : "fatal event", r->cpu,
			 r->rip, r->address, r->value);
	else if (r->access & 4)
		snprintf(buffer, size, "execution at address 0x%" PRIx64 " on CPU %u", r->address,
			 r->cpu);
	else if (!r->width) /* the instruction was not decoded */
		snprintf(buffer, size, "%s %s 0x%" PRIx64 " on CPU %u at rip 0x%" PRIx64,
			 r->access & 2 ? "write to" : "read of", space_name(r->cause), r->address,
			 r->cpu, r->rip);
	else if (r->access & 2)
		snprintf(buffer, size,
			 "%u-byte write of 0x%" PRIx64 " to %s 0x%" PRIx64
			 " on CPU %u at rip 0x%" PRIx64,
			 r->width, r->value, space_name(r->cause), r->address, r->cpu, r->rip);
	else
		snprintf(buffer, size,
			 "%u-byte read of %s 0x%" PRIx64 " on CPU %u at rip 0x%" PRIx64, r->width,
			 space_name(r->cause), r->address, r->cpu, r->rip);
	return buffer;
}

const char *report_remedy(const struct bh_report *r)
{
	switch (r->cause) {
	case BH_EXIT_STRAY:
		return r->access & 4 ? "give the cell executable memory there (a memory node), or "
				       "correct the entry address" :
				       "give the cell memory there (a memory node with the right "
				       "access)";
	case BH_EXIT_PIO:
		return "hand the port through (property \"ports\"), or leave out \"strict\"";
	case BH_EXIT_MSR:
		return "no property allows this MSR to a cell; the guest has to do without";
	case BH_EXIT_ICR:
		return "no property allows this kind of interprocessor interrupt (SMI, reserved "
		       "mode, vector below 16); between its own CPUs a cell may send others, and "
		       "to other cells only doorbells, by a link";
	case BH_EXIT_PCI:
		return "the cell owns no such PCI function; add a link node for it";
	case BH_EXIT_HYPERCALL:
		return "this hypercall belongs to the root";
	default:
		return "no property of the description allows this";
	}
}
