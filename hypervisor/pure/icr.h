/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Moderation of interprocessor interrupts: from an ICR value that a guest wrote, which CPUs of
 * the same cell get what. x2APIC format throughout (an xAPIC write is converted by the caller
 * with icr_from_xapic()). SDM vol. 3, 11.6.1 and 11.12.9; APM vol. 2, 16.5.
 */
#ifndef PURE_ICR_H
#define PURE_ICR_H

#include <bulkhead/config.h>
#include <bulkhead/errno.h>

#define ICR_VECTOR 0xffu
#define ICR_MODE(icr) (((icr) >> 8) & 7)
#define ICR_FIXED 0
#define ICR_LOWEST 1
#define ICR_SMI 2
#define ICR_NMI 4
#define ICR_INIT 5
#define ICR_STARTUP 6
#define ICR_LOGICAL (1u << 11)
#define ICR_ASSERT (1u << 14)
#define ICR_LEVEL (1u << 15)
#define ICR_SHORTHAND(icr) (((icr) >> 18) & 3)
#define ICR_SELF 1
#define ICR_ALL 2
#define ICR_OTHERS 3

enum icr_action {
	ICR_DO_NOTHING, /* harmless and without effect: INIT de-assert, an empty destination */
	ICR_DO_SEND,	/* pass *hardware* to the ICR as it is: all destinations are the cell's */
	ICR_DO_EACH,	/* send (vector, mode) to each CPU of the mask (two or more), physically */
	ICR_DO_INIT,	/* emulate INIT at each CPU of the mask */
	ICR_DO_STARTUP, /* emulate the start-up IPI (vector) at each CPU of the mask */
	ICR_DO_DENY,	/* SMI, reserved modes, vectors below 16: report */
};

/* One CPU as IPIs see it. logical is its logical ID in the xAPIC formats, 0 when it cannot be
 * addressed logically; not looked at in x2APIC format, where it follows from apic_id. */
struct icr_cpu {
	uint32_t apic_id;
	uint32_t logical;
};

struct icr_verdict {
	enum icr_action action;
	uint64_t cpus;	   /* bit n: cpus[n] of the table handed in */
	uint64_t hardware; /* for ICR_DO_SEND; x2APIC format, no reserved bit set */
	uint8_t vector;
	uint8_t mode;	 /* ICR_FIXED or ICR_NMI with ICR_DO_SEND and ICR_DO_EACH */
	uint8_t foreign; /* 1: it would have reached a CPU that is not the cell's */
};

enum icr_format { ICR_X2APIC, ICR_XAPIC_FLAT, ICR_XAPIC_CLUSTER };

/*
 * cpus[count]: all CPUs of the machine, count <= BH_MAX_CPUS; owned: mask of those which belong
 * to the sender's cell; self: the sender's index. A destination of 0xffffffff (0xff in the
 * xAPIC formats), physical or logical, is "all". In x2APIC format the logical ID is (cluster << 16 | bit mask); in
 * XAPIC_FLAT the 8-bit mask; in XAPIC_CLUSTER cluster << 4 | mask, each in icr_cpu.logical's low
 * bits. Logical destinations in the xAPIC formats never reach the hardware, where logical IDs
 * may be others. Lowest priority goes to one CPU of those that are meant.
 */
struct icr_verdict icr_moderate(uint64_t icr, enum icr_format format, const struct icr_cpu *cpus,
				unsigned int count, uint64_t owned, unsigned int self);

/* ICR_HI (destination in bits 31..24) and ICR_LO to x2APIC format; 0xff stays 0xff. */
uint64_t icr_from_xapic(uint32_t high, uint32_t low);

/* The logical ID that an APIC has by construction in x2APIC mode. SDM vol. 3, 11.12.10.2 */
static inline uint32_t icr_x2apic_logical(uint32_t apic_id)
{
	return (apic_id >> 4) << 16 | 1u << (apic_id & 15);
}

#endif
