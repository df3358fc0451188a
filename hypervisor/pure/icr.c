// SPDX-License-Identifier: GPL-2.0-only
/*
 * Moderation of interprocessor interrupts. First whom the guest means, then what of that it
 * gets, then the cheapest way to do it: the guest's own value wherever it reaches nobody else.
 */
#include "icr.h"

#define ICR_BROADCAST 0xffffffffu
#define ICR_BROADCAST_XAPIC 0xffu
#define ICR_VECTOR_MIN 16

/* Bits of the lower half that a write to the x2APIC register may have set. The trigger mode
 * means something in an INIT de-assert only, which is never passed on. */
#define ICR_PASSED ((UINT64_C(0xffffffff) << 32) | 0xc4fff)

/* What a fixed interrupt to named CPUs may have set in the lower half. */
#define ICR_PLAIN (ICR_VECTOR | ICR_LOGICAL | ICR_ASSERT)

static uint32_t icr_destination(uint64_t icr)
{
	return (uint32_t)(icr >> 32);
}

static int icr_is_allowed(uint64_t icr)
{
	switch (ICR_MODE(icr)) {
	case ICR_FIXED:
	case ICR_LOWEST:
		return (icr & ICR_VECTOR) >= ICR_VECTOR_MIN;
	case ICR_NMI:
	case ICR_INIT:
	case ICR_STARTUP:
		return 1;
	default:
		return 0;
	}
}

static int icr_is_deassert(uint64_t icr)
{
	return ICR_MODE(icr) == ICR_INIT && (icr & ICR_LEVEL) && !(icr & ICR_ASSERT);
}

/* SDM vol. 3, 11.6.2: all ones is everyone, physically and logically. */
static int icr_is_broadcast(uint64_t icr, enum icr_format format)
{
	if (ICR_SHORTHAND(icr))
		return ICR_SHORTHAND(icr) != ICR_SELF;
	return icr_destination(icr) == (format == ICR_X2APIC ? ICR_BROADCAST : ICR_BROADCAST_XAPIC);
}

static uint64_t icr_physical_target(uint32_t destination, const struct icr_cpu *cpus,
				    unsigned int count)
{
	/* mostly the CPUs are listed in the order of their IDs */
	if (destination < count && cpus[destination].apic_id == destination)
		return UINT64_C(1) << destination;
	for (unsigned int i = 0; i < count; i++)
		if (cpus[i].apic_id == destination)
			return UINT64_C(1) << i;
	return 0;
}

/* In x2APIC mode each bit of a cluster's mask stands for one APIC ID. */
static uint64_t icr_cluster_targets(uint32_t destination, const struct icr_cpu *cpus,
				    unsigned int count)
{
	uint32_t cluster = destination >> 16;
	uint64_t targets = 0;

	for (uint32_t rest = destination & 0xffff; rest; rest &= rest - 1)
		targets |= icr_physical_target(cluster << 4 | (uint32_t)__builtin_ctz(rest), cpus,
					       count);
	return targets;
}

static int icr_matches_xapic(uint32_t destination, enum icr_format format, uint32_t logical)
{
	if (format == ICR_XAPIC_FLAT)
		return (destination & logical & 0xff) != 0;
	return destination >> 4 == logical >> 4 && (destination & logical & 0xf);
}

/* The CPUs that the destination field names. In the xAPIC formats logical IDs are set by
 * software, so those of another cell say nothing about this one. */
static uint64_t icr_named_targets(uint64_t icr, enum icr_format format, const struct icr_cpu *cpus,
				  unsigned int count, uint64_t owned)
{
	uint32_t destination = icr_destination(icr);
	uint64_t targets = 0;

	if (!(icr & ICR_LOGICAL))
		return icr_physical_target(destination, cpus, count);
	if (format == ICR_X2APIC)
		return icr_cluster_targets(destination, cpus, count);
	for (unsigned int i = 0; i < count; i++)
		if (icr_matches_xapic(destination, format, cpus[i].logical))
			targets |= UINT64_C(1) << i;
	return targets & owned;
}

static uint64_t icr_everyone(uint64_t icr, unsigned int count, unsigned int self)
{
	uint64_t all = count < 64 ? (UINT64_C(1) << count) - 1 : UINT64_MAX;

	return ICR_SHORTHAND(icr) == ICR_OTHERS ? all & ~(UINT64_C(1) << self) : all;
}

/* The case that has to be fast: a fixed interrupt, x2APIC, and only CPUs of the cell. Returns
 * them, or 0 if there is more to think about. */
static uint64_t icr_plain_targets(uint64_t icr, const struct icr_cpu *cpus, unsigned int count,
				  uint64_t owned)
{
	uint64_t targets;

	if (((uint32_t)icr & ~ICR_PLAIN) || (icr & ICR_VECTOR) < ICR_VECTOR_MIN)
		return 0;
	targets = icr_named_targets(icr, ICR_X2APIC, cpus, count, owned);
	return targets & ~owned ? 0 : targets;
}

/* How to send verdict->cpus what verdict->mode says. reaches_all: the value as it was written
 * would reach these CPUs and no others, in either APIC mode. */
static void icr_route(struct icr_verdict *verdict, const struct icr_cpu *cpus, int reaches_all)
{
	unsigned int only;

	verdict->action = ICR_DO_SEND;
	if (verdict->mode == ICR_LOWEST) {
		/* the choice is the hardware's; ours is the first CPU */
		verdict->cpus &= -verdict->cpus;
		verdict->mode = ICR_FIXED;
	} else if (reaches_all) {
		return;
	}
	if (verdict->cpus & (verdict->cpus - 1)) {
		verdict->action = ICR_DO_EACH;
		return;
	}
	only = (unsigned int)__builtin_ctzll(verdict->cpus);
	verdict->hardware = (uint64_t)cpus[only].apic_id << 32 | (verdict->hardware & ICR_ASSERT) |
			    (uint64_t)verdict->mode << 8 | verdict->vector;
}

/* Out of line, so that the short way does not pay for its registers. */
static __attribute__((noinline)) struct icr_verdict
icr_moderate_any(uint64_t icr, enum icr_format format, const struct icr_cpu *cpus,
		 unsigned int count, uint64_t owned, unsigned int self)
{
	struct icr_verdict verdict = {
		.action = ICR_DO_NOTHING,
		.hardware = icr & ICR_PASSED,
		.vector = icr & ICR_VECTOR,
		.mode = ICR_MODE(icr),
	};
	int portable = format == ICR_X2APIC || ICR_SHORTHAND(icr) || !(icr & ICR_LOGICAL);
	uint64_t targets;

	if (!icr_is_allowed(icr)) {
		verdict.action = ICR_DO_DENY;
		return verdict;
	}
	if (icr_is_deassert(icr))
		return verdict;

	if (icr_is_broadcast(icr, format)) {
		targets = icr_everyone(icr, count, self);
		if (format != ICR_X2APIC)
			verdict.hardware |= (uint64_t)ICR_BROADCAST << 32;
	} else if (ICR_SHORTHAND(icr) == ICR_SELF) {
		targets = UINT64_C(1) << self;
	} else {
		targets = icr_named_targets(icr, format, cpus, count, owned);
	}
	verdict.foreign = (targets & ~owned) != 0;
	verdict.cpus = targets & owned;
	if (!verdict.cpus)
		return verdict;

	if (verdict.mode == ICR_INIT)
		verdict.action = ICR_DO_INIT;
	else if (verdict.mode == ICR_STARTUP)
		verdict.action = ICR_DO_STARTUP;
	else
		icr_route(&verdict, cpus, portable && verdict.cpus == targets);
	return verdict;
}

struct icr_verdict icr_moderate(uint64_t icr, enum icr_format format, const struct icr_cpu *cpus,
				unsigned int count, uint64_t owned, unsigned int self)
{
	uint64_t targets = format == ICR_X2APIC ? icr_plain_targets(icr, cpus, count, owned) : 0;

	if (!targets)
		return icr_moderate_any(icr, format, cpus, count, owned, self);
	return (struct icr_verdict){
		.action = ICR_DO_SEND,
		.cpus = targets,
		.hardware = icr,
		.vector = icr & ICR_VECTOR,
		.mode = ICR_FIXED,
	};
}

uint64_t icr_from_xapic(uint32_t high, uint32_t low)
{
	return (uint64_t)(high >> 24) << 32 | low;
}
