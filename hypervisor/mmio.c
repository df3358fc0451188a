// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest accesses to memory that is not mapped: find the device, fetch and decode the
 * instruction, let the device do its part, complete the instruction.
 */
#include "mmio.h"
#include "arch/x86/apic.h"
#include "arch/x86/ioapic_access.h"
#include "arch/x86/iommu/iommu.h"
#include "arch/x86/vmm.h"
#include "assign.h"
#include "ivshmem.h"
#include "pci_config.h"
#include "string.h"

struct device {
	int (*owns)(struct cpu *self, uint64_t gpa);
	/* Counts the exit; a read puts into *value what differs from ones. */
	void (*access)(struct cpu *self, struct mmio_access *access, uint64_t *value);
};

static const struct device *find_device(struct cpu *self, uint64_t gpa)
{
	static const struct device devices[] = {
		{ apic_owns, apic_mmio },     { link_owns, link_mmio },
		{ ioapic_owns, ioapic_mmio }, { pci_config_owns, pci_config_mmio },
		{ iommu_owns, iommu_mmio },   { assign_owns, assign_mmio },
	};

	for (unsigned int i = 0; i < sizeof(devices) / sizeof(devices[0]); i++)
		if (devices[i].owns(self, gpa))
			return &devices[i];
	return NULL;
}

/* ---------------------------------------------------------------------- the instruction */

static int read_table(void *context, uint64_t gpa, unsigned int level, unsigned int width,
		      uint64_t *value)
{
	const void *entry = cell_view(context, level, gpa);

	if (!entry || gpa % width)
		return -EINVAL;
	*value = width == 8 ? *(const uint64_t *)entry : *(const uint32_t *)entry;
	return 0;
}

/* Bytes at the guest's instruction pointer, at most up to the end of what is mapped. */
static size_t fetch(struct cpu *self, const struct vmm_guest *guest, uint8_t bytes[INSN_MAX])
{
	struct walk_memory memory = { read_table, self };
	uint64_t linear = guest->cs_base + guest->rip;
	size_t have = 0;

	while (have < INSN_MAX) {
		uint64_t gpa, span; /* to the end of what one view shows */
		const void *code;

		if (walk_translate(&guest->walk, &memory, linear + have, &gpa))
			break;
		span = BH_PAGE_SIZE - gpa % BH_PAGE_SIZE;
		if (span > INSN_MAX - have)
			span = INSN_MAX - have;
		code = cell_view(self, WINDOW_CODE, gpa);
		if (!code)
			break;
		memcpy(bytes + have, code, span);
		have += span;
	}
	return have;
}

/* ----------------------------------------------------------------------------- the access */

/* One read or write. Returns 0 if the guest must not go on. */
static int access_device(struct cpu *self, const struct device *device, struct mmio_access *access,
			 uint64_t *value)
{
	struct bh_report tried;

	*value = UINT64_MAX;
	if (device) {
		device->access(self, access, value);
		return 1;
	}
	tried = (struct bh_report){ .cause = BH_EXIT_STRAY,
				    .address = access->gpa,
				    .value = access->value,
				    .access = access->write ? ACCESS_WRITE : ACCESS_READ,
				    .width = access->width };
	return cell_violation(self, &tried, "memory", "a \"memory\" node that covers this address");
}

/* What a MOVS of the kernel stores, which lies in memory and in one page. 0 or -EINVAL: a program could
 * otherwise have us read what it may not. */
static int read_source(struct cpu *self, const struct vmm_guest *guest, const struct insn *insn,
		       uint64_t *value)
{
	struct walk_memory memory = { read_table, self };
	uint64_t linear = self->regs[REG_RSI], gpa;
	const void *at;

	if (guest->cpl || self->exit.access != ACCESS_WRITE)
		return -EINVAL;
	if (insn->address_width == 4)
		linear = (uint32_t)linear;
	if (linear % BH_PAGE_SIZE > BH_PAGE_SIZE - insn->width ||
	    walk_translate(&guest->walk, &memory, linear, &gpa))
		return -EINVAL;
	at = cell_view(self, WINDOW_CODE, gpa);
	if (!at)
		return -EINVAL;
	memcpy(value, at, insn->width);
	return 0;
}

static void go_on(struct cpu *self, uint64_t rflags, unsigned int length)
{
	vmm_write(self, VMM_RFLAGS, rflags);
	vmm_write(self, VMM_RSP, self->regs[REG_RSP]);
	vmm_skip(self, length);
}

/* The access may park this CPU, for what it is or because somebody asked for that meanwhile, and
 * even start it anew: then this instruction belongs to a guest that is no more. */
static void carry_out(struct cpu *self, const struct device *device, const struct insn *insn,
		      const struct vmm_guest *guest, uint64_t memory)
{
	uint32_t parked = self->parked;
	struct mmio_access access = { .gpa = self->exit.address, .width = insn->width };
	uint64_t rflags = guest->rflags;
	int again = 0;

	if (insn->access & INSN_READ && !access_device(self, device, &access, &memory))
		return;
	if (insn_execute(insn, self->regs, &rflags, memory, &access.value, &again)) {
		access.write = 1;
		if (!access_device(self, device, &access, &memory))
			return;
	}
	if (self->parked == parked)
		go_on(self, rflags, again ? 0 : insn->length);
}

/*
 * An instruction that we cannot carry out. A cell is parked. The root gets #GP: a user
 * program is killed, kernel code has its fixup or an oops; nothing else is harmed.
 */
static void refuse(struct cpu *self, const char *what, const char *remedy)
{
	struct bh_report tried = { .cause = BH_EXIT_STRAY,
				   .address = self->exit.address,
				   .access = self->exit.access };

	if (cell_violation(self, &tried, what, remedy))
		vmm_inject(self, VMM_GP);
}

void mmio_handle(struct cpu *self)
{
	uint8_t bytes[INSN_MAX];
	struct vmm_guest guest;
	struct insn insn;
	uint64_t source = 0;

	if (self->exit.access == ACCESS_EXEC) {
		refuse(self, "memory", "a \"memory\" node with \"execute\"");
		return;
	}
	vmm_guest(self, &guest);
	if (insn_decode(bytes, fetch(self, &guest, bytes), guest.mode, &insn) ||
	    (insn.op == INSN_MOVS && read_source(self, &guest, &insn, &source)))
		refuse(self, "memory by an instruction that is not emulated", NULL);
	else
		carry_out(self, find_device(self, self->exit.address), &insn, &guest, source);
}
