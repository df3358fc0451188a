// SPDX-License-Identifier: GPL-2.0-only
/* Trapped model-specific registers. What is trapped and why is in pure/msr.c. */
#include "arch/x86/apic.h"
#include "arch/x86/handlers.h"
#include "arch/x86/vmm.h"
#include "arch/x86/x86.h"
#include "pure/msr.h"

#define EFER_FFXSR (1ul << 14)
#define EFER_GUEST (1ul | EFER_LME | EFER_LMA | EFER_NXE) /* and SCE, bit 0 */

#define MISC_ENABLE_REFUSED (UINT64_C(1) << 22 | UINT64_C(1) << 34) /* limit CPUID, disable XD */

static const struct msr_range *policy(const struct cpu *self, uint32_t msr)
{
	return msr_find(cell_is_root(self->cell) ? MSR_ROOT : MSR_CELL, msr);
}

static int violation(struct cpu *self, uint32_t msr, uint64_t value, uint32_t access,
		     const char *what, const char *remedy)
{
	struct bh_report tried = {
		.cause = BH_EXIT_MSR, .address = msr, .value = value, .access = access, .width = 8
	};

	return cell_violation(self, &tried, what, remedy);
}

static void deny(struct cpu *self, uint32_t msr, uint64_t value, uint32_t access)
{
	if (!cell_is_root(self->cell) && self->cell->flags & BH_CELL_STRICT)
		violation(self, msr, value, access, "model-specific register",
			  "remove the property \"strict\"");
	else
		vmm_inject(self, VMM_GP);
}

/* 0, or -EINVAL: #GP */
static int emulate_read(struct cpu *self, uint32_t msr, uint64_t *value)
{
	switch (msr) {
	case MSR_APIC_BASE:
		*value = self->apic_base;
		return 0;
	case MSR_TSC_ADJUST:
		*value = self->tsc_adjust;
		return 0;
	case MSR_EFER:
		*value = vmm_read(self, VMM_EFER);
		return 0;
	}
	return -EINVAL;
}

/* A cell's TSC is moved by its own offset; the hardware's stays the same for all. */
static void move_tsc(struct cpu *self, uint64_t delta)
{
	self->tsc_adjust += delta;
	vmm_write(self, VMM_TSC_OFFSET, self->tsc_adjust);
}

/* What the CPU itself would refuse must not reach its guest state: it would not enter. */
static int write_efer(struct cpu *self, uint64_t value)
{
	/* beside what every CPU has: what Linux switched on in this one, such as automatic IBRS */
	uint64_t allowed = EFER_GUEST | (rdmsr(MSR_EFER) & ~EFER_SVME);
	uint64_t changed = value ^ vmm_read(self, VMM_EFER);
	struct vmm_guest guest;
	uint32_t a, b, c, d;

	cpuid(0x80000001, 0, &a, &b, &c, &d);
	if (d & 1u << 25)
		allowed |= EFER_FFXSR;
	vmm_guest(self, &guest);
	if (value & ~allowed || (changed & EFER_LME && guest.walk.cr0 & CR0_PG))
		return -EINVAL;
	vmm_write(self, VMM_EFER, value);
	return 0;
}

static int emulate_write(struct cpu *self, uint32_t msr, uint64_t value)
{
	switch (msr) {
	case MSR_TSC:
		move_tsc(self, value - (rdtsc() + self->tsc_adjust));
		return 0;
	case MSR_TSC_ADJUST:
		move_tsc(self, value - self->tsc_adjust);
		return 0;
	case MSR_APIC_BASE:
		return apic_base_write(self, value);
	case MSR_EFER:
		return write_efer(self, value);
	case MSR_MISC_ENABLE:
		return value & MISC_ENABLE_REFUSED ? -EINVAL : wrmsr_safe(msr, value);
	}
	if (msr >= MSR_X2APIC && msr < MSR_X2APIC + 0x100)
		return apic_msr_write(self, msr, value);
	return -EINVAL;
}

void msr_handle_read(struct cpu *self)
{
	uint32_t msr = (uint32_t)self->regs[REG_RCX];
	const struct msr_range *range = policy(self, msr);
	uint64_t value = range->value;
	int err = 0;

	self->public->exits[BH_EXIT_MSR]++;
	if (range->read == MSR_EMULATE)
		err = emulate_read(self, msr, &value);
	else if (range->read == MSR_PASS) /* no permission bitmap covers it */
		err = rdmsr_safe(msr, &value);
	else if (range->read != MSR_VALUE)
		err = -EINVAL;
	if (err) {
		deny(self, msr, 0, ACCESS_READ);
		return;
	}
	self->regs[REG_RAX] = (uint32_t)value;
	self->regs[REG_RDX] = value >> 32;
	vmm_skip(self, self->exit.length);
}

static void write_other(struct cpu *self, uint32_t msr, uint64_t value)
{
	const struct msr_range *range = policy(self, msr);
	int err = 0;

	self->public->exits[BH_EXIT_MSR]++;
	switch (range->write) {
	case MSR_EMULATE:
		err = emulate_write(self, msr, value);
		break;
	case MSR_PASS:
		err = wrmsr_safe(msr, value);
		break;
	case MSR_IGNORE:
		break;
	case MSR_REPORT:
		/* what is there: so Linux clears VM_HSAVE_PA on its way down */
		if (range->read == MSR_VALUE && value == range->value)
			break;
		if (!violation(self, msr, value, ACCESS_WRITE,
			       "model-specific register that would break the partition", NULL))
			return;
		break;
	default:
		err = -EINVAL;
	}
	if (err)
		deny(self, msr, value, ACCESS_WRITE);
	else
		vmm_skip(self, self->exit.length);
}

void msr_handle_write(struct cpu *self)
{
	uint32_t msr = (uint32_t)self->regs[REG_RCX];
	uint64_t value = self->regs[REG_RDX] << 32 | (uint32_t)self->regs[REG_RAX];

	if (msr == MSR_X2APIC_ICR && self->apic_base & APIC_BASE_EXTD) {
		self->public->exits[BH_EXIT_ICR]++;
		vmm_skip(self, self->exit.length);
		apic_guest_icr(self, value, 0);
		return;
	}
	write_other(self, msr, value);
}
